// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/metrics"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

const (
	loadExports = 8
	loadPoints  = 100_000
)

// slow is a server that counts points and answers after a delay. It stores nothing.
type slow struct {
	delay  time.Duration
	points atomic.Int64
	bytes  atomic.Int64
}

func (s *slow) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	n, err := s.count(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.bytes.Add(r.ContentLength)
	time.Sleep(s.delay)
	s.points.Add(int64(n))
	w.WriteHeader(http.StatusNoContent)
}

// count counts the points of a body by its braces: each point has two opening braces, and the rest of
// the body has none.
func (s *slow) count(body io.Reader) (points int, err error) {
	z, err := gzip.NewReader(body)
	if err != nil {
		return 0, err
	}
	buffer, braces := make([]byte, 64<<10), 0
	for {
		n, err := z.Read(buffer)
		braces += bytes.Count(buffer[:n], []byte("{"))
		switch {
		case errors.Is(err, io.EOF):
			return braces / 2, nil
		case err != nil:
			return 0, err
		}
	}
}

// watchHeap measures the growth of the live heap in bytes, until the returned function is
// called.
func watchHeap() (growth func() int64) {
	runtime.GC()
	live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(live)
	before := live[0].Value.Uint64()
	stop, done := make(chan struct{}), make(chan int64)
	go func() {
		most := before
		for ticker := time.NewTicker(5 * time.Millisecond); ; {
			metrics.Read(live)
			most = max(most, live[0].Value.Uint64())
			select {
			case <-ticker.C:
			case <-stop:
				ticker.Stop()
				done <- int64(most - before)
				return
			}
		}
	}()
	return func() int64 { close(stop); return <-done }
}

// load exports concurrently.
func load(t testing.TB, e *Exporter, rm *metricdata.ResourceMetrics) {
	t.Helper()
	var running sync.WaitGroup
	for range loadExports {
		running.Go(func() { mustExport(t, e, rm) })
	}
	running.Wait()
}

// Eight concurrent Exports of 100,000 points each, to a slow server: all points arrive,
// memory is limited by the compressed size, and no goroutine is left.
func TestExport_UnderLoad(t *testing.T) {
	rm, n := points(loadPoints), loadPoints
	server := &slow{delay: 200 * time.Millisecond}
	http := httptest.NewServer(server)
	defer http.Close()
	before := runtime.NumGoroutine()
	e, err := New(t.Context(), WithEndpoint(http.URL), WithoutSelfMetrics(), WithCacheBytes(0))
	if err != nil {
		t.Fatal(err)
	}
	peak := watchHeap()
	start := time.Now()
	load(t, e, rm)
	took := time.Since(start)
	heap := peak()
	all := uint64(loadExports * n)
	wantStats(t, e, Stats{Produced: all, Accepted: all})
	if got := server.points.Load(); got != int64(all) {
		t.Errorf("%d points arrived, want %d", got, all)
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	t.Logf("%d points in %v, %.0f a second; the live heap grew by %d MiB; %d MiB went over the wire",
		all, took.Round(time.Millisecond), float64(all)/took.Seconds(), heap>>20, server.bytes.Load()>>20)
	// The text of these points is 70 MiB, but it is in memory in compressed form only. A
	// compressor takes a megabyte, and the cache is disabled.
	if bound := int64(32 << 20); heap > bound {
		t.Errorf("the live heap grew by %d MiB, want at most %d", heap>>20, bound>>20)
	}
	http.Close()
	wantGoroutines(t, before)
}

// BenchmarkLoad repeats TestExport_UnderLoad, with six attributes per point and a cache.
func BenchmarkLoad(b *testing.B) {
	rm, n := benchData("sum", loadPoints)
	server := httptest.NewServer(&slow{delay: 200 * time.Millisecond})
	defer server.Close()
	e := newExporter(b, WithEndpoint(server.URL))
	load(b, e, rm)
	peak := watchHeap()
	rounds := 0
	for b.Loop() {
		load(b, e, rm)
		rounds++
	}
	b.ReportMetric(float64(peak())/(1<<20), "MiB-live-growth")
	b.ReportMetric(float64(rounds*loadExports*n)/b.Elapsed().Seconds(), "points/s")
	b.ReportMetric(0, "B/op")
}

// moment is the time after the start of the Exports at which Shutdown is called, and its timeout.
type moment struct{ after, within time.Duration }

// moments are random, with a fixed seed. A request takes 200 ms, and each Export makes
// five.
func moments(n int) []moment {
	random := rand.New(rand.NewPCG(6, uint64(n)))
	all := []moment{{}, {after: 200 * time.Millisecond}, {after: 100 * time.Millisecond, within: time.Hour}}
	for len(all) < n {
		all = append(all, moment{
			after:  time.Duration(random.Int64N(int64(1100 * time.Millisecond))),
			within: time.Duration(random.Int64N(int64(600*time.Millisecond))) * time.Duration(random.IntN(3)),
		})
	}
	return all
}

// Shutdown returns by its deadline at any moment, exact to the nanosecond of simulated time. So do the
// Exports in progress, and each point is accounted for. With a spool, Shutdown may take 100 ms
// longer, and no point is dropped.
func TestShutdown_AtAnyMoment(t *testing.T) {
	for _, spooling := range []bool{false, true} {
		for i, m := range moments(15) {
			t.Run(fmt.Sprintf("spool=%v/%d: after %v, within %v", spooling, i, m.after, m.within), func(t *testing.T) {
				dir := spoolDir(t)
				inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
					srv.Fail(apptuittest.Fault{Delay: 200 * time.Millisecond, Times: 1e6})
					client := []apptuitclient.Option{apptuitclient.WithMaxBatchPoints(20)}
					late := time.Duration(0)
					if spooling {
						client = append(client, apptuitclient.WithSpool(dir), apptuitclient.WithWarningHandler(func(error) {}))
						late = 100 * time.Millisecond
					}
					e := newExporter(t, toServer(srv, client...), WithoutSelfMetrics())
					shutDown(t, e, points(100), m, late)
					s := e.Stats()
					if s.Produced != s.Accepted+s.Spooled+s.Dropped || s.Produced != 100*s.Exports {
						t.Errorf("stats %+v of %d points an Export", s, 100)
					}
					if spooling && s.Dropped > 0 {
						t.Errorf("%d points are dropped, where there is a spool: %+v", s.Dropped, s)
					}
					if m.within == time.Hour && s.Accepted != s.Produced {
						t.Errorf("stats %+v, where there was time enough", s)
					}
				})
			})
		}
	}
}

