// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

func TestPoint_Number(t *testing.T) {
	h := newHarness(t, Config{})
	r := h.export(func() {
		h.number("least", "k=v", model.Int(math.MinInt64))
		h.number("most", "k=v", model.Int(math.MaxInt64))
		h.number("whole", "k=v", model.Float(3))
		h.number("tiny", "k=v", model.Float(math.SmallestNonzeroFloat64))
		h.number("huge", "k=v", model.Float(-math.MaxFloat64))
	})
	wantPoints(
		t, r,
		"least{k=v} -9223372036854775808", "most{k=v} 9223372036854775807", "whole{k=v} 3.0",
		"tiny{k=v} 5e-324", "huge{k=v} -1.7976931348623157e+308",
	)
	wantRejects(t, r)
}

// Each kind of fault of a series is reported once, even if the budget has no room for the series.
func TestRejections_AreReportedOnce(t *testing.T) {
	for name, budget := range map[string]int64{"kept": 1 << 20, "no room": 0} {
		t.Run(name, func(t *testing.T) {
			h := newHarness(t, Config{}, NewBudget(budget))
			walk := func() {
				h.number("a", "k=v", model.Float(math.NaN()))
				h.number("a", "k=w", model.Float(math.Inf(-1)))
				h.number("b", "", model.Int(1))
				h.Number(h.point(h.instrument("c", Sum), "k=v"), 0, model.Int(1))
			}
			wantRejects(
				t, h.export(walk),
				`a{k=v} NaN: value "NaN": not a finite number`,
				`a{k=w} -Inf: value "-Inf": not a finite number`,
				`b{} 1: tags: a point needs at least one tag`,
				`c{k=v} 1: `+model.CheckPoint(0, model.Int(1)).Error(),
			)
			wantRejects(t, h.export(walk), "known", "known", "known", "known")
			// Another kind of fault of the series is reported, and valid points of the instrument are sent.
			r := h.export(func() {
				h.Number(h.point(h.instrument("a", Sum), "k=v"), 0, model.Int(1))
				h.number("a", "k=w", model.Int(2))
			})
			wantRejects(t, r, `a{k=v} 1: `+model.CheckPoint(0, model.Int(1)).Error())
			wantPoints(t, r, "a{k=w} 2")
		})
	}
}

func TestRejections_RememberABoundedNumber(t *testing.T) {
	h := newHarness(t, Config{}, NewBudget(0))
	h.export(func() {
		for i := range 3 * maxReported {
			h.number("a", fmt.Sprint("k=", i), model.Float(math.NaN()))
		}
	})
	if n := h.faults.Len(); n == 0 || n > maxReported {
		t.Errorf("%d faults are remembered, want at most %d", n, maxReported)
	}
}

