// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package runtime measures one collection of the metrics of the process and the Go
// runtime: by runtimemetrics, by OpenTelemetry's contrib alone, and by the collectors of
// prometheus/client_golang.
package runtime

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	prometheuscollectors "github.com/prometheus/client_golang/prometheus/collectors"
	contrib "go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// collector collects once, and returns the number of metrics.
type collector struct {
	name    string
	collect func() int
}

func collectors(tb testing.TB) []collector {
	all := prometheuscollectors.WithGoCollectorRuntimeMetrics(prometheuscollectors.MetricsAll)
	process := prometheuscollectors.NewProcessCollector(prometheuscollectors.ProcessCollectorOpts{})
	return []collector{
		{"apptuit-go", collecting(tb, ours(tb))},
		{"apptuit-go-and-histograms", collecting(tb, ours(tb), sdkmetric.WithProducer(runtimemetrics.NewProducer()))},
		{"apptuit-go-process", collecting(tb, ours(tb, runtimemetrics.WithoutGoRuntime()))},
		{"contrib", collecting(tb, func(p metric.MeterProvider) error {
			// By default, it reads at most every 15 s.
			return contrib.Start(contrib.WithMeterProvider(p), contrib.WithMinimumReadMemStatsInterval(time.Nanosecond))
		})},
		{"client_golang", gathering(tb, prometheuscollectors.NewGoCollector(), process)},
		{"client_golang-all-runtime-metrics", gathering(tb, prometheuscollectors.NewGoCollector(all), process)},
	}
}

// collecting collects from a MeterProvider.
func collecting(tb testing.TB, start func(metric.MeterProvider) error, opts ...sdkmetric.ManualReaderOption) func() int {
	reader := sdkmetric.NewManualReader(opts...)
	if err := start(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))); err != nil {
		tb.Fatal(err)
	}
	rm := new(metricdata.ResourceMetrics)
	return func() (metrics int) {
		if err := reader.Collect(tb.Context(), rm); err != nil {
			tb.Fatal(err)
		}
		for _, scope := range rm.ScopeMetrics {
			metrics += len(scope.Metrics)
		}
		return metrics
	}
}

func ours(tb testing.TB, opts ...runtimemetrics.Option) func(metric.MeterProvider) error {
	return func(p metric.MeterProvider) error {
		registration, err := runtimemetrics.Start(append(opts, runtimemetrics.WithMeterProvider(p))...)
		if err == nil {
			tb.Cleanup(func() { _ = registration.Unregister() })
		}
		return err
	}
}

// gathering gathers from a registry of client_golang.
func gathering(tb testing.TB, cs ...prometheus.Collector) func() int {
	registry := prometheus.NewRegistry()
	registry.MustRegister(cs...)
	return func() int {
		families, err := registry.Gather()
		if err != nil {
			tb.Fatal(err)
		}
		return len(families)
	}
}

func TestCollectors_Collect(t *testing.T) {
	for _, c := range collectors(t) {
		if n := c.collect(); n < 5 {
			t.Errorf("%s: %d metrics", c.name, n)
		}
	}
}

func BenchmarkCollect(b *testing.B) {
	for _, c := range collectors(b) {
		b.Run("by="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				c.collect()
			}
		})
	}
}
