// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	apptuit "github.com/apptuitai/apptuit-go/integration/autoexport"
)

// The reader's Shutdown exports once more and shuts down the exporter, whose connections close.
func TestReader_ShutdownEndsExporter(t *testing.T) {
	closed := make(chan struct{}, 1)
	handler := apptuittest.NewHandler()
	server := httptest.NewUnstartedServer(handler)
	server.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateClosed {
			select {
			case closed <- struct{}{}:
			default:
			}
		}
	}
	server.Start()
	defer server.Close()
	defer handler.Close()
	t.Setenv("APPTUIT_ENDPOINT", server.URL)
	t.Setenv("OTEL_METRICS_EXPORTER", "none") // the reader must ignore this variable

	reader, err := apptuit.NewMetricReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	orders, err := provider.Meter("shop").Int64Counter("orders")
	if err != nil {
		t.Fatal(err)
	}
	orders.Add(t.Context(), 1)
	if err := provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	before := handler.Total()
	if before == 0 {
		t.Error("ForceFlush exports nothing")
	}
	select {
	case <-closed:
		t.Error("the connection is closed before Shutdown")
	default:
	}
	if err := reader.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if handler.Total() <= before {
		t.Error("Shutdown exports nothing")
	}
	select {
	case <-closed:
	case <-time.After(30 * time.Second):
		t.Error("the exporter's connection stays open after Shutdown")
	}
	if err := reader.Shutdown(context.Background()); !errors.Is(err, sdkmetric.ErrReaderShutdown) {
		t.Errorf("the second Shutdown returns %v", err)
	}
}

// A new reader works after another reader was shut down.
func TestReader_IsIndependentOfOthers(t *testing.T) {
	s := apptuittest.NewServer()
	defer s.Close()
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	for i := range 2 {
		reader, err := apptuit.NewMetricReader(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
		counter, err := provider.Meter("shop").Int64Counter("orders")
		if err != nil {
			t.Fatal(err)
		}
		counter.Add(t.Context(), 1)
		if err := provider.Shutdown(t.Context()); err != nil {
			t.Errorf("reader %d: %v", i, err)
		}
	}
	orders := 0
	for _, p := range s.Points() {
		if p.Metric == "orders" {
			orders++
		}
	}
	if orders != 2 {
		t.Errorf("the server received %d points of orders, want one from each reader", orders)
	}
}
