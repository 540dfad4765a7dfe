// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	apptuit "github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/collector"
)

// exporter exports one collection at a time. Export returns after the answer of the sink.
type exporter interface {
	Export(ctx context.Context, c *collection) error
	Shutdown(ctx context.Context) error
}

type opener func(ctx context.Context, to *sink) (exporter, error)

// peer is a column of the table: the exporters for one protocol, in the SDK, in the Collector, and for
// points of OpenTSDB's put protocol.
type peer struct {
	name   string // in the table
	points func(counts) int
	// These open the exporters. A row for which there is no exporter has no cell.
	sdk, collector, client opener
}

// The plan refers to these peers by name. The table has the ratios of all peers to apptuit-go.
const (
	apptuitGo    = "apptuit-go"
	otlpHTTPGzip = "otlpmetrichttp gzip"
)

const timeout = 2 * time.Minute

// peers returns the exporters in the order of the table's columns.
func peers() []peer {
	data := func(c counts) int { return c.data }
	put := func(c counts) int { return c.put }
	samples := func(c counts) int { return c.samples }
	return []peer{
		{apptuitGo, put, newApptuit, newCollector(collector.NewFactory()), newClient},
		{otlpHTTPGzip, data, newOTLPHTTP(otlpmetrichttp.GzipCompression), newCollector(otlphttpexporter.NewFactory()), nil},
		{"otlpmetrichttp", data, newOTLPHTTP(otlpmetrichttp.NoCompression), nil, nil},
		{"otlpmetricgrpc gzip", data, newOTLPGRPC, nil, nil},
		{"Prometheus scrape gzip", data, newScraped, nil, nil},
		{"remote write snappy", samples, newRemoteWrite, newTranslating, nil},
		{"encoding/json gzip", put, newJSONPut, nil, newJSONPut},
	}
}

// inSDK is an exporter of the SDK.
type inSDK struct {
	exporter interface {
		Export(ctx context.Context, rm *metricdata.ResourceMetrics) error
		Shutdown(ctx context.Context) error
	}
}

func (e inSDK) Export(ctx context.Context, c *collection) error {
	return e.exporter.Export(ctx, c.metrics)
}
func (e inSDK) Shutdown(ctx context.Context) error { return e.exporter.Shutdown(ctx) }

func newApptuit(ctx context.Context, to *sink) (exporter, error) {
	e, err := apptuit.New(ctx, apptuit.WithoutEnvironment(), apptuit.WithEndpoint(to.url()))
	return inSDK{e}, err
}

func newOTLPHTTP(compression otlpmetrichttp.Compression) opener {
	return func(ctx context.Context, to *sink) (exporter, error) {
		e, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpoint(to.host), otlpmetrichttp.WithInsecure(),
			otlpmetrichttp.WithCompression(compression), otlpmetrichttp.WithMaxRequestSize(0), otlpmetrichttp.WithTimeout(timeout))
		return inSDK{e}, err
	}
}

func newOTLPGRPC(ctx context.Context, to *sink) (exporter, error) {
	e, err := otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(to.host), otlpmetricgrpc.WithInsecure(),
		otlpmetricgrpc.WithCompressor("gzip"), otlpmetricgrpc.WithMaxRequestSize(0), otlpmetricgrpc.WithTimeout(timeout))
	return inSDK{e}, err
}

// scraped is OpenTelemetry's Prometheus exporter, a reader that collects when it is scraped. scraped is
// the producer of its metrics.
type scraped struct {
	to       *sink
	server   *httptest.Server
	provider *sdkmetric.MeterProvider
	current  *metricdata.ResourceMetrics
}

func newScraped(_ context.Context, to *sink) (exporter, error) {
	s, registry := &scraped{to: to}, prometheus.NewRegistry()
	reader, err := otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithProducer(s))
	if err != nil {
		return nil, err
	}
	s.provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(newResource()))
	s.server = httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return s, nil
}

// Produce returns the collection that is being exported.
func (s *scraped) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	return s.current.ScopeMetrics, nil
}

// Export makes the sink scrape the exporter. Native histograms require protobuf.
func (s *scraped) Export(_ context.Context, c *collection) error {
	s.current = c.metrics
	accept := "text/plain;version=0.0.4"
	for _, scope := range s.current.ScopeMetrics {
		for _, m := range scope.Metrics {
			if _, ok := m.Data.(metricdata.ExponentialHistogram[float64]); ok {
				accept = "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited"
			}
		}
	}
	return s.to.scrape(s.server.URL, accept)
}

func (s *scraped) Shutdown(ctx context.Context) error {
	s.server.Close()
	return s.provider.Shutdown(ctx)
}

// poster posts bodies with a content type and encoding.
type poster struct {
	client *http.Client
	url    string
	header http.Header
}

func newPoster(to *sink, path, contentType, encoding string) poster {
	return poster{
		&http.Client{Transport: &http.Transport{WriteBufferSize: 64 << 10}}, to.url() + path,
		http.Header{"Content-Type": {contentType}, "Content-Encoding": {encoding}, "User-Agent": {"bench"}},
	}
}

func (p *poster) post(ctx context.Context, body []byte) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header = p.header
	response, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s: %s", response.Status, text)
	}
	return err
}

// Shutdown closes the connections.
func (p *poster) Shutdown(context.Context) error {
	p.client.CloseIdleConnections()
	return nil
}