func TestPoint_Histogram(t *testing.T) {
	inf := math.Inf(1)
	totals := func(n string) []string { return []string{"h_count{k=v} " + n, "h_sum{k=v} 7.5"} }
	for name, c := range map[string]struct {
		point   HistogramPoint
		points  []string
		rejects []string
	}{
		"cumulative": {
			point:  HistogramPoint{Count: 6, Bounds: []float64{0.005, 10, 1e6}, Buckets: []uint64{1, 2, 0, 3}},
			points: append([]string{"h_bucket{k=v,le=0.005} 1", "h_bucket{k=v,le=10} 3", "h_bucket{k=v,le=1e+06} 3", "h_bucket{k=v,le=+Inf} 6"}, totals("6")...),
		},
		"one bucket": {
			point:  HistogramPoint{Count: 6, Buckets: []uint64{6}},
			points: append([]string{"h_bucket{k=v,le=+Inf} 6"}, totals("6")...),
		},
		"no buckets": {
			point:  HistogramPoint{Count: 6},
			points: append([]string{"h_bucket{k=v,le=+Inf} 6"}, totals("6")...),
		},
		"a count above the sum of the buckets": {
			point:  HistogramPoint{Count: 6, Bounds: []float64{1, 2}, Buckets: []uint64{1, 2, 0}},
			points: append([]string{"h_bucket{k=v,le=1} 1", "h_bucket{k=v,le=2} 3", "h_bucket{k=v,le=+Inf} 6"}, totals("6")...),
		},
		"a count below the sum of the buckets": {
			point:  HistogramPoint{Count: 6, Bounds: []float64{1, 2, 3}, Buckets: []uint64{4, 3, 1, 1}},
			points: append([]string{"h_bucket{k=v,le=1} 4", "h_bucket{k=v,le=2} 6", "h_bucket{k=v,le=3} 6", "h_bucket{k=v,le=+Inf} 6"}, totals("6")...),
		},
		"buckets that overflow": {
			point:  HistogramPoint{Count: 6, Bounds: []float64{1, 2}, Buckets: []uint64{4, math.MaxUint64, 3}},
			points: append([]string{"h_bucket{k=v,le=1} 4", "h_bucket{k=v,le=2} 6", "h_bucket{k=v,le=+Inf} 6"}, totals("6")...),
		},
		"a last bound of +Inf": {
			point:  HistogramPoint{Count: 6, Bounds: []float64{1, inf}, Buckets: []uint64{2, 4, 0}},
			points: append([]string{"h_bucket{k=v,le=1} 2", "h_bucket{k=v,le=+Inf} 6"}, totals("6")...),
		},
		"counts above int64": {
			point:  HistogramPoint{Count: math.MaxUint64, Bounds: []float64{1}, Buckets: []uint64{math.MaxInt64, 1 << 63}},
			points: append([]string{"h_bucket{k=v,le=1} 9223372036854775807", "h_bucket{k=v,le=+Inf} 1.8446744073709552e+19"}, totals("1.8446744073709552e+19")...),
		},
		"too few buckets": {
			point:   HistogramPoint{Count: 6, Bounds: []float64{1, 2}, Buckets: []uint64{6, 0}},
			points:  totals("6"),
			rejects: []string{"h_bucket{k=v} 6: malformed histogram: 2 buckets for 2 bounds", "known", "known"},
		},
		"too many buckets": {
			point:   HistogramPoint{Count: 6, Buckets: []uint64{6, 0}},
			points:  totals("6"),
			rejects: []string{"h_bucket{k=v} 6: malformed histogram: 2 buckets for 0 bounds"},
		},
		"bounds that do not ascend": {
			point:   HistogramPoint{Count: 6, Bounds: []float64{1, 1}, Buckets: []uint64{6, 0, 0}},
			points:  totals("6"),
			rejects: []string{"h_bucket{k=v} 6: malformed histogram: bounds [1 1] do not ascend", "known", "known"},
		},
		"a bound that is not a number": {
			point:   HistogramPoint{Count: 6, Bounds: []float64{math.NaN()}, Buckets: []uint64{6, 0}},
			points:  totals("6"),
			rejects: []string{"h_bucket{k=v} 6: malformed histogram: bounds [NaN] do not ascend", "known"},
		},
		"a bound of -Inf": {
			point:   HistogramPoint{Count: 6, Bounds: []float64{-inf, 1}, Buckets: []uint64{0, 6, 0}},
			points:  totals("6"),
			rejects: []string{"h_bucket{k=v} 6: malformed histogram: bounds [-Inf] do not ascend", "known", "known"},
		},
		"a bound of +Inf that is not the last": {
			point:   HistogramPoint{Count: 6, Bounds: []float64{inf, inf}, Buckets: []uint64{0, 6, 0}},
			points:  totals("6"),
			rejects: []string{"h_bucket{k=v} 6: malformed histogram: bounds [+Inf +Inf] do not ascend", "known", "known"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c.point.Sum = set(model.Float(7.5))
			h := newHarness(t, Config{})
			r := h.export(func() {
				h.Histogram(h.point(h.instrument("h", Histogram), "k=v"), stamp, &c.point)
			})
			wantPoints(t, r, c.points...)
			wantRejects(t, r, c.rejects...)
		})
	}
}

func TestPoint_Histogram_Extremes(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	h := newHarness(t, Config{})
	r := h.export(func() {
		convert := func(attributes string, p HistogramPoint) {
			h.Histogram(h.point(h.instrument("h", Histogram), attributes), stamp, &p)
		}
		convert("k=ints", HistogramPoint{Count: 2, Sum: set(model.Int(-3)), Min: set(model.Int(math.MinInt64)), Max: set(model.Int(7))})
		convert("k=none", HistogramPoint{})
		convert("k=nan", HistogramPoint{Count: 1, Sum: set(model.Float(nan)), Min: set(model.Float(nan)), Max: set(model.Float(nan))})
		convert("k=inf", HistogramPoint{Count: 1, Sum: set(model.Float(inf)), Min: set(model.Float(-inf)), Max: set(model.Float(inf))})
	})
	wantPoints(
		t, r,
		"h_count{k=ints} 2", "h_sum{k=ints} -3", "h_min{k=ints} -9223372036854775808", "h_max{k=ints} 7",
		"h_bucket{k=ints,le=+Inf} 2",
		"h_count{k=none} 0", "h_bucket{k=none,le=+Inf} 0",
		"h_count{k=nan} 1", "h_bucket{k=nan,le=+Inf} 1",
		"h_count{k=inf} 1", "h_bucket{k=inf,le=+Inf} 1",
	)
	wantRejects(
		t, r,
		`h_sum{k=inf} +Inf: value "+Inf": not a finite number`,
		`h_min{k=inf} -Inf: value "-Inf": not a finite number`,
		`h_max{k=inf} +Inf: value "+Inf": not a finite number`,
	)
}

