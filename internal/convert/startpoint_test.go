// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// collect exports a data point of the counter n with the value 5 for each of the attributes. The
// times start and at are in seconds after stamp.
func (h *harness) collect(start, at int64, attributes ...string) *recorder {
	return h.export(func() {
		for _, a := range attributes {
			t := Time{At: uint64(stamp+at) * 1e9, Start: uint64(stamp+start) * 1e9}
			h.point(h.instrument("n", Sum), a).Number(t, model.Int(5), h.next())
		}
	})
}

func pointAt(attributes string, value int, at int64) string {
	text := fmt.Sprintf("n{%s} %d", attributes, value)
	if at != 0 {
		text += fmt.Sprintf(" @%d", stamp+at)
	}
	return text
}

// The first point of a series is preceded by a start point. Its time is the start time of the
// data point in the first collection of the instrument, and the time of the previous collection in
// later collections.
func TestStartPoint(t *testing.T) {
	h := newHarness(t, Config{})
	wantPoints(t, h.collect(-60, 10, "k=a"), pointAt("k=a", 0, -60), pointAt("k=a", 5, 10))
	wantPoints(t, h.collect(-60, 20, "k=a", "k=b"), pointAt("k=a", 5, 20), pointAt("k=b", 0, 10), pointAt("k=b", 5, 20))
	// Another export of the same collection.
	wantPoints(t, h.collect(-60, 20, "k=c"), pointAt("k=c", 0, 10), pointAt("k=c", 5, 20))
	// The series starts after the previous collection.
	wantPoints(t, h.collect(25, 30, "k=d"), pointAt("k=d", 0, 25), pointAt("k=d", 5, 30))
	// The series is from another program, which had no data point in the previous collection.
	wantPoints(t, h.collect(-90, 40, "k=e"), pointAt("k=e", 0, -90), pointAt("k=e", 5, 40))
	// A series that is missing in a collection is not new when it returns.
	wantPoints(t, h.collect(-60, 50, "k=a", "k=b"), pointAt("k=a", 5, 50), pointAt("k=b", 5, 50))
	// The data point is late: its time is before the previous collection.
	h.collect(-60, 60, "k=a")
	wantPoints(t, h.collect(-60, 45, "k=f"), pointAt("k=f", 0, -60), pointAt("k=f", 5, 45))
}

// The data points of one collection may have different times.
func TestStartPoint_CollectionMayHaveSeveralTimes(t *testing.T) {
	h := newHarness(t, Config{})
	h.collect(-60, 10, "k=a")
	r := h.export(func() {
		i := h.instrument("n", Sum)
		for n, a := range []string{"k=a", "k=b"} {
			h.point(i, a).Number(Time{At: uint64(stamp+20+n) * 1e9, Start: (stamp - 60) * 1e9}, model.Int(5), h.next())
		}
	})
	wantPoints(t, r, pointAt("k=a", 5, 20), pointAt("k=b", 0, 10), pointAt("k=b", 5, 21))
}

// A start point is at least one unit of time earlier than its point.
func TestStartPoint_IsEarlierThanItsPoint(t *testing.T) {
	h := newHarness(t, Config{})
	wantPoints(t, h.collect(10, 10, "k=a"), pointAt("k=a", 0, 9), pointAt("k=a", 5, 10))
	wantPoints(t, h.collect(20, 11, "k=b"), pointAt("k=b", 5, 11)) // the start time is after the time
}

// A point without a start time, or a rejected point, has no start point.
func TestStartPoint_NotWithoutAStartTimeOrForRejectedPoints(t *testing.T) {
	h := newHarness(t, Config{})
	for at := range int64(2) {
		r := h.export(func() {
			h.point(h.instrument("n", Sum), fmt.Sprint("k=", at)).Number(Time{At: uint64(stamp+at) * 1e9}, model.Int(5), h.next())
		})
		wantPoints(t, r, pointAt(fmt.Sprint("k=", at), 5, at))
	}
	r := h.export(func() {
		t := Time{At: stamp * 1e9, Start: (stamp - 10) * 1e9}
		h.point(h.instrument("n", Sum), "k=nan").Number(t, absent(), h.next())
		h.point(h.instrument("h", Histogram), manyTags(30)).Histogram(t, &HistogramPoint{Bounds: []float64{1}, Buckets: []uint64{1, 2}}, h.next())
	})
	wantPoints(t, r)
	if len(r.rejects) != 4 {
		t.Errorf("%d rejections, want 4", len(r.rejects))
	}
}

