// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// mixed converts n points of each kind under one name, and its points are what
// a converter without a cache gives.
func (h *harness) mixed(name string, n int) {
	for i := range n {
		attributes := fmt.Sprintf("k=%d", i)
		h.Number(h.point(h.instrument(name+".n", Sum), attributes), stamp, model.Int(int64(i)))
		h.Histogram(h.point(h.instrument(name+".h", Histogram), attributes), stamp,
			&HistogramPoint{Count: 3, Sum: set(model.Float(1)), Bounds: []float64{1, 2}, Buckets: []uint64{1, 1, 1}})
		h.Exponential(h.point(h.instrument(name+".e", Exponential), attributes), stamp,
			&ExponentialPoint{Count: 2, Positive: histogram.Buckets{Counts: []uint64{1, 1}}})
		h.Summary(h.point(h.instrument(name+".s", Summary), attributes), stamp,
			&SummaryPoint{Count: 2, Quantiles: []float64{0.5}, Values: []float64{1}})
	}
}

func TestBudget(t *testing.T) {
	const n = 30
	walk := func(h *harness) func() { return func() { h.mixed("m", n) } }
	big := newHarness(t, Config{})
	want := big.export(walk(big)).points
	whole := big.Bytes()
	for limit := int64(0); limit <= whole; limit += whole / 20 {
		budget := put.NewBudget(limit)
		h := newHarness(t, Config{Budget: budget})
		for range 3 {
			r := h.export(walk(h))
			if diff := cmp.Diff(want, r.points); diff != "" || len(r.rejects) > 0 {
				t.Fatalf("limit %d: rejections %v, points (-want +got):\n%s", limit, r.rejects, diff)
			}
			if budget.Used() > limit {
				t.Fatalf("limit %d: %d bytes used", limit, budget.Used())
			}
		}
		if budget.Used() != h.Bytes() {
			t.Errorf("limit %d: %d bytes used, the converter says %d", limit, budget.Used(), h.Bytes())
		}
		h.Close()
		if budget.Used() != 0 {
			t.Errorf("limit %d: %d bytes used after Close", limit, budget.Used())
		}
	}
}

// The cache may be full of what has gone: that makes room.
func TestIdlePointsMakeRoom(t *testing.T) {
	probe := newHarness(t, Config{})
	probe.export(func() { probe.mixed("a", 20) })
	budget := put.NewBudget(probe.Bytes())
	h := newHarness(t, Config{Budget: budget})
	h.export(func() { h.mixed("a", 20) })
	h.export(func() { h.mixed("b", 20) })
	if i, ok := h.Scope("scope", "1.0", "", "", noTags).instruments[InstrumentSpec{Name: "b.n", Kind: Sum}]; ok {
		t.Fatalf("there was room for %v, the test shows nothing", i.Identity())
	}
	h.time = h.time.Add(IdleTime)
	h.Begin(&recorder{}, &h.source, h.time)
	h.mixed("b", 20)
	kept := 0
	for _, i := range h.Scope("scope", "1.0", "", "", noTags).instruments {
		if i.spec.Name[0] == 'b' {
			kept += len(i.points.entries)
		}
	}
	h.End()
	if kept != 80 || budget.Used() > budget.Limit() {
		t.Errorf("%d of 80 new points are kept in %d of %d bytes, after the old ones were idle", kept, budget.Used(), budget.Limit())
	}
}

func TestIdleTime(t *testing.T) {
	h := newHarness(t, Config{})
	h.export(func() { h.mixed("stays", 10); h.mixed("goes", 10) })
	one := h.Bytes() / 2
	for range 2 * int(IdleTime/time.Minute) {
		h.time = h.time.Add(time.Minute)
		h.export(func() { h.mixed("stays", 10) })
	}
	if h.Bytes() > one+one/10 {
		t.Errorf("%d bytes are held, of which only about %d are in use", h.Bytes(), one)
	}
	if n := len(h.Scope("scope", "1.0", "", "", noTags).instruments); n != 4 {
		t.Errorf("%d instruments are held, want 4", n)
	}

	// One that is gone is no other than a new one.
	r := h.export(func() { h.number("goes.n", "k=1", model.Int(1)) })
	wantPoints(t, r, "goes_n{k=1} 1")
}

func TestPointsInUseAreNotIdle(t *testing.T) {
	h := newHarness(t, Config{})
	walk := func() { h.mixed("m", 10) }
	h.export(walk)
	held := h.Bytes()
	points := h.instrument("m.n", Sum).points.entries["k=1"]
	for range 10 { // the time between two exports does not count
		h.time = h.time.Add(10 * IdleTime)
		h.export(walk)
	}
	if h.Bytes() != held || h.instrument("m.n", Sum).points.entries["k=1"] != points {
		t.Errorf("%d bytes are held, %d before: points were evicted that each export has used", h.Bytes(), held)
	}
}

func TestAllIdleGivesAllBack(t *testing.T) {
	budget := put.NewBudget(1 << 30)
	h := newHarness(t, Config{Budget: budget})
	h.export(func() { h.mixed("m", 10) })
	h.time = h.time.Add(2 * IdleTime)
	h.export(func() {})
	if budget.Used() != 0 || h.table.Len() != 0 || len(h.scopes) != 0 {
		t.Errorf("%d bytes, %d series and %d scopes are held, want nothing", budget.Used(), h.table.Len(), len(h.scopes))
	}
}

