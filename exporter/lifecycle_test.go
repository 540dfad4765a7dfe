// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestExporter_AfterShutdown(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv))
	mustExport(t, e, points(3))
	if err := e.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	for name, call := range map[string]func() error{
		"Export":            func() error { return e.Export(t.Context(), points(3)) },
		"Export of nil":     func() error { return e.Export(t.Context(), nil) },
		"ForceFlush":        func() error { return e.ForceFlush(t.Context()) },
		"a second Shutdown": func() error { return e.Shutdown(t.Context()) },
	} {
		if err := call(); !errors.Is(err, sdkmetric.ErrExporterShutdown) {
			t.Errorf("%s: error %v, want ErrExporterShutdown", name, err)
		}
	}
	wantStats(t, e, Stats{Produced: 3, Accepted: 3})
	if used := e.origins.pool.Used(); used != 0 {
		t.Errorf("%d bytes of the cache are held", used)
	}
	if e.Temporality(sdkmetric.InstrumentKindCounter) != metricdata.CumulativeTemporality {
		t.Error("the temporality has changed")
	}
}

// Shutdown returns exactly at its deadline while the server hangs, and leaves no goroutine: the
// synctest bubble ends only when all of its goroutines have ended.
func TestShutdown_WhileTheServerHangs(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		srv.Fail(apptuittest.Fault{Hang: true})
		e := newExporter(t, toServer(srv, apptuitclient.WithMaxBatchPoints(10)))
		result := make(chan error)
		go func() { result <- e.Export(t.Context(), points(30)) }()
		synctest.Wait()

		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		err := e.Shutdown(ctx)
		if took := time.Since(start); took != 100*time.Millisecond || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Shutdown returned %v after %v, want DeadlineExceeded after 100ms", err, took)
		}
		if err := <-result; !errors.Is(err, sdkmetric.ErrExporterShutdown) || time.Since(start) != 100*time.Millisecond {
			t.Errorf("Export returned %v after %v, want ErrExporterShutdown after 100ms", err, time.Since(start))
		}
		wantStats(t, e, Stats{Produced: 30, Dropped: 30})
		if used := e.origins.pool.Used(); used != 0 {
			t.Errorf("%d bytes of the cache are held", used)
		}
	})
}

// Shutdown also returns at its deadline with sockets, in real time, and with the exporter's own HTTP
// client.
func TestShutdown_WhileTheServerHangsInRealTime(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	srv.Fail(apptuittest.Fault{Hang: true, Times: 10})
	before := runtime.NumGoroutine()
	e, err := New(t.Context(), WithEndpoint(srv.URL))
	if err != nil {
		t.Fatal(err)
	}
	result := make(chan error, 1)
	go func() { result <- e.Export(context.Background(), points(30)) }()
	for len(srv.Requests()) == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	start := time.Now()
	err = e.Shutdown(ctx)
	if took := time.Since(start); took > 2*time.Second || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown returned %v after %v", err, took)
	}
	if err := <-result; !errors.Is(err, sdkmetric.ErrExporterShutdown) {
		t.Errorf("Export returned %v", err)
	}
	srv.Close()
	wantGoroutines(t, before)
}

