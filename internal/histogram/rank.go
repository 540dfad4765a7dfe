// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"math/bits"
)

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
