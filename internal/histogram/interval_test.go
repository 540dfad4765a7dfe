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

// percentileOfPyformance returns a percentile of sorted samples as pyformance computes it.
func percentileOfPyformance(sorted []float64, q float64) float64 {
	n := float64(len(sorted))
	pos := q * (n + 1)
	switch {
	case pos < 1:
		return sorted[0]
	case pos >= n:
		return sorted[len(sorted)-1]
	}
	lower, upper := sorted[int(pos)-1], sorted[int(pos)]
	return lower + (pos-math.Floor(pos))*(upper-lower)
}

// sampleDeviation returns the standard deviation of samples as pyformance computes it.
func sampleDeviation(samples []float64) float64 {
	if len(samples) < 2 {
		return 0
	}
	mean, squares := 0.0, 0.0
	for _, v := range samples {
		mean += v / float64(len(samples))
	}
	for _, v := range samples {
		squares += (v - mean) * (v - mean)
	}
	return math.Sqrt(squares / float64(len(samples)-1))
}

// sdkScale returns the scale that the SDK chooses for samples: the highest scale up to 20 at which
// 160 buckets are sufficient.
func sdkScale(samples []float64) int32 {
	width := math.Log2(slices.Max(samples)) - math.Log2(slices.Min(samples))
	scale := 20
	for math.Ldexp(width, scale) > 158 {
		scale--
	}
	return int32(scale)
}

// intervalOf returns the interval statistics of an exponential histogram.
func intervalOf(h *Exponential) *Interval {
	v := new(Interval)
	v.SetExponential(h)
	return v
}

// A percentile is within half a bucket of the exact percentile, at the scale that the SDK chooses
// and at other scales.
func TestInterval_Percentile_IsWithinHalfABucket(t *testing.T) {
	for _, n := range []int{1, 2, 3, 10, 1000, 4000} {
		for name, samples := range distributions(n) {
			sorted := slices.Sorted(slices.Values(samples))
			for _, scale := range []int32{sdkScale(samples), 0, 5, 8} {
				v := intervalOf(recordAll(scale, samples))
				half := (math.Exp2(math.Ldexp(1, -int(scale))) - 1) / 2
				for _, q := range quantilesOfReporters() {
					want, got := percentileOfPyformance(sorted, q), v.Percentile(q)
					if off := math.Abs(got-want) / want; off > half+1e-12 {
						t.Errorf("%d samples, %s, scale %d: percentile %v is %v, want %v: the relative error is %v, more than %v", n, name, scale, q, got, want, off, half)
					}
				}
			}
		}
	}
}

// Half a bucket is 1.1 % at scale 5 and 0.6 % at scale 6. At scale 5, 90 % of all percentiles are
// within 1 % of the exact percentile, and at higher scales all of them.
func TestInterval_Percentile_IsWithinOnePercent(t *testing.T) {
	for scale, share := range map[int32]float64{5: 0.9, 6: 1, 8: 1, 12: 1} {
		within, all := 0, 0
		for _, samples := range distributions(4000) {
			sorted := slices.Sorted(slices.Values(samples))
			v := intervalOf(recordAll(scale, samples))
			for q := range 125 {
				want, got := percentileOfPyformance(sorted, (float64(q)+1)/126), v.Percentile((float64(q)+1)/126)
				all++
				if math.Abs(got-want) <= 0.01*want {
					within++
				}
			}
		}
		if float64(within) < share*float64(all) {
			t.Errorf("scale %d: %d of %d percentiles are within 1 %%, want a share of %v", scale, within, all, share)
		}
	}
}

func TestInterval_StdDev_IsNearThatOfTheSamples(t *testing.T) {
	for name, samples := range distributions(4000) {
		v := intervalOf(recordAll(sdkScale(samples), samples))
		got, want := v.StdDev(), sampleDeviation(samples)
		if name == "constant" && got != 0 || name != "constant" && math.Abs(got-want) > 0.02*want {
			t.Errorf("%s: standard deviation %v, want about %v", name, got, want)
		}
	}
	if got := intervalOf(recordAll(3, []float64{7})).StdDev(); got != 0 {
		t.Errorf("the standard deviation of one value is %v", got)
	}
}

func TestInterval_MeanAndExtremesAreExact(t *testing.T) {
	for name, samples := range distributions(1000) {
		v, total := intervalOf(recordAll(0, samples)), 0.0
		for _, s := range samples {
			total += s
		}
		if v.Count() != 1000 || v.Sum() != total || !near(v.Mean(), total/1000) || v.Min() != slices.Min(samples) || v.Max() != slices.Max(samples) {
			t.Errorf("%s: count %d, sum %v, mean %v, from %v to %v", name, v.Count(), v.Sum(), v.Mean(), v.Min(), v.Max())
		}
	}
}

