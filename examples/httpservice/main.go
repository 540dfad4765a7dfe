// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command httpservice is a small HTTP service that measures itself: its
// requests by OpenTelemetry's HTTP conventions, its process and its Go runtime.
//
// The exporter is configured by the environment; VictoriaMetrics, for example,
// needs no token:
//
//	APPTUIT_ENDPOINT=http://127.0.0.1:4242 go run ./examples/httpservice -addr 127.0.0.1:8080
//
// Timestamps are in milliseconds, which InfluxDB 1.6 misreads.
// OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES say which service it is. It
// answers
//
//	GET /             with a greeting
//	GET /slow         after 300ms; /slow?for=1s says how long, at most 10s
//	GET /fail/{code}  with that status, 400 to 599
//
// The count of http.server.request.duration is the number of requests. SIGTERM
// or SIGINT ends it: requests under way are answered, and all that were counted
// are exported, before it exits. A second signal ends it at once.
//
// dashboard.json shows the metrics in Grafana, from VictoriaMetrics as a
// Prometheus data source.
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
