// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"maps"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// A collection has 100,000 points. It is exported in batches of the default size and of a smaller size.
func TestExport_OfHundredThousandPoints(t *testing.T) {
	const n = 100_000
	batches := map[string]struct {
		points   int // 0: the default, 50,000
		requests int // with the five self metrics of a first Export
	}{
		"InfluxDB":        {0, 3},
		"VictoriaMetrics": {7_000, 15},
	}
	onEachBackend(t, func(t *testing.T, b backend) {
		reader := sdkmetric.NewManualReader()
		provider := sdkmetric.NewMeterProvider(
			sdkmetric.WithReader(reader), sdkmetric.WithCardinalityLimit(0),
			sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "bulk"))))
		meter := provider.Meter("e2e")
		requests := must(meter.Int64Counter("requests"))
		seconds := must(meter.Float64Gauge("seconds"))
		want := make([]servers.Point, 0, n)
		for i := range n / 2 {
			id, shard := strconv.Itoa(i), strconv.Itoa(i%64)
			attributes := metric.WithAttributeSet(attribute.NewSet(attribute.String("id", id), attribute.String("shard", shard)))
			count, time := int64(i)*int64(i)+1, float64(i)*1.1+0.1
			requests.Add(t.Context(), count, attributes)
			seconds.Record(t.Context(), time, attributes)
			tags := map[string]string{"otel_scope_name": "e2e", "service_name": "bulk", "id": id, "shard": shard}
			want = append(want,
				servers.Point{Metric: "requests", Tags: tags, Value: float64(count)},
				servers.Point{Metric: "seconds", Tags: tags, Value: time})
		}

		w := newWire()
		opts := []apptuitclient.Option{w.client()}
		if size := batches[b.name].points; size > 0 {
			opts = append(opts, apptuitclient.WithMaxBatchPoints(size))
		}
		exp := newExporter(t, b.endpoint, exporter.WithoutHostTag(), exporter.WithClientOptions(opts...))
		ctx := within(t, 3*time.Minute)
		from := millis(time.Now())
		var rm metricdata.ResourceMetrics
		if err := reader.Collect(ctx, &rm); err != nil {
			t.Fatal(err)
		}
		to := millis(time.Now())
		if err := exp.Export(ctx, &rm); err != nil {
			t.Fatal(err)
		}
		if err := exp.Shutdown(ctx); err != nil {
			t.Error(err)
		}
		if got, want := exp.Stats(), (exporter.Stats{Exports: 1, Produced: n, Accepted: n}); got != want {
			t.Errorf("stats: %+v, want %+v", got, want)
		}
		if got, want := len(w.seen()), batches[b.name].requests; got != want {
			t.Errorf("%d requests, want %d", got, want)
		}

		got := b.points(t, "requests", "seconds")
		align(got, from, to)
		for i := range want {
			want[i].Time = from
		}
		if diff := servers.Diff(want, got, b.tolerance); diff != "" {
			t.Errorf("in %s: %s", b.name, diff)
		}
	})
}

// The points are so large that a request has fewer points than WithMaxBatchPoints allows.
func TestExport_BoundsBatchesByBytes(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		sent, stored := samplePoints(1000)
		w := newWire()
		c := newClient(t, b.endpoint, w.client(), apptuitclient.WithMaxBatchBytes(10_000))
		if err := c.Send(within(t, 20*time.Second), sent); err != nil {
			t.Fatal(err)
		}
		size := len(`{"metric":"sample_points","tags":{"series":"s0"},"timestamp":1770091506,"value":0.1},`)
		if got, least := len(w.seen()), 1000*size/10_000; got < least || got > 2*least {
			t.Errorf("%d requests for %d points of at least %d bytes", got, len(sent), size)
		}
		b.holds(t, stored)
	})
}

// The exporter keeps data of points from one Export to the next. Values must not move to another export or
// series.
func TestExport_KeepsValuesWithTheirSeries(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		exp := newExporter(t, b.endpoint, exporter.WithoutHostTag(), exporter.WithoutSelfMetrics(), exporter.WithTags(map[string]string{"job": "x"}))
		ctx := within(t, 30*time.Second)
		var want []servers.Point
		for tick := range 50 {
			at := past.Add(time.Duration(tick) * 10 * time.Second)
			var points []metricdata.DataPoint[float64]
			for i := range 40 {
				if (tick*i)%7 == 3 {
					continue // series come and go
				}
				series := (i * (1 + tick%3)) % 41 // in changing order
				value := float64(1000*series+tick) + 0.5
				tags := map[string]string{"series": strconv.Itoa(series)}
				points = append(points, metricdata.DataPoint[float64]{
					Attributes: attribute.NewSet(attribute.Int("series", series)), Time: at, Value: value,
				})
				maps.Copy(tags, map[string]string{"job": "x"})
				want = append(want, servers.Point{Metric: "walk", Tags: tags, Time: millis(at), Value: value})
			}
			rm := metricdata.ResourceMetrics{Resource: resource.Empty(), ScopeMetrics: []metricdata.ScopeMetrics{{
				Metrics: []metricdata.Metrics{{Name: "walk", Data: metricdata.Gauge[float64]{DataPoints: points}}},
			}}}
			if err := exp.Export(ctx, &rm); err != nil {
				t.Fatal(err)
			}
		}
		b.holds(t, want)
	})
}
