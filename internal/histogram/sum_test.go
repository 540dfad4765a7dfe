// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestExplicit_SumNonzero(t *testing.T) {
	inf := math.Inf(1)
	bounds := []float64{-5, 0, 5}
	for name, c := range map[string]struct {
		extremes Extremes
		bounds   []float64
		counts   []uint64
		want     bool
	}{
		"positive extremes":                {extremes: Extremes{1, 5}, want: true},
		"negative extremes":                {extremes: Extremes{-5, -1}, want: true},
		"extremes from zero":               {extremes: Extremes{0, 5}, want: true},
		"extremes to zero":                 {extremes: Extremes{-5, 0}, want: true},
		"extremes of both signs":           {extremes: Extremes{-3, 5}, bounds: bounds, counts: []uint64{0, 0, 0, 1}},
		"only zeros":                       {extremes: Extremes{0, 0}, bounds: bounds, counts: []uint64{0, 1, 0, 0}},
		"zeros of both signs":              {extremes: Extremes{math.Copysign(0, -1), 0}},
		"nothing recorded":                 {extremes: NoExtremes()},
		"one bucket":                       {extremes: NoExtremes(), counts: []uint64{3}},
		"empty buckets":                    {extremes: NoExtremes(), bounds: bounds, counts: []uint64{0, 0, 0, 0}},
		"positive buckets":                 {extremes: NoExtremes(), bounds: bounds, counts: []uint64{0, 0, 1, 2}, want: true},
		"the last bucket":                  {extremes: NoExtremes(), bounds: bounds, counts: []uint64{0, 0, 0, 2}, want: true},
		"the first bucket":                 {extremes: NoExtremes(), bounds: bounds, counts: []uint64{2, 0, 0, 0}, want: true},
		"a bucket that ends with zero":     {extremes: NoExtremes(), bounds: bounds, counts: []uint64{0, 2, 0, 0}},
		"negative buckets":                 {extremes: NoExtremes(), bounds: bounds, counts: []uint64{1, 1, 0, 0}, want: true},
		"buckets of both signs":            {extremes: NoExtremes(), bounds: bounds, counts: []uint64{1, 0, 1, 0}},
		"a first bucket of both signs":     {extremes: NoExtremes(), bounds: []float64{5, 10}, counts: []uint64{1, 1, 0}},
		"a last bucket of both signs":      {extremes: NoExtremes(), bounds: []float64{-10, -5}, counts: []uint64{1, 0, 1}},
		"an infinite bound":                {extremes: NoExtremes(), bounds: []float64{0, inf}, counts: []uint64{0, 1, 0}, want: true},
		"malformed":                        {extremes: NoExtremes(), bounds: bounds, counts: []uint64{0, 0, 1}},
		"only a minimum, positive buckets": {extremes: Extremes{1, math.NaN()}, bounds: bounds, counts: []uint64{0, 0, 1, 0}, want: true},
	} {
		h := Explicit{Count: 3, Extremes: c.extremes, Bounds: c.bounds, Counts: c.counts}
		if got := h.SumNonzero(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestExponential_SumNonzero(t *testing.T) {
	one, none := Buckets{Counts: []uint64{0, 1}}, Buckets{Counts: []uint64{0}}
	for name, c := range map[string]struct {
		h    Exponential
		want bool
	}{
		"extremes":                        {Exponential{Extremes: Extremes{1, 2}, Positive: one}, true},
		"extremes of both signs":          {Exponential{Extremes: Extremes{-1, 2}, Positive: one}, false},
		"positive":                        {Exponential{Extremes: NoExtremes(), Positive: one, Negative: none, ZeroCount: 1}, true},
		"negative":                        {Exponential{Extremes: NoExtremes(), Positive: none, Negative: one}, true},
		"both":                            {Exponential{Extremes: NoExtremes(), Positive: one, Negative: one}, false},
		"zeros":                           {Exponential{Extremes: NoExtremes(), ZeroCount: 3}, false},
		"values around zero":              {Exponential{Extremes: NoExtremes(), Positive: one, ZeroCount: 1, ZeroThreshold: 3}, false},
		"a threshold without observation": {Exponential{Extremes: NoExtremes(), Positive: one, ZeroThreshold: 3}, true},
	} {
		if got := c.h.SumNonzero(); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

// SumNonzero is false for all histograms of values whose sum is 0.
func TestSumNonzero_IsNeverWrong(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	proven := 0
	for range 20_000 {
		e := Explicit{Extremes: NoExtremes(), Bounds: []float64{-2, -1, 0, 1, 2}, Counts: make([]uint64, 6)}
		x := Exponential{Extremes: NoExtremes(), Positive: Buckets{Counts: make([]uint64, 4)}, Negative: Buckets{Counts: make([]uint64, 4)}}
		extremes := Extremes{math.Inf(1), math.Inf(-1)}
		sum, shift := 0, random.IntN(7)-3
		for range 1 + random.IntN(4) {
			v := random.IntN(4) + shift
			sum += v
			extremes = Extremes{math.Min(extremes.Min, float64(v)), math.Max(extremes.Max, float64(v))}
			e.Count++
			i := 0
			for i < 5 && float64(v) > e.Bounds[i] {
				i++
			}
			e.Counts[i]++
			switch {
			case v == 0:
				x.ZeroCount++
			case v > 0:
				x.Positive.Counts[int(math.Log2(float64(v)))]++
			default:
				x.Negative.Counts[int(math.Log2(float64(-v)))]++
			}
			x.Count++
		}
		if random.IntN(2) == 0 {
			e.Extremes, x.Extremes = extremes, extremes
		}
		for name, nonzero := range map[string]bool{"explicit": e.SumNonzero(), "exponential": x.SumNonzero()} {
			if nonzero && sum == 0 {
				t.Fatalf("%s: the sum of %+v is 0", name, e)
			}
			if nonzero {
				proven++
			}
		}
	}
	if proven < 10_000 {
		t.Errorf("SumNonzero is true for only %d of 40,000 histograms", proven)
	}
}

// Without a recorded sum, the mean is unknown, and the standard deviation is relative to the mean
// of the buckets.
func TestInterval_StdDev_WithoutASum(t *testing.T) {
	for name, samples := range distributions(4000) {
		h := recordAll(sdkScale(samples), samples)
		h.Sum = math.NaN()
		v := intervalOf(h)
		got, want := v.StdDev(), sampleDeviation(samples)
		if name == "constant" && got > 1e-6 || name != "constant" && math.Abs(got-want) > 0.02*want || math.IsNaN(got) {
			t.Errorf("%s: standard deviation %v, exactly %v", name, got, want)
		}
		if !math.IsNaN(v.Mean()) {
			t.Errorf("%s: the mean is %v", name, v.Mean())
		}
	}
}
