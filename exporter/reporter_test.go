// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// The program of apptuit-py's README with the SDK: a counter, a gauge and a timer in
// milliseconds. The server is unavailable in one of the intervals.
func TestReporter_WithTheSDK(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), withoutRetry(), WithoutSelfMetrics(), WithLayout(LayoutReporter))
		provider := newProvider(sdkmetric.NewPeriodicReader(e, sdkmetric.WithInterval(10*time.Second)), "shop")
		defer func() { _ = provider.Shutdown(t.Context()) }()
		meter := provider.Meter("app")
		orders, _ := meter.Int64Counter("order")
		response, _ := meter.Float64Histogram("response.time", metric.WithUnit("ms"))
		_, _ = meter.Int64ObservableGauge("queue", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			o.Observe(7)
			return nil
		}))
		interval := func(times ...float64) []string {
			orders.Add(t.Context(), 3)
			for _, ms := range times {
				response.Record(t.Context(), ms)
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			return values(srv)
		}
		wantSome := func(got []string, want ...string) {
			t.Helper()
			for _, w := range want {
				name, value, _ := strings.Cut(w, " ")
				if line := name + "{host=web1, service_name=shop} " + value; !slices.Contains(got, line) {
					t.Errorf("%s is missing in %q", line, got)
				}
			}
		}
		got := interval(100, 200, 300)
		if len(got) != 17 {
			t.Errorf("%d points, want 15 of the timer and 2 more", len(got))
		}
		wantSome(got, "order_count 3", "queue_value 7", "response_time_count 3", "response_time_sum 0.6", "response_time_avg 0.2",
			"response_time_min 0.1", "response_time_max 0.3", "response_time_mean_rate 0.3", "response_time_1m_rate 0.3")
		srv.Fail(apptuittest.Status(503))
		if got := interval(400); len(got) != 0 {
			t.Errorf("%v arrived from a server that is away", got)
		}
		// Counts and rates include the interval whose Export failed.
		wantSome(interval(500), "order_count 9", "response_time_count 5", "response_time_sum 1.5", "response_time_min 0.5", "response_time_mean_rate 0.16666666666666666")
		// Counts continue without observations.
		interval()
		wantSome(interval(), "order_count 15", "response_time_count 5", "response_time_sum 1.5", "response_time_mean_rate 0.125")
		if s := e.Stats(); s.Produced != s.Accepted+s.Rejected+s.Dropped || s.Dropped == 0 {
			t.Errorf("stats %+v", s)
		}
	})
}

// The states of idle histograms, of active ones and of the self metrics are independent.
func TestReporter_IdleAndActiveSeries(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), WithLayout(LayoutReporter), WithMeters())
		provider := newProvider(sdkmetric.NewPeriodicReader(e, sdkmetric.WithInterval(10*time.Second)), "shop")
		defer func() { _ = provider.Shutdown(t.Context()) }()
		meter := provider.Meter("app")
		busy, _ := meter.Float64Histogram("busy", metric.WithUnit("ms"))
		idle, _ := meter.Int64Histogram("idle", metric.WithUnit("By"))
		last := map[string]string{}
		for n := 1; n <= 8; n++ {
			busy.Record(t.Context(), 1000)
			if n <= 2 {
				idle.Record(t.Context(), 5)
			}
			time.Sleep(10 * time.Second)
			synctest.Wait()
			for _, p := range srv.Take() {
				last[p.Metric] = p.Value.String()
				for metric, want := range map[string]int{"busy_count": n, "idle_count": min(n, 2), "apptuit_reporter_send_failed_count": 0, "apptuit_reporter_send_time_count": n - 1} {
					if p.Metric == metric && p.Value.String() != strconv.Itoa(want) {
						t.Errorf("interval %d: %v, want %d", n, p, want)
					}
				}
			}
		}
		if last["busy_sum"] != "8.0" || last["idle_count"] != "2" || last["busy_mean_rate"] != "0.1" {
			t.Errorf("at last there are %v", last)
		}
	})
}

// If the SDK splits a collection into several Exports, a series of a later part is not
// reported as idle.
func TestReporter_SplitCollections(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithLayout(LayoutReporter))
		for n := range 5 {
			for part := range 4 {
				srv.Fail(apptuittest.Fault{Delay: 4 * time.Second}) // delays the next part
				var points []metricdata.ExponentialHistogramDataPoint[float64]
				for i := range 3 {
					p := delta(n, 1)
					p.Attributes = attribute.NewSet(attribute.Int("i", 3*part+i))
					points = append(points, p)
				}
				mustExport(t, e, metricsOf(deltas("size", "By", points...)))
			}
			counts := map[string]int{}
			for _, p := range srv.Take() {
				if p.Metric == "size_count" {
					counts[p.Tags["i"]]++
					if p.Value.String() != strconv.Itoa(n+1) {
						t.Errorf("interval %d: %v", n, p)
					}
				}
			}
			if len(counts) != 12 || slices.Max(slices.Collect(maps.Values(counts))) != 1 {
				t.Errorf("interval %d: points of each series: %v", n, counts)
			}
		}
	})
}

