// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// sparsely returns a harness with the option that omits buckets.
func sparsely(t *testing.T) *harness {
	return newHarness(t, Config{Layout: Layout{SparseBuckets: true}})
}

// observed is a data point of the histogram h. Its bounds are 1, 2, 4 and 8.
type observed struct {
	attributes string
	at         int64 // seconds after stamp
	buckets    []uint64
}

func (o observed) point() *HistogramPoint {
	return &HistogramPoint{Cumulative: true, Count: sum(o.buckets), Bounds: []float64{1, 2, 4, 8}[:len(o.buckets)-1], Buckets: o.buckets}
}

// buckets exports data points, and returns the buckets that are sent: "k=v le value @seconds".
func (h *harness) buckets(t *testing.T, points ...observed) []string {
	t.Helper()
	r := h.export(func() {
		for _, o := range points {
			h.Histogram(h.point(h.instrument("h", Histogram), o.attributes), stamp+o.at, o.point())
		}
	})
	wantRejects(t, r)
	return bucketsOf(r.points)
}

func bucketsOf(points []string) (buckets []string) {
	for _, p := range points {
		if text, ok := strings.CutPrefix(p, "h_bucket{"); ok {
			at := int64(stamp)
			if text, rest, ok := strings.Cut(text, " @"); ok {
				_, _ = fmt.Sscan(rest, &at)
				p = text
			} else {
				p = text
			}
			p = strings.NewReplacer(",le=", " ", "}", "").Replace(p)
			buckets = append(buckets, fmt.Sprintf("%s @%d", p, at-stamp))
		}
	}
	slices.Sort(buckets)
	return buckets
}

func wantBuckets(t *testing.T, got []string, want ...string) {
	t.Helper()
	slices.Sort(want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("buckets (-want +got):\n%s", diff)
	}
}

func TestSparseBuckets(t *testing.T) {
	h := sparsely(t)
	// A bucket with observations and the bucket below it are sent.
	wantBuckets(t, h.buckets(t, observed{"k=v", 0, []uint64{0, 0, 3, 0, 0}}), "k=v 2 0 @0", "k=v 4 3 @0", "k=v +Inf 3 @0")
	wantBuckets(t, h.buckets(t, observed{"k=v", 10, []uint64{0, 0, 4, 0, 0}}), "k=v 2 0 @10", "k=v 4 4 @10", "k=v +Inf 4 @10")
	// A bucket that appears is sent with its value at the previous time first.
	wantBuckets(t, h.buckets(t, observed{"k=v", 20, []uint64{1, 0, 4, 0, 2}}),
		"k=v 1 0 @10", "k=v 8 4 @10",
		"k=v 1 1 @20", "k=v 2 1 @20", "k=v 4 5 @20", "k=v 8 5 @20", "k=v +Inf 7 @20")
	// Buckets that were sent once are sent again after a reset of the histogram.
	wantBuckets(t, h.buckets(t, observed{"k=v", 30, []uint64{1, 0, 0, 0, 0}}),
		"k=v 1 1 @30", "k=v 2 1 @30", "k=v 4 1 @30", "k=v 8 1 @30", "k=v +Inf 1 @30")
}

// The first bucket has no bucket below it. The last bound is also the lower bound of +Inf.
func TestSparseBuckets_AppearAtEitherEnd(t *testing.T) {
	h := sparsely(t)
	wantBuckets(t, h.buckets(t, observed{"k=v", 0, []uint64{0, 0, 0, 0, 0}}), "k=v +Inf 0 @0")
	wantBuckets(t, h.buckets(t, observed{"k=v", 10, []uint64{2, 0, 0, 0, 0}}), "k=v 1 0 @0", "k=v 1 2 @10", "k=v +Inf 2 @10")
	h = sparsely(t)
	wantBuckets(t, h.buckets(t, observed{"k=v", 0, []uint64{0, 0, 0, 0, 5}}), "k=v 8 0 @0", "k=v +Inf 5 @0")
	wantBuckets(t, h.buckets(t, observed{"k=w", 10, []uint64{5}}), "k=w +Inf 5 @10")
}

// All series of a metric have the same buckets, so that a query can sum them by le.
func TestSparseBuckets_AppearInAllSeries(t *testing.T) {
	h := sparsely(t)
	v, w := observed{"k=v", 0, []uint64{5, 0, 0, 0, 0}}, observed{"k=w", 0, []uint64{0, 0, 0, 1, 0}}
	wantBuckets(t, h.buckets(t, v, w), "k=v 1 5 @0", "k=v +Inf 5 @0", "k=w 1 0 @0", "k=w 4 0 @0", "k=w 8 1 @0", "k=w +Inf 1 @0")
	// The first series was converted before the buckets of the second series appeared.
	v.at, w.at = 10, 10
	wantBuckets(t, h.buckets(t, v, w),
		"k=v 4 5 @0", "k=v 8 5 @0",
		"k=v 1 5 @10", "k=v 4 5 @10", "k=v 8 5 @10", "k=v +Inf 5 @10",
		"k=w 1 0 @10", "k=w 4 0 @10", "k=w 8 1 @10", "k=w +Inf 1 @10")
}

