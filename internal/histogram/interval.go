// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"slices"
	"sort"
)

// Interval computes statistics of the observations of one interval from a histogram.
// Call one of the Set methods, then any of the others. The statistics are NaN if there
// are no observations. The zero value has none and is ready for use; an Interval reuses
// its memory.
type Interval struct {
	count  uint64
	sum    float64
	bounds Extremes // of all observations
	exact  Extremes // the smallest and the largest observation, NaN if not known exactly
	bins   []bin    // in ascending order
	total  uint64   // observations in bins, which may differ from count

	explicitDelta    Explicit
	exponentialDelta Exponential
}

// bin holds n observations between low and high. They are taken as evenly spread, or if
// low equals high, as equal.
type bin struct {
	low, high float64
	below     uint64 // observations in lower bins
	n         uint64
}

func (b *bin) middle() float64 { return interpolate(b.low, b.high, 0.5) }

// SetExplicit takes the observations of a histogram with explicit buckets. If the
// buckets are malformed, only count, sum and extremes are used.
func (v *Interval) SetExplicit(h *Explicit) {
	v.reset(h.Count, h.Sum, h.Extremes)
	switch {
	case CheckBuckets(h.Bounds, h.Counts) != nil:
	case len(h.Counts) == 0:
		low, high := h.edges(0)
		v.add(low, high, h.Count)
	default:
		for i, n := range h.Counts {
			low, high := h.edges(i)
			v.add(low, high, n)
		}
	}
	v.setSingle()
}

// SetExponential takes the observations of a histogram with exponential buckets. All
// observations of a bucket are taken as equal to the value whose largest relative
// distance to them is smallest: (base-1)/(base+1), less than half the width of the
// bucket.
func (v *Interval) SetExponential(h *Exponential) {
	v.reset(h.Count, h.Sum, h.Extremes)
	// Neighbours share a bound, which is computed once: an export of timers takes 20 % less
	// time. high is the upper bound of the previous bucket, NaN if that is empty.
	high := math.NaN()
	for i, n := range slices.Backward(h.Negative.Counts) {
		low := high
		if high = math.NaN(); n == 0 {
			continue
		}
		if math.IsNaN(low) {
			low = -h.bound(h.Negative.Offset, float64(i)+1)
		}
		high = -h.bound(h.Negative.Offset, float64(i))
		v.addMidpoint(low, high, n)
	}
	if h.ZeroCount > 0 {
		v.addMidpoint(h.zero(0), h.zero(1), h.ZeroCount)
	}
	high = math.NaN()
	for i, n := range h.Positive.Counts {
		low := high
		if high = math.NaN(); n == 0 {
			continue
		}
		if math.IsNaN(low) {
			low = h.bound(h.Positive.Offset, float64(i))
		}
		high = h.bound(h.Positive.Offset, float64(i)+1)
		v.addMidpoint(low, high, n)
	}
	v.setSingle()
}

// SetExplicitDelta takes the observations of the delta of two cumulative histograms. It
// reports false if h does not continue previous, see [Explicit.Delta]; the interval
// then keeps the observations it had.
func (v *Interval) SetExplicitDelta(h, previous *Explicit) (ok bool) {
	if !h.Delta(&v.explicitDelta, previous) {
		return false
	}
	v.SetExplicit(&v.explicitDelta)
	v.explicitDelta.Bounds = nil // they belong to h
	v.setExact(h.Extremes, previous.Extremes)
	return true
}

// SetExponentialDelta takes the observations of the delta of two cumulative histograms.
// It reports false if h does not continue previous, see [Exponential.Delta]; the
// interval then keeps the observations it had.
func (v *Interval) SetExponentialDelta(h, previous *Exponential) (ok bool) {
	if !h.Delta(&v.exponentialDelta, previous) {
		return false
	}
	v.SetExponential(&v.exponentialDelta)
	v.setExact(h.Extremes, previous.Extremes)
	return true
}

func (v *Interval) reset(count uint64, sum float64, extremes Extremes) {
	v.count, v.sum = count, sum
	v.bounds, v.exact = extremes, extremes
	v.bins, v.total = v.bins[:0], 0
}

// setExact keeps an extreme of a cumulative histogram as exact only if it lies beyond the previous
// extreme: then it was observed in the interval.
func (v *Interval) setExact(now, previous Extremes) {
	if !(now.Min < previous.Min) {
		v.exact.Min = math.NaN()
	}
	if !(now.Max > previous.Max) {
		v.exact.Max = math.NaN()
	}
}