// Percentiles of values of both signs and zeros do not descend, and are between minimum and
// maximum.
func TestInterval_Percentile_AscendsWithMixedSigns(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 9))
	for _, n := range []int{1, 2, 5, 50, 5000} {
		samples := draw(n, func() float64 { return math.Round(20 * random.NormFloat64()) })
		for _, scale := range []int32{-3, 0, 4} {
			h := recordAll(scale, samples)
			v := intervalOf(h)
			last := math.Inf(-1)
			for i := range 101 {
				p := v.Percentile(float64(i) / 100)
				if p < last || p < h.Min || p > h.Max {
					t.Fatalf("%d samples, scale %d: percentile %d is %v, after %v, in %v", n, scale, i, p, last, h.Extremes)
				}
				last = p
			}
		}
	}
}

func TestInterval_WithoutBucketsHasNoPercentiles(t *testing.T) {
	none := NoExtremes()
	var v Interval
	for name, set := range map[string]func(){
		"zero value":          func() {},
		"explicit, empty":     func() { v.SetExplicit(&Explicit{Extremes: none}) },
		"explicit, no bounds": func() { v.SetExplicit(&Explicit{Count: 3, Extremes: none}) },
		"explicit, malformed": func() {
			v.SetExplicit(&Explicit{Count: 3, Sum: 6, Extremes: Extremes{1, 3}, Bounds: []float64{2, 1}, Counts: []uint64{1, 1, 1}})
		},
		"explicit, only extremes":     func() { v.SetExplicit(&Explicit{Extremes: Extremes{1, 2}}) },
		"exponential, empty":          func() { v.SetExponential(&Exponential{Extremes: none}) },
		"exponential, only count":     func() { v.SetExponential(&Exponential{Count: 3, Extremes: none}) },
		"exponential, count 0, zeros": func() { v.SetExponential(&Exponential{ZeroCount: 3, Extremes: none}) },
	} {
		set()
		if got := v.Percentile(0.5); !math.IsNaN(got) {
			t.Errorf("%s: percentile %v", name, got)
		}
		if name == "explicit, malformed" && (v.Mean() != 2 || v.Min() != 1 || v.Max() != 3) {
			t.Errorf("%s: mean %v, from %v to %v, want 2, from 1 to 3", name, v.Mean(), v.Min(), v.Max())
		}
	}
}

func TestInterval_Percentile_IsLinearInExplicitBuckets(t *testing.T) {
	var v Interval
	v.SetExplicit(&Explicit{Count: 4, Bounds: []float64{10, 20}, Counts: []uint64{0, 4, 0}, Extremes: Extremes{12, 20}})
	// The four observations lie between 12 and 20. Ranks 2 and 3 are at 3/8 and 5/8 of this
	// range, and the median is in the middle.
	for q, want := range map[float64]float64{0.5: 16, 0.1: 12, 0.99: 20, 0.4: 15} {
		if got := v.Percentile(q); got != want {
			t.Errorf("percentile %v is %v, want %v", q, got, want)
		}
	}
}

// If an interval has a single observation, its value is exactly the difference of the sums.
func TestInterval_OfADeltaOfOneObservationIsExact(t *testing.T) {
	before, after := recordAll(3, []float64{1, 2, 50}), recordAll(1, []float64{1, 2, 3, 50})
	var v Interval
	if !v.SetExponentialDelta(after, before) {
		t.Fatal("the histogram does not continue the previous histogram")
	}
	for name, got := range map[string]float64{"mean": v.Mean(), "minimum": v.Min(), "maximum": v.Max(), "median": v.Percentile(0.5), "sum": v.Sum()} {
		if got != 3 {
			t.Errorf("%s %v, want 3", name, got)
		}
	}
	if v.Count() != 1 || v.StdDev() != 0 {
		t.Errorf("count %d, standard deviation %v", v.Count(), v.StdDev())
	}
}

// If the minimum or maximum of a cumulative histogram has changed, it is the minimum or maximum of
// the interval. Otherwise, it only limits the estimate.
func TestInterval_OfADeltaHasExactExtremesIfTheyAreNew(t *testing.T) {
	before := &Explicit{Count: 2, Sum: 10, Extremes: Extremes{2, 8}, Bounds: []float64{4, 6}, Counts: []uint64{1, 0, 1}}
	after := &Explicit{Count: 4, Sum: 16, Extremes: Extremes{1, 8}, Bounds: []float64{4, 6}, Counts: []uint64{2, 1, 1}}
	var v Interval
	if !v.SetExplicitDelta(after, before) {
		t.Fatal("the histogram does not continue the previous histogram")
	}
	if v.Min() != 1 || v.Max() != 5 { // the middle of (4, 6]
		t.Errorf("from %v to %v, want 1 to 5", v.Min(), v.Max())
	}
	if v.SetExplicitDelta(before, after) || v.Count() != 2 {
		t.Errorf("a reset histogram has a delta, or the interval has changed: count %d", v.Count())
	}
}

