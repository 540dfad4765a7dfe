// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// stored returns the points by series and timestamp, as a server keeps them that has one value
// for each. It fails the test if a point is overwritten by another value.
func stored(t testing.TB, srv *apptuittest.Server) map[string]map[string]float64 {
	t.Helper()
	all := make(map[string]map[string]float64)
	for _, p := range srv.Take() {
		series, _, _ := strings.Cut(p.String(), "} ")
		if all[series] == nil {
			all[series] = make(map[string]float64)
		}
		v := p.Float()
		if before, ok := all[series][p.Timestamp.String()]; ok && before != v {
			t.Errorf("%s has %v and %v at %s", series, before, v, p.Timestamp)
		}
		all[series][p.Timestamp.String()] = v
	}
	return all
}

// deltaTemporality is the temporality of all instruments, also of gauges, which are then sent
// only if they were recorded.
func deltaTemporality(sdkmetric.InstrumentKind) metricdata.Temporality {
	return metricdata.DeltaTemporality
}

// Five collections within one second lose no increment, also of series for which there is no
// room in the cache.
func TestExport_DeltasInOneSecondGetDifferentTimestamps(t *testing.T) {
	for _, opts := range [][]Option{{}, {WithCacheBytes(0)}} {
		synctest.Test(t, func(t *testing.T) {
			srv := memoryServer(t)
			e := newExporter(t, append(opts, toServer(srv), WithTemporalitySelector(deltaTemporality), WithoutSelfMetrics())...)
			reader := sdkmetric.NewPeriodicReader(e, sdkmetric.WithInterval(time.Hour))
			provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
			meter := provider.Meter("scope")
			c, _ := meter.Int64Counter("c")
			h, _ := meter.Float64Histogram("h")
			g, _ := meter.Int64Gauge("g")
			for i := range int64(5) {
				c.Add(t.Context(), 1<<i)
				h.Record(t.Context(), float64(i))
				g.Record(t.Context(), i)
				if err := provider.ForceFlush(t.Context()); err != nil {
					t.Fatal(err)
				}
				time.Sleep(100 * time.Millisecond)
			}
			if err := provider.Shutdown(t.Context()); err != nil {
				t.Fatal(err)
			}
			if s := e.Stats(); s.Rejected > 0 || s.Dropped > 0 {
				t.Errorf("stats %+v", s)
			}
			sums := make(map[string]float64)
			for series, points := range stored(t, srv) {
				name, _, _ := strings.Cut(series, "{")
				if !strings.Contains(series, "le=") || strings.Contains(series, "+Inf") {
					for _, v := range points {
						sums[name] += v
					}
				}
			}
			want := map[string]float64{"c": 31, "g": 10, "h_count": 5, "h_sum": 10, "h_min": 10, "h_max": 10, "h_bucket": 5}
			if diff := cmp.Diff(want, sums); diff != "" {
				t.Errorf("sums of the values (-want +got):\n%s", diff)
			}
		})
	}
}

// In the reporter layout, the interval of a Shutdown that follows a collection does not
// replace the maximum of the interval before.
func TestShutdown_DoesNotOverwriteTheIntervalBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := memoryServer(t)
		e := newExporter(t, toServer(srv), WithLayout(LayoutReporter))
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e, sdkmetric.WithInterval(10*time.Second))))
		h, _ := provider.Meter("scope").Float64Histogram("h")
		h.Record(t.Context(), 100)
		time.Sleep(10*time.Second + 300*time.Millisecond)
		h.Record(t.Context(), 1)
		if err := provider.Shutdown(t.Context()); err != nil {
			t.Fatal(err)
		}
		var got []float64
		for series, points := range stored(t, srv) {
			if strings.HasPrefix(series, "h_max{") {
				for _, v := range points {
					got = append(got, v)
				}
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, []float64{1, 100}) {
			t.Errorf("maxima %v, want those of both intervals", got)
		}
	})
}

