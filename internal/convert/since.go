// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// Cumulative points say what was since the start. What was new in an interval is
// the difference to the last point. Its extremes are known where they are extremes
// of all, and are else estimated, as percentiles are.

// since makes dst what is new since an earlier point of the same stream, and reports
// whether it could: not if something has become less, or the bounds are others.
func (h *HistogramPoint) since(last, dst *HistogramPoint) bool {
	if h.Count < last.Count || !slices.Equal(h.Bounds, last.Bounds) || len(h.Buckets) != len(last.Buckets) || checkBuckets(h) != nil {
		return false
	}
	dst.Count, dst.Sum = h.Count-last.Count, less(h.Sum, last.Sum)
	dst.Bounds, dst.Buckets = h.Bounds, dst.Buckets[:0]
	dst.Min, dst.Max = h.Min, h.Max
	for i, n := range h.Buckets {
		if n < last.Buckets[i] {
			return false
		}
		dst.Buckets = append(dst.Buckets, n-last.Buckets[i])
	}
	return true
}

// since makes dst what is new since an earlier point of the same stream, and reports
// whether it could: not if something has become less, or the scale greater.
func (h *ExponentialPoint) since(last, dst *ExponentialPoint) bool {
	by := int64(last.Scale) - int64(h.Scale)
	if h.Count < last.Count || h.ZeroCount < last.ZeroCount || by < 0 || h.ZeroThreshold != last.ZeroThreshold {
		return false
	}
	*dst = ExponentialPoint{
		Count: h.Count - last.Count, ZeroCount: h.ZeroCount - last.ZeroCount, Sum: less(h.Sum, last.Sum), Min: h.Min, Max: h.Max,
		Scale: h.Scale, ZeroThreshold: h.ZeroThreshold,
		Positive: ExponentialBuckets{h.Positive.Offset, append(dst.Positive.Counts[:0], h.Positive.Counts...)},
		Negative: ExponentialBuckets{h.Negative.Offset, append(dst.Negative.Counts[:0], h.Negative.Counts...)},
	}
	return dst.Positive.subtract(&last.Positive, by) && dst.Negative.subtract(&last.Negative, by)
}

// subtract takes away the counts of buckets whose scale is higher by so much, and
// reports whether they were there.
func (b *ExponentialBuckets) subtract(other *ExponentialBuckets, by int64) bool {
	for i, n := range other.Counts {
		if n == 0 {
			continue
		}
		at := coarseIndex(other.Offset, i, by) - int64(b.Offset)
		if at < 0 || at >= int64(len(b.Counts)) || b.Counts[at] < n {
			return false
		}
		b.Counts[at] -= n
	}
	return true
}

// lower reports whether the least value is new, as one that is less than before.
func lower(least, last Optional) bool { return number(least) < number(last) }

// higher reports whether the greatest value is new.
func higher(most, last Optional) bool { return number(most) > number(last) }

// less returns the difference of two sums, if both are there.
func less(now, last Optional) Optional {
	return Optional{Value: wire.Float(number(now) - number(last)), Set: now.Set && last.Set}
}

// keepExplicit remembers a point, if there is room.
func (m *memory[K]) keepExplicit(s *state[K], h *HistogramPoint) {
	if s.explicit == nil {
		s.explicit = new(HistogramPoint)
	}
	bounds, buckets := s.explicit.Bounds, s.explicit.Buckets
	had := len(bounds) + len(buckets)
	if s.blind = !m.grow(s, len(h.Bounds)+len(h.Buckets)-had); s.blind {
		m.grow(s, -had)
		s.explicit = nil
		return
	}
	bounds, buckets = append(bounds[:0], h.Bounds...), append(buckets[:0], h.Buckets...)
	*s.explicit = *h
	s.explicit.Bounds, s.explicit.Buckets = bounds, buckets
}

// keepExponential remembers a point, if there is room.
func (m *memory[K]) keepExponential(s *state[K], h *ExponentialPoint) {
	if s.exponential == nil {
		s.exponential = new(ExponentialPoint)
	}
	positive, negative := s.exponential.Positive.Counts, s.exponential.Negative.Counts
	had := len(positive) + len(negative)
	if s.blind = !m.grow(s, len(h.Positive.Counts)+len(h.Negative.Counts)-had); s.blind {
		m.grow(s, -had)
		s.exponential = nil
		return
	}
	positive, negative = append(positive[:0], h.Positive.Counts...), append(negative[:0], h.Negative.Counts...)
	*s.exponential = *h
	s.exponential.Positive.Counts, s.exponential.Negative.Counts = positive, negative
}

// grow takes the bytes of n numbers more, or gives them back, and reports whether
// there is room.
func (m *memory[K]) grow(s *state[K], n int) bool {
	bytes := 8 * int64(n)
	if !m.charge(bytes) {
		return false
	}
	s.cost += bytes
	return true
}
