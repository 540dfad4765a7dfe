// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"io"
	"net/http"
	"runtime"
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
	var all []peer
	for _, p := range peers() {
		switch p.name {
		case apptuitGo:
			p.open = func(ctx context.Context, to *sink) (exporter, error) {
				return newPushing(ctx, to, s, collector.NewFactory())
			}
		case otlpHTTPGzip:
			p.open = func(ctx context.Context, to *sink) (exporter, error) {
				return newPushing(ctx, to, s, otlphttpexporter.NewFactory())
			}
		case remoteWriteSnappy:
			p.open = func(_ context.Context, to *sink) (exporter, error) { return newTranslating(to, s), nil }
		default:
			continue
		}
		all = append(all, p)
	}
	return all
}

// pushing pushes collections as a receiver of the Collector would.
type pushing struct {
	shape    shape
	pushes   []pmetric.Metrics
	push     func(ctx context.Context, md pmetric.Metrics) error
	shutdown func(ctx context.Context) error
}

// newPushing makes the exporter of a factory.
func newPushing(ctx context.Context, to *sink, s shape, factory collectorexporter.Factory) (*pushing, error) {
	config, off := factory.CreateDefaultConfig(), map[string]any{"enabled": false}
	settings := map[string]any{"endpoint": to.url(), "sending_queue": off, "retry_on_failure": off}
	if err := confmap.NewFromStringMap(settings).Unmarshal(config); err != nil {
		return nil, err
	}
	e, err := factory.CreateMetrics(ctx, collectorexporter.Settings{
		ID: component.NewID(factory.Type()), TelemetrySettings: componenttest.NewNopTelemetrySettings(),
		BuildInfo: component.NewDefaultBuildInfo(),
	}, config)
	if err != nil {
		return nil, err
	}
	return &pushing{shape: s, push: e.ConsumeMetrics, shutdown: e.Shutdown}, e.Start(ctx, componenttest.NewNopHost())
}

// newTranslating pushes by contrib's translation to remote write, in one request and
// without a write-ahead log.
func newTranslating(to *sink, s shape) *pushing {
	p := newPoster(to, "/api/v1/write", "application/x-protobuf", "snappy")
	settings := prometheusremotewrite.Settings{DisableTargetInfo: true, DisableScopeInfo: true}
	return &pushing{shape: s, shutdown: p.Shutdown, push: func(ctx context.Context, md pmetric.Metrics) error {
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
		return p.post(ctx, snappy.Encode(nil, body))
	}}
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
// are divided among resources or pushes. Its garbage must not raise the heap's limit for
// the Export.
func (p *pushing) prepare(ctx context.Context, rm *metricdata.ResourceMetrics) error {
	defer runtime.GC()
	p.pushes = nil
	if p.shape == (shape{}) {
		return p.add(ctx, rm, rm.ScopeMetrics, 0)
	}
	n, instance := p.shape.batch, 0
	if p.shape.resources > 0 {
		n = count(rm).dataPoints / p.shape.resources
	}
	for _, m := range rm.ScopeMetrics[0].Metrics {
		sum, _ := m.Data.(metricdata.Sum[int64])
		for points := range slices.Chunk(sum.DataPoints, n) {
			sum.DataPoints = points
			part := []metricdata.Metrics{{Name: m.Name, Unit: m.Unit, Data: sum}}
			if err := p.add(ctx, rm, []metricdata.ScopeMetrics{{Scope: rm.ScopeMetrics[0].Scope, Metrics: part}}, instance); err != nil {
				return err
			}
			if p.shape.resources > 0 {
				instance++
			}
		}
	}
	return nil
}

// add appends a push, or a resource to the only push.
func (p *pushing) add(ctx context.Context, rm *metricdata.ResourceMetrics, part []metricdata.ScopeMetrics, instance int) error {
	id := attribute.String("service.instance.id", "shop-"+strconv.Itoa(instance))
	own := resource.NewSchemaless(append(rm.Resource.Attributes(), id)...)
	md, err := toPdata(ctx, &metricdata.ResourceMetrics{Resource: own, ScopeMetrics: part})
	if len(p.pushes) == 0 || p.shape.resources == 0 {
		p.pushes = append(p.pushes, md)
	} else {
		md.ResourceMetrics().MoveAndAppendTo(p.pushes[0].ResourceMetrics())
	}
	return err
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
