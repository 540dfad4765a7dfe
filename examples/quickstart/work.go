// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
)

// work pretends to serve orders, and measures them with the OpenTelemetry API. It does not depend on
// the exporter.
func work(ctx context.Context, meter metric.Meter, duration time.Duration) error {
	orders, err := meter.Int64Counter("orders", metric.WithDescription("Orders served."))
	latency, err2 := meter.Float64Histogram("order.duration", metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(0.005, 0.01, 0.02, 0.04))
	_, err3 := meter.Float64ObservableGauge("stock.temperature", metric.WithUnit("Cel"),
		metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
			o.Observe(4+rand.Float64(), metric.WithAttributes(attribute.String("depot", "Zürich")))
			return nil
		}))
	if err := errors.Join(err, err2, err3); err != nil {
		return err
	}
	countries := []string{"ch", "in", "日本"}
	ctx, cancel := context.WithTimeout(ctx, duration)
	defer cancel()
	for ctx.Err() == nil {
		start := time.Now()
		country := metric.WithAttributes(attribute.String("country", countries[rand.IntN(len(countries))]))
		select {
		case <-time.After(rand.N(30 * time.Millisecond)):
		case <-ctx.Done():
		}
		orders.Add(ctx, 1, country)
		latency.Record(ctx, time.Since(start).Seconds(), country)
	}
	return nil
}
