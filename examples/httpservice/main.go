// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command httpservice is a small HTTP service that exports metrics of its requests, by OpenTelemetry's
// HTTP conventions, of its process and of its Go runtime.
//
// Environment variables configure the exporter. For example, to send to VictoriaMetrics, which needs
// no token:
//
//	APPTUIT_ENDPOINT=http://127.0.0.1:4242 go run ./examples/httpservice -addr 127.0.0.1:8080
//
// Timestamps are in milliseconds, which InfluxDB 1.6 misreads. OTEL_SERVICE_NAME and
// OTEL_RESOURCE_ATTRIBUTES set the attributes of the resource. The service answers
//
//	GET /             with a greeting
//	GET /slow         after 300ms, or after the given time: /slow?for=1s, at most 10s
//	GET /fail/{code}  with the given status, 400 to 599
//
// The count of http.server.request.duration is the number of requests. SIGTERM or SIGINT ends the
// service: before it exits, it answers the requests in progress, and exports the metrics of all
// requests. A second signal ends it at once.
//
// dashboard.json is a Grafana dashboard for these metrics. Its data source is of type Prometheus, for
// example VictoriaMetrics.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"go.opentelemetry.io/otel"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { fmt.Fprintln(os.Stderr, "httpservice:", err) }))
	if err := run(ctx, os.Args[1:], os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "httpservice:", err)
		os.Exit(1)
	}
}
