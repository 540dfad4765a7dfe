// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"errors"
	"fmt"
	"math"
	"slices"
)

// ErrMalformed reports a histogram whose parts contradict each other.
var ErrMalformed = errors.New("malformed histogram")

// Explicit is a histogram with explicit bucket bounds. Counts[i] is the number of
// observations in (Bounds[i-1], Bounds[i]]; the first bucket has no lower bound and the
// last one has no upper bound. A histogram without buckets, with neither Bounds nor
// Counts, is valid.
type Explicit struct {
	Count uint64
	Sum   float64 // NaN if not recorded
	Extremes
	Bounds []float64
	Counts []uint64
}

// CheckBuckets returns an error that wraps [ErrMalformed] unless bounds and counts are valid
// in an [Explicit]: there must be one count more than bounds, or neither, and bounds must
// ascend. The last bound may be +Inf. No bound may be -Inf or NaN.
func CheckBuckets(bounds []float64, counts []uint64) error {
	if len(counts) == 0 && len(bounds) == 0 {
		return nil
	}
	if len(counts) != len(bounds)+1 {
		return fmt.Errorf("%w: %d buckets for %d bounds", ErrMalformed, len(counts), len(bounds))
	}
	for i, b := range bounds {
		if math.IsNaN(b) || math.IsInf(b, -1) || i > 0 && b <= bounds[i-1] {
			return fmt.Errorf("%w: bounds %v do not ascend", ErrMalformed, bounds[max(0, i-1):i+1])
		}
	}
	return nil
}

// CopyFrom makes h a copy of src that shares no memory with it. It reuses the memory of h.
func (h *Explicit) CopyFrom(src *Explicit) {
	bounds, counts := h.Bounds[:0], h.Counts[:0]
	bounds = append(bounds, src.Bounds...)
	counts = append(counts, src.Counts...)
	*h = *src
	h.Bounds, h.Counts = bounds, counts
}

// Delta sets dst to the observations of h that previous, an earlier histogram of the
// same stream, does not contain. It reports false, and leaves dst undefined, if h does
// not continue previous: a count is lower, or the bounds differ or are malformed. dst
// shares its bounds with h and reuses the memory of its counts.
func (h *Explicit) Delta(dst, previous *Explicit) (ok bool) {
	if h.Count < previous.Count || !slices.Equal(h.Bounds, previous.Bounds) || len(h.Counts) != len(previous.Counts) ||
		CheckBuckets(h.Bounds, h.Counts) != nil {
		return false
	}
	counts := dst.Counts[:0]
	for i, n := range h.Counts {
		if n < previous.Counts[i] {
			return false
		}
		counts = append(counts, n-previous.Counts[i])
	}
	*dst = Explicit{
		Count: h.Count - previous.Count, Sum: h.Sum - previous.Sum, Extremes: h.Extremes,
		Bounds: h.Bounds, Counts: counts,
	}
	return true
}

// SumNonzero reports whether the sum of the observations cannot be 0: none of them is
// negative and one is positive, or none is positive and one is negative. It judges by the
// extremes, or without them by the buckets.
func (h *Explicit) SumNonzero() bool {
	if h.recorded() {
		return h.oneSided()
	}
	if CheckBuckets(h.Bounds, h.Counts) != nil {
		return false
	}
	lowest := slices.IndexFunc(h.Counts, func(n uint64) bool { return n > 0 })
	if lowest < 0 || len(h.Bounds) == 0 {
		return false
	}
	highest := lowest
	for i, n := range h.Counts {
		if n > 0 {
			highest = i
		}
	}
	positive := lowest > 0 && h.Bounds[lowest-1] >= 0 // a bucket does not contain its lower bound
	negative := highest < len(h.Bounds) && h.Bounds[highest] <= 0 && h.Bounds[lowest] < 0
	return positive || negative
}

// AppendQuantiles appends one estimate for each of the quantiles, which must ascend,
// and returns the extended slice. An estimate is interpolated linearly within the
// bucket of its rank. It is NaN if the histogram is empty, or has neither buckets nor
// extremes. The buckets must pass [CheckBuckets].
func (h *Explicit) AppendQuantiles(dst, quantiles []float64) []float64 {
	total := 0.0
	for _, n := range h.Counts {
		total += float64(n)
	}
	if len(h.Counts) == 0 { // one bucket, between the extremes
		total = float64(h.Count)
	}
	seen := 0.0
	for i := range max(len(h.Counts), 1) {
		n := total
		if len(h.Counts) > 0 {
			n = float64(h.Counts[i])
		}
		below := seen
		seen += n
		if n == 0 {
			continue
		}
		low, high := h.edges(i)
		for len(quantiles) > 0 && quantiles[0]*total <= seen {
			dst = append(dst, interpolate(low, high, min((quantiles[0]*total-below)/n, 1)))
			quantiles = quantiles[1:]
		}
	}
	for range quantiles {
		dst = append(dst, math.NaN())
	}
	return dst
}

// edges returns the range of bucket i, narrowed to the recorded extremes. An edge that
// is still infinite is replaced as PromQL's histogram_quantile does it: a first bucket
// with a positive upper bound begins at 0, and any other open bucket is taken as the
// single value of its finite bound. Both edges are NaN if there is no finite bound.
func (h *Explicit) edges(i int) (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if i > 0 {
		low = h.Bounds[i-1]
	}
	if i < len(h.Bounds) {
		high = h.Bounds[i]
	}
	low, high = h.Clamp(low), h.Clamp(high)
	if math.IsInf(low, -1) && high > 0 && !math.IsInf(high, 1) {
		low = 0
	}
	switch {
	case math.IsInf(low, -1) && math.IsInf(high, 1):
		return math.NaN(), math.NaN()
	case math.IsInf(low, -1):
		low = high
	case math.IsInf(high, 1):
		high = low
	}
	return low, high
}

// Extremes are the smallest and the largest observation of a histogram. Each is NaN if
// it was not recorded.
type Extremes struct{ Min, Max float64 }

// NoExtremes returns the extremes of a histogram that recorded none.
func NoExtremes() Extremes { return Extremes{Min: math.NaN(), Max: math.NaN()} }

// recorded reports whether both extremes were recorded.
func (e Extremes) recorded() bool { return !math.IsNaN(e.Min) && !math.IsNaN(e.Max) }

// oneSided reports whether at least one observation is not 0, and all that are not 0 have
// the same sign.
func (e Extremes) oneSided() bool { return e.Min >= 0 && e.Max > 0 || e.Max <= 0 && e.Min < 0 }

// Clamp returns the value nearest to v that lies within the extremes. For zeros and NaN
// it follows [math.Max] and [math.Min].
func (e Extremes) Clamp(v float64) float64 {
	if !math.IsNaN(e.Min) {
		v = math.Max(v, e.Min)
	}
	if !math.IsNaN(e.Max) {
		v = math.Min(v, e.Max)
	}
	return v
}

// clampOrdered is Clamp by comparisons. It is faster, and keeps the sign of a zero
// where an extreme is a zero of the other sign.
func (e Extremes) clampOrdered(v float64) float64 {
	if v < e.Min {
		v = e.Min
	}
	if v > e.Max {
		v = e.Max
	}
	return v
}

// interpolate returns the value at a fraction, from 0 to 1, of the way from low to
// high. If both are equal, the result is exactly that value.
func interpolate(low, high, fraction float64) float64 {
	if low == high {
		return high
	}
	return low*(1-fraction) + high*fraction
}
