// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// record records a value with each kind of instrument, and each type of attribute.
func record(t testing.TB, provider metric.MeterProvider) {
	t.Helper()
	meter := provider.Meter("shop.example/cart", metric.WithInstrumentationVersion("1.2.3"))
	ctx := t.Context()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	route := metric.WithAttributes(attribute.String("http.route", "/cart/{id}"), attribute.String("größe", "klein „so“ \\ \n"))
	kinds := metric.WithAttributes(
		attribute.Bool("bool", true), attribute.Int64("int", -1<<63), attribute.Float64("float", 1e-5), attribute.Float64("large", 1e6),
		attribute.StringSlice("strings", []string{"a", `b"c`, ""}), attribute.Int64Slice("ints", []int64{1, 2}),
		attribute.Float64Slice("floats", []float64{0.5, 1e21}), attribute.BoolSlice("bools", []bool{true, false}),
		attribute.String("empty", ""),
	)

	requests, err := meter.Int64Counter("http.server.requests")
	must(err)
	requests.Add(ctx, 1<<53+1, route)
	requests.Add(ctx, 7, kinds)
	bytes, err := meter.Float64Counter("bytes.sent")
	must(err)
	bytes.Add(ctx, 0.1, route)
	bytes.Add(ctx, 3)
	open, err := meter.Int64UpDownCounter("connections.open")
	must(err)
	open.Add(ctx, -5, route)
	temperature, err := meter.Float64Gauge("room-temperature")
	must(err)
	temperature.Record(ctx, -21.125)
	_, err = meter.Int64ObservableGauge("threads", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(12, route)
		o.Observe(13)
		return nil
	}))
	must(err)
	duration, err := meter.Float64Histogram("http.server.duration", metric.WithUnit("s"))
	must(err)
	size, err := meter.Int64Histogram("request.size")
	must(err)
	exponential, err := meter.Float64Histogram("exponential.duration")
	must(err)
	for i := range 100 {
		duration.Record(ctx, float64(i*i)/7, route)
		size.Record(ctx, int64(i*i))
		exponential.Record(ctx, float64(i-3)/3, route)
	}
	duration.Record(ctx, 0.5, kinds)
}