func (v *Interval) add(low, high float64, n uint64) {
	if n > 0 {
		v.bins = append(v.bins, bin{low: low, high: high, below: v.total, n: n})
		v.total += n
	}
}

// addMidpoint adds a bucket as one value.
func (v *Interval) addMidpoint(low, high float64, n uint64) {
	m := midpoint(v.bounds.clampOrdered(low), v.bounds.clampOrdered(high))
	v.add(m, m, n)
}

// midpoint returns the value with the same relative distance to low and high: their
// harmonic mean. If they do not have the same sign, it returns their arithmetic mean.
func midpoint(low, high float64) float64 {
	if low == high {
		return low
	}
	if !(low > 0 || high < 0) {
		return interpolate(low, high, 0.5)
	}
	return 2 * (low / (1 + low/high))
}

// setSingle replaces the estimate of a single observation with its exact value, the
// mean.
func (v *Interval) setSingle() {
	if mean := v.Mean(); v.total == 1 && v.count == 1 && !math.IsNaN(mean) {
		v.bins[0] = bin{low: mean, high: mean, n: 1}
	}
}

// Count returns the number of observations.
func (v *Interval) Count() uint64 { return v.count }

// Sum returns the sum of the observations, NaN if it was not recorded.
func (v *Interval) Sum() float64 { return v.sum }

// Mean returns the arithmetic mean, NaN if the sum was not recorded.
func (v *Interval) Mean() float64 {
	if v.count == 0 {
		return math.NaN()
	}
	return v.bounds.clampOrdered(v.sum / float64(v.count)) // rounding may lead out of the bounds
}

// Min returns the smallest observation. It returns an estimate if the histogram is cumulative and
// its minimum may be older than the interval, and NaN if extremes were not recorded.
func (v *Interval) Min() float64 { return v.extreme(v.exact.Min, v.bounds.Min, 1) }

// Max returns the largest observation, as Min returns the smallest.
func (v *Interval) Max() float64 { return v.extreme(v.exact.Max, v.bounds.Max, v.total) }

func (v *Interval) extreme(exact, bound float64, rank uint64) float64 {
	switch {
	case v.count == 0:
		return math.NaN()
	case math.IsNaN(exact) && !math.IsNaN(bound) && v.total > 0:
		return v.at(rank)
	}
	return bound
}

// StdDev returns the sample standard deviation around the mean, estimated from the
// buckets. If the sum was not recorded, the mean is estimated from the buckets, too. It is 0
// for one observation, and NaN without buckets.
func (v *Interval) StdDev() float64 {
	switch {
	case v.count == 0 || v.total == 0:
		return math.NaN()
	case v.total == 1:
		return 0
	}
	mean, squares := v.Mean(), 0.0
	if math.IsNaN(mean) {
		mean = v.meanOfBins()
	}
	for i := range v.bins {
		b := &v.bins[i]
		distance := b.middle() - mean
		squares += float64(b.n) * distance * distance
	}
	return math.Sqrt(squares / (float64(v.total) - 1))
}

// meanOfBins estimates the mean from the buckets.
func (v *Interval) meanOfBins() (mean float64) {
	for i := range v.bins {
		b := &v.bins[i]
		mean += b.middle() * (float64(b.n) / float64(v.total))
	}
	return mean
}

// Percentile returns an estimate of the q-th quantile, q from 0 to 1, NaN without
// buckets. For n observations it interpolates linearly between the two whose ranks are
// next to q·(n+1), as pyformance does (stats/snapshot.py). That differs from the
// AppendQuantiles methods, which use the rank q·n and do not interpolate between
// buckets.
func (v *Interval) Percentile(q float64) float64 {
	if v.count == 0 || v.total == 0 {
		return math.NaN()
	}
	n := float64(v.total)
	rank := q * (n + 1)
	switch {
	case rank < 1:
		return v.at(1)
	case rank >= n:
		return v.at(v.total)
	}
	whole, fraction := math.Modf(rank)
	return interpolate(v.at(uint64(whole)), v.at(uint64(whole)+1), fraction)
}

// at estimates the observation of a rank, from 1 to total.
func (v *Interval) at(rank uint64) float64 {
	switch {
	case rank == 1 && !math.IsNaN(v.exact.Min):
		return v.exact.Min
	case rank == v.total && !math.IsNaN(v.exact.Max):
		return v.exact.Max
	}
	i := sort.Search(len(v.bins)-1, func(i int) bool { return v.bins[i].below+v.bins[i].n >= rank })
	b := &v.bins[i]
	if b.low == b.high {
		return b.low
	}
	return interpolate(b.low, b.high, (float64(rank-b.below)-0.5)/float64(b.n))
}
