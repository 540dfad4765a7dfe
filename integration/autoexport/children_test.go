// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	apptuit "github.com/apptuitai/apptuit-go/integration/autoexport"
	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// children returns programs by name. Tests run them in separate processes, because the environment
// and the registry of the contrib package are global.
func children() map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		// The program of the README.
		"register": func(ctx context.Context) error {
			apptuit.Register()
			return export(ctx)
		},
		// The program limits Shutdown, with its last export, to two seconds.
		"short end": func(ctx context.Context) error {
			apptuit.Register()
			return exportAndEnd(ctx, 2*time.Second)
		},
		"register twice": func(ctx context.Context) error {
			apptuit.Register()
			apptuit.Register()
			return export(ctx)
		},
		"register concurrently": func(ctx context.Context) error {
			var all sync.WaitGroup
			for range 32 {
				all.Go(apptuit.Register)
			}
			all.Wait()
			return export(ctx)
		},
		"not registered": func(ctx context.Context) error { return export(ctx) },
		// The program registers an exporter of the same name, and continues after the panic.
		"registered by the program": func(context.Context) error {
			autoexport.RegisterMetricReader(apptuit.Name, func(context.Context) (sdkmetric.Reader, error) {
				return sdkmetric.NewManualReader(), nil
			})
			first, second := caught(apptuit.Register), caught(apptuit.Register)
			if first == nil || second == nil {
				return nil // fails the test, which expects an error
			}
			return errors.Join(first, second)
		},
		"producer registered by the program": func(context.Context) error {
			autoexport.RegisterMetricProducer("runtime", func(context.Context) (sdkmetric.Producer, error) { return nil, nil })
			first, second := caught(apptuit.Register), caught(apptuit.Register)
			if first == nil || second == nil {
				return nil // fails the test, which expects an error
			}
			return errors.Join(first, second)
		},
		// The variable is set after Register.
		"list set later": func(ctx context.Context) error {
			apptuit.Register()
			if err := os.Setenv("OTEL_METRICS_EXPORTER", os.Getenv("LIST")); err != nil {
				return err
			}
			return export(ctx)
		},
		"list registered again": func(ctx context.Context) error {
			apptuit.Register()
			if err := os.Setenv("OTEL_METRICS_EXPORTER", os.Getenv("LIST")); err != nil {
				return err
			}
			apptuit.Register()
			return export(ctx)
		},
		"runtimemetrics started": func(ctx context.Context) error {
			apptuit.Register()
			if _, err := runtimemetrics.Start(); err != nil { // uses the global provider, which export sets
				return err
			}
			return export(ctx)
		},
		"registered by the program later": func(context.Context) error {
			apptuit.Register()
			return caught(func() { autoexport.RegisterMetricReader(apptuit.Name, apptuit.NewMetricReader) })
		},
		"fallback": func(ctx context.Context) error {
			return export(ctx, autoexport.WithFallbackMetricReader(apptuit.NewMetricReader))
		},
	}
}

// runChild runs the program name, and returns its exit code.
func runChild(name string) int {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { fmt.Fprintln(os.Stderr, "handled:", err) }))
	if err := children()[name](ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// export creates a reader, counts three orders with OpenTelemetry and with client_golang, and shuts
// the provider down at the end of stdin.
func export(ctx context.Context, opts ...autoexport.MetricOption) error {
	return exportAndEnd(ctx, time.Minute, opts...)
}

// exportAndEnd is export with a time limit for Shutdown.
func exportAndEnd(ctx context.Context, limit time.Duration, opts ...autoexport.MetricOption) error {
	sold := prometheus.NewCounter(prometheus.CounterOpts{Name: "sold", Help: "Orders sold."})
	if err := prometheus.Register(sold); err != nil {
		return err
	}
	sold.Add(3)

	reader, err := autoexport.NewMetricReader(ctx, opts...)
	if err != nil {
		return err
	}
	fmt.Println("none:", autoexport.IsNoneMetricReader(reader))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	otel.SetMeterProvider(provider)
	orders, err := provider.Meter("shop").Int64Counter("orders")
	if err != nil {
		return err
	}
	orders.Add(ctx, 3)
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	return provider.Shutdown(ctx)
}

// caught calls f and returns its panic as an error.
func caught(f func()) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %s", strings.TrimSpace(fmt.Sprint(r)))
		}
	}()
	f()
	return nil
}
