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

func BenchmarkCollect(b *testing.B) {
	everything := prometheuscollectors.WithGoCollectorRuntimeMetrics(prometheuscollectors.MetricsAll)
	measure(b, "apptuit-go", ofSDK(start()))
	measure(b, "apptuit-go-and-histograms", ofSDK(start(), sdkmetric.WithProducer(runtimemetrics.NewProducer())))
	measure(b, "apptuit-go-process", ofSDK(start(runtimemetrics.WithoutGoRuntime())))
	measure(b, "contrib", ofSDK(func(p metric.MeterProvider) error {
		// By default, it reads at most every 15 s.
		return contrib.Start(contrib.WithMeterProvider(p), contrib.WithMinimumReadMemStatsInterval(time.Nanosecond))
	}))
	measure(b, "client_golang", ofPrometheus(prometheuscollectors.NewGoCollector()))
	measure(b, "client_golang-all-runtime-metrics", ofPrometheus(prometheuscollectors.NewGoCollector(everything)))
}

// measure runs a benchmark of collect, which must return at least one metric.
func measure(b *testing.B, name string, collect func(b *testing.B) (metrics int, err error)) {
	b.Run("by="+name, func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if metrics, err := collect(b); metrics == 0 || err != nil {
				b.Fatalf("%d metrics, error: %v", metrics, err)
			}
		}
	})
}

func start(opts ...runtimemetrics.Option) func(metric.MeterProvider) error {
	return func(p metric.MeterProvider) error {
		_, err := runtimemetrics.Start(append(opts, runtimemetrics.WithMeterProvider(p))...)
		return err
	}
}

// ofSDK collects the instruments that start registers with a MeterProvider.
func ofSDK(start func(metric.MeterProvider) error, opts ...sdkmetric.ManualReaderOption) func(b *testing.B) (int, error) {
	reader := sdkmetric.NewManualReader(opts...)
	if err := start(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))); err != nil {
		panic(err)
	}
	rm := new(metricdata.ResourceMetrics)
	return func(b *testing.B) (int, error) {
		err := reader.Collect(b.Context(), rm)
		return len(rm.ScopeMetrics), err
	}
}

// ofPrometheus gathers from a registry of client_golang.
func ofPrometheus(c prometheus.Collector) func(b *testing.B) (int, error) {
	registry := prometheus.NewRegistry()
	registry.MustRegister(c, prometheuscollectors.NewProcessCollector(prometheuscollectors.ProcessCollectorOpts{}))
	return func(*testing.B) (int, error) {
		families, err := registry.Gather()
		return len(families), err
	}
}
