// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"errors"
	"math"
	"slices"
	"testing"
)

func TestExplicit_AppendQuantiles_InterpolatesWithinTheBucket(t *testing.T) {
	bounds := []float64{-5, 0, 10, 20}
	nan := math.NaN()
	for name, c := range map[string]struct {
		h    Explicit
		q    float64
		want float64
	}{
		"middle of a bucket":                          {Explicit{Extremes: NoExtremes(), Bounds: bounds, Counts: []uint64{0, 0, 4, 0, 0}}, 0.5, 5},
		"first bucket, bound above 0":                 {Explicit{Extremes: NoExtremes(), Bounds: []float64{8}, Counts: []uint64{4, 0}}, 0.5, 4},
		"first bucket, bound below 0":                 {Explicit{Extremes: NoExtremes(), Bounds: bounds, Counts: []uint64{4, 0, 0, 0, 0}}, 0.5, -5},
		"last bucket":                                 {Explicit{Extremes: NoExtremes(), Bounds: bounds, Counts: []uint64{0, 0, 0, 0, 4}}, 0.5, 20},
		"first bucket, minimum":                       {Explicit{Extremes: Extremes{-9, nan}, Bounds: bounds, Counts: []uint64{4, 0, 0, 0, 0}}, 0.5, -7},
		"last bucket, maximum":                        {Explicit{Extremes: Extremes{nan, 40}, Bounds: bounds, Counts: []uint64{0, 0, 0, 0, 4}}, 0.25, 25},
		"bucket wider than the extremes":              {Explicit{Extremes: Extremes{4, 6}, Bounds: bounds, Counts: []uint64{0, 0, 4, 0, 0}}, 0.75, 5.5},
		"no buckets, extremes":                        {Explicit{Extremes: Extremes{4, 8}, Count: 4}, 0.25, 5},
		"one bucket, extremes":                        {Explicit{Extremes: Extremes{4, 8}, Count: 4, Counts: []uint64{4}}, 0.75, 7},
		"no buckets, no extremes":                     {Explicit{Extremes: NoExtremes(), Count: 4}, 0.75, nan},
		"no buckets, a minimum":                       {Explicit{Extremes: Extremes{4, nan}, Count: 4}, 0.75, 4},
		"no observations":                             {Explicit{Extremes: NoExtremes(), Bounds: bounds, Counts: make([]uint64, 5)}, 0.5, nan},
		"end of the lower of two buckets":             {Explicit{Extremes: NoExtremes(), Bounds: bounds, Counts: []uint64{0, 0, 4, 4, 0}}, 0.5, 10},
		"quantile 0, start of the bucket":             {Explicit{Extremes: NoExtremes(), Bounds: bounds, Counts: []uint64{0, 0, 4, 4, 0}}, 0, 0},
		"quantile 1, end of the last nonempty bucket": {Explicit{Extremes: NoExtremes(), Bounds: bounds, Counts: []uint64{0, 0, 4, 4, 0}}, 1, 20},
	} {
		if got := c.h.quantile(c.q); got != c.want && !(math.IsNaN(c.want) && math.IsNaN(got)) {
			t.Errorf("%s: quantile %v is %v, want %v", name, c.q, got, c.want)
		}
	}
}

func TestCheckBuckets_AcceptsOnlyAscendingBoundsWithOneMoreCount(t *testing.T) {
	inf := math.Inf(1)
	for name, c := range map[string]struct {
		bounds []float64
		counts int
		valid  bool
	}{
		"neither":        {nil, 0, true},
		"one bucket":     {nil, 1, true},
		"ascending":      {[]float64{-1, 0, 1}, 4, true},
		"up to +Inf":     {[]float64{-1, inf}, 3, true},
		"from -Inf":      {[]float64{-inf, 0}, 3, false},
		"NaN":            {[]float64{0, math.NaN(), 1}, 4, false},
		"equal bounds":   {[]float64{0, 1, 1}, 4, false},
		"descending":     {[]float64{1, 0}, 3, false},
		"too few counts": {[]float64{0, 1}, 2, false},
		"no counts":      {[]float64{0, 1}, 0, false},
		"no bounds":      {nil, 2, false},
	} {
		err := CheckBuckets(c.bounds, make([]uint64, c.counts))
		if (err == nil) != c.valid || err != nil && !errors.Is(err, ErrMalformed) {
			t.Errorf("%s: error %v, want valid=%v", name, err, c.valid)
		}
	}
}

// explicitQuantile is the reference for quantiles. It lists the bucket of each observation, and
// returns the edges of the bucket at the rank of the quantile.
func explicitQuantile(h *Explicit, q float64) (low, high float64) {
	var buckets []int
	for i, n := range h.Counts {
		buckets = append(buckets, slices.Repeat([]int{i}, int(n))...)
	}
	rank := max(1, int(math.Ceil(q*float64(len(buckets)))))
	return h.edges(buckets[min(rank, len(buckets))-1])
}

func FuzzExplicitQuantiles(f *testing.F) {
	f.Add([]byte{1, 0, 3}, 1.0, 2.0, 0.5, 0.9)
	f.Add([]byte{7, 0, 0, 0, 7}, -20.0, 4.5, 0.0, 1.0)
	f.Add([]byte{0, 1}, math.NaN(), 0.1, 0.999, 0.999)
	f.Fuzz(func(t *testing.T, counts []byte, first, width, q1, q2 float64) {
		if !(math.Abs(first) < 1e300 && width > 0 && width < 1e300 && q1 >= 0 && q1 <= q2 && q2 <= 1) {
			t.Skip()
		}
		h := &Explicit{Extremes: NoExtremes(), Counts: small(counts)}
		for i := range max(len(h.Counts), 1) - 1 {
			h.Bounds = append(h.Bounds, first+float64(i)*width)
		}
		if CheckBuckets(h.Bounds, h.Counts) != nil || len(h.Bounds) == 0 {
			t.Skip()
		}
		got := h.AppendQuantiles([]float64{7}, []float64{q1, q2})
		if len(got) != 3 || got[0] != 7 {
			t.Fatalf("got %v, want the previous element 7 and two estimates", got)
		}
		if !slices.ContainsFunc(h.Counts, func(n uint64) bool { return n > 0 }) {
			if !math.IsNaN(got[1]) || !math.IsNaN(got[2]) {
				t.Fatalf("quantiles %v of no observations", got[1:])
			}
			return
		}
		for i, q := range []float64{q1, q2} {
			low, high := explicitQuantile(h, q)
			if slack := 1e-9 * (math.Abs(low) + math.Abs(high)); !(got[i+1] >= low-slack && got[i+1] <= high+slack) {
				t.Errorf("quantile %v of %v between %v is %v, want it from %v to %v", q, h.Counts, h.Bounds, got[i+1], low, high)
			}
		}
		if slack := 1e-9 * math.Abs(got[1]); got[2] < got[1]-slack {
			t.Errorf("quantile %v is %v, less than %v, quantile %v", q2, got[2], got[1], q1)
		}
	})
}
