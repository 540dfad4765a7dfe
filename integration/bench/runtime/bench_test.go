// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtime_test

import (
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	contrib "go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// collection returns a function that collects once from a MeterProvider.
func collection(tb testing.TB, start func(metric.MeterProvider) error, opts ...sdkmetric.ManualReaderOption) func() *metricdata.ResourceMetrics {
	tb.Helper()
	reader := sdkmetric.NewManualReader(opts...)
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	if err := start(provider); err != nil {
		tb.Fatal(err)
	}
	rm := new(metricdata.ResourceMetrics)
	return func() *metricdata.ResourceMetrics {
		if err := reader.Collect(tb.Context(), rm); err != nil {
			tb.Fatal(err)
		}
		return rm
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

func contribAlone(p metric.MeterProvider) error {
	// Its default is to read at most every 15 s: that would be measured as nothing.
	return contrib.Start(contrib.WithMeterProvider(p), contrib.WithMinimumReadMemStatsInterval(time.Nanosecond))
}

// gathering returns a function that gathers once from client_golang's registry.
func gathering(tb testing.TB, cs ...prometheus.Collector) func() int {
	tb.Helper()
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

// TestAllCollect checks that what is measured is work that is done.
func TestAllCollect(t *testing.T) {
	for name, start := range map[string]func(metric.MeterProvider) error{
		"ours": ours(t), "the process alone": ours(t, runtimemetrics.WithoutGoRuntime()), "contrib": contribAlone,
	} {
		n := 0
		for _, scope := range collection(t, start)().ScopeMetrics {
			n += len(scope.Metrics)
		}
		t.Logf("%s: %d metrics", name, n)
		if n < 5 {
			t.Errorf("%s gives %d metrics", name, n)
		}
	}
	if n := gathering(t, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))(); n < 20 {
		t.Errorf("client_golang gives %d families", n)
	}
}

func BenchmarkCollect(b *testing.B) {
	run := func(name string, collect func()) {
		b.Run("by="+name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				collect()
			}
		})
	}
	all := collection(b, ours(b))
	run("apptuit-go", func() { all() })
	withHistograms := collection(b, ours(b), sdkmetric.WithProducer(runtimemetrics.NewProducer()))
	run("apptuit-go-and-histograms", func() { withHistograms() })
	process := collection(b, ours(b, runtimemetrics.WithoutGoRuntime()))
	run("apptuit-go-process", func() { process() })
	alone := collection(b, contribAlone)
	run("contrib", func() { alone() })
	both := gathering(b, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	run("client_golang", func() { both() })
	all2 := gathering(b, collectors.NewGoCollector(collectors.WithGoCollectorRuntimeMetrics(collectors.MetricsAll)),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	run("client_golang-all-runtime-metrics", func() { all2() })
}
