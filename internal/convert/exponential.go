// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"
	"slices"

	"github.com/apptuitai/apptuit-go/internal/wire"
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
		c.quantiles(p, ts, c.quantileSet, c.values, wire.Short)
	}
}

// quantiles appends estimates of quantiles, which ascend: the values at their
// ranks, interpolated within their buckets (exponentially, as the buckets are;
// linearly in the zero bucket), with as many digits as make sense, and kept within
// the recorded extremes. Those of an empty histogram are NaN.
func (h *ExponentialPoint) quantiles(dst, quantiles []float64) []float64 {
	r := newRanks(h, quantiles)
	for i, n := range slices.Backward(h.Negative.Counts) {
		for n = r.bucket(n); r.inside(n); r.next() {
			dst = append(dst, h.within(-h.bound(h.Negative.Offset, float64(i)+1-r.part(n))))
		}
		r.seen += n
	}
	zeros := r.bucket(h.ZeroCount)
	for ; r.inside(zeros); r.next() {
		dst = append(dst, h.within(h.zero(r.part(zeros))))
	}
	r.seen += zeros
	positive := h.Positive.Counts
	for i := r.pass(positive); i < len(positive) && len(r.quantiles) > 0; i += 1 + r.pass(positive[i+1:]) {
		n := r.bucket(positive[i])
		for ; r.inside(n); r.next() {
			dst = append(dst, h.within(h.bound(h.Positive.Offset, float64(i)+r.part(n))))
		}
		r.seen += n
	}
	for range r.quantiles {
		dst = append(dst, math.NaN())
	}
	return dst
}

// within rounds an estimate and keeps it between the recorded extremes.
func (h *ExponentialPoint) within(v float64) float64 { return clamp(wire.Round(v), h.Min, h.Max) }

// bound returns base^(offset+index), at most the largest float. Beyond maxScale
// either way a scale makes no difference: all bounds are 1, or none is between 0
// and the largest float.
func (h *ExponentialPoint) bound(offset int32, index float64) float64 {
	const maxScale = 980
	scale := int(min(max(h.Scale, -maxScale), maxScale))
	step := math.Float64frombits(uint64(1023-scale) << 52) // 2^-scale
	return math.Min(math.Exp2((float64(offset)+index)*step), math.MaxFloat64)
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
