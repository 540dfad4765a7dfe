// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"testing"

	"go.opentelemetry.io/contrib/instrumentation/runtime"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// BenchmarkCollect measures a collection by the SDK, from the system calls to
// metricdata.
func BenchmarkCollect(b *testing.B) {
	benchmark := func(name string, begin func(metric.MeterProvider) error, opts ...sdkmetric.ManualReaderOption) {
		b.Run(name, func(b *testing.B) {
			reader := sdkmetric.NewManualReader(opts...)
			if err := begin(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))); err != nil {
				b.Fatal(err)
			}
			var rm metricdata.ResourceMetrics
			b.ReportAllocs()
			for b.Loop() {
				if err := reader.Collect(b.Context(), &rm); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	ours := func(opts ...Option) func(metric.MeterProvider) error {
		return func(provider metric.MeterProvider) error {
			_, err := Start(append(opts, WithMeterProvider(provider))...)
			return err
		}
	}
	benchmark("everything", ours())
	benchmark("everything+histograms", ours(), sdkmetric.WithProducer(NewProducer()))
	benchmark("complete producer", func(metric.MeterProvider) error { return nil }, sdkmetric.WithProducer(NewCompleteProducer()))
	benchmark("process", ours(WithoutGoRuntime()))
	benchmark("go", ours(WithoutProcess()))
	benchmark("contrib", func(provider metric.MeterProvider) error {
		return runtime.Start(runtime.WithMeterProvider(provider), runtime.WithMinimumReadMemStatsInterval(1))
	})
}

// BenchmarkSource measures each system call and each file.
func BenchmarkSource(b *testing.B) {
	for _, source := range append(processSources("/proc"), goSource(table())) {
		b.Run(source.name, func(b *testing.B) {
			var s snapshot
			b.ReportAllocs()
			for b.Loop() {
				if err := source.read(&s); err != nil {
					b.Skip("NOT MEASURED: ", err)
				}
			}
		})
	}
}

// BenchmarkCallbacks measures a collection of all instruments without the work of
// the SDK.
func BenchmarkCallbacks(b *testing.B) {
	c := &catcher{MeterProvider: sdkmetric.NewMeterProvider()}
	if _, err := Start(WithMeterProvider(c)); err != nil {
		b.Fatal(err)
	}
	var o countingObserver
	b.ReportAllocs()
	for b.Loop() {
		for _, callback := range c.callbacks {
			if err := callback(b.Context(), &o); err != nil {
				b.Fatal(err)
			}
		}
	}
}