// Concurrent Exports add to the same counts, and do not wait for each other's requests.
func TestReporter_ConcurrentExports(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithLayout(LayoutReporter), WithTimers(TimersNone))
	const workers, each, series = 6, 30, 20
	var all sync.WaitGroup
	for w := range workers {
		all.Go(func() {
			for n := range each {
				var points []metricdata.ExponentialHistogramDataPoint[float64]
				for s := range series {
					p := delta(w*each+n, 2)
					p.Attributes = attribute.NewSet(attribute.Int("s", s))
					points = append(points, p)
				}
				if err := e.Export(t.Context(), metricsOf(deltas("size", "By", points...))); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	most := map[string]int{}
	for _, p := range srv.Take() {
		if n, _ := strconv.Atoi(p.Value.String()); p.Metric == "size_count" {
			most[p.Tags["s"]] = max(most[p.Tags["s"]], n)
		}
	}
	for s := range series {
		if got := most[fmt.Sprint(s)]; got != 2*workers*each {
			t.Errorf("series %d: a count of %d, want %d", s, got, 2*workers*each)
		}
	}
}

// An Export whose server does not answer does not block the observations of others.
func TestReporter_ObservesWhileAnotherExportWaits(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), withoutRetry(), WithoutSelfMetrics(), WithLayout(LayoutReporter))
		srv.Fail(apptuittest.Fault{Delay: time.Hour})
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		failed := make(chan error)
		go func() { failed <- e.Export(ctx, metricsOf(deltas("time", "s", delta(0, 5)))) }()
		time.Sleep(time.Second)
		mustExport(t, e, metricsOf(deltas("time", "s", delta(1, 2))))
		if got := values(srv); !slices.Contains(got, "time_count{host=web1, k=v, service_name=shop} 7") {
			t.Errorf("%q, want a count of 7: the 5 of the Export that waits among them", got)
		}
		if err := <-failed; err == nil {
			t.Error("the Export that waits did not fail")
		}
	})
}

// Warm Exports of timers do not allocate more than other Exports.
func TestReporter_Allocations(t *testing.T) {
	rm, next := timers(500)
	e := newExporter(t, toSink(), WithLayout(LayoutReporter))
	export := func() {
		next()
		mustExport(t, e, rm)
	}
	for range 3 {
		export()
	}
	allocations := testing.AllocsPerRun(5, export) / (500 * 15)
	t.Logf("%.4f allocations a point", allocations)
	if allocations > 0.03 {
		t.Errorf("%.4f allocations a point, want at most 0.03", allocations)
	}
}

// Shutdown frees the states of the reporter layout, and the rendered series.
func TestReporter_ShutdownFreesStates(t *testing.T) {
	rm, next := timers(5)
	e := newExporter(t, toSink(), WithLayout(LayoutReporter))
	next()
	mustExport(t, e, rm)
	if e.origins.pool.Used() == 0 || e.origins.states.Used() == 0 {
		t.Fatal("neither series nor states are kept")
	}
	if err := e.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if series, states := e.origins.pool.Used(), e.origins.states.Used(); series != 0 || states != 0 {
		t.Errorf("%d bytes of series and %d of states are kept after Shutdown", series, states)
	}
}

// FuzzReporter exports arbitrary metrics in the reporter layout.
func FuzzReporter(f *testing.F) {
	for kind := range kinds {
		for n := range 6 {
			f.Add(seedTape(kind, 1+2*n), byte(n))
		}
	}
	f.Fuzz(func(t *testing.T, data []byte, options byte) {
		bytes := &tape{data}
		handler := apptuittest.NewHandler()
		opts, mode := bytes.anyOptions(handler, apptuitclient.WithMaxInFlight(1))
		opts = append(opts, inReporterLayout(), WithTimers(Timers(options%3)))
		switch options >> 2 & 3 {
		case 1:
			opts = append(opts, WithMeters())
		case 2:
			opts = append(opts, WithMeters("*e*", "!*o*"))
		}
		e := newExporter(t, opts...)
		for range 3 {
			rm := bytes.resourceMetrics()
			for range 2 {
				handler.Fail(bytes.faults()...)
				exportOne(t, e, rm)
			}
		}
		for _, r := range handler.Requests() {
			if !r.Faulted && r.Status == 400 {
				t.Errorf("the server refuses some of %d points that it was sent", r.Points)
			}
		}
		wantValid(t, mode, handler.Points())
		wantArrivedOf(t, handler, e.Stats().Accepted, 4*e.Stats().Exports)
	})
}