// Two readers that share an exporter collect 3 ms apart, and their Exports run at the same
// time.
func TestExport_TwoReadersGetDifferentTimestamps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := memoryServer(t)
		srv.Fail(slices.Repeat([]apptuittest.Fault{{Delay: 30 * time.Millisecond}}, 1000)...)
		e := newExporter(t, toServer(srv, apptuitclient.WithMaxBatchPoints(1))) // a conversion waits for requests
		reader := func() sdkmetric.Reader {
			return sdkmetric.NewPeriodicReader(e, sdkmetric.WithInterval(10*time.Second))
		}
		first := reader()
		time.Sleep(3 * time.Millisecond)
		provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(first), sdkmetric.WithReader(reader()))
		c, _ := provider.Meter("scope").Int64Counter("c")
		for range 6000 {
			c.Add(t.Context(), 1)
			time.Sleep(10 * time.Millisecond)
		}
		time.Sleep(time.Second)
		for series, points := range stored(t, srv) {
			if strings.HasPrefix(series, "c{") && len(points) != 12 {
				t.Errorf("%s has %d values, want those of six collections of two readers", series, len(points))
			}
		}
		if s := e.Stats(); s.Rejected > 0 || s.Dropped > 0 {
			t.Errorf("stats %+v", s)
		}
		_ = provider.Shutdown(t.Context()) // each reader shuts the exporter down
	})
}

// When a series has no timestamps left, its points are rejected, and reported once.
func TestExport_RejectsTooManyPointsInOneSecond(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	for i := range 13 {
		p := number(int64(i), k("v"))
		p.Time = at().Add(time.Duration(i))
		switch err := e.Export(t.Context(), metricsOf(counter("n", p))); {
		case i == 11:
			if send := sendErrorOf(t, err); !strings.Contains(send.Error(), "more data points than timestamps: export less often, or use millisecond timestamps") {
				t.Errorf("error %v", err)
			}
		case err != nil:
			t.Errorf("Export %d: %v", i, err)
		}
	}
	wantStats(t, e, Stats{Produced: 13, Accepted: 11, Rejected: 2})
	for _, points := range stored(t, srv) {
		if len(points) != 11 {
			t.Errorf("%d values", len(points))
		}
	}
}

// Milliseconds are advanced as seconds are.
func TestExport_MillisecondTimestamps(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv, apptuitclient.WithTimestampResolution(time.Millisecond)), WithoutSelfMetrics())
	for i := range 3 {
		p := number(int64(i))
		p.Time = at().Add(time.Duration(i))
		mustExport(t, e, metricsOf(counter("n", p)))
	}
	var times []string
	for _, p := range srv.Take() {
		times = append(times, p.Timestamp.String())
	}
	if want := []string{"1700000000000", "1700000000001", "1700000000002"}; !slices.Equal(times, want) {
		t.Errorf("timestamps %v, want %v", times, want)
	}
}

// A collection has one data point of a series. A second one, which another source has read a
// moment later or earlier, collides: it does not get the next timestamp.
func TestExport_SecondDataPointOfASeriesCollides(t *testing.T) {
	for _, apart := range []time.Duration{time.Millisecond, -time.Millisecond} {
		srv := memoryServer(t)
		e := newExporter(t, toServer(srv), WithoutSelfMetrics())
		for i := range 3 {
			first, second := number(int64(i), k("v")), number(int64(10+i), k("v"))
			first.Time = at().Add(time.Duration(i) * time.Minute).Add(500 * time.Millisecond)
			second.Time = first.Time.Add(apart)
			err := e.Export(t.Context(), metricsOf(counter("n", first, second)))
			switch {
			case i > 0 && err != nil:
				t.Errorf("the collision is reported again: %v", err)
			case i == 0 && !strings.Contains(sendErrorOf(t, err).Error(), "render to one series and timestamp: the first is sent"):
				t.Errorf("error %v", err)
			}
		}
		wantStats(t, e, Stats{Produced: 6, Accepted: 3, Rejected: 3})
		var values []string
		for _, p := range srv.Take() {
			values = append(values, p.Value.String())
		}
		if diff := cmp.Diff([]string{"0", "1", "2"}, values); diff != "" {
			t.Errorf("%v apart: values (-want +got):\n%s", apart, diff)
		}
	}
}