// The start point of a histogram has lines for count, sum and buckets, but not for minimum, maximum
// and quantiles.
func TestStartPoint_OfHistogramsHasCountsSumsAndBuckets(t *testing.T) {
	at := Time{At: stamp * 1e9, Start: (stamp - 10) * 1e9}
	for _, tt := range []struct {
		form    Form
		convert func(h *harness)
		want    []string
	}{
		{
			AsBoth, func(h *harness) {
				h.point(h.instrument("h", Histogram), "k=v").Histogram(at, &HistogramPoint{
					Count: 3, Sum: set(model.Float(1.5)), Min: set(model.Float(0.25)), Max: set(model.Float(0.75)), Bounds: []float64{1}, Buckets: []uint64{3, 0},
				}, h.next())
			},
			[]string{"h_bucket{k=v,le=+Inf} 0", "h_bucket{k=v,le=1} 0", "h_count{k=v} 0", "h_sum{k=v} 0.0"},
		},
		{
			AsRecorded, func(h *harness) {
				h.point(h.instrument("h", Histogram), "k=v").Histogram(at, &HistogramPoint{Count: 3, Bounds: []float64{}, Buckets: []uint64{3}}, h.next())
			},
			[]string{"h_bucket{k=v,le=+Inf} 0", "h_count{k=v} 0"},
		},
		{
			AsRecorded, func(h *harness) {
				h.point(h.instrument("e", Exponential), "k=v").Exponential(at, &ExponentialPoint{
					Count: 2, Sum: set(model.Int(7)), Max: set(model.Int(4)), Positive: histogram.Buckets{Counts: []uint64{1, 1}},
				}, h.next())
			},
			[]string{"e_count{k=v} 0", "e_sum{k=v} 0"},
		},
	} {
		h := newHarness(t, Config{Layout: Layout{Histograms: tt.form}})
		r := h.export(func() { tt.convert(h) })
		var starts []string
		for i, p := range r.points {
			if r.sources[i] != 1 {
				t.Errorf("the point %s has the source %d", p, r.sources[i])
			}
			if text, ok := strings.CutSuffix(p, fmt.Sprintf(" @%d", stamp-10)); ok {
				starts = append(starts, text)
			}
		}
		wantPoints(t, &recorder{points: starts}, tt.want...)
	}
}

// A series has no start point if the budget has no room for it.
func TestStartPoint_NotForSeriesWithoutRoom(t *testing.T) {
	probe := newHarness(t, Config{})
	probe.collect(-60, 0, "k=0", "k=1", "k=2")
	whole := probe.bytes
	var attributes []string
	for i := range 200 {
		attributes = append(attributes, fmt.Sprintf("k=%03d", i))
	}
	for _, limit := range []int64{0, whole / 2, whole, whole * 2, whole * 4} {
		for _, interval := range []time.Duration{10 * time.Second, 2 * IdleTime} { // after the longer interval, idle series make room for others
			h := newHarness(t, Config{}, NewBudget(limit))
			h.collect(-60, 0, attributes...)
			for range 5 {
				h.time = h.time.Add(interval)
				r := h.collect(-60, h.time.Unix()-stamp, attributes...)
				if len(r.points) != len(attributes) {
					t.Errorf("limit %d, interval %v: %d points of %d series, of which %d are kept", limit, interval, len(r.points), len(attributes), h.entries())
				}
			}
		}
	}
}

// A series that was dropped during its own collection, to make room for another series, has no
// start point.
func TestStartPoint_NotForSeriesDroppedToMakeRoom(t *testing.T) {
	known := []string{"k=a", "k=b", "k=c"}
	probe := newHarness(t, Config{})
	probe.collect(-60, 0, known...)
	h := newHarness(t, Config{}, NewBudget(probe.bytes+100))
	h.collect(-60, 0, known...)
	if h.entries() != len(known) {
		t.Fatalf("%d series are kept", h.entries())
	}
	h.time = h.time.Add(2 * IdleTime)
	at := h.time.Unix() - stamp
	r := h.collect(-60, at, append([]string{"k=d", "k=e", "k=f", "k=g"}, known...)...)
	for _, a := range known {
		if start := pointAt(a, 0, 0); slices.Contains(r.points, start) {
			t.Errorf("%s has a start point", a)
		}
	}
	if len(r.points) < 7 {
		t.Errorf("points %q", r.points)
	}
}

