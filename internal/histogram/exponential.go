// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"math/bits"
	"slices"
)

// Exponential is a histogram with exponential buckets (OpenTelemetry Metrics Data
// Model, ExponentialHistogram). Its base is 2^(2^-Scale). ZeroCount is the number of
// observations whose magnitude is at most ZeroThreshold; Negative counts the magnitudes
// of negative observations.
type Exponential struct {
	Count, ZeroCount uint64
	Sum              float64 // NaN if not recorded
	Extremes
	Scale              int32
	ZeroThreshold      float64
	Positive, Negative Buckets
}

// Buckets are consecutive exponential buckets. Counts[i] is the number of magnitudes in
// (base^(Offset+i), base^(Offset+i+1)]; Offset+i is the index of that bucket.
type Buckets struct {
	Offset int32
	Counts []uint64
}

// CopyFrom makes h a copy of src that shares no memory with it. It reuses the memory of h.
func (h *Exponential) CopyFrom(src *Exponential) {
	positive, negative := h.Positive.Counts[:0], h.Negative.Counts[:0]
	positive = append(positive, src.Positive.Counts...)
	negative = append(negative, src.Negative.Counts...)
	*h = *src
	h.Positive.Counts, h.Negative.Counts = positive, negative
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

// SumNonzero is [Explicit.SumNonzero] for an exponential histogram.
func (h *Exponential) SumNonzero() bool {
	if h.recorded() {
		return h.oneSided()
	}
	zeros := h.ZeroCount == 0 || h.ZeroThreshold == 0 // the zero bucket contains only zeros
	return zeros && h.Positive.empty() != h.Negative.empty()
}

// AppendQuantiles appends one estimate for each of the quantiles, which must ascend,
// and returns the extended slice. An estimate is interpolated within the bucket of its
// rank: exponentially in a positive or negative bucket, linearly in the zero bucket. It
// lies within that bucket, but not necessarily within the recorded extremes: a caller
// that rounds estimates should round first and then apply [Extremes.Clamp]. All
// estimates of an empty histogram are NaN.
func (h *Exponential) AppendQuantiles(dst, quantiles []float64) []float64 {
	s := newRankScan(h, quantiles)
	for i, n := range slices.Backward(h.Negative.Counts) {
		for n = s.scaled(n); s.reaches(n); s.next() {
			dst = append(dst, -h.bound(h.Negative.Offset, float64(i)+1-s.fraction(n)))
		}
		s.below += n
	}
	zeros := s.scaled(h.ZeroCount)
	for ; s.reaches(zeros); s.next() {
		dst = append(dst, h.zero(s.fraction(zeros)))
	}
	s.below += zeros
	positive := h.Positive.Counts
	for i := s.skip(positive); i < len(positive) && len(s.quantiles) > 0; i += 1 + s.skip(positive[i+1:]) {
		n := s.scaled(positive[i])
		for ; s.reaches(n); s.next() {
			dst = append(dst, h.bound(h.Positive.Offset, float64(i)+s.fraction(n)))
		}
		s.below += n
	}
	for range s.quantiles {
		dst = append(dst, math.NaN())
	}
	return dst
}

// bound returns base^(offset+index), at most the largest float.
func (h *Exponential) bound(offset int32, index float64) float64 {
	// Beyond this scale, either way, the scale makes no difference: all bounds are
	// 1, or no bound lies between 0 and the largest float.
	const maxScale = 980
	scale := int(min(max(h.Scale, -maxScale), maxScale))
	step := math.Float64frombits(uint64(1023-scale) << 52) // 2^-scale
	return min(math.Exp2((float64(offset)+index)*step), math.MaxFloat64)
}

// zero returns the value at a fraction of the zero bucket. A side without observations
// ends at 0.
func (h *Exponential) zero(fraction float64) float64 {
	low, high := -h.ZeroThreshold, h.ZeroThreshold
	if h.Negative.empty() {
		low = 0
	}
	if h.Positive.empty() {
		high = 0
	}
	return interpolate(low, high, fraction)
}

// empty reports whether there are no observations.
func (b *Buckets) empty() bool {
	for _, n := range b.Counts {
		if n > 0 {
			return false
		}
	}
	return true
}

// rankScan finds the buckets of ascending quantiles while the caller visits all buckets
// of an exponential histogram in the order of their values. The rank of a quantile q is
// q times the number of observations. For most buckets the scan costs one addition and
// one comparison.
//
// For each bucket the caller takes the quantiles from the front, with fraction and
// next, while reaches reports true, and then adds the bucket's count to below.
type rankScan struct {
	quantiles []float64 // not found yet
	total     uint64    // observations in all buckets
	below     uint64    // observations in the buckets visited before
	rank      float64   // of quantiles[0]
	target    uint64    // rank as a number of observations: rounded up, from 1 to total
	shift     uint      // all counts are shifted right by this many bits
}

func newRankScan(h *Exponential, quantiles []float64) rankScan {
	s := rankScan{quantiles: quantiles}
	if !s.count(h) { // The sum may exceed 64 bits. The low halves of such counts make no difference.
		s.shift = 32
		s.count(h)
	}
	if s.total == 0 {
		s.target = math.MaxUint64
		return s
	}
	s.setTarget()
	return s
}

// count adds up the observations of all buckets, which may differ from the recorded
// count, and reports whether the sum surely fits 64 bits.
func (s *rankScan) count(h *Exponential) (fits bool) {
	total, all := h.ZeroCount>>s.shift, h.ZeroCount>>s.shift
	for _, counts := range [...][]uint64{h.Negative.Counts, h.Positive.Counts} {
		for _, n := range counts {
			total += n >> s.shift
			all |= n >> s.shift
		}
	}
	s.total = total
	terms := uint(len(h.Negative.Counts)) + uint(len(h.Positive.Counts)) + 1
	return bits.Len64(all)+bits.Len(terms) <= 64
}

// skip moves past the buckets that contain no quantile and returns their number.
func (s *rankScan) skip(counts []uint64) int {
	below, target, shift := s.below, s.target, s.shift&63
	i := 0
	for i < len(counts) && below+counts[i]>>shift < target {
		below += counts[i] >> shift
		i++
	}
	s.below = below
	return i
}

// scaled returns the count of a bucket in the unit of the scan.
func (s *rankScan) scaled(n uint64) uint64 { return n >> s.shift }

// reaches reports whether the next quantile lies in a bucket of n observations.
func (s *rankScan) reaches(n uint64) bool {
	return s.below+n >= s.target && n > 0 && len(s.quantiles) > 0
}

// fraction returns the position of the next quantile in a bucket of n observations: 0
// is its lower end, 1 its upper end.
func (s *rankScan) fraction(n uint64) float64 {
	return min(max(s.rank-float64(s.below), 0)/float64(n), 1)
}

// next drops the quantile that was found.
func (s *rankScan) next() {
	s.quantiles = s.quantiles[1:]
	s.setTarget()
}

func (s *rankScan) setTarget() {
	if len(s.quantiles) == 0 {
		s.target = math.MaxUint64
		return
	}
	s.rank = s.quantiles[0] * float64(s.total)
	s.target = max(1, s.total)
	if s.rank < float64(s.total) {
		s.target = min(max(1, uint64(math.Ceil(s.rank))), s.total)
	}
}
