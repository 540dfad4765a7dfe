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
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/collector/pdata/pmetric/pmetricotlp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlpmetric/otlpmetrichttp"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

// pushing is an exporter of the Collector.
type pushing struct {
	push     func(ctx context.Context, md pmetric.Metrics) error
	shutdown func(ctx context.Context) error
}

func (p *pushing) Export(ctx context.Context, c *collection) error {
	for _, md := range c.pushes {
		if err := p.push(ctx, md); err != nil {
			return err
		}
	}
	return nil
}

func (p *pushing) Shutdown(ctx context.Context) error { return p.shutdown(ctx) }

// newCollector returns an opener for the exporter of a factory, without a queue and retries.
func newCollector(factory collectorexporter.Factory) opener {
	return func(ctx context.Context, to *sink) (exporter, error) {
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
		return &pushing{e.ConsumeMetrics, e.Shutdown}, e.Start(ctx, componenttest.NewNopHost())
	}
}

// newTranslating opens an exporter that uses the remote write translation of the Collector's contrib
// repository. It sends one request for each push, without a write-ahead log.
func newTranslating(_ context.Context, to *sink) (exporter, error) {
	p := newPoster(to, "/api/v1/write", "application/x-protobuf", "snappy")
	settings := prometheusremotewrite.Settings{DisableTargetInfo: true, DisableScopeInfo: true}
	return &pushing{shutdown: p.Shutdown, push: func(ctx context.Context, md pmetric.Metrics) error {
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
	}}, nil
}

// division divides a collection into pushes to an exporter of the Collector, or into resources.
type division struct {
	points    int  // number of points in each part of a sum; 0 is a single push
	resources bool // the parts are resources of one push; otherwise each part is a push
}

// newPushes returns a source with the collections of another source, converted as by a receiver of the
// Collector.
func newPushes(next source, d division) source {
	return func(ctx context.Context) (*collection, error) {
		defer runtime.GC() // otherwise the garbage of the conversion would raise the heap target of the export
		c, err := next(ctx)
		if err != nil {
			return nil, err
		}
		var pushes []pmetric.Metrics
		for i, part := range d.divide(c.metrics.ScopeMetrics[0]) {
			instance := 0
			if d.resources {
				instance = i
			}
			id := attribute.String("service.instance.id", "shop-"+strconv.Itoa(instance))
			md, err := toPdata(ctx, &metricdata.ResourceMetrics{
				Resource:     resource.NewSchemaless(append(c.metrics.Resource.Attributes(), id)...),
				ScopeMetrics: []metricdata.ScopeMetrics{part},
			})
			if err != nil {
				return nil, err
			}
			if i == 0 || !d.resources {
				pushes = append(pushes, md)
			} else {
				md.ResourceMetrics().MoveAndAppendTo(pushes[0].ResourceMetrics())
			}
		}
		return &collection{pushes: pushes}, nil
	}
}

func (d division) divide(scope metricdata.ScopeMetrics) (parts []metricdata.ScopeMetrics) {
	if d.points == 0 {
		return []metricdata.ScopeMetrics{scope}
	}
	for _, m := range scope.Metrics {
		sum := m.Data.(metricdata.Sum[int64])
		for points := range slices.Chunk(sum.DataPoints, d.points) {
			sum.DataPoints = points
			part := []metricdata.Metrics{{Name: m.Name, Unit: m.Unit, Data: sum}}
			parts = append(parts, metricdata.ScopeMetrics{Scope: scope.Scope, Metrics: part})
		}
	}
	return parts
}

// toPdata converts a collection to pdata, as the OTLP receiver does. It decodes the request of
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
