// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
	"math/bits"
)

// ranks finds the buckets that quantiles are in: all buckets are looked at in the
// order of their values, and most are passed by with an addition and a comparison.
type ranks struct {
	quantiles []float64 // that are not reached yet
	total     uint64
	seen      uint64  // counted in the buckets before
	rank      float64 // of the first quantile, and
	goal      uint64  // what has to be counted for it
	shift     uint
}

func newRanks(h *ExponentialPoint, quantiles []float64) ranks {
	r := ranks{quantiles: quantiles}
	if !r.count(h) { // more than 64 bits: the low halves of the counts make no difference
		r.shift = 32
		r.count(h)
	}
	if r.total == 0 {
		r.goal = math.MaxUint64
		return r
	}
	r.aim()
	return r
}

// count adds up what the buckets hold, which is what quantiles are of, and reports
// whether it fits.
func (r *ranks) count(h *ExponentialPoint) (fits bool) {
	total, all := h.ZeroCount>>r.shift, h.ZeroCount>>r.shift
	for _, counts := range [...][]uint64{h.Negative.Counts, h.Positive.Counts} {
		for _, n := range counts {
			total += n >> r.shift
			all |= n >> r.shift
		}
	}
	r.total = total
	terms := uint(len(h.Negative.Counts)) + uint(len(h.Positive.Counts)) + 1
	return bits.Len64(all)+bits.Len(terms) <= 64
}

// pass passes by the buckets that no quantile is in, and returns how many.
func (r *ranks) pass(counts []uint64) int {
	seen, goal, shift := r.seen, r.goal, r.shift&63
	i := 0
	for i < len(counts) && seen+counts[i]>>shift < goal {
		seen += counts[i] >> shift
		i++
	}
	r.seen = seen
	return i
}

// bucket returns a count as it counts here.
func (r *ranks) bucket(n uint64) uint64 { return n >> r.shift }

// inside reports whether the next quantile is among the next n values.
func (r *ranks) inside(n uint64) bool { return r.seen+n >= r.goal && n > 0 && len(r.quantiles) > 0 }

// part returns how far up in a bucket of n the quantile is that is inside.
func (r *ranks) part(n uint64) float64 {
	return min(max(r.rank-float64(r.seen), 0)/float64(n), 1)
}

// next goes on with the quantile after it.
func (r *ranks) next() {
	r.quantiles = r.quantiles[1:]
	r.aim()
}

func (r *ranks) aim() {
	if len(r.quantiles) == 0 {
		r.goal = math.MaxUint64
		return
	}
	r.rank = r.quantiles[0] * float64(r.total)
	r.goal = max(1, r.total)
	if r.rank < float64(r.total) {
		r.goal = min(max(1, uint64(math.Ceil(r.rank))), r.total)
	}
}
