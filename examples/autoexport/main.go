// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command autoexport is a program that selects its exporter by environment variables: to an OTLP
// server, to Prometheus or, because of the line apptuit.Register(), to Apptuit.
//
//	OTEL_METRICS_EXPORTER=apptuit APPTUIT_API_TOKEN=... go run .
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	apptuit "github.com/apptuitai/apptuit-go/integration/autoexport"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "autoexport:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	apptuit.Register() // the only line that OTLP does not need

	reader, err := autoexport.NewMetricReader(ctx)
	if err != nil {
		return err
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	defer func() { // exports once more, even if ctx has ended
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, provider.Shutdown(end))
	}()
	otel.SetMeterProvider(provider)

	return serve(ctx)
}

// serve simulates ten orders, and measures them.
func serve(ctx context.Context) error {
	meter := otel.Meter("shop")
	orders, err := meter.Int64Counter("orders")
	duration, err2 := meter.Float64Histogram("order.duration", metric.WithUnit("s"),
		metric.WithExplicitBucketBoundaries(0.02, 0.05, 0.1))
	if err := errors.Join(err, err2); err != nil {
		return err
	}
	country := metric.WithAttributes(attribute.String("country", "ch"))
	for range 10 {
		start := time.Now()
		select {
		case <-time.After(rand.N(100 * time.Millisecond)):
		case <-ctx.Done():
			return nil
		}
		orders.Add(ctx, 1, country)
		duration.Record(ctx, time.Since(start).Seconds(), country)
	}
	fmt.Println("served 10 orders")
	return nil
}
