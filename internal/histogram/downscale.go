// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import "math"

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
