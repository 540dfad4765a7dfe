// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import "slices"

// A cumulative histogram contains all observations since its start. The delta of two of
// them contains the observations of the interval between. Its extremes are copied from
// the later histogram: they bound the observations of the interval, but the interval
// need not contain them.

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

// Delta sets dst to the observations of h that previous, an earlier histogram of the
// same stream, does not contain. It reports false, and leaves dst undefined, if h does
// not continue previous: a count is lower, the scale is higher, or the zero threshold
// differs. The scale of h may be lower, since an SDK downscales a histogram while it
// records. dst shares no memory with h and reuses the memory of its counts.
func (h *Exponential) Delta(dst, previous *Exponential) (ok bool) {
	d := int64(previous.Scale) - int64(h.Scale)
	if h.Count < previous.Count || h.ZeroCount < previous.ZeroCount || d < 0 || h.ZeroThreshold != previous.ZeroThreshold {
		return false
	}
	dst.CopyFrom(h)
	dst.Count -= previous.Count
	dst.ZeroCount -= previous.ZeroCount
	dst.Sum -= previous.Sum
	return dst.Positive.subtract(&previous.Positive, d) && dst.Negative.subtract(&previous.Negative, d)
}

// subtract takes away the counts of other, whose scale is higher by d, and reports
// whether there were as many.
func (b *Buckets) subtract(other *Buckets, d int64) (ok bool) {
	for i, n := range other.Counts {
		if n == 0 {
			continue
		}
		at := other.downscaledIndex(i, d) - int64(b.Offset)
		if at < 0 || at >= int64(len(b.Counts)) || b.Counts[at] < n {
			return false
		}
		b.Counts[at] -= n
	}
	return true
}