// Two points that share a series hold it together.
func TestSharedSeriesOutliveOnePoint(t *testing.T) {
	h := newHarness(t, Config{})
	h.export(func() {
		h.number("a.b", "k=v", model.Int(1))
		h.number("a_b", "k=v", model.Int(2))
	})
	for range 10 {
		h.time = h.time.Add(time.Minute)
		wantPoints(t, h.export(func() { h.number("a_b", "k=v", model.Int(2)) }), "a_b{k=v} 2")
	}
	if h.table.Len() != 1 || len(h.Scope("scope", "1.0", "", "", noTags).instruments) != 1 {
		t.Errorf("%d series of %d instruments, want one of one", h.table.Len(), len(h.scopes))
	}
	r := h.export(func() {
		h.number("a_b", "k=v", model.Int(2))
		h.number("a.b", "k=v", model.Int(1))
	})
	wantPoints(t, r, "a_b{k=v} 2")
	if len(r.rejects) != 1 {
		t.Errorf("%d rejections, want one", len(r.rejects))
	}
}

// Instruments come and go, their ids are used again.
func TestInstrumentIDsAreRecycled(t *testing.T) {
	for name, budget := range map[string]int64{"kept": 1 << 20, "no room": 0} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, Config{Budget: put.NewBudget(budget)})
			for round := range 20 {
				h.export(func() {
					for i := range 10 {
						h.number(fmt.Sprintf("n%d.%d", round, i), "k=v", model.Int(1))
					}
				})
				h.time = h.time.Add(2 * IdleTime)
			}
			if n := len(h.instruments); n > 20 {
				t.Errorf("%d ids for 10 instruments at a time", n)
			}
			// A collision names the right ones, whoever had the ids before.
			r := h.export(func() {
				h.number("x.y", "k=v", model.Int(1))
				if budget > 0 {
					h.number("x_y", "k=v", model.Int(1))
				}
			})
			if budget > 0 {
				wantRejects(t, r, `x_y{k=v} 1: "x.y" (scope "scope@1.0") and "x_y" (scope "scope@1.0") render to one series and timestamp: the first is sent`)
			}
		})
	}
}

// A clock that is set back neither evicts what is in use nor keeps what is not.
func TestClockSetBack(t *testing.T) {
	h := newHarness(t, Config{})
	h.time = h.time.Add(time.Hour)
	h.export(func() { h.mixed("m", 10) })
	held, p := h.Bytes(), h.instrument("m.n", Sum).points.entries["k=1"]
	h.time = h.time.Add(-30 * time.Minute)
	h.export(func() { h.number("m.n", "k=0", model.Int(1)) })
	if h.Bytes() != held || h.instrument("m.n", Sum).points.entries["k=1"] != p {
		t.Errorf("%d bytes are held, %d before: points were evicted because of the clock", h.Bytes(), held)
	}
}

// Tags that points keep are charged with their texts.
func TestLongTagsAreCharged(t *testing.T) {
	long := fmt.Sprintf("k=%0100000d", 7)
	h := newHarness(t, Config{})
	h.export(func() { h.Histogram(h.point(h.instrument("h", Histogram), long), stamp, &HistogramPoint{}) })
	if h.Bytes() < 2*100_000 { // the tag and the series
		t.Errorf("%d bytes are charged for a tag of 100,000 bytes and a series with it", h.Bytes())
	}
}

// A point that cannot be kept because its series has no room costs nothing.
func TestPointsWithoutRoomForTheirSeries(t *testing.T) {
	big := newHarness(t, Config{})
	walk := func(h *harness) func() { return func() { h.number("n", "k=v", model.Int(1)) } }
	big.export(walk(big))
	h := newHarness(t, Config{Budget: put.NewBudget(big.Bytes() - 1)})
	wantPoints(t, h.export(walk(h)), "n{k=v} 1")
	i := h.instrument("n", Sum)
	if want := i.scope.cost() + i.cost(); h.Bytes() != want || len(i.points.entries) != 0 {
		t.Errorf("%d bytes are held, want those of scope and instrument, %d", h.Bytes(), want)
	}
}

// A sweep in the middle of an export spares the scope and the instrument that
// are being walked, though all points they had are idle.
func TestSweepDuringAnExport(t *testing.T) {
	budget := put.NewBudget(1 << 30)
	h := newHarness(t, Config{Budget: budget})
	h.export(func() { h.mixed("m", 10) })
	filler := budget.Limit() - budget.Used()
	h.table.Charge(filler)
	h.time = h.time.Add(IdleTime)
	h.export(func() {
		i := h.instrument("m.n", Sum)
		h.Number(i.Add("k=new", parseTags("k=new"), false), stamp, model.Int(1))
		if h.instrument("m.n", Sum) != i || i.Lookup("k=new") == nil || len(i.points.entries) != 1 {
			t.Error("the instrument was evicted while it was walked")
		}
	})
	h.table.Charge(-filler)
	h.time = h.time.Add(2 * IdleTime)
	h.export(func() {})
	if budget.Used() != 0 {
		t.Errorf("%d bytes are held of what is idle", budget.Used())
	}
}
