// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command yaml is a program that OpenTelemetry's declarative configuration configures. Its
// metrics go to an OTLP server or, because it imports integration/otelconf in place of otelconf,
// to Apptuit.
//
//	OTEL_CONFIG_FILE=otel.yaml APPTUIT_API_TOKEN=... go run .
package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/signal"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/apptuitai/apptuit-go/integration/otelconf" // was go.opentelemetry.io/contrib/otelconf
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "yaml:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) (err error) {
	sdk, err := otelconf.NewSDK(otelconf.WithContext(ctx)) // reads the file that OTEL_CONFIG_FILE names
	if err != nil {
		return err
	}
	defer func() { // exports once more, even if ctx has ended
		end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
		defer cancel()
		err = errors.Join(err, sdk.Shutdown(end))
	}()
	otel.SetMeterProvider(sdk.MeterProvider())
	otel.SetTracerProvider(sdk.TracerProvider())
	otel.SetTextMapPropagator(sdk.Propagator())

	return serve(ctx)
}

// serve simulates ten orders, and measures them.
func serve(ctx context.Context) error {
	meter := otel.Meter("shop")
	orders, err := meter.Int64Counter("orders")
	duration, err2 := meter.Float64Histogram("order.duration", metric.WithUnit("s"))
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
