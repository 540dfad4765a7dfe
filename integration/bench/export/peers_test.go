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
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetricgrpc"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	apptuit "github.com/apptuitai/apptuit-go/exporter"
)

// An exporter exports one collection at a time. Export returns when the sink has
// answered.
type exporter interface {
	Export(ctx context.Context, rm *metricdata.ResourceMetrics) error
	Shutdown(ctx context.Context) error
}

// peer is an exporter that is compared.
type peer struct {
	name    string // in the table
	points  func(counts) int
	open    func(ctx context.Context, to *sink) (exporter, error)
	variant bool // a benchmark without a column in the table
}

// The peers whose names the plan mentions. All others are compared with apptuit-go.
const (
	apptuitGo         = "apptuit-go"
	otlpHTTPGzip      = "otlpmetrichttp gzip"
	remoteWriteSnappy = "remote write snappy"
	encodingJSON      = "encoding/json gzip"
)

const timeout = 2 * time.Minute

// peers returns the exporters in the order of the table's columns.
func peers() []peer {
	data := func(c counts) int { return c.dataPoints }
	put := func(c counts) int { return c.putPoints }
	return []peer{
		{name: apptuitGo, points: put, open: newApptuit()},
		{name: otlpHTTPGzip, points: data, open: newOTLPHTTP(otlpmetrichttp.GzipCompression)},
		{name: "otlpmetrichttp", points: data, open: newOTLPHTTP(otlpmetrichttp.NoCompression)},
		{name: "otlpmetricgrpc gzip", points: data, open: newOTLPGRPC},
		{name: "Prometheus scrape gzip", points: data, open: newScraped},
		{name: remoteWriteSnappy, points: func(c counts) int { return c.samples }, open: newRemoteWrite},
		{name: encodingJSON, points: put, open: func(_ context.Context, to *sink) (exporter, error) { return newJSONPut(to), nil }},
		{name: "apptuit-go without self metrics", points: put, open: newApptuit(apptuit.WithoutSelfMetrics()), variant: true},
		{name: "apptuit-go with a large cache", points: put, open: newApptuit(apptuit.WithCacheBytes(4 << 30)), variant: true},
	}
}

func newApptuit(opts ...apptuit.Option) func(ctx context.Context, to *sink) (exporter, error) {
	return func(ctx context.Context, to *sink) (exporter, error) {
		return apptuit.New(ctx, append(opts, apptuit.WithoutEnvironment(), apptuit.WithEndpoint(to.url()))...)
	}
}

func newOTLPHTTP(compression otlpmetrichttp.Compression) func(ctx context.Context, to *sink) (exporter, error) {
	return func(ctx context.Context, to *sink) (exporter, error) {
		return otlpmetrichttp.New(ctx, otlpmetrichttp.WithEndpoint(to.host), otlpmetrichttp.WithInsecure(), otlpmetrichttp.WithCompression(compression),
			otlpmetrichttp.WithMaxRequestSize(0), otlpmetrichttp.WithTimeout(timeout))
	}
}

func newOTLPGRPC(ctx context.Context, to *sink) (exporter, error) {
	return otlpmetricgrpc.New(ctx, otlpmetricgrpc.WithEndpoint(to.host), otlpmetricgrpc.WithInsecure(), otlpmetricgrpc.WithCompressor("gzip"),
		otlpmetricgrpc.WithMaxRequestSize(0), otlpmetricgrpc.WithTimeout(timeout))
}

// scraped is OpenTelemetry's Prometheus exporter, a reader that collects when it is
// scraped. It gets the collections as those of a producer.
type scraped struct {
	to       *sink
	server   *httptest.Server
	reader   *otelprom.Exporter
	provider *sdkmetric.MeterProvider
	current  *metricdata.ResourceMetrics
}

func newScraped(_ context.Context, to *sink) (exporter, error) {
	s := &scraped{to: to}
	registry := prometheus.NewRegistry()
	var err error
	if s.reader, err = otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithProducer(s)); err != nil {
		return nil, err
	}
	s.server = httptest.NewServer(promhttp.HandlerFor(registry, promhttp.HandlerOpts{}))
	return s, nil
}

// Produce returns the collection that is being exported.
func (s *scraped) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	return s.current.ScopeMetrics, nil
}

// Export lets the sink scrape. Native histograms need protobuf.
func (s *scraped) Export(_ context.Context, rm *metricdata.ResourceMetrics) error {
	if s.provider == nil {
		s.provider = sdkmetric.NewMeterProvider(sdkmetric.WithReader(s.reader), sdkmetric.WithResource(rm.Resource))
	}
	s.current = rm
	accept := "text/plain;version=0.0.4"
	for _, scope := range rm.ScopeMetrics {
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
	if s.provider == nil {
		return nil
	}
	return s.provider.Shutdown(ctx)
}

// poster posts bodies of one format.
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