func sum(buckets []uint64) (n uint64) {
	for _, b := range buckets {
		n += b
	}
	return n
}

// The buckets of a point do not affect the next point of the same or another series, with the same
// or other bounds.
func TestPoint_Histogram_BucketsDoNotCarryOver(t *testing.T) {
	h := newHarness(t, Config{})
	convert := func(attributes string, bounds []float64, buckets ...uint64) {
		h.Histogram(h.point(h.instrument("h", Histogram), attributes), stamp, &HistogramPoint{Count: sum(buckets), Bounds: bounds, Buckets: buckets})
	}
	first := []string{
		"h_bucket{k=v,le=1} 5", "h_bucket{k=v,le=2} 6", "h_bucket{k=v,le=+Inf} 6", "h_count{k=v} 6",
		"h_bucket{k=w,le=1} 0", "h_bucket{k=w,le=2} 0", "h_bucket{k=w,le=+Inf} 1", "h_count{k=w} 1",
	}
	walk := func() {
		convert("k=v", []float64{1, 2}, 5, 1, 0)
		convert("k=w", []float64{1, 2}, 0, 0, 1)
	}
	wantPoints(t, h.export(walk), first...)
	wantPoints(t, h.export(walk), first...)
	wantPoints(
		t, h.export(func() { convert("k=v", []float64{3}, 1, 1) }),
		"h_bucket{k=v,le=3} 1", "h_bucket{k=v,le=+Inf} 2", "h_count{k=v} 2",
	)
	wantPoints(t, h.export(walk), first...)
}

func TestPoint_Summary(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	h := newHarness(t, Config{})
	r := h.export(func() {
		convert := func(attributes string, p SummaryPoint) {
			h.Summary(h.point(h.instrument("s", Summary), attributes), stamp, &p)
		}
		convert("k=v", SummaryPoint{Count: 3, Sum: set(model.Float(6)), Quantiles: []float64{0, 0.5, 1}, Values: []float64{1, nan, inf}})
		convert("k=none", SummaryPoint{Sum: set(model.Float(nan))})
		convert("k=bad", SummaryPoint{Quantiles: []float64{0.5, nan}, Values: []float64{1, 2}})
	})
	wantPoints(
		t, r,
		"s{k=v,quantile=0} 1.0", "s_count{k=v} 3", "s_sum{k=v} 6.0",
		"s_count{k=none} 0",
		"s_count{k=bad} 0",
	)
	wantRejects(
		t, r,
		`s{k=v} +Inf: value "+Inf": not a finite number`,
		"s{k=bad} 1: malformed histogram: NaN among the quantiles", "known",
	)
}

func TestPoint_Histogram_RejectsMalformed(t *testing.T) {
	h := newHarness(t, Config{})
	r := h.export(func() {
		h.Histogram(h.point(h.instrument("h", Histogram), "k=v"), stamp, &HistogramPoint{Buckets: []uint64{1, 2}})
		h.number("n", "k=v", model.Float(math.NaN()))
	})
	if len(r.rejects) != 2 || !errors.Is(r.rejects[0].Err, histogram.ErrMalformed) || !errors.Is(r.rejects[1].Err, encoding.ErrNotFinite) {
		t.Errorf("rejections %+v", r.rejects)
	}
}

// A quantile that is missing in some exports does not affect other quantiles, even if an
// attribute has the key of the label.
func TestDistributions_LabelsMayComeAndGo(t *testing.T) {
	for _, attributes := range []string{"k=v", "quantile=v"} {
		h := newHarness(t, Config{})
		tags := strings.Replace(attributes, "quantile", "exported_quantile", 1)
		convert := func(quantiles ...float64) {
			t.Helper()
			want := []string{"s_count{" + attributes + "} 0"}
			for _, q := range quantiles {
				want = append(want, fmt.Sprintf("s{%s,quantile=%v} %v", tags, q, q))
			}
			wantPoints(t, h.export(func() {
				h.Summary(h.point(h.instrument("s", Summary), attributes), stamp, &SummaryPoint{Quantiles: quantiles, Values: quantiles})
			}), want...)
		}
		convert(0.5, 0.9)
		held := h.bytes
		convert(0.9)
		convert(0.5, 0.9)
		if h.bytes != held {
			t.Errorf("%s: %d bytes held, want %d as before with the same quantiles", attributes, h.bytes, held)
		}
	}
}
