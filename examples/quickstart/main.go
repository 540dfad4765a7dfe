// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command quickstart is a small instrumented program that runs for a few seconds and shows the
// points that arrive at the server.
//
// Without configuration it starts a server in its own process, and prints the points of the last
// export as they arrived there. Then it queries one metric and prints the result as a table. With
// APPTUIT_ENDPOINT it sends the points to that server instead, for example to VictoriaMetrics,
// which needs no token:
//
//	APPTUIT_ENDPOINT=http://127.0.0.1:4242 go run ./examples/quickstart
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"time"

	"go.opentelemetry.io/otel"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/exporter"
)

func main() {
	duration := flag.Duration("for", 3500*time.Millisecond, "how long to run")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, *duration)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, duration time.Duration) error {
	endpoint := os.Getenv("APPTUIT_ENDPOINT")
	var options []exporter.Option
	var server *apptuittest.Server
	if endpoint == "" {
		server = apptuittest.NewServer()
		defer server.Close()
		endpoint = server.URL + " (in this process)"
		options = append(options, exporter.WithEndpoint(server.URL))
	}
	exp, err := exporter.New(ctx, options...)
	if err != nil {
		return err
	}
	fmt.Println("sending to", endpoint) // New refuses an endpoint with a password

	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(time.Second))),
		sdkmetric.WithResource(resource.NewSchemaless(semconv.ServiceName("quickstart"))),
	)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { fmt.Fprintln(os.Stderr, "error:", err) }))

	workErr := work(ctx, provider.Meter("quickstart"), duration)

	// Shutdown collects and exports once more: nothing is lost at the end.
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	if err := provider.Shutdown(end); err != nil {
		return err
	}
	if server != nil {
		show(server.Points())
		if err := readBack(end, server.URL); err != nil {
			return err
		}
	}
	s := exp.Stats()
	fmt.Printf("\n%d exports: %d points produced, %d accepted, %d rejected, %d spooled, %d dropped\n",
		s.Exports, s.Produced, s.Accepted, s.Rejected, s.Spooled, s.Dropped)
	if n := s.Produced - s.Accepted - s.Spooled; n > 0 {
		return fmt.Errorf("%d of %d points did not arrive", n, s.Produced)
	}
	return workErr
}
