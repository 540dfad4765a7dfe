// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
	"slices"
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

// Exponential converts a point of an exponential histogram: what all histograms
// have, then quantiles, or cumulative buckets, or both.
func (c *Converter[K]) Exponential(p *Point[K], ts int64, h *ExponentialPoint) {
	c.enter(p, ts)
	c.totals(p, ts, h.Count, h.Sum, h.Min, h.Max)
	if p.instrument.shape.labels[le] {
		c.coarse.of(h)
		c.buckets(p, ts, &c.coarse.HistogramPoint)
	}
	if p.instrument.shape.labels[quantile] {
		c.values = h.quantiles(c.values[:0], c.quantileSet)
		c.quantiles(p, ts, c.quantileSet, c.values)
	}
}

// total counts what the buckets hold, which is what quantiles are of. It adds
// up in the order in which quantiles does, so that both round alike.
func (h *ExponentialPoint) total() float64 {
	total := 0.0
	for _, n := range slices.Backward(h.Negative.Counts) {
		total += float64(n)
	}
	total += float64(h.ZeroCount)
	for _, n := range h.Positive.Counts {
		total += float64(n)
	}
	return total
}

// quantiles appends estimates of quantiles, which ascend: the values at their
// ranks, interpolated within their buckets (exponentially, as the buckets are;
// linearly in the zero bucket) and kept within the recorded extremes. Those of an
// empty histogram are NaN.
func (h *ExponentialPoint) quantiles(dst, quantiles []float64) []float64 {
	total, seen, done := h.total(), 0.0, 0
	// into counts a bucket of n, and gives the values of those ranks that are in
	// it, by how far up in it they are.
	into := func(n uint64, value func(part float64) float64) {
		before := seen
		seen += float64(n)
		for ; n > 0 && done < len(quantiles) && quantiles[done]*total <= seen; done++ {
			part := (quantiles[done]*total - before) / float64(n)
			dst = append(dst, h.within(value(min(part, 1))))
		}
	}
	for i, n := range slices.Backward(h.Negative.Counts) {
		into(n, func(part float64) float64 { return -h.bound(h.Negative.Offset, float64(i)+1-part) })
	}
	into(h.ZeroCount, h.zero)
	for i, n := range h.Positive.Counts {
		if seen+float64(n) < quantiles[min(done, len(quantiles)-1)]*total { // most of them
			seen += float64(n)
			continue
		}
		into(n, func(part float64) float64 { return h.bound(h.Positive.Offset, float64(i)+part) })
	}
	for ; done < len(quantiles); done++ {
		dst = append(dst, math.NaN())
	}
	return dst
}

// within keeps a value between the recorded extremes.
func (h *ExponentialPoint) within(v float64) float64 { return clamp(v, h.Min, h.Max) }

// bound returns base^(offset+index), at most the largest float. Beyond maxScale
// either way a scale makes no difference: all bounds are 1, or none is between 0
// and the largest float.
func (h *ExponentialPoint) bound(offset int32, index float64) float64 {
	const maxScale = 2000
	scale := int(min(max(h.Scale, -maxScale), maxScale))
	return math.Min(math.Exp2(math.Ldexp(float64(offset)+index, -scale)), math.MaxFloat64)
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
	return between(low, high, part)
}

func some(counts []uint64) bool {
	for _, n := range counts {
		if n > 0 {
			return true
		}
	}
	return false
}
