// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// series returns data points of n series.
func series(n int) []metricdata.DataPoint[int64] {
	points := make([]metricdata.DataPoint[int64], n)
	for i := range points {
		points[i] = number(int64(i*i), attribute.Int("k", i), attribute.String("route", fmt.Sprintf("/%d/cart", i%7)))
	}
	return points
}

// spreads returns a histogram of n series with two buckets.
func spreads(name string, n int) metricdata.Metrics {
	points := make([]metricdata.HistogramDataPoint[int64], n)
	for i := range points {
		points[i] = metricdata.HistogramDataPoint[int64]{
			Attributes: attribute.NewSet(attribute.Int("k", i)), Time: at(),
			Count: 2, Sum: int64(i), Bounds: []float64{1}, BucketCounts: []uint64{1, 1},
		}
	}
	return metricOf(name, metricdata.Histogram[int64]{DataPoints: points})
}

// The usage of all instruments adds up to the request bodies and their points, whatever the
// encoding, the layout and the size of the bodies.
func TestUsage_AddsUpToTheRequests(t *testing.T) {
	for _, compression := range []apptuitclient.Compression{apptuitclient.CompressionGzip, apptuitclient.CompressionDeflate, apptuitclient.CompressionNone} {
		for name, options := range map[string][]Option{
			"default":  {WithTargetInfo(nil), WithCompression(compression)},
			"no cache": {WithCacheBytes(0), WithCompression(compression)},
			"batches":  {WithCompression(compression), WithMaxBatchPoints(700)},
			"reporter": {WithLayout(LayoutReporter), WithCompression(compression)},
			"sent":     {WithUsageMetrics(), WithCompression(compression)},
			"more":     {WithStartPoints(), WithSparseBuckets(), WithCompression(compression)},
		} {
			t.Run(fmt.Sprintf("%v, %s", compression, name), func(t *testing.T) {
				inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
					e := newExporter(t, append(options, toServer(srv))...)
					for _, n := range []int{1, 1, 50, 50, 1000, 1000, 50} { // each the first and warm
						srv.Reset()
						mustExport(t, e, metricsOf(counter("a.b", series(n)...), counter("a_b", number[int64](1, k("other"))), spreads("h", n)))
						wantUsageOfRequests(t, e, srv)
						time.Sleep(time.Minute)
					}
				})
			})
		}
	}
}

// wantUsageOfRequests compares the sum of the usage with the requests that have arrived.
func wantUsageOfRequests(t *testing.T, e *Exporter, srv *apptuittest.Server) {
	t.Helper()
	var bytes, got int64
	var points, gotPoints int
	for _, r := range srv.Requests() {
		bytes += r.BodyBytes
		points += r.Points
	}
	for _, u := range e.Usage() {
		got += u.Bytes
		gotPoints += u.Points
		if u.Bytes <= 0 || u.Points <= 0 || u.Series <= 0 {
			t.Errorf("usage %+v", u)
		}
	}
	if got != bytes || gotPoints != points {
		t.Errorf("%d points and %d bytes, want %d and %d", gotPoints, got, points, bytes)
	}
}

// Elements are instruments, sorted by bytes. Instruments whose series are in one metric have
// an element each, and instruments of one name in one scope share one.
func TestUsage_NamesInstruments(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	if got := e.Usage(); len(got) != 0 {
		t.Errorf("usage %v before the first Export", got)
	}
	newer := scopeMetrics("y", counter("twice", number[int64](1)))
	newer.Scope.Version = "2.0"
	rm := resourceMetrics(
		scopeMetrics("x", counter("small", series(3)...), counter("shared", series(300)...)),
		scopeMetrics("y", counter("shared", series(20)...), spreads("h", 1000), gauge("twice", number(1.5))),
		newer,
		scopeMetrics("y", counter("twice", number[int64](1, k("v")))),
	)
	mustExport(t, e, rm)
	got := e.Usage()
	if !slices.IsSortedFunc(got, func(a, b InstrumentUsage) int { return cmp.Compare(b.Bytes, a.Bytes) }) {
		t.Errorf("%v is not sorted by bytes", got)
	}
	for i := range got {
		got[i].Bytes = 0
	}
	want := []InstrumentUsage{
		{Instrument: "h", Scope: "y", ScopeVersion: "1.0", Series: 1000, Points: 4000},
		{Instrument: "shared", Scope: "x", ScopeVersion: "1.0", Series: 300, Points: 300},
		{Instrument: "shared", Scope: "y", ScopeVersion: "1.0", Series: 20, Points: 20},
		{Instrument: "small", Scope: "x", ScopeVersion: "1.0", Series: 3, Points: 3},
		{Instrument: "twice", Scope: "y", ScopeVersion: "1.0", Series: 2, Points: 2},
		{Instrument: "twice", Scope: "y", ScopeVersion: "2.0", Series: 1, Points: 1},
	}
	if diff := gocmp.Diff(want, got, byName()); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
	mustExport(t, e, metricsOf(counter("n", number[int64](1))))
	if got := e.Usage(); len(got) != 1 || got[0].Instrument != "n" {
		t.Errorf("usage %v, want that of the last Export", got)
	}
	mustExport(t, e, resourceMetrics())
	if got := e.Usage(); len(got) != 0 {
		t.Errorf("usage %v of an Export without data points", got)
	}
}

// byName compares usage in the order of names.
func byName() gocmp.Option {
	return cmpopts.SortSlices(func(a, b InstrumentUsage) bool {
		return a.Instrument+a.Scope+a.ScopeVersion < b.Instrument+b.Scope+b.ScopeVersion
	})
}

