// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import "github.com/apptuitai/apptuit-go/internal/histogram"

// ExponentialPoint is a data point of an exponential histogram, see
// [histogram.Exponential].
type ExponentialPoint struct {
	Count, ZeroCount   uint64
	Sum, Min, Max      Optional
	Scale              int32
	ZeroThreshold      float64
	Positive, Negative histogram.Buckets
}

// Exponential converts a point of an exponential histogram: what all histograms
// have, then quantiles, or cumulative buckets, or both.
func (c *Converter[K]) Exponential(p *Point[K], ts int64, h *ExponentialPoint) {
	c.enter(p, ts)
	c.totals(p, ts, h.Count, h.Sum, h.Min, h.Max)
	e := h.floats()
	if p.instrument.shape.labels[le] {
		c.explicit.SetExponential(&e)
		c.buckets(p, ts, c.explicit.Bounds, c.explicit.Counts)
	}
	if p.instrument.shape.labels[quantile] {
		c.estimates(p, ts, e.AppendQuantiles(c.values[:0], c.quantileSet), e.Extremes)
	}
}

// floats returns the histogram with sum and extremes as floats.
func (h *ExponentialPoint) floats() histogram.Exponential {
	return histogram.Exponential{
		Count: h.Count, ZeroCount: h.ZeroCount, Sum: h.Sum.float(), Extremes: extremes(h.Min, h.Max),
		Scale: h.Scale, ZeroThreshold: h.ZeroThreshold, Positive: h.Positive, Negative: h.Negative,
	}
}
