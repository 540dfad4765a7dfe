// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// spoolDir returns a folder for the spool of a test that is not about disks: in memory if
// possible, where a sync takes no time.
func spoolDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "apptuit-spool-") //nolint:usetesting // t.TempDir would be on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// toSpool configures the exporter's client to send to srv, with a spool.
func toSpool(srv *apptuittest.Server, dir string, opts ...apptuitclient.Option) Option {
	return toServer(srv, append([]apptuitclient.Option{
		apptuitclient.WithSpool(dir), apptuitclient.WithWarningHandler(func(error) {}),
	}, opts...)...)
}

func spoolStats(t testing.TB, e *Exporter) apptuitclient.SpoolStats {
	t.Helper()
	s, ok := e.cfg.client.SpoolStats()
	if !ok {
		t.Fatal("there is no spool")
	}
	if s.Found+s.Spooled != s.Replayed+s.Rejected+s.Dropped+uint64(s.Points) {
		t.Errorf("points are lost or counted twice: %+v", s)
	}
	return s
}

// Spooled points are not an error, and arrive later.
func TestSpool_PointsArriveLater(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toSpool(srv, spoolDir(t)))
		srv.Fail(apptuittest.Fault{Status: 503, Times: 3})
		for range 3 {
			mustExport(t, e, points(10))
		}
		wantStats(t, e, Stats{Produced: 30, Spooled: 30})
		time.Sleep(time.Minute)
		mustExport(t, e, points(10))
		wantStats(t, e, Stats{Produced: 40, Accepted: 10, Spooled: 30})
		if s := spoolStats(t, e); s.Replayed != 30 || s.Points != 0 {
			t.Errorf("%+v", s)
		}
	})
}

// If the context has ended, points are spooled, and Export returns no error. Without points, it
// returns the error of the context.
func TestSpool_PointsOfAnEndedContext(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toSpool(srv, spoolDir(t)))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := e.Export(ctx, points(10)); err != nil {
			t.Errorf("Export: %v", err)
		}
		wantStats(t, e, Stats{Produced: 10, Spooled: 10})
		if err := e.Export(ctx, metricsOf()); !errors.Is(err, context.Canceled) {
			t.Errorf("Export of nothing: %v", err)
		}
		time.Sleep(time.Minute)
		if s := spoolStats(t, e); s.Replayed != 10 || s.Spooled != 10 {
			t.Errorf("%+v", s)
		}
	})
}

// Export, ForceFlush and Shutdown return by their deadline, whatever the server does, and
// points that it has not accepted are spooled.
func TestSpool_MethodsReturnByTheirDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		dir := spoolDir(t)
		e := newExporter(t, toSpool(srv, dir))
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e, sdkmetric.WithTimeout(3*time.Second))))
		srv.Fail(apptuittest.Fault{Hang: true, Times: 1000})
		counter, err := provider.Meter("m").Int64Counter("c")
		if err != nil {
			t.Fatal(err)
		}
		step := func(name string, call func(context.Context) error) {
			t.Helper()
			counter.Add(t.Context(), 1)
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			start := time.Now()
			if err := call(ctx); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if took := time.Since(start); took > 5*time.Second {
				t.Errorf("%s took %v", name, took)
			}
		}
		step("ForceFlush", provider.ForceFlush)
		step("Shutdown", provider.Shutdown)
		wantStats(t, e, Stats{Produced: 2, Spooled: 2})
		srv.Reset()
		again := newExporter(t, toSpool(srv, dir))
		time.Sleep(time.Minute)
		if s := spoolStats(t, again); s.Found != 2 || s.Replayed != 2 {
			t.Errorf("%+v", s)
		}
	})
}

func TestSpool_SelfMetrics(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		dir := spoolDir(t)
		e := newExporter(t, toSpool(srv, dir, apptuitclient.WithSpool(dir, apptuitclient.WithSpoolMaxAge(10*time.Minute))))
		self := func() []string {
			t.Helper()
			time.Sleep(time.Minute)
			srv.Take()
			mustExport(t, e, points(30))
			var got []string
			for _, p := range srv.Take() {
				if name, ok := strings.CutPrefix(p.Metric, "apptuit_reporter_spool_"); ok && name != "bytes" {
					got = append(got, name+" "+p.Value.String())
				}
			}
			return got
		}
		if diff := cmp.Diff([]string{"points 0", "spooled 0", "replayed 0", "rejected 0", "dropped 0"}, self()); diff != "" {
			t.Error(diff)
		}
		srv.Fail(apptuittest.Fault{Status: 503}, apptuittest.Fault{Reject: odd("bad")})
		time.Sleep(time.Minute)
		mustExport(t, e, points(30)) // spooled, and later refused in part
		if diff := cmp.Diff([]string{"points 0", "spooled 30", "replayed 15", "rejected 15", "dropped 0"}, self()); diff != "" {
			t.Error(diff)
		}
		srv.Fail(apptuittest.Fault{Status: 503, Times: 1e6})
		time.Sleep(time.Minute)
		mustExport(t, e, points(30))
		time.Sleep(20 * time.Minute)
		srv.Reset()
		_ = self() // may be the probe, or spooled
		time.Sleep(time.Minute)
		if got := strings.Join(self(), ", "); !strings.Contains(got, "dropped 30") || !strings.Contains(got, "points 0") {
			t.Errorf("self metrics %s", got)
		}
		srv.Fail(apptuittest.Fault{Status: 503})
		time.Sleep(time.Minute)
		mustExport(t, e, points(30))
		if s := spoolStats(t, e); s.Bytes < 100 || s.Points != 30 {
			t.Errorf("%+v: the exporter's own points do not count", s)
		}
	})
}

