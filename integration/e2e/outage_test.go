// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// soon is much longer than the deadlines of the tests.
const soon = 10 * time.Second

// endsSoon runs f, which must end by the deadline of its context, long before soon.
func endsSoon(t *testing.T, f func()) {
	t.Helper()
	start := time.Now()
	f()
	if took := time.Since(start); took > soon {
		t.Errorf("it took %v, for all that the context's deadline", took)
	}
}

// The port of the endpoint has no listener.
func TestSend_FailsWithoutAListener(t *testing.T) {
	t.Parallel()
	addr := servers.FreeAddr(t)
	check := func(err error, failed int) {
		t.Helper()
		s := sendError(t, err)
		if s.StatusCode != 0 || s.Successful != 0 || s.Failed != failed {
			t.Errorf("status %d, %d successful, %d failed, want %d", s.StatusCode, s.Successful, s.Failed, failed)
		}
		if !apptuitclient.Retryable(err) || !errors.Is(err, syscall.ECONNREFUSED) {
			t.Errorf("a refused connection is neither retryable nor ECONNREFUSED: %v", err)
		}
		if text := err.Error(); !strings.Contains(text, "connection refused") || !strings.Contains(text, addr) {
			t.Errorf("unclear error: %v", err)
		}
	}

	sent, _ := samplePoints(10)
	c := newClient(t, "http://"+addr, apptuitclient.WithMaxBatchPoints(3))
	endsSoon(t, func() { check(c.Send(within(t, 500*time.Millisecond), sent), len(sent)) })

	exp := newExporter(t, "http://"+addr)
	rm := metricdata.ResourceMetrics{Resource: resource.Empty(), ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{
		{Name: "g", Data: metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{{Time: past, Value: 1}}}},
	}}}}
	endsSoon(t, func() { check(exp.Export(within(t, 500*time.Millisecond), &rm), 1) })
	if got, want := exp.Stats(), (exporter.Stats{Exports: 1, Produced: 1, Dropped: 1}); got != want {
		t.Errorf("stats: %+v, want %+v", got, want)
	}
	if err := exp.Shutdown(within(t, soon)); err != nil {
		t.Error(err)
	}
}

// InfluxDB answers 500 until its database exists.
func TestSend_RetriesUntilTheDatabaseExists(t *testing.T) {
	t.Parallel()
	influx := servers.StartInfluxDB(t)
	influx.DropDatabase(t)
	w := newWire()
	c := newClient(t, influx.Endpoint(), hurry(), w.client())
	sent, stored := samplePoints(100)
	ctx := within(t, 20*time.Second)
	result := make(chan error, 1)
	go func() { result <- c.Send(ctx, sent) }()
	if err := w.afterFailure(ctx, func() { influx.CreateDatabase(t) }); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	if seen := w.seen(); seen[0].status != http.StatusInternalServerError || len(seen) < 2 {
		t.Errorf("requests: %v", seen)
	}
	if diff := servers.Diff(stored, influx.Points(t), 0); diff != "" {
		t.Error(diff)
	}
}

// The error has the text of the server.
func TestSend_GivesUpAtTheDeadline(t *testing.T) {
	t.Parallel()
	influx := servers.StartInfluxDB(t)
	influx.DropDatabase(t)
	sent, _ := samplePoints(100)
	endsSoon(t, func() {
		err := newClient(t, influx.Endpoint(), hurry()).Send(within(t, 500*time.Millisecond), sent)
		s := sendError(t, err)
		if s.StatusCode != http.StatusInternalServerError || s.Failed != len(sent) || !apptuitclient.Retryable(err) ||
			!strings.Contains(err.Error(), "database not found") {
			t.Errorf("status %d, %d failed: %v", s.StatusCode, s.Failed, err)
		}
	})
}

// A program exports while InfluxDB crashes and restarts. Cumulative values are not lost, and all points
// that could be delivered are stored.
func TestExport_SurvivesARestartOfTheServer(t *testing.T) {
	t.Parallel()
	influx := servers.StartInfluxDB(t)
	w := newWire()
	exp := newExporter(t, influx.Endpoint(), exporter.WithoutHostTag(), exporter.WithoutSelfMetrics(),
		exporter.WithClientOptions(hurry(), w.client()))
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(time.Hour))),
		sdkmetric.WithResource(resource.NewSchemaless(attribute.String("service.name", "s"))))
	counter := must(provider.Meter("e2e").Int64Counter("events"))
	ctx := within(t, 30*time.Second)

	var want []servers.Point
	collect := func(total float64) (from int64) {
		counter.Add(ctx, 1)
		servers.NextSecond()
		from = millis(time.Now())
		want = append(want, servers.Point{Metric: "events", Tags: map[string]string{"otel_scope_name": "e2e", "service_name": "s"}, Time: from, Value: total})
		return from
	}
	collect(1)
	if err := provider.ForceFlush(ctx); err != nil {
		t.Fatal(err)
	}
	influx.Kill(t)
	from := collect(2)
	result := make(chan error, 1)
	go func() { result <- provider.ForceFlush(ctx) }()
	if err := w.afterFailure(ctx, func() { influx.Restart(t) }); err != nil {
		t.Fatal(err)
	}
	if err := <-result; err != nil {
		t.Fatal(err)
	}
	got := influx.Points(t)
	align(got, from, millis(time.Now()))
	if diff := servers.Diff(want, got, 0); diff != "" {
		t.Error(diff)
	}
	if s := exp.Stats(); s.Accepted != 2 || s.Produced != 2 {
		t.Errorf("stats: %+v", s)
	}
	if err := provider.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// A suspended server accepts connections, and does not answer.
func TestExport_EndsWhileTheServerHangs(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t, "-dedup.minScrapeInterval=1ms")
	v.Suspend(t)
	sent, stored := samplePoints(10)
	endsSoon(t, func() {
		err := newClient(t, v.Endpoint()).Send(within(t, 300*time.Millisecond), sent)
		if s := sendError(t, err); s.Failed != len(sent) || !errors.Is(err, context.DeadlineExceeded) || !apptuitclient.Retryable(err) {
			t.Errorf("%d failed: %v", s.Failed, err)
		}
	})

	exp := newExporter(t, v.Endpoint())
	ctx := within(t, 2*soon)
	rm := metricdata.ResourceMetrics{Resource: resource.Empty(), ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{
		{Name: "g", Data: metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{{Time: past, Value: 1}}}},
	}}}}
	result := make(chan error, 1)
	go func() { result <- exp.Export(ctx, &rm) }()
	time.Sleep(50 * time.Millisecond) // so that the Export is likely under way
	endsSoon(t, func() {
		if err := exp.Shutdown(within(t, 100*time.Millisecond)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("shutdown: %v", err)
		}
		if err := <-result; !errors.Is(err, sdkmetric.ErrExporterShutdown) {
			t.Errorf("the export under way: %v", err)
		}
	})

	// The suspended server has the requests that the client has abandoned, and so gets these points twice.
	// Deduplication makes it store them once.
	v.Resume(t)
	if err := newClient(t, v.Endpoint()).Send(within(t, soon), sent); err != nil {
		t.Fatal(err)
	}
	if diff := servers.Diff(stored, v.Points(t, "sample_points"), servers.VictoriaMetricsTolerance); diff != "" {
		t.Error(diff)
	}
}
