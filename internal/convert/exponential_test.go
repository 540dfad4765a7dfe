// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

func TestPoint_Exponential(t *testing.T) {
	h := newHarness(t, Config{})
	convert := func(p *ExponentialPoint) *recorder {
		return h.export(func() { h.Exponential(h.point(h.instrument("e", Exponential), "k=v"), stamp, p) })
	}
	constant := set(model.Float(3))
	wantPoints(
		t, convert(&ExponentialPoint{Count: 4, Sum: set(model.Int(12)), Min: constant, Max: constant, Positive: histogram.Buckets{Offset: 1, Counts: []uint64{4}}}),
		"e{k=v,quantile=0.5} 3.0", "e{k=v,quantile=0.75} 3.0", "e{k=v,quantile=0.95} 3.0", "e{k=v,quantile=0.99} 3.0", "e{k=v,quantile=0.999} 3.0",
		"e_count{k=v} 4", "e_sum{k=v} 12", "e_min{k=v} 3.0", "e_max{k=v} 3.0",
	)
	// An empty histogram has no quantiles. The scale may change from export to export.
	wantPoints(t, convert(&ExponentialPoint{Sum: set(model.Float(0))}), "e_count{k=v} 0", "e_sum{k=v} 0.0")
	r := convert(&ExponentialPoint{Count: 2, Scale: 20, Positive: histogram.Buckets{Offset: 1 << 20, Counts: []uint64{2}}})
	if quantiles := DefaultQuantiles(); len(r.points) != len(quantiles)+1 || len(r.rejects) > 0 {
		t.Errorf("points %v, rejections %v", r.points, r.rejects)
	}
}

// Quantiles are rounded to nine digits, but not beyond the recorded minimum and maximum.
func TestPoint_Exponential_RoundsQuantilesWithinTheExtremes(t *testing.T) {
	h := newHarness(t, Config{Layout: Layout{Quantiles: []float64{0.5}}})
	for name, c := range map[string]struct {
		least, most Optional
		want        string
	}{
		"no extremes": {Optional{}, Optional{}, "5.65685425"},
		"constant":    {set(model.Float(5.123456789012)), set(model.Float(5.123456789012)), "5.123456789012"},
		"minimum":     {set(model.Float(7.123456789012)), Optional{}, "7.123456789012"},
		"NaN maximum": {Optional{}, set(model.Float(math.NaN())), "5.65685425"},
	} {
		r := h.export(func() {
			h.Exponential(h.point(h.instrument("e", Exponential), "k=v"), stamp, &ExponentialPoint{
				Count: 1, Min: c.least, Max: c.most, Positive: histogram.Buckets{Offset: 2, Counts: []uint64{1}},
			})
		})
		if want := "e{k=v,quantile=0.5} " + c.want; !slices.Contains(r.points, want) {
			t.Errorf("%s: %q, want %s", name, r.points, want)
		}
	}
}

func FuzzExponential(f *testing.F) {
	f.Add(int32(0), uint64(1), 0.0, int32(0), int32(0), []byte{1, 2, 3}, []byte{4}, -1.0, 1.0)
	f.Add(int32(math.MinInt32), uint64(math.MaxUint64), math.MaxFloat64, int32(math.MaxInt32), int32(math.MinInt32), []byte{255, 0, 63}, []byte{}, 0.0, 0.0)
	f.Add(int32(20), uint64(0), 1e-300, int32(-1<<20), int32(5), []byte{}, []byte{255}, 3.0, 2.0)
	f.Add(int32(-10), uint64(0), 0.0, int32(-1), int32(0), []byte{0, 0}, []byte{0}, 1.0, 1.0)
	f.Fuzz(func(t *testing.T, scale int32, zeros uint64, threshold float64, positive, negative int32, p, n []byte, least, most float64) {
		point := &ExponentialPoint{
			Scale: scale, ZeroCount: zeros, ZeroThreshold: threshold,
			Positive: histogram.Buckets{Offset: positive, Counts: spread(p)}, Negative: histogram.Buckets{Offset: negative, Counts: spread(n)},
		}
		point.Min, point.Max = set(model.Float(least)), set(model.Float(most))
		// Only finite numbers are sent, for any histogram.
		h := newHarness(t, Config{})
		r := h.export(func() { h.Exponential(h.point(h.instrument("e", Exponential), "k=v"), stamp, point) })
		for _, p := range r.points {
			if strings.Contains(p, "NaN") || strings.Contains(p, "Inf ") {
				t.Errorf("a value that is not finite was sent: %s", p)
			}
		}
		for _, p := range r.rejects {
			if p.Value.NaN() {
				t.Error("a quantile that is NaN was rejected, want it omitted")
			}
		}
	})
}

// spread returns counts of all magnitudes, made from the bytes of a fuzz input.
func spread(b []byte) []uint64 {
	counts := make([]uint64, len(b))
	for i, n := range b {
		counts[i] = uint64(n) << (n % 57)
	}
	return counts
}