// A data point that cannot be sent is a series without points.
func TestUsage_RejectedPointsAreSeriesWithoutPoints(t *testing.T) {
	e := newExporter(t, toServer(memoryServer(t)), WithoutSelfMetrics())
	if err := e.Export(t.Context(), metricsOf(gauge("n", number(math.NaN())))); err == nil {
		t.Error("NaN is accepted")
	}
	if diff := gocmp.Diff([]InstrumentUsage{{Instrument: "n", Series: 1}}, e.Usage()); diff != "" {
		t.Errorf("usage (-want +got):\n%s", diff)
	}
}

func TestUsage_MayBeCalledDuringExports(t *testing.T) {
	e := newExporter(t, toServer(memoryServer(t)), WithUsageMetrics())
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			for range 20 {
				mustExport(t, e, metricsOf(counter("n", series(10)...)))
				for _, u := range e.Usage() {
					if u.Instrument == "n" && (u.Series != 10 || u.Points != 10) {
						t.Errorf("usage %+v", u)
					}
				}
			}
		})
	}
	group.Wait()
}

// usagePoints takes what has arrived and returns the usage metrics.
func usagePoints(srv *apptuittest.Server) map[string]string {
	got := map[string]string{}
	for _, p := range srv.Take() {
		if name, ok := strings.CutPrefix(p.Metric, "apptuit_reporter_usage_"); ok {
			got[fmt.Sprintf("%s %s/%s", name, p.Tags["scope"], p.Tags["instrument"])] = p.Value.String()
		}
	}
	return got
}

func TestUsageMetrics(t *testing.T) {
	for name, c := range map[string]struct {
		variable string
		options  []Option
		sent     bool
	}{
		"by default":               {},
		"the option":               {options: []Option{WithUsageMetrics()}, sent: true},
		"the variable":             {variable: "yes", sent: true},
		"the variable, off":        {variable: "no"},
		"the option overrides it":  {variable: "no", options: []Option{WithUsageMetrics()}, sent: true},
		"without any self metrics": {variable: "yes", options: []Option{WithoutSelfMetrics()}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("APPTUIT_USAGE_METRICS", c.variable)
			inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
				e := newExporter(t, append(c.options, toServer(srv))...)
				rm := resourceMetrics(scopeMetrics("x", counter("n", series(10)...)), scopeMetrics("y", spreads("h", 7)))
				mustExport(t, e, rm)
				if got := usagePoints(srv); len(got) > 0 {
					t.Errorf("the first Export has %v", got)
				}
				before := e.Usage()
				time.Sleep(time.Minute)
				mustExport(t, e, rm)
				got := usagePoints(srv)
				if !c.sent {
					if len(got) > 0 {
						t.Errorf("usage metrics %v", got)
					}
					return
				}
				for _, u := range before {
					of := u.Scope + "/" + u.Instrument
					if got["series "+of] != fmt.Sprint(u.Series) || got["points "+of] != fmt.Sprint(u.Points) || got["bytes "+of] != fmt.Sprint(u.Bytes) {
						t.Errorf("usage metrics %v, want %+v", got, u)
					}
				}
				if len(got) != 3*len(before) {
					t.Errorf("%d usage metrics of %d instruments", len(got), len(before))
				}
			})
		})
	}
}

// The usage metrics have no tag for the version of a scope: the versions of a scope have one
// data point.
func TestUsageMetrics_AddVersionsUp(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), WithUsageMetrics())
		newer := scopeMetrics("x", counter("n", series(7)...))
		newer.Scope.Version = "2.0"
		mustExport(t, e, resourceMetrics(scopeMetrics("x", counter("n", series(10)...)), newer))
		srv.Take()
		time.Sleep(time.Minute)
		mustExport(t, e, resourceMetrics())
		if got := usagePoints(srv)["series x/n"]; got != "17" {
			t.Errorf("%s series, want 17", got)
		}
	})
}

// Of many instruments, the largest are named. All numbers still add up.
func TestUsageMetrics_AreBounded(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), WithUsageMetrics())
		var metrics []metricdata.Metrics
		for i := range 150 {
			metrics = append(metrics, counter(fmt.Sprintf("n%03d", i), series(1+i)...))
		}
		mustExport(t, e, metricsOf(metrics...))
		srv.Take()
		usage := e.Usage()
		time.Sleep(time.Minute)
		mustExport(t, e, resourceMetrics())
		got := usagePoints(srv)
		if len(got) != 3*101 {
			t.Errorf("%d points", len(got))
		}
		var bytes, sent int64
		for _, u := range usage {
			bytes += u.Bytes
		}
		for name, value := range got {
			if n, err := strconv.ParseInt(value, 10, 64); strings.HasPrefix(name, "bytes ") && err == nil {
				sent += n
			}
		}
		if sent != bytes || got["bytes /_OTHER"] == "" || got["series /n149"] != "150" || got["series /n001"] != "" {
			t.Errorf("%d of %d bytes: %v", sent, bytes, got)
		}
	})
}

func TestUsageMetrics_Faults(t *testing.T) {
	if _, err := New(t.Context(), toServer(memoryServer(t)), WithUsageMetrics(), WithoutSelfMetrics()); err == nil || !strings.Contains(err.Error(), "exclude each other") {
		t.Errorf("error %v", err)
	}
	t.Setenv("APPTUIT_USAGE_METRICS", "perhaps")
	if _, err := New(t.Context(), toServer(memoryServer(t))); err == nil || !strings.Contains(err.Error(), "APPTUIT_USAGE_METRICS: ") {
		t.Errorf("error %v", err)
	}
}