func TestMidpoint_HasTheSameRelativeDistanceToBothEnds(t *testing.T) {
	for _, c := range []struct{ low, high float64 }{
		{1, 2}, {0.5, 0.5001}, {1e300, math.MaxFloat64}, {5e-324, 1e-323}, {-2, -1}, {-math.MaxFloat64, -1e300},
	} {
		m := midpoint(c.low, c.high)
		if !(m >= c.low && m <= c.high) {
			t.Errorf("midpoint of %v and %v: %v", c.low, c.high, m)
		}
		if off := math.Abs((m-c.low)/c.low) - math.Abs((c.high-m)/c.high); math.Abs(off) > 1e-9 && math.Abs(c.low) > 1e-300 {
			t.Errorf("midpoint of %v and %v: %v, the relative distances differ by %v", c.low, c.high, m, off)
		}
	}
	if m := midpoint(-1, 3); m != 1 {
		t.Errorf("midpoint of -1 and 3: %v", m)
	}
	if m := midpoint(0, 4); m != 2 {
		t.Errorf("midpoint of 0 and 4: %v", m)
	}
}

func FuzzInterval(f *testing.F) {
	f.Add(int32(3), 1.5, 2.5, uint64(3), uint64(0))
	f.Add(int32(-3), -1.5, 2.5e300, uint64(1), uint64(1<<63))
	f.Fuzz(func(t *testing.T, scale int32, low, high float64, n, m uint64) {
		if math.IsNaN(low) || math.IsInf(low, 0) || math.IsNaN(high) || math.IsInf(high, 0) {
			return
		}
		h := &Exponential{
			Count: 1 + n, Scale: scale, Extremes: Extremes{min(low, high), max(low, high)}, Sum: math.NaN(), ZeroCount: n / 3,
			Positive: Buckets{int32(n), []uint64{n / 3, 0, m / 3}}, Negative: Buckets{int32(m), []uint64{m / 3}},
		}
		v := intervalOf(h)
		for _, q := range quantilesOfReporters() {
			if p := v.Percentile(q); v.total > 0 && !(p >= h.Min && p <= h.Max) {
				t.Errorf("percentile %v of %s is %v", q, fmt.Sprintf("%+v", h), p)
			}
		}
	})
}

// Each statistic of an interval is near the statistic of its samples, at any scale.
func FuzzIntervalOfSamples(f *testing.F) {
	f.Add([]byte{1, 2, 3, 200}, uint8(5), 0.5)
	f.Add([]byte{7}, uint8(0), 0.99)
	f.Add([]byte{0, 0, 255, 255, 255}, uint8(10), 0.75)
	f.Fuzz(func(t *testing.T, data []byte, scale uint8, q float64) {
		if len(data) == 0 || len(data) > 500 || !(q >= 0 && q <= 1) {
			t.Skip()
		}
		samples := make([]float64, len(data))
		for i, b := range data {
			samples[i] = 0.1 + float64(b)*float64(b)/7
		}
		s := int32(scale % 11)
		h := recordAll(s, samples)
		v := intervalOf(h)
		half := (math.Exp2(math.Ldexp(1, -int(s))) - 1) / 2
		sorted := slices.Sorted(slices.Values(samples))
		if want, got := percentileOfPyformance(sorted, q), v.Percentile(q); math.Abs(got-want) > (half+1e-9)*want {
			t.Errorf("percentile %v is %v, want about %v", q, got, want)
		}
		if v.Min() != sorted[0] || v.Max() != sorted[len(sorted)-1] || !near(v.Mean(), h.Sum/float64(len(samples))) || v.Count() != uint64(len(samples)) {
			t.Errorf("count %d, mean %v, from %v to %v", v.Count(), v.Mean(), v.Min(), v.Max())
		}
		// The estimate of a sample differs by at most half a bucket, and so does its distance
		// to the mean.
		if want, got := sampleDeviation(samples), v.StdDev(); math.Abs(got-want) > 2*half*sorted[len(sorted)-1]+1e-9*want {
			t.Errorf("standard deviation %v, want about %v", got, want)
		}
	})
}