// An idle series that was dropped has no start point when it returns.
func TestStartPoint_NotForIdleSeries(t *testing.T) {
	h := newHarness(t, Config{})
	h.collect(-60, 0, "k=a", "k=b")
	h.time = h.time.Add(2 * IdleTime)
	h.export(func() {}) // the instrument is dropped
	if h.entries() > 0 {
		t.Fatal("the idle series were not dropped")
	}
	at := int64(2 * IdleTime / time.Second)
	wantPoints(t, h.collect(-60, at+10, "k=a"), pointAt("k=a", 5, at+10))
	wantPoints(t, h.collect(-60, at+20, "k=a", "k=c"), pointAt("k=a", 5, at+20), pointAt("k=c", 0, at+10), pointAt("k=c", 5, at+20))
	wantPoints(t, h.collect(at+25, at+30, "k=d"), pointAt("k=d", 0, at+25), pointAt("k=d", 5, at+30))
}

// A series that was missing in the previous collection, and is dropped afterwards, does not
// suppress the start points of other series.
func TestStartPoint_IsSentAlthoughAnotherSeriesWasDropped(t *testing.T) {
	h := newHarness(t, Config{})
	h.collect(-60, 0, "k=a", "k=b")
	h.time = h.time.Add(2 * IdleTime)
	at := int64(2 * IdleTime / time.Second)
	h.collect(-60, at, "k=a")
	if h.entries() != 1 {
		t.Fatal("the idle series was not dropped")
	}
	h.time = h.time.Add(10 * time.Second)
	wantPoints(t, h.collect(-60, at+10, "k=a", "k=c"), pointAt("k=a", 5, at+10), pointAt("k=c", 0, at), pointAt("k=c", 5, at+10))
}

func TestStartPoint_NotForSeriesOfDroppedConverters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPool[string, int](Config{}, 1<<20)
		began := time.Now()
		export := func(resource string) int {
			r := newRecorder(t)
			x := p.Begin(r, time.Now())
			l := x.Lease(resource, noResourceTags)
			i := l.Scope("scope", "", "", "", noTags).Instrument(InstrumentSpec{Name: "n"}, 1)
			point, ok := i.Lookup("k=v")
			if !ok {
				point = i.Add("k=v", parseTags("k=v"), false)
			}
			point.Number(Time{At: uint64(time.Now().UnixNano()), Start: uint64(began.UnixNano())}, model.Int(1), 1)
			i.Done()
			l.End()
			x.Close()
			r.builder.Flush()
			return len(r.points) - 1
		}
		time.Sleep(time.Minute)
		if export("r") != 1 {
			t.Error("the first collection has no start point")
		}
		time.Sleep(2 * IdleTime)
		if export("other") != 1 { // drops the converter of the first resource
			t.Error("another resource has no start point")
		}
		if export("r") != 0 {
			t.Error("a series has a start point because its converter was dropped")
		}
		time.Sleep(2 * IdleTime)
		kept := func(resource string) bool { _, ok := p.resources[resource]; return ok }
		for i := 0; kept("r"); i++ { // dormant resources make room for others
			export(fmt.Sprint(i))
		}
		time.Sleep(2 * IdleTime) // the budget has room again
		if export("r") != 0 {
			t.Error("a series has a start point because its resource was dropped")
		}

		p = NewPool[string, int](Config{}, 1<<20)
		p.budget.Take(1 << 20)
		for i := range freeResources {
			export(fmt.Sprint(i))
		}
		export("r")
		if kept("r") {
			t.Fatal("the resource is kept, although the budget has no room")
		}
		p.budget.Take(-1 << 20)
		if export("r") != 0 {
			t.Error("a series has a start point because its resource was not kept")
		}
	})
}
