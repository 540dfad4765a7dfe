// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// mixed converts n data points of each kind. The names of the instruments begin with name.
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

// entries returns the number of series that the converter keeps.
func (h *harness) entries() int {
	n := 0
	for _, s := range h.scopes {
		for _, i := range s.instruments {
			n += len(i.index.entries)
		}
	}
	return n
}

func sorted(r *recorder) []string { return slices.Sorted(slices.Values(r.points)) }

// A converter sends the same points with any budget, and never exceeds the budget.
func TestConverter_SendsTheSamePointsWithAnyBudget(t *testing.T) {
	const n = 30
	walk := func(h *harness) func() { return func() { h.mixed("m", n) } }
	big := newHarness(t, Config{})
	want := sorted(big.export(walk(big)))
	whole := big.bytes
	for limit := int64(0); limit <= 2*whole; limit += whole / 20 {
		budget := NewBudget(limit)
		h := newHarness(t, Config{}, budget)
		for range 3 {
			r := h.export(walk(h))
			if diff := cmp.Diff(want, sorted(r)); diff != "" || len(r.rejects) > 0 {
				t.Fatalf("limit %d: rejections %v, points (-want +got):\n%s", limit, r.rejects, diff)
			}
			if budget.Used() > limit {
				t.Fatalf("limit %d: %d bytes used", limit, budget.Used())
			}
		}
		if budget.Used() != h.bytes {
			t.Errorf("limit %d: the budget has %d bytes in use, the converter %d", limit, budget.Used(), h.bytes)
		}
		if kept := h.entries(); limit == 0 && kept > 0 || limit > whole*3/2 && kept != 4*n {
			t.Errorf("limit %d of %d: %d series are kept", limit, whole, kept)
		}
		h.close()
		if budget.Used() != 0 {
			t.Errorf("limit %d: %d bytes used after close", limit, budget.Used())
		}
	}
}

// If the budget is full, new series replace series that have become idle.
func TestConverter_IdleSeriesMakeRoom(t *testing.T) {
	probe := newHarness(t, Config{})
	probe.export(func() { probe.mixed("a", 20) })
	budget := NewBudget(probe.bytes * 3 / 2)
	h := newHarness(t, Config{}, budget)
	h.export(func() { h.mixed("a", 20) })
	h.export(func() { h.mixed("b", 20) })
	if n := h.entries(); n >= 160 {
		t.Fatalf("the budget has room for all %d series, so that it is not full", n)
	}
	h.time = h.time.Add(IdleTime)
	h.export(func() { h.mixed("b", 20) })
	h.export(func() { h.mixed("b", 20) })
	if n := h.entries(); n != 80 || budget.Used() > budget.limit {
		t.Errorf("%d series are kept in %d of %d bytes, want 80", n, budget.Used(), budget.limit)
	}
}

func TestConverter_DropsSeriesAfterIdleTime(t *testing.T) {
	h := newHarness(t, Config{})
	h.export(func() { h.mixed("stays", 10); h.mixed("goes", 10) })
	one := h.bytes / 2
	for range 2 * int(IdleTime/time.Minute) {
		h.time = h.time.Add(time.Minute)
		h.export(func() { h.mixed("stays", 10) })
	}
	if h.bytes > one+one/10 || h.entries() != 40 {
		t.Errorf("%d series are held in %d bytes, want 40 in about %d", h.entries(), h.bytes, one)
	}
	if n := len(h.Scope("scope", "1.0", "", "", noTags).instruments); n != 4 {
		t.Errorf("%d instruments are held, want 4", n)
	}
	// A series that was dropped can be added again.
	wantPoints(t, h.export(func() { h.number("goes.n", "k=1", model.Int(1)) }), "goes_n{k=1} 1")
}

// A series does not become idle because of a long pause between two exports, or a clock that is
// set back.
func TestConverter_SeriesInUseAreNotIdle(t *testing.T) {
	h := newHarness(t, Config{})
	walk := func() { h.mixed("m", 10) }
	h.export(walk)
	held := h.bytes
	for _, after := range []time.Duration{10 * IdleTime, time.Hour, -30 * time.Minute, -time.Hour, 20 * IdleTime} {
		h.time = h.time.Add(after)
		h.export(walk)
		if h.bytes != held || h.entries() != 40 {
			t.Errorf("%d series are held in %d bytes, want 40 in %d as before", h.entries(), h.bytes, held)
		}
	}
}

func TestConverter_IdleSeriesReleaseAllMemory(t *testing.T) {
	budget := NewBudget(1 << 30)
	h := newHarness(t, Config{}, budget)
	h.export(func() {
		h.mixed("m", 10)
		h.number("invalid", "", model.Int(1))
	})
	h.time = h.time.Add(2 * IdleTime)
	h.export(func() {})
	if budget.Used() != 0 || len(h.scopes)+len(h.metrics)+len(h.names) != 0 {
		t.Errorf("%d bytes, %d scopes, %d metrics are held", budget.Used(), len(h.scopes), len(h.metrics))
	}
}

// A series of two instruments is kept as long as one of them uses it.
func TestConverter_SharedSeriesOutliveOneInstrument(t *testing.T) {
	h := newHarness(t, Config{})
	h.export(func() {
		h.number("a.b", "k=v", model.Int(1))
		h.number("a_b", "k=v", model.Int(2))
	})
	for range 10 {
		h.time = h.time.Add(time.Minute)
		wantPoints(t, h.export(func() { h.number("a_b", "k=v", model.Int(2)) }), "a_b{k=v} 2")
	}
	if h.entries() != 1 {
		t.Errorf("%d series are held, want 1", h.entries())
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

// The IDs of dropped instruments are reused. A collision still names the right instruments.
func TestConverter_ReusesTheIDsOfInstruments(t *testing.T) {
	for name, budget := range map[string]int64{"kept": 1 << 20, "no room": 0} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, Config{}, NewBudget(budget))
			for round := range 20 {
				h.export(func() {
					for i := range 10 {
						h.number(fmt.Sprintf("n%d.%d", round, i), "k=v", model.Int(1))
					}
				})
				h.time = h.time.Add(2 * IdleTime)
			}
			if n := len(h.instruments); n > 20 {
				t.Errorf("%d IDs were used for 10 instruments at a time", n)
			}
			r := h.export(func() {
				h.number("x.y", "k=v", model.Int(1))
				h.number("x_y", "k=v", model.Int(1))
			})
			wantRejects(t, r, `x_y{k=v} 1: "x.y" (scope "scope@1.0") and "x_y" (scope "scope@1.0") render to one series and timestamp: only the former is sent`)
		})
	}
}

// The text of tags is charged to the budget.
func TestConverter_LongTagsAreCharged(t *testing.T) {
	long := fmt.Sprintf("k=%0100000d", 7)
	for _, kind := range []Kind{Sum, Histogram} {
		h := newHarness(t, Config{Layout: Layout{Histograms: AsQuantiles}})
		r := h.export(func() {
			if kind == Sum {
				h.number("n", long, model.Int(1))
			} else {
				h.Histogram(h.point(h.instrument("h", kind), long), stamp, &HistogramPoint{})
			}
		})
		if len(r.points) != 1 || h.bytes < 100_000 {
			t.Errorf("%d points, and %d bytes charged for a tag of 100,000 bytes", len(r.points), h.bytes)
		}
	}
}

// A series that is dropped during an export of its instrument can be added again.
func TestConverter_AddsASeriesAgainAfterASweep(t *testing.T) {
	budget := NewBudget(1 << 20)
	h := newHarness(t, Config{}, budget)
	h.export(func() { h.mixed("m", 10) })
	filler := budget.limit - budget.Used()
	budget.Take(filler)
	h.time = h.time.Add(IdleTime)
	walk := func() {
		h.number("m.n", "k=new", model.Int(5))
		for i := range 10 {
			h.number("m.n", fmt.Sprint("k=", i), model.Int(int64(i)))
		}
	}
	want := []string{"m_n{k=new} 5"}
	for i := range 10 {
		want = append(want, fmt.Sprintf("m_n{k=%d} %d", i, i))
	}
	for range 3 {
		wantPoints(t, h.export(walk), want...)
	}
	if h.entries() != 11 {
		t.Errorf("%d series are held, want 11", h.entries())
	}
	budget.Take(-filler)
	h.time = h.time.Add(2 * IdleTime)
	h.export(func() {})
	if budget.Used() != 0 {
		t.Errorf("%d bytes are held for idle series", budget.Used())
	}
}
