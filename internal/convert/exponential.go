// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
)

// ExponentialPoint is a point of an exponential histogram (OpenTelemetry
// Metrics Data Model, ExponentialHistogram).
type ExponentialPoint struct {
	Count, ZeroCount   uint64
	Sum, Min, Max      Optional
	Scale              int32
	ZeroThreshold      float64
	Positive, Negative ExponentialBuckets
}

// ExponentialBuckets are counts of consecutive buckets: with base
// 2^(2^-scale), Counts[i] is of magnitudes in (base^(Offset+i), base^(Offset+i+1)].
type ExponentialBuckets struct {
	Offset int32
	Counts []uint64
}

// reporterQuantiles are the percentiles that apptuit-py's reporter gives.
var reporterQuantiles = [...]float64{0.5, 0.75, 0.95, 0.99, 0.999}

// Exponential converts a point of an exponential histogram: quantiles, then
// what all histograms have.
func (c *Converter[K]) Exponential(p *Point[K], ts int64, h *ExponentialPoint) {
	c.note(p)
	c.values = c.values[:0]
	for _, q := range reporterQuantiles {
		c.values = append(c.values, h.quantile(q))
	}
	c.quantiles(p, ts, reporterQuantiles[:], c.values)
	c.totals(p, ts, h.Count, h.Sum, h.Min, h.Max)
}

// quantile estimates a quantile: the value at its rank, interpolated within
// its bucket (exponentially, as the buckets are; linearly in the zero bucket)
// and kept within the recorded extremes. It is NaN for an empty histogram.
func (h *ExponentialPoint) quantile(q float64) float64 {
	total := float64(h.ZeroCount)
	for _, n := range h.Negative.Counts {
		total += float64(n)
	}
	for _, n := range h.Positive.Counts {
		total += float64(n)
	}
	if total == 0 {
		return math.NaN()
	}
	v := h.at(q * total)
	if h.Min.Set && !h.Min.Value.NaN() {
		v = math.Max(v, h.Min.Value.Float64())
	}
	if h.Max.Set && !h.Max.Value.NaN() {
		v = math.Min(v, h.Max.Value.Float64())
	}
	return v
}

// at returns the value at a rank, counting from the lowest.
func (h *ExponentialPoint) at(rank float64) float64 {
	v := 0.0
	// into moves past a bucket of n, unless the rank is in it: then it gives
	// how far.
	into := func(n uint64) (part float64, found bool) {
		if n == 0 || rank > float64(n) {
			rank -= float64(n)
			return 0, false
		}
		return rank / float64(n), true
	}
	for i := len(h.Negative.Counts) - 1; i >= 0; i-- {
		index := float64(h.Negative.Offset) + float64(i)
		if part, ok := into(h.Negative.Counts[i]); ok {
			return -h.bound(index + 1 - part)
		}
		if h.Negative.Counts[i] > 0 {
			v = -h.bound(index)
		}
	}
	if part, ok := into(h.ZeroCount); ok {
		return h.zero(part)
	}
	for i, n := range h.Positive.Counts {
		index := float64(h.Positive.Offset) + float64(i)
		if part, ok := into(n); ok {
			return h.bound(index + part)
		}
		if n > 0 {
			v = h.bound(index + 1)
		}
	}
	return v // the rank is past the end by a rounding
}

// bound returns base^index, at most the largest float.
func (h *ExponentialPoint) bound(index float64) float64 {
	return math.Min(math.Exp2(math.Ldexp(index, int(-h.Scale))), math.MaxFloat64)
}

// zero interpolates in the zero bucket, which ends at 0 on the side where
// there are no values.
func (h *ExponentialPoint) zero(part float64) float64 {
	low, high := -h.ZeroThreshold, h.ZeroThreshold
	if !some(h.Negative.Counts) {
		low = 0
	}
	if !some(h.Positive.Counts) {
		high = 0
	}
	return low + (high-low)*part
}

func some(counts []uint64) bool {
	for _, n := range counts {
		if n > 0 {
			return true
		}
	}
	return false
}