// A data point that is exported again has the same lines again. A late data point does not change
// the lines of later data points.
func TestSparseBuckets_RepeatedDataPointHasTheSameLines(t *testing.T) {
	h := sparsely(t)
	h.buckets(t, observed{"k=v", 10, []uint64{2, 0, 0, 0, 0}})
	next := observed{"k=v", 20, []uint64{2, 0, 0, 1, 0}}
	want := []string{"k=v 4 2 @10", "k=v 8 2 @10", "k=v 1 2 @20", "k=v 4 2 @20", "k=v 8 3 @20", "k=v +Inf 3 @20"}
	wantBuckets(t, h.buckets(t, next), want...)
	wantBuckets(t, h.buckets(t, next), want...)
	wantBuckets(t, h.buckets(t, observed{"k=v", 10, []uint64{2, 0, 0, 0, 0}}), "k=v 1 2 @10", "k=v 4 2 @10", "k=v 8 2 @10", "k=v +Inf 2 @10")
	wantBuckets(t, h.buckets(t, observed{"k=v", 30, []uint64{2, 1, 0, 1, 0}}),
		"k=v 2 2 @20", "k=v 1 2 @30", "k=v 2 3 @30", "k=v 4 3 @30", "k=v 8 4 @30", "k=v +Inf 4 @30")
	for range 2 {
		wantBuckets(t, h.buckets(t, observed{"k=v", 40, []uint64{2, 1, 0, 1, 0}}),
			"k=v 1 2 @40", "k=v 2 3 @40", "k=v 4 3 @40", "k=v 8 4 @40", "k=v +Inf 4 @40")
	}
}

// A bucket can appear between two data points of a series in one export.
func TestSparseBuckets_AppearWithinAnExport(t *testing.T) {
	h := sparsely(t)
	wantBuckets(t, h.buckets(t, observed{"k=v", 0, []uint64{2, 0, 0, 0, 0}}, observed{"k=v", 10, []uint64{2, 1, 0, 0, 0}}),
		"k=v 1 2 @0", "k=v 2 2 @0", "k=v +Inf 2 @0", "k=v 1 2 @10", "k=v 2 3 @10", "k=v +Inf 3 @10")
}

// All buckets are sent with delta temporality, for other bounds than those of the metric's first
// data point, and if the budget has no room for the series.
func TestSparseBuckets_AreAllSentWhereTheOptionDoesNotApply(t *testing.T) {
	h := sparsely(t)
	all := func(attributes string) []string {
		return []string{attributes + " 1 0 @0", attributes + " 2 1 @0", attributes + " 4 1 @0", attributes + " 8 1 @0", attributes + " +Inf 1 @0"}
	}
	o := observed{"k=v", 0, []uint64{0, 1, 0, 0, 0}}
	r := h.export(func() {
		delta := o.point()
		delta.Cumulative = false
		h.Histogram(h.point(h.instrument("h", Histogram), o.attributes), stamp, delta)
	})
	wantBuckets(t, bucketsOf(r.points), all("k=v")...)

	h.buckets(t, observed{"k=v", 0, []uint64{0, 0, 0, 1}}) // bounds 1, 2, 4
	wantBuckets(t, h.buckets(t, o), all("k=v")...)

	full := sparsely(t)
	full.budget.limit = 0
	for range 2 {
		wantBuckets(t, full.buckets(t, o), all("k=v")...)
	}
}

// A series that was dropped and returns is a new series.
func TestSparseBuckets_DroppedSeriesIsNew(t *testing.T) {
	h := sparsely(t)
	h.buckets(t, observed{"k=v", 0, []uint64{1, 0, 0, 0, 0}}, observed{"k=w", 0, []uint64{1, 0, 0, 0, 0}})
	for range 3 {
		h.time = h.time.Add(IdleTime / 2)
		h.buckets(t, observed{"k=w", 10, []uint64{1, 0, 0, 0, 0}})
	}
	wantBuckets(t, h.buckets(t, observed{"k=u", 20, []uint64{1, 1, 0, 0, 0}}), "k=u 1 1 @20", "k=u 2 2 @20", "k=u +Inf 2 @20")
	wantBuckets(t, h.buckets(t, observed{"k=w", 20, []uint64{1, 0, 0, 0, 0}}), "k=w 2 1 @10", "k=w 1 1 @20", "k=w 2 1 @20", "k=w +Inf 1 @20")
}

