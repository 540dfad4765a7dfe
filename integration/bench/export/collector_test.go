// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"io"
	"net/http"
	"slices"
	"strconv"

	"github.com/klauspost/compress/snappy"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/translator/prometheusremotewrite"
	"github.com/prometheus/prometheus/prompb"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/confmap"
	collectorexporter "go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/integration/collector"
)

// shape says how the data points of a collection come to an exporter of the Collector.
type shape struct {
	resources int // each with as many data points; 0 is one resource
	batch     int // data points in a push; 0 is all
}

// collectorPeers returns exporters of the OpenTelemetry Collector, without queue and
// retries, under the names of the SDK's exporters that send the same.
func collectorPeers(s shape) []peer {
	all := peers()
	open := func(new func(ctx context.Context, to *sink, p *pushing) error) func(ctx context.Context, to *sink) (exporter, error) {
		return func(ctx context.Context, to *sink) (exporter, error) {
			p := &pushing{shape: s}
			return p, new(ctx, to, p)
		}
	}
	return []peer{
		{name: apptuitGo, points: all[0].points, open: open(func(ctx context.Context, to *sink, p *pushing) error {
			return p.create(ctx, to, collector.NewFactory())
		})},
		{name: otlpHTTPGzip, points: all[1].points, open: open(func(ctx context.Context, to *sink, p *pushing) error {
			return p.create(ctx, to, otlphttpexporter.NewFactory())
		})},
		{name: remoteWriteSnappy, points: func(c counts) int { return c.samples }, open: open(func(_ context.Context, to *sink, p *pushing) error {
			p.translate(newPoster(to, "/api/v1/write", "application/x-protobuf", "snappy"))
			return nil
		})},
	}
}

// pushing pushes collections as a receiver of the Collector would.
type pushing struct {
	shape    shape
	pushes   []pmetric.Metrics
	push     func(ctx context.Context, md pmetric.Metrics) error
	shutdown func(ctx context.Context) error
}

// create makes the exporter of a factory.
func (p *pushing) create(ctx context.Context, to *sink, factory collectorexporter.Factory) error {
	config, off := factory.CreateDefaultConfig(), map[string]any{"enabled": false}
	settings := map[string]any{"endpoint": to.url(), "sending_queue": off, "retry_on_failure": off}
	if err := confmap.NewFromStringMap(settings).Unmarshal(config); err != nil {
		return err
	}
	e, err := factory.CreateMetrics(ctx, collectorexporter.Settings{
		ID: component.NewID(factory.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings(),
		BuildInfo: component.NewDefaultBuildInfo(),
	}, config)
	if err != nil {
		return err
	}
	p.push, p.shutdown = e.ConsumeMetrics, e.Shutdown
	return e.Start(ctx, componenttest.NewNopHost())
}

// translate pushes by contrib's translation to remote write, in one request and
// without a write-ahead log.
func (p *pushing) translate(to poster) {
	settings := prometheusremotewrite.Settings{DisableTargetInfo: true, DisableScopeInfo: true}
	p.shutdown = to.Shutdown
	p.push = func(ctx context.Context, md pmetric.Metrics) error {
		series, err := prometheusremotewrite.FromMetrics(md, settings)
		if err != nil {
			return err
		}
		var request prompb.WriteRequest
		for _, one := range series {
			request.Timeseries = append(request.Timeseries, *one)
		}
		body, err := request.Marshal()
		if err != nil {
			return err
		}
		return to.post(ctx, snappy.Encode(nil, body))
	}
}

func (p *pushing) Export(ctx context.Context, _ *metricdata.ResourceMetrics) error {
	for _, md := range p.pushes {
		if err := p.push(ctx, md); err != nil {
			return err
		}
	}
	return nil
}

func (p *pushing) Shutdown(ctx context.Context) error { return p.shutdown(ctx) }

// prepare makes the pushes of the collection that the next Export gets. Only sums
// are divided among resources or pushes.
func (p *pushing) prepare(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	if p.shape == (shape{}) {
		md, err := toPdata(ctx, rm)
		p.pushes = []pmetric.Metrics{md}
		return err
	}
	p.pushes = nil
	n := max(p.shape.batch, 1)
	if p.shape.resources > 0 {
		n = count(rm).dataPoints / p.shape.resources
	}
	instance := 0
	for _, m := range rm.ScopeMetrics[0].Metrics {
		sum, _ := m.Data.(metricdata.Sum[int64])
		for points := range slices.Chunk(sum.DataPoints, n) {
			part := *rm
			sum.DataPoints = points
			part.ScopeMetrics = []metricdata.ScopeMetrics{{Scope: rm.ScopeMetrics[0].Scope, Metrics: []metricdata.Metrics{{Name: m.Name, Unit: m.Unit, Data: sum}}}}
			if p.shape.resources > 0 {
				id := attribute.String("service.instance.id", "shop-"+strconv.Itoa(instance))
				part.Resource = resource.NewSchemaless(append(rm.Resource.Attributes(), id)...)
				instance++
			}
			md, err := toPdata(ctx, &part)
			if err != nil {
				return err
			}
			if p.shape.resources > 0 && len(p.pushes) > 0 {
				md.ResourceMetrics().MoveAndAppendTo(p.pushes[0].ResourceMetrics())
			} else {
				p.pushes = append(p.pushes, md)
			}
		}
	}
	return nil
}

// toPdata returns a collection as the receiver of OTLP would, from the request of
// OpenTelemetry's exporter.
func toPdata(ctx context.Context, rm *metricdata.ResourceMetrics) (pmetric.Metrics, error) {
	request := pmetricotlp.NewExportRequest()
	e, err := otlpmetrichttp.New(ctx, otlpmetrichttp.WithMaxRequestSize(0), otlpmetrichttp.WithHTTPClient(&http.Client{
		Transport: roundTripper(func(r *http.Request) (*http.Response, error) {
			body, err := io.ReadAll(r.Body)
			if err == nil {
				err = request.UnmarshalProto(body)
			}
			return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, err
		}),
	}))
	if err != nil {
		return pmetric.Metrics{}, err
	}
	err = e.Export(ctx, rm)
	return request.Metrics(), err
}

type roundTripper func(*http.Request) (*http.Response, error)

func (f roundTripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }
