// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// There are five flushes of deltas within one second. The server keeps all increments.
func TestExport_KeepsDeltasWithinOneSecond(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		exp := newExporter(t, b.endpoint, exporter.WithoutSelfMetrics(), exporter.WithTemporalitySelector(
			func(sdkmetric.InstrumentKind) metricdata.Temporality { return metricdata.DeltaTemporality }))
		reader := sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(time.Hour))
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(shop()), sdkmetric.WithReader(reader))
		meter := provider.Meter("deltas")
		requests, seconds := must(meter.Int64Counter("requests")), must(meter.Float64Counter("seconds"))
		sizes := must(meter.Float64Histogram("sizes", metric.WithExplicitBucketBoundaries(10)))
		ctx := within(t, time.Minute)
		servers.NextSecond()
		began := time.Now()
		for i := range 5 {
			requests.Add(ctx, 1<<i)
			seconds.Add(ctx, []float64{0.5, 2, 0.25, 300, 1}[i])
			sizes.Record(ctx, float64(i))
			if err := provider.ForceFlush(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if took := time.Since(began); took > time.Second {
			t.Logf("the flushes took %v", took) // then there is less to show
		}
		if err := provider.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
		sums := make(map[string]float64)
		for _, p := range b.points(t) {
			sums[p.Metric] += p.Value
		}
		want := map[string]float64{"requests": 31, "seconds": 303.75, "sizes_count": 5, "sizes_sum": 10}
		for name, sum := range want {
			if sums[name] != sum {
				t.Errorf("the stored increments of %s add up to %v, want %v", name, sums[name], sum)
			}
		}
		if s := exp.Stats(); s.Accepted != s.Produced {
			t.Errorf("stats %+v", s)
		}
	})
}

// In the reporter layout, the interval that Shutdown collects does not replace the maximum of the previous
// interval.
func TestShutdown_KeepsThePreviousInterval(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		exp := newExporter(t, b.endpoint, exporter.WithoutSelfMetrics(), exporter.WithLayout(exporter.LayoutReporter))
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(shop()), sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(time.Hour))))
		sizes := must(provider.Meter("m").Float64Histogram("sizes"))
		ctx := within(t, time.Minute)
		servers.NextSecond()
		sizes.Record(ctx, 100)
		if err := provider.ForceFlush(ctx); err != nil {
			t.Fatal(err)
		}
		sizes.Record(ctx, 1)
		if err := provider.Shutdown(ctx); err != nil {
			t.Fatal(err)
		}
		sum, n := 0.0, 0
		for _, p := range b.points(t) {
			if strings.HasSuffix(p.Metric, "_max") {
				sum += p.Value
				n++
			}
		}
		if sum != 101 || n != 2 {
			t.Errorf("%d maxima, which add up to %v; want those of both intervals", n, sum)
		}
	})
}
