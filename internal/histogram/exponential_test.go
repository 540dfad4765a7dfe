// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// The estimate is in the same bucket as the sample at the rank of the quantile. Therefore, they
// differ by at most the factor base.
func TestExponential_AppendQuantiles_IsWithinOneBucketOfTheSample(t *testing.T) {
	const n = 20_000
	random := rand.New(rand.NewPCG(1, 2))
	for name, samples := range map[string][]float64{
		"uniform":                       draw(n, func() float64 { return 1 + 999*random.Float64() }),
		"lognormal":                     draw(n, func() float64 { return math.Exp(2 * random.NormFloat64()) }),
		"tiny":                          draw(n, func() float64 { return 1e-300 * (1 + random.Float64()) }),
		"huge":                          draw(n, func() float64 { return 1e300 * (1 + random.Float64()) }),
		"constant":                      draw(n, func() float64 { return 42 }),
		"constant negative":             draw(n, func() float64 { return -0.3 }),
		"negative":                      draw(n, func() float64 { return -1 - 999*random.Float64() }),
		"mixed signs":                   draw(n, func() float64 { return 100 * random.NormFloat64() }),
		"few":                           {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		"one":                           {7},
		"two values of different signs": {-5, 5},
	} {
		sorted := slices.Sorted(slices.Values(samples))
		for _, scale := range []int32{-2, 0, 3, 8} {
			t.Run(fmt.Sprintf("%s at scale %d", name, scale), func(t *testing.T) {
				h := record(scale, 0, samples)
				base := math.Exp2(math.Ldexp(1, -int(scale))) * (1 + 1e-9)
				for _, q := range []float64{0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1} {
					rank := math.Ceil(q * float64(len(sorted)))
					exact, got := sorted[int(rank)-1], h.quantile(q)
					if ratio := got / exact; ratio < 1/base || ratio > base {
						t.Errorf("quantile %v is %v, want %v within a factor of %v", q, got, exact, base)
					}
				}
				wantAscending(t, h)
			})
		}
	}
}

// wantAscending checks that the quantiles from 0 to 1 are finite and do not descend.
func wantAscending(t *testing.T, h *Exponential) {
	t.Helper()
	last := math.Inf(-1)
	for i := range 1001 {
		q := float64(i) / 1000
		v := h.quantile(q)
		if !(v >= last) || math.IsInf(v, 0) {
			t.Fatalf("quantile %v is %v, after %v", q, v, last)
		}
		last = v
	}
}

func TestExponential_AppendQuantiles_InterpolatesTheZeroBucketLinearly(t *testing.T) {
	for name, c := range map[string]struct {
		h    Exponential
		q    float64
		want float64
	}{
		"zeros":                       {Exponential{ZeroCount: 10}, 0.5, 0},
		"threshold, no other buckets": {Exponential{ZeroCount: 10, ZeroThreshold: 8}, 0.5, 0},
		"threshold, positives":        {Exponential{ZeroCount: 10, ZeroThreshold: 8, Positive: Buckets{4, []uint64{10}}}, 0.25, 4},
		"threshold, negatives":        {Exponential{ZeroCount: 10, ZeroThreshold: 8, Negative: Buckets{4, []uint64{10}}}, 0.75, -4},
		"threshold, both signs":       {Exponential{ZeroCount: 2, ZeroThreshold: 8, Positive: Buckets{4, []uint64{1}}, Negative: Buckets{4, []uint64{1}}}, 0.5, 0},
		"the largest threshold":       {Exponential{ZeroCount: 2, ZeroThreshold: math.MaxFloat64, Positive: Buckets{1023, []uint64{1}}, Negative: Buckets{1023, []uint64{1}}}, 0.5, 0},
		"half way up a bucket":        {Exponential{Positive: Buckets{2, []uint64{1}}}, 0.5, math.Exp2(2.5)},
		"half way down a bucket":      {Exponential{Negative: Buckets{2, []uint64{1}}}, 0.5, -math.Exp2(2.5)},
		"the lowest quantile":         {Exponential{Negative: Buckets{2, []uint64{0, 1, 0}}}, 0, -16},
		"the highest quantile":        {Exponential{Positive: Buckets{2, []uint64{0, 1, 0}}}, 1, 16},
	} {
		if got := c.h.quantile(c.q); got != c.want {
			t.Errorf("%s: quantile %v is %v, want %v", name, c.q, got, c.want)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	wantAscending(t, record(3, 1, draw(1000, func() float64 { return 10 * random.NormFloat64() })))
}

func TestExponential_AppendQuantiles_OfNoObservationsIsNaN(t *testing.T) {
	h := Exponential{Count: 3, Positive: Buckets{Counts: make([]uint64, 4)}}
	for _, v := range h.AppendQuantiles(nil, quantilesOfReporters()) {
		if !math.IsNaN(v) {
			t.Errorf("quantile %v of no observations", v)
		}
	}
}

func TestExtremes_Clamp(t *testing.T) {
	nan := math.NaN()
	for _, c := range []struct {
		e       Extremes
		v, want float64
	}{
		{Extremes{1, 2}, 0, 1},
		{Extremes{1, 2}, 1.5, 1.5},
		{Extremes{1, 2}, 3, 2},
		{Extremes{1, 2}, math.Inf(1), 2},
		{Extremes{1, nan}, 0, 1},
		{Extremes{1, nan}, 3, 3},
		{Extremes{nan, 2}, 3, 2},
		{Extremes{nan, 2}, 0, 0},
		{NoExtremes(), -7, -7},
	} {
		if got := c.e.Clamp(c.v); got != c.want {
			t.Errorf("%v within %v is %v, want %v", c.v, c.e, got, c.want)
		}
	}
	if got := (Extremes{1, 2}).Clamp(nan); !math.IsNaN(got) {
		t.Errorf("NaN becomes %v", got)
	}
}

// The quantiles of equal samples are exact if the minimum and maximum were recorded.
func TestQuantile_OfConstantIsTheConstant(t *testing.T) {
	for _, v := range []float64{42, -0.3, 1e-310, 1.7e308} {
		h := recordAll(0, []float64{v, v, v})
		for _, q := range quantilesOfReporters() {
			if got := h.Clamp(h.quantile(q)); got != v {
				t.Errorf("quantile %v of a constant %v is %v", q, v, got)
			}
		}
	}
}

func TestExponential_AppendQuantiles_IsFiniteAtExtremeScalesAndOffsets(t *testing.T) {
	for _, scale := range []int32{math.MinInt32, -100, -11, -10, 0, 20, 100, math.MaxInt32} {
		for _, offset := range []int32{math.MinInt32, -1, 0, 1, math.MaxInt32} {
			wantAscending(t, &Exponential{
				Scale: scale, ZeroCount: 1,
				Positive: Buckets{offset, []uint64{1, 0, math.MaxUint64}}, Negative: Buckets{offset, []uint64{math.MaxUint64, 1}},
			})
		}
	}
	// At scale -11 one bucket holds all values above 1.
	if got := (&Exponential{Scale: math.MinInt32, Positive: Buckets{Counts: []uint64{1}}}).quantile(1); got != math.MaxFloat64 {
		t.Errorf("the highest bound at the lowest scale is %v", got)
	}
}

// exponentialQuantile is the reference for quantiles of fewer than 2^53 observations. It lists all
// buckets in order, and returns the edges of the bucket at the rank of the quantile.
func exponentialQuantile(h *Exponential, q float64) (low, high float64) {
	type bucket struct {
		low, high float64
		n         uint64
	}
	var all []bucket
	for i, n := range slices.Backward(h.Negative.Counts) {
		all = append(all, bucket{-h.bound(h.Negative.Offset, float64(i)+1), -h.bound(h.Negative.Offset, float64(i)), n})
	}
	all = append(all, bucket{min(h.zero(0), h.zero(1)), max(h.zero(0), h.zero(1)), h.ZeroCount})
	for i, n := range h.Positive.Counts {
		all = append(all, bucket{h.bound(h.Positive.Offset, float64(i)), h.bound(h.Positive.Offset, float64(i)+1), n})
	}
	rank, seen := q*float64(observations(h)), uint64(0)
	for _, b := range all {
		seen += b.n
		if b.n > 0 && rank <= float64(seen) {
			return b.low, b.high
		}
	}
	return math.NaN(), math.NaN()
}

func FuzzExponentialQuantiles(f *testing.F) {
	f.Add(int32(0), uint64(1), 0.0, int32(0), int32(0), []byte{1, 2, 3}, []byte{4}, -1.0, 1.0)
	f.Add(int32(math.MinInt32), uint64(math.MaxUint64), math.MaxFloat64, int32(math.MaxInt32), int32(math.MinInt32), []byte{255, 0, 63}, []byte{}, 0.0, 0.0)
	f.Add(int32(20), uint64(0), 1e-300, int32(-1<<20), int32(5), []byte{}, []byte{255}, 3.0, 2.0)
	f.Add(int32(-10), uint64(0), 0.0, int32(-1), int32(0), []byte{0, 0}, []byte{0}, 1.0, 1.0)
	f.Fuzz(func(t *testing.T, scale int32, zeros uint64, threshold float64, positive, negative int32, p, n []byte, least, most float64) {
		if math.IsNaN(threshold) || math.IsInf(threshold, 0) {
			t.Skip()
		}
		quantiles := []float64{0, 0.5, 0.75, 0.95, 0.99, 0.999, 1}
		h := &Exponential{
			Scale: scale, ZeroCount: zeros, ZeroThreshold: threshold, Extremes: NoExtremes(),
			Positive: Buckets{positive, spread(p)}, Negative: Buckets{negative, spread(n)},
		}
		got := h.AppendQuantiles(nil, quantiles)
		if len(got) != len(quantiles) {
			t.Fatalf("%d estimates of %d quantiles", len(got), len(quantiles))
		}
		if newRankScan(h, nil).total == 0 {
			return // there are no observations
		}
		for i, q := range quantiles {
			if math.IsNaN(got[i]) || math.IsInf(got[i], 0) {
				t.Errorf("quantile %v is %v", q, got[i])
			}
			if h.Extremes = (Extremes{least, most}); least <= most && !(h.Clamp(got[i]) >= least && h.Clamp(got[i]) <= most) {
				t.Errorf("quantile %v is %v, not within %v", q, h.Clamp(got[i]), h.Extremes)
			}
		}
	})
}

func FuzzExponentialQuantilesAreInTheBucketOfTheirRank(f *testing.F) {
	f.Add(int32(0), uint64(1), 0.5, int32(0), int32(0), []byte{1, 2, 3}, []byte{4}, 0.5)
	f.Add(int32(3), uint64(0), 0.0, int32(-8), int32(100), []byte{0, 0, 15, 1}, []byte{}, 0.999)
	f.Add(int32(-4), uint64(9), 2.0, int32(1), int32(1), []byte{}, []byte{1, 0, 1}, 1.0)
	f.Fuzz(func(t *testing.T, scale int32, zeros uint64, threshold float64, positive, negative int32, p, n []byte, q float64) {
		if !(q >= 0 && q <= 1 && threshold >= 0 && threshold <= math.MaxFloat64) {
			t.Skip()
		}
		h := &Exponential{
			Scale: scale, ZeroCount: zeros % 1000, ZeroThreshold: threshold,
			Positive: Buckets{positive, small(p)}, Negative: Buckets{negative, small(n)},
		}
		got := h.quantile(q)
		low, high := exponentialQuantile(h, q)
		if observations(h) == 0 {
			if !math.IsNaN(got) {
				t.Errorf("quantile %v of no observations is %v", q, got)
			}
			return
		}
		if slack := 1e-9 * max(math.Abs(low), math.Abs(high)); !(got >= low-slack && got <= high+slack) {
			t.Errorf("quantile %v is %v, want it from %v to %v: %+v", q, got, low, high, h)
		}
	})
}