// shutDown shuts an exporter down during Exports, and requires that it and the Exports
// return within the given time after the deadline.
func shutDown(t *testing.T, e *Exporter, rm *metricdata.ResourceMetrics, m moment, late time.Duration) {
	t.Helper()
	var running sync.WaitGroup
	for range loadExports {
		running.Go(func() {
			for {
				err := e.Export(context.Background(), rm)
				if errors.Is(err, sdkmetric.ErrExporterShutdown) || t.Failed() {
					return
				}
				if err != nil {
					t.Errorf("Export: %v", err)
				}
			}
		})
	}
	time.Sleep(m.after)
	ctx, cancel := context.WithTimeout(context.Background(), m.within)
	defer cancel()
	start := time.Now()
	err := e.Shutdown(ctx)
	if took := time.Since(start); took > m.within+late {
		t.Errorf("Shutdown took %v, %v more than it had", took, took-m.within)
	}
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Shutdown: %v", err)
	}
	running.Wait()
	if took := time.Since(start); took > m.within+late {
		t.Errorf("the Exports took %v, %v more than Shutdown had", took, took-m.within)
	}
}

// Client.Close at any moment returns at once; with a spool, if the disk is fast.
func TestClient_Close_AtAnyMoment(t *testing.T) {
	for _, spooling := range []bool{false, true} {
		for i, m := range moments(15) {
			t.Run(fmt.Sprintf("spool=%v/%d: after %v", spooling, i, m.after), func(t *testing.T) {
				dir := spoolDir(t)
				inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
					srv.Fail(apptuittest.Fault{Delay: 200 * time.Millisecond, Times: 1e6})
					opts := []apptuitclient.Option{
						apptuitclient.WithEndpoint(srv.URL), apptuitclient.WithHTTPClient(srv.Client()), apptuitclient.WithMaxBatchPoints(20),
					}
					if spooling {
						opts = append(opts, apptuitclient.WithSpool(dir), apptuitclient.WithWarningHandler(func(error) {}))
					}
					client := newClient(t, opts...)
					e := newExporter(t, WithClient(client), WithoutSelfMetrics())
					var running sync.WaitGroup
					for range loadExports {
						running.Go(func() {
							for e.Export(context.Background(), points(100)) == nil && client.Send(context.Background(), nil) == nil {
								continue
							}
						})
					}
					time.Sleep(m.after)
					start := time.Now()
					if err := client.Close(); err != nil || time.Since(start) != 0 {
						t.Errorf("Close returned %v after %v", err, time.Since(start))
					}
					stop := time.AfterFunc(time.Minute, func() { _ = e.Shutdown(context.Background()) })
					running.Wait()
					stop.Stop()
					if took := time.Since(start); took != 0 {
						t.Errorf("the Exports end %v after Close", took)
					}
					if s := e.Stats(); s.Produced != s.Accepted+s.Spooled+s.Dropped || s.Produced != 100*s.Exports {
						t.Errorf("stats %+v of %d points an Export", s, 100)
					}
				})
			})
		}
	}
}

// Shutdown also ends in time in real time. The limit is wide, because the machine may be busy.
func TestShutdown_UnderLoad(t *testing.T) {
	const patience = 3 * time.Second
	rm, n := points(loadPoints/20), loadPoints/20
	server := httptest.NewServer(&slow{delay: 200 * time.Millisecond})
	defer server.Close()
	random := rand.New(rand.NewPCG(6, 4))
	before := runtime.NumGoroutine()
	for _, spooling := range []bool{false, true} {
		for range 2 {
			m := moment{after: time.Duration(random.Int64N(int64(time.Second))), within: time.Duration(random.Int64N(int64(100 * time.Millisecond)))}
			options := []Option{WithEndpoint(server.URL), WithMaxBatchPoints(500), WithoutSelfMetrics()}
			if spooling {
				options = append(options, WithSpool(spoolDir(t)), WithWarningHandler(func(error) {}))
			}
			e := newExporter(t, options...)
			var running sync.WaitGroup
			for range loadExports {
				running.Go(func() { _ = e.Export(context.Background(), rm) })
			}
			time.Sleep(m.after)
			ctx, cancel := context.WithTimeout(t.Context(), m.within)
			start := time.Now()
			_ = e.Shutdown(ctx)
			cancel()
			if took := time.Since(start); took > m.within+patience {
				t.Errorf("spool=%v: Shutdown after %v took %v, it had %v", spooling, m.after, took, m.within)
			}
			running.Wait()
			if s := e.Stats(); s.Produced != s.Accepted+s.Spooled+s.Dropped || s.Produced != uint64(n)*s.Exports {
				t.Errorf("stats %+v", s)
			} else {
				t.Logf("spool=%v: after %v, within %v: of %d Exports %d points accepted, %d spooled, %d dropped",
					spooling, m.after, m.within, s.Exports, s.Accepted, s.Spooled, s.Dropped)
			}
		}
	}
	server.Close()
	wantGoroutines(t, before)
}