// wantGoroutines waits until there are at most n goroutines.
func wantGoroutines(t *testing.T, n int) {
	t.Helper()
	for range 1000 {
		if runtime.NumGoroutine() <= n {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	stacks := make([]byte, 1<<20)
	t.Errorf("%d goroutines, want %d:\n%s", runtime.NumGoroutine(), n, stacks[:runtime.Stack(stacks, true)])
}

func TestShutdown_LeavesNoGoroutine(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	before := runtime.NumGoroutine()
	for range 5 {
		e, err := New(t.Context(), WithEndpoint(srv.URL))
		if err != nil {
			t.Fatal(err)
		}
		mustExport(t, e, points(30))
		if err := e.Shutdown(t.Context()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	}
	wantGoroutines(t, before)
}

func TestShutdown_EndsWaitsForARetry(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		srv.Fail(apptuittest.Fault{Status: 503, RetryAfter: "50", Times: 1000})
		e := newExporter(t, toServer(srv))
		result := make(chan error)
		go func() { result <- e.Export(t.Context(), points(30)) }()
		synctest.Wait()
		start := time.Now()
		time.AfterFunc(0, func() {
			if err := e.Shutdown(t.Context()); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
		err := <-result
		if time.Since(start) != 0 || err == nil || !strings.Contains(err.Error(), "503") {
			t.Errorf("Export returned %v after %v, want the 503 at once", err, time.Since(start))
		}
		synctest.Wait()
		wantStats(t, e, Stats{Produced: 30, Dropped: 30})
		if n := len(srv.Requests()); n != 1 {
			t.Errorf("%d requests, want no retry", n)
		}
	})
}

func TestShutdown_LetsARequestFinish(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		srv.Fail(apptuittest.Fault{Delay: 5 * time.Second}, apptuittest.Fault{Delay: 5 * time.Second})
		e := newExporter(t, toServer(srv, apptuitclient.WithMaxBatchPoints(20)))
		result := make(chan error)
		go func() { result <- e.Export(t.Context(), points(30)) }()
		synctest.Wait()
		start := time.Now()
		go func() { result <- e.Shutdown(t.Context()) }()
		for range 2 {
			if err := <-result; err != nil {
				t.Errorf("error %v", err)
			}
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("it took %v, want both requests, 10s", took)
		}
		wantStats(t, e, Stats{Produced: 30, Accepted: 30})
	})
}

// Shutdown does not close the client of WithClient.
func TestShutdown_DoesNotCloseAGivenClient(t *testing.T) {
	srv := memoryServer(t)
	client := newClient(t, apptuitclient.WithEndpoint(srv.URL), apptuitclient.WithHTTPClient(srv.Client()))
	e := newExporter(t, WithClient(client), WithoutSelfMetrics())
	mustExport(t, e, points(3))
	if err := e.Shutdown(t.Context()); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
	p := apptuitclient.DataPoint{Metric: "n", Tags: map[string]string{"k": "v"}, Timestamp: at(), Value: 1}
	if err := client.Send(t.Context(), []apptuitclient.DataPoint{p}); err != nil || srv.Total() != 4 {
		t.Errorf("Send after Shutdown: %v, %d points arrived", err, srv.Total())
	}
}

// closes records whether idle connections were closed.
type closes struct {
	http.RoundTripper
	n int
}

func (c *closes) CloseIdleConnections() { c.n++ }

func TestShutdown_DoesNotCloseAGivenHTTPClient(t *testing.T) {
	srv := memoryServer(t)
	transport := &closes{RoundTripper: srv.Client().Transport}
	e := newExporter(t, WithEndpoint(srv.URL), WithHTTPClient(&http.Client{Transport: transport}))
	mustExport(t, e, points(3))
	if err := e.Shutdown(t.Context()); err != nil || transport.n != 0 {
		t.Errorf("Shutdown: %v, connections were closed %d times", err, transport.n)
	}
}

func TestExport_Concurrently(t *testing.T) {
	const goroutines, exports, n = 8, 6, 50
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv, apptuitclient.WithMaxBatchPoints(20)), WithoutSelfMetrics())
	var running sync.WaitGroup
	for g := range goroutines {
		running.Go(func() {
			for i := range exports {
				data := make([]metricdata.DataPoint[int64], n)
				for j := range data {
					data[j] = number(int64(1000*g+i), attribute.Int("k", j))
				}
				rm := metricsOf(counter(fmt.Sprintf("n%d", g), data...))
				if g%2 == 0 {
					rm.Resource = resource.NewSchemaless(attribute.Int("g", g))
				}
				if err := e.Export(context.Background(), rm); err != nil {
					t.Errorf("Export: %v", err)
				}
				_ = e.Stats()
				_ = e.ForceFlush(context.Background())
			}
		})
	}
	running.Wait()
	const all = goroutines * exports * n
	wantStats(t, e, Stats{Produced: all, Accepted: all})
	times := map[string]int{}
	for _, p := range srv.Points() {
		times[fmt.Sprint(p.Metric, p.Tags["k"], p.Value)]++
	}
	if len(times) != all {
		t.Errorf("%d different points arrived, want %d", len(times), all)
	}
}

func TestShutdown_DuringConcurrentExports(t *testing.T) {
	for round := range 20 {
		srv := apptuittest.NewMemoryServer()
		e := newExporter(t, toServer(srv, apptuitclient.WithMaxBatchPoints(10)))
		var running sync.WaitGroup
		for range 4 {
			running.Go(func() {
				for {
					if err := e.Export(context.Background(), points(25)); err != nil {
						if !errors.Is(err, sdkmetric.ErrExporterShutdown) {
							t.Errorf("Export: %v", err)
						}
						return
					}
				}
			})
		}
		for range 2 {
			running.Go(func() {
				time.Sleep(time.Duration(round%5) * time.Millisecond)
				if err := e.Shutdown(context.Background()); err != nil && !errors.Is(err, sdkmetric.ErrExporterShutdown) {
					t.Errorf("Shutdown: %v", err)
				}
			})
		}
		running.Wait()
		s := e.Stats()
		if s.Produced != 25*s.Exports || s.Accepted != s.Produced {
			t.Errorf("stats %+v, want all of %d Exports accepted", s, s.Exports)
		}
		if used := e.origins.pool.Used(); used != 0 {
			t.Errorf("%d bytes of the cache are held", used)
		}
		srv.Close()
	}
}

// Client returns the client that sends the points.
func TestExporter_Client(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	e, err := New(t.Context(), WithEndpoint(s.URL))
	if err != nil {
		t.Fatal(err)
	}
	send := func(c *apptuitclient.Client) error {
		return c.Send(t.Context(), []apptuitclient.DataPoint{{Metric: "m", Tags: map[string]string{"k": "v"}, Timestamp: time.Now(), Value: 1}})
	}
	if err := send(e.Client()); err != nil || s.Total() != 1 {
		t.Errorf("%v, %d points", err, s.Total())
	}
	given, err := New(t.Context(), WithClient(e.Client()))
	if err != nil {
		t.Fatal(err)
	}
	if given.Client() != e.Client() {
		t.Error("another client than that of WithClient")
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := send(e.Client()); !errors.Is(err, apptuitclient.ErrClosed) {
		t.Errorf("after Shutdown: %v", err)
	}
}
