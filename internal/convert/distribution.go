// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
	"slices"
	"sort"
)

// distribution is what is known of the values of one interval: bins that ascend,
// and what they are between, NaN if that is not known.
type distribution struct {
	bins        []bin
	total       uint64
	least, most float64
	low, high   bool // there is a value that is the least, and one that is the most
}

// bin has values that are from low to high: spread evenly, as far as anybody
// knows, or where both are one, best taken for that one.
type bin struct {
	low, high float64
	before    uint64 // values in the bins below
	n         uint64
}

func (d *distribution) reset(least, most Optional) {
	d.bins, d.total = d.bins[:0], 0
	d.least, d.most = number(least), number(most)
	d.low, d.high = !math.IsNaN(d.least), !math.IsNaN(d.most)
}

// number is the value as a float, NaN if there is none.
func number(o Optional) float64 {
	if !o.Set {
		return math.NaN()
	}
	return o.Value.Float64()
}

func (d *distribution) add(low, high float64, n uint64) {
	if n > 0 {
		d.bins = append(d.bins, bin{low: low, high: high, before: d.total, n: n})
		d.total += n
	}
}

// within keeps a value between the extremes.
func (d *distribution) within(v float64) float64 {
	if v < d.least {
		v = d.least
	}
	if v > d.most {
		v = d.most
	}
	return v
}

// explicit takes the values of an explicit-bucket histogram.
func (d *distribution) explicit(h *HistogramPoint) {
	d.reset(h.Min, h.Max)
	if len(h.Buckets) == 0 {
		low, high := h.edges(0)
		d.add(low, high, h.Count)
	}
	for i, n := range h.Buckets {
		low, high := h.edges(i)
		d.add(low, high, n)
	}
}

// exponential takes the values of an exponential histogram. Each bucket stands for
// the value from which none of it is further away than a factor of
// (base−1)/(base+1), less than half the bucket.
func (d *distribution) exponential(h *ExponentialPoint) {
	d.reset(h.Min, h.Max)
	high := math.NaN() // of the bucket before, which is where the next one begins
	for i, n := range slices.Backward(h.Negative.Counts) {
		low := high
		if high = math.NaN(); n == 0 {
			continue
		}
		if math.IsNaN(low) {
			low = -h.bound(h.Negative.Offset, float64(i)+1)
		}
		high = -h.bound(h.Negative.Offset, float64(i))
		d.middle(low, high, n)
	}
	if h.ZeroCount > 0 {
		d.middle(h.zero(0), h.zero(1), h.ZeroCount)
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
		d.middle(low, high, n)
	}
}

// middle adds a bucket as one value.
func (d *distribution) middle(low, high float64, n uint64) {
	v := middle(d.within(low), d.within(high))
	d.add(v, v, n)
}

// middle returns the value that is as far from low as from high, each relative to
// where it is: their harmonic mean.
func middle(low, high float64) float64 {
	if low == high {
		return low
	}
	if !(low > 0 || high < 0) {
		return between(low, high, 0.5)
	}
	return 2 * (low / (1 + low/high))
}

// percentile estimates the value below which a part of all is, ranked as
// pyformance ranks its samples (stats/snapshot.py): between two of them where its
// rank, q·(n+1), is. Without values it is NaN.
func (d *distribution) percentile(q float64) float64 {
	if d.total == 0 {
		return math.NaN()
	}
	n := float64(d.total)
	rank := q * (n + 1)
	switch {
	case rank < 1:
		return d.at(1)
	case rank >= n:
		return d.at(d.total)
	}
	whole, part := math.Modf(rank)
	return between(d.at(uint64(whole)), d.at(uint64(whole)+1), part)
}

// at estimates the value of a rank, from 1 on. The first and the last may be known.
func (d *distribution) at(rank uint64) float64 {
	switch {
	case rank == 1 && d.low:
		return d.least
	case rank == d.total && d.high:
		return d.most
	}
	i := sort.Search(len(d.bins)-1, func(i int) bool { return d.bins[i].before+d.bins[i].n >= rank })
	b := &d.bins[i]
	if b.low == b.high {
		return b.low
	}
	return between(b.low, b.high, (float64(rank-b.before)-0.5)/float64(b.n))
}

// only says what the one value is.
func (d *distribution) only(v float64) {
	d.bins[0] = bin{low: v, high: v, n: 1}
}

// extreme returns the least or the greatest value: known, or that of a rank if it
// is between extremes that were recorded, else NaN.
func (d *distribution) extreme(recorded float64, known bool, rank uint64) float64 {
	if known || math.IsNaN(recorded) || d.total == 0 {
		return recorded
	}
	return d.at(rank)
}

// deviation estimates the standard deviation of the values as a sample, by the
// middles of the bins, around a mean that is known. Of one value it is 0.
func (d *distribution) deviation(mean float64) float64 {
	if d.total < 2 {
		return 0
	}
	squares := 0.0
	for i := range d.bins {
		b := &d.bins[i]
		away := between(b.low, b.high, 0.5) - mean
		squares += float64(b.n) * away * away
	}
	return math.Sqrt(squares / (float64(d.total) - 1))
}