// The memory for the buckets is charged to the budget, and released when series are dropped.
func TestSparseBuckets_AreCharged(t *testing.T) {
	held := func(sparse bool) (all, one int64) {
		h := newHarness(t, Config{Layout: Layout{SparseBuckets: sparse}})
		var points []observed
		for i := range 100 {
			points = append(points, observed{fmt.Sprintf("k=%03d", i), 0, []uint64{1, 0, 0, 0, 0}})
		}
		h.buckets(t, points...)
		all = h.bytes
		for range 2 {
			h.time = h.time.Add(2 * IdleTime)
			points[0].at += 1200
			h.buckets(t, points[0])
		}
		return all, h.bytes
	}
	all, one := held(true)
	plainAll, plainOne := held(false)
	if more := all - plainAll; more < 100*(4*8+16) || more > 200*(4*8+16) {
		t.Errorf("the buckets of 100 series take %d bytes", more)
	}
	if more := one - plainOne; more > sparseCost+5*(4*8+16) {
		t.Errorf("the buckets of one series take %d bytes", more)
	}
}

// For random data points: each line, also with the time of an earlier export, has the value of the
// complete histogram at its time. A bucket that is missing in an export equals the next lower bucket
// of this export. A bucket that was sent once is sent in every later export.
func TestSparseBuckets_AgreeWithAllBuckets(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	for range 200 {
		sparse, full := sparsely(t), newHarness(t, Config{})
		state := map[string][]uint64{}
		all, seen := map[string]bool{}, map[string]bool{}
		for at := range int64(12) {
			var points []observed
			for k := range 3 {
				attributes := fmt.Sprintf("k=%d", k)
				if state[attributes] == nil || random.IntN(20) == 0 {
					state[attributes] = make([]uint64, 5)
				}
				if random.IntN(3) == 0 {
					state[attributes][random.IntN(5)] += random.Uint64N(4)
				}
				points = append(points, observed{attributes, at, slices.Clone(state[attributes])})
			}
			for _, b := range full.buckets(t, points...) {
				all[b] = true
			}
			here := map[string]bool{}
			for _, b := range sparse.buckets(t, points...) {
				if !all[b] {
					t.Fatalf("%s is not a value of the histogram", b)
				}
				if strings.HasSuffix(b, fmt.Sprintf("@%d", at)) {
					here[strings.Join(strings.Fields(b)[:2], " ")] = true
				}
			}
			for series := range seen {
				if !here[series] {
					t.Fatalf("%s was sent before, and is missing at %d", series, at)
				}
			}
			seen = here
			for _, p := range points {
				below, reached := uint64(0), uint64(0)
				for i, n := range p.buckets {
					le := []string{"1", "2", "4", "8", "+Inf"}[i]
					if below += n; here[p.attributes+" "+le] {
						reached = below
					} else if below != reached {
						t.Fatalf("%v at %d: le=%s is missing, although its value is %d more than the bucket below", p, at, le, below-reached)
					}
				}
			}
		}
	}
}

// With start points, each bucket of a series' first data point is preceded by 0 at the start time.
// A bucket that appears later is preceded by its value in the previous data point.
func TestSparseBuckets_OfTheFirstDataPointHaveStartPoints(t *testing.T) {
	h := sparsely(t)
	export := func(points ...observed) []string {
		r := h.export(func() {
			for _, o := range points {
				times := Time{At: uint64(stamp+o.at) * 1e9, Start: (stamp - 5) * 1e9}
				h.point(h.instrument("h", Histogram), o.attributes).Histogram(times, o.point(), h.next())
			}
		})
		wantRejects(t, r)
		return bucketsOf(r.points)
	}
	wantBuckets(t, export(observed{"k=v", 10, []uint64{0, 3, 0, 0, 0}}),
		"k=v 1 0 @-5", "k=v 2 0 @-5", "k=v +Inf 0 @-5",
		"k=v 1 0 @10", "k=v 2 3 @10", "k=v +Inf 3 @10")
	wantBuckets(t, export(observed{"k=v", 20, []uint64{0, 3, 1, 0, 0}}, observed{"k=w", 20, []uint64{1, 0, 0, 0, 0}}),
		"k=v 4 3 @10",
		"k=v 1 0 @20", "k=v 2 3 @20", "k=v 4 4 @20", "k=v +Inf 4 @20",
		"k=w 1 0 @10", "k=w 2 0 @10", "k=w 4 0 @10", "k=w +Inf 0 @10",
		"k=w 1 1 @20", "k=w 2 1 @20", "k=w 4 1 @20", "k=w +Inf 1 @20")
}
