// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
	"slices"
)

// An exponential histogram as buckets has bounds that are the same in all series
// and at all times, but for how far they reach, so that they can be added up:
// powers of the fourth root of two. Of a point that would have more than
// maxCoarse of them, and of one that is recorded more coarsely, only every
// second, fourth and so on of these bounds is left.
const (
	coarseScale = 2
	maxCoarse   = 64
)

// coarse is an exponential histogram as explicit buckets.
type coarse struct {
	HistogramPoint
	positive, negative []uint64 // to be used again
}

// of sets the bounds and buckets to those of a point. The bounds are the upper
// ones of all buckets from the lowest to the highest, of the zero bucket if there
// is something in or below it, and the lower one of the lowest positive one: so
// that a reader who interpolates knows where it begins.
func (c *coarse) of(h *ExponentialPoint) {
	var by int64
	if h.Scale > coarseScale {
		by = int64(h.Scale) - coarseScale
	}
	for h.Positive.span(by)+h.Negative.span(by) > maxCoarse {
		by++
	}
	positive := h.Positive.coarser(c.positive[:0], by)
	negative := h.Negative.coarser(c.negative[:0], by)
	c.positive, c.negative = positive.Counts, negative.Counts
	scale := int64(h.Scale) - by
	c.Bounds, c.Buckets = c.Bounds[:0], append(c.Buckets[:0], 0)
	for i, n := range slices.Backward(negative.Counts) {
		c.add(-coarseBound(scale, int64(negative.Offset)+int64(i)), n)
	}
	if h.ZeroCount > 0 || len(c.Bounds) > 0 {
		c.add(h.ZeroThreshold, h.ZeroCount)
	}
	for i, n := range positive.Counts {
		index := int64(positive.Offset) + int64(i)
		if i == 0 {
			c.add(coarseBound(scale, index), 0)
		}
		c.add(coarseBound(scale, index+1), n)
	}
}

// coarseBound returns 2^(index·2^-scale), at most the largest float, of a scale up
// to coarseScale. It is the same on every machine, which math.Exp2 does not
// promise.
func coarseBound(scale, index int64) float64 {
	roots := [1 << coarseScale]float64{1, 1.189207115002721, math.Sqrt2, 1.681792830507429}
	const far = 1 << 14 // beyond the exponents of floats, in fourths
	index = min(max(index, -far), far)
	index = min(max(index<<min(coarseScale-scale, 40), -far), far)
	return math.Min(math.Ldexp(roots[index&3], int(index>>coarseScale)), math.MaxFloat64)
}

// add adds a bucket that ends at a bound. One that does not ascend, next to a zero
// bucket that is wider than a bucket, or where floats end, falls into the one
// before it.
func (c *coarse) add(bound float64, n uint64) {
	last := len(c.Bounds)
	if last > 0 && !(bound > c.Bounds[last-1]) {
		c.Buckets[last-1] += n
		return
	}
	if math.IsNaN(bound) {
		bound = 0
	}
	c.Bounds = append(c.Bounds, bound)
	c.Buckets[last] = n
	c.Buckets = append(c.Buckets, 0)
}

// filled returns where the counts that are not 0 begin and end.
func (b *ExponentialBuckets) filled() (start, end int) {
	end = len(b.Counts)
	for end > 0 && b.Counts[end-1] == 0 {
		end--
	}
	for start < end && b.Counts[start] == 0 {
		start++
	}
	return start, end
}

// coarseIndex is the index of a bucket at a scale that is lower by so much.
func coarseIndex(offset int32, i int, by int64) int64 {
	return (int64(offset) + int64(i)) >> min(by, 63)
}

// span returns how many buckets there are at a scale that is lower by so much.
func (b *ExponentialBuckets) span(by int64) int64 {
	start, end := b.filled()
	if start == end {
		return 0
	}
	return coarseIndex(b.Offset, end-1, by) - coarseIndex(b.Offset, start, by) + 1
}

// coarser returns the buckets at a scale that is lower by so much, those that are
// empty on the outside left out. Their counts are appended to dst, which is empty.
func (b *ExponentialBuckets) coarser(dst []uint64, by int64) ExponentialBuckets {
	start, end := b.filled()
	if start == end {
		return ExponentialBuckets{Counts: dst}
	}
	first := coarseIndex(b.Offset, start, by)
	for i := start; i < end; i++ {
		index := int(coarseIndex(b.Offset, i, by) - first)
		for len(dst) <= index {
			dst = append(dst, 0)
		}
		dst[index] += b.Counts[i]
	}
	return ExponentialBuckets{Offset: int32(min(max(first, math.MinInt32), math.MaxInt32)), Counts: dst}
}