func TestSpool_NoSelfMetricsWithoutASpool(t *testing.T) {
	srv := memoryServer(t)
	mustExport(t, newExporter(t, toServer(srv)), points(3))
	for _, p := range srv.Points() {
		if strings.HasPrefix(p.Metric, "apptuit_reporter_spool_") {
			t.Errorf("%v", p)
		}
	}
}

func TestVariables_Spool(t *testing.T) {
	t.Setenv("APPTUIT_SPOOL_DIR", spoolDir(t))
	srv := memoryServer(t)
	srv.Fail(apptuittest.Fault{Status: 503, Times: 1000})
	e := newExporter(t, toServer(srv, apptuitclient.WithWarningHandler(func(error) {})))
	mustExport(t, e, points(3))
	wantStats(t, e, Stats{Produced: 3, Spooled: 3})
	var warned []string
	second := newExporter(t, toServer(srv, apptuitclient.WithWarningHandler(func(err error) { warned = append(warned, err.Error()) })))
	if s, ok := second.cfg.client.SpoolStats(); ok || !s.Waiting {
		t.Errorf("a second exporter: %+v", s)
	}
	if err := second.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if len(warned) != 1 || !strings.Contains(warned[0], "another client, of this or another process, uses the folder") {
		t.Errorf("a second exporter has warned %q", warned)
	}
}

// Under random faults, each point is accounted for once, as is each spooled point.
func TestSpool_AccountsForPointsAfterRandomFaults(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
				random := rand.New(rand.NewPCG(seed, 9))
				e := newExporter(t, toSpool(srv, spoolDir(t), apptuitclient.WithMaxBatchPoints(1+random.IntN(40)), apptuitclient.WithTimeout(10*time.Second)))
				var want uint64
				for range 1 + random.IntN(6) {
					srv.Fail(randomFaults(random)...)
					rm, produced, _ := randomMetrics(random)
					want += produced
					before := e.Stats()
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(random.IntN(20))*time.Second)
					err := e.Export(ctx, rm)
					cancel()
					got := e.Stats()
					if failed := got.Rejected + got.Dropped - before.Rejected - before.Dropped; failed > 0 && err != nil {
						send := sendErrorOf(t, err)
						if send.Failed != int(failed) || send.Successful != int(got.Accepted-before.Accepted) || send.Spooled != int(got.Spooled-before.Spooled) {
							t.Errorf("the error counts %+v, the stats %+v after %+v", send, got, before)
						}
					} else if err != nil && produced > 0 {
						t.Errorf("nothing has failed: %v", err)
					}
					time.Sleep(time.Duration(1+random.IntN(20)) * time.Second)
				}
				got := e.Stats()
				if got.Produced != want || got.Accepted+got.Rejected+got.Spooled+got.Dropped != want {
					t.Errorf("stats %+v, want %d produced", got, want)
				}
				time.Sleep(time.Hour)
				s := spoolStats(t, e)
				if s.Spooled != got.Spooled || s.Points != 0 {
					t.Errorf("spool %+v, exporter %+v", s, got)
				}
				var stored uint64
				for _, p := range srv.Points() {
					if !strings.HasPrefix(p.Metric, "apptuit_reporter") {
						stored++
					}
				}
				if stored < got.Accepted+s.Replayed {
					t.Errorf("%d points are said to be accepted, %d to be replayed, %d are stored", got.Accepted, s.Replayed, stored)
				}
			})
		})
	}
}

// gauges returns n series with the current time.
func gauges(n int) *metricdata.ResourceMetrics {
	points := make([]metricdata.DataPoint[float64], n)
	for i := range points {
		points[i] = metricdata.DataPoint[float64]{Attributes: attribute.NewSet(attribute.Int("k", i)), Time: time.Now(), Value: float64(i)}
	}
	return metricsOf(gauge("g", points...))
}

// Shutdown returns by its deadline while a request and the replay hang.
func TestSpool_ShutdownDuringAReplay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := apptuittest.NewMemoryServer()
		defer srv.Close()
		e := newExporter(t, toSpool(srv, spoolDir(t)), WithoutSelfMetrics())
		srv.Fail(apptuittest.Status(503), apptuittest.Fault{Hang: true, Times: 1000})
		mustExport(t, e, points(10))
		time.Sleep(5 * time.Second) // the replay hangs
		done := make(chan error)
		go func() { done <- e.Export(context.Background(), gauges(5)) }()
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		start := time.Now()
		err := e.Shutdown(ctx)
		if took := time.Since(start); took > 3100*time.Millisecond {
			t.Errorf("Shutdown took %v: %v", took, err)
		}
		if err := <-done; err != nil {
			t.Errorf("Export: %v", err)
		}
		wantStats(t, e, Stats{Produced: 15, Spooled: 15})
		if s := spoolStats(t, e); s.Points != 15 {
			t.Errorf("%+v", s)
		}
	})
}
