// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"slices"
)

// The grid of bounds of [ExplicitBuckets]: powers of 2^(1/4), the base of scale 2.
const (
	gridScale      = 2
	maxGridBuckets = 64
)

// ExplicitBuckets holds the buckets of an exponential histogram as explicit buckets.
// The bounds are powers of 2^(1/4) for all histograms at all times, so that the buckets
// of several series can be added up. A histogram that would need more than 64 positive
// and negative buckets, or that was recorded at a lower scale, uses every second,
// fourth, eighth and so on of these bounds. The zero value is empty and ready for use.
type ExplicitBuckets struct {
	// Bounds ascend and are finite. Counts has one element more than Bounds; the
	// last one is 0. Both are valid until the next call of SetExponential.
	Bounds []float64
	Counts []uint64

	positive, negative []uint64 // scratch
}

// SetExponential replaces the buckets with the buckets of a histogram. The bounds are
// the upper bounds of all buckets from the lowest to the highest occupied one, of the
// zero bucket if it or a negative bucket is occupied, and the lower bound of the lowest
// positive bucket, which tells a reader that interpolates where that bucket begins.
func (b *ExplicitBuckets) SetExponential(h *Exponential) {
	var d int64
	if h.Scale > gridScale {
		d = int64(h.Scale) - gridScale
	}
	for h.Positive.downscaledWidth(d)+h.Negative.downscaledWidth(d) > maxGridBuckets {
		d++
	}
	positive := h.Positive.downscale(b.positive[:0], d)
	negative := h.Negative.downscale(b.negative[:0], d)
	b.positive, b.negative = positive.Counts, negative.Counts
	scale := int64(h.Scale) - d
	b.Bounds, b.Counts = b.Bounds[:0], append(b.Counts[:0], 0)
	for i, n := range slices.Backward(negative.Counts) {
		b.add(-gridBound(scale, int64(negative.Offset)+int64(i)), n)
	}
	if h.ZeroCount > 0 || len(b.Bounds) > 0 {
		b.add(h.ZeroThreshold, h.ZeroCount)
	}
	for i, n := range positive.Counts {
		index := int64(positive.Offset) + int64(i)
		if i == 0 {
			b.add(gridBound(scale, index), 0)
		}
		b.add(gridBound(scale, index+1), n)
	}
}

// gridBound returns 2^(index·2^-scale), at most the largest float, for a scale of at
// most gridScale. The result is the same on every machine, which [math.Exp2] does not
// promise.
func gridBound(scale, index int64) float64 {
	roots := [1 << gridScale]float64{1, 1.189207115002721, math.Sqrt2, 1.681792830507429}
	const limit = 1 << 14 // in quarters of an exponent; no float has an exponent of 4096
	index = min(max(index, -limit), limit)
	index = min(max(index<<min(gridScale-scale, 40), -limit), limit)
	return math.Min(math.Ldexp(roots[index&3], int(index>>gridScale)), math.MaxFloat64)
}

// add appends a bucket with an upper bound. If the bound does not ascend, the count is
// added to the bucket before. That happens beside a zero bucket that is wider than a
// bucket, and at either end of the range of floats.
func (b *ExplicitBuckets) add(bound float64, n uint64) {
	last := len(b.Bounds)
	if last > 0 && !(bound > b.Bounds[last-1]) {
		b.Counts[last-1] += n
		return
	}
	if math.IsNaN(bound) || math.IsInf(bound, -1) {
		bound = 0
	}
	b.Bounds = append(b.Bounds, bound)
	b.Counts[last] = n
	b.Counts = append(b.Counts, 0)
}

// Lowering the scale by d merges 2^d neighbouring buckets into one: the bucket of index
// i becomes a part of the bucket of index i >> d. The result is exact, since each bound
// of the lower scale is a bound of the higher one.

// downscaledIndex returns the index of bucket i after the scale was lowered by d.
func (b *Buckets) downscaledIndex(i int, d int64) int64 {
	return (int64(b.Offset) + int64(i)) >> min(d, 63)
}

// occupied returns the range of Counts that begins with the first count above 0 and
// ends with the last one.
func (b *Buckets) occupied() (start, end int) {
	end = len(b.Counts)
	for end > 0 && b.Counts[end-1] == 0 {
		end--
	}
	for start < end && b.Counts[start] == 0 {
		start++
	}
	return start, end
}

// downscaledWidth returns the number of buckets that downscale returns.
func (b *Buckets) downscaledWidth(d int64) int64 {
	start, end := b.occupied()
	if start == end {
		return 0
	}
	return b.downscaledIndex(end-1, d) - b.downscaledIndex(start, d) + 1
}

// downscale returns the buckets with the scale lowered by d, without empty buckets at
// either end. The counts are appended to dst, which must be empty.
func (b *Buckets) downscale(dst []uint64, d int64) Buckets {
	start, end := b.occupied()
	if start == end {
		return Buckets{Counts: dst}
	}
	first := b.downscaledIndex(start, d)
	for i := start; i < end; i++ {
		index := int(b.downscaledIndex(i, d) - first)
		for len(dst) <= index {
			dst = append(dst, 0)
		}
		dst[index] += b.Counts[i]
	}
	return Buckets{Offset: int32(min(max(first, math.MinInt32), math.MaxInt32)), Counts: dst}
}
