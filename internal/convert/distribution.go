// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"math"
	"slices"

	"github.com/apptuitai/apptuit-go/internal/block"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// HistogramPoint is a data point of a histogram with explicit buckets. Buckets has one
// element more than Bounds, or none at all.
type HistogramPoint struct {
	Cumulative    bool // temporality
	Count         uint64
	Sum, Min, Max Optional
	Bounds        []float64
	Buckets       []uint64
}

// floats returns the histogram with sum and extremes as floats.
func (h *HistogramPoint) floats() histogram.Explicit {
	return histogram.Explicit{
		Count: h.Count, Sum: h.Sum.float(), Extremes: extremes(h.Min, h.Max), Bounds: h.Bounds, Counts: h.Buckets,
	}
}

// ExponentialPoint is a data point of an exponential histogram, see
// [histogram.Exponential].
type ExponentialPoint struct {
	Count, ZeroCount   uint64
	Sum, Min, Max      Optional
	Scale              int32
	ZeroThreshold      float64
	Positive, Negative histogram.Buckets
}

// floats returns the histogram with sum and extremes as floats.
func (h *ExponentialPoint) floats() histogram.Exponential {
	return histogram.Exponential{
		Count: h.Count, ZeroCount: h.ZeroCount, Sum: h.Sum.float(), Extremes: extremes(h.Min, h.Max),
		Scale: h.Scale, ZeroThreshold: h.ZeroThreshold, Positive: h.Positive, Negative: h.Negative,
	}
}

func extremes(least, greatest Optional) histogram.Extremes {
	return histogram.Extremes{Min: least.float(), Max: greatest.float()}
}

// SummaryPoint is a data point of a summary: Values[i] is the quantile Quantiles[i].
type SummaryPoint struct {
	Count             uint64
	Sum               Optional
	Quantiles, Values []float64
}

// Histogram converts a data point of a histogram with explicit buckets: count, sum and
// extremes, and cumulative buckets, or quantiles, or both.
func (p Point[K]) Histogram(t Time, h *HistogramPoint, source uint32) {
	ws := p.i.scope.c.ws
	d, at := p.begin(t, source)
	sum := p.sum(h.Sum, h.Count, func() bool { f := h.floats(); return f.SumNonzero() })
	p.addTotals(d, at, h.Count, sum, h.Min, h.Max)
	malformed := histogram.CheckBuckets(h.Bounds, h.Buckets)
	for n, l := range p.i.shape.labels {
		switch {
		case malformed != nil && l == le:
			p.rejectLines(n, len(h.Bounds)+1, at, h.Count, malformed)
		case malformed != nil:
			p.rejectLines(n, len(p.i.quantiles()), at, h.Count, malformed)
		case l == le:
			p.buckets(d, n, at, h.Bounds, h.Buckets, h.Count, h.Cumulative && p.i.scope.c.cfg.Layout.SparseBuckets)
		default:
			e := h.floats()
			ws.floats = e.AppendQuantiles(ws.floats[:0], p.i.quantiles())
			p.estimates(d, n, at, ws.floats, e.Extremes)
		}
	}
	p.put(t, d, at)
}

// Exponential converts a data point of an exponential histogram as Histogram does.
func (p Point[K]) Exponential(t Time, h *ExponentialPoint, source uint32) {
	ws := p.i.scope.c.ws
	d, at := p.begin(t, source)
	e := h.floats()
	p.addTotals(d, at, h.Count, p.sum(h.Sum, h.Count, e.SumNonzero), h.Min, h.Max)
	for n, l := range p.i.shape.labels {
		if l == le {
			ws.explicit.SetExponential(&e)
			p.buckets(d, n, at, ws.explicit.Bounds, ws.explicit.Counts, h.Count, false)
			continue
		}
		ws.floats = e.AppendQuantiles(ws.floats[:0], p.i.quantiles())
		p.estimates(d, n, at, ws.floats, e.Extremes)
	}
	p.put(t, d, at)
}

// Summary converts a data point of a summary.
func (p Point[K]) Summary(t Time, s *SummaryPoint, source uint32) {
	d, at := p.begin(t, source)
	p.addTotals(d, at, s.Count, s.Sum)
	if slices.ContainsFunc(s.Quantiles, math.IsNaN) {
		err := fmt.Errorf("%w: NaN among the quantiles", histogram.ErrMalformed)
		for _, v := range s.Values {
			p.reject(len(d.Plain), at, model.Float(v), err, faultShape)
		}
	} else {
		p.quantiles(d, 0, at, s.Quantiles, s.Values)
	}
	p.put(t, d, at)
}

// addTotals adds the count and the other values, in the order of the suffixes in
// [Layout.shape]: sum, min, max.
func (p Point[K]) addTotals(d *block.Distribution, at block.Stamp, count uint64, others ...Optional) {
	p.addPlain(d, at, Optional{model.Uint(count), true})
	for _, v := range others {
		v.Set = v.Set && !v.Value.NaN()
		p.addPlain(d, at, v)
	}
}

// buckets appends the cumulative buckets of label n. The last one, +Inf, is the count, also
// without buckets. No bucket exceeds it, even if the buckets contain more: PromQL and other
// query languages rely on buckets that ascend.
func (p Point[K]) buckets(d *block.Distribution, n int, at block.Stamp, bounds []float64, counts []uint64, total uint64, sparse bool) {
	if last := len(bounds) - 1; last >= 0 && math.IsInf(bounds[last], 1) {
		bounds = bounds[:last] // the bucket above is empty and has the same le
	}
	l := &d.Labelled[n]
	l.At = append(l.At, bounds...)
	cumulative := uint64(0)
	for i := range bounds {
		cumulative += min(counts[i], total-cumulative)
		l.Values = append(l.Values, model.Uint(cumulative))
	}
	l.Values = append(l.Values, model.Uint(total))
	if sparse && len(bounds) > 0 {
		p.sparse(n, at, bounds, counts, l.Values)
	}
	p.acceptAll(n, at, l.Values)
}

// estimates appends estimates of quantiles as label n. They are rounded, and then clamped
// to the extremes, so that a constant is sent exactly.
func (p Point[K]) estimates(d *block.Distribution, n int, at block.Stamp, values []float64, e histogram.Extremes) {
	for i, v := range values {
		values[i] = e.Clamp(model.Round(v))
	}
	p.quantiles(d, n, at, p.i.quantiles(), values)
}

// quantiles appends values of quantiles as label n. NaN is no value.
func (p Point[K]) quantiles(d *block.Distribution, n int, at block.Stamp, quantiles, values []float64) {
	l := &d.Labelled[n]
	l.At = append(l.At, quantiles...)
	for _, v := range values {
		l.Values = append(l.Values, model.Float(v))
	}
	p.acceptAll(n, at, l.Values)
}

// quantiles returns the quantiles of histograms.
func (i *Instrument[K]) quantiles() []float64 { return i.scope.c.cfg.Layout.Quantiles }

// HasSum reports whether the sum of a histogram of the instrument was recorded. SDKs record no
// sum for gauges and up-down counters, whose values can be negative (specification, Metrics
// SDK, histogram aggregations). The SDK for Go then leaves 0 in the sum, which looks like a
// recorded 0. HasSum reports false for a sum of 0 if nonzero reports that the observations
// cannot add up to 0. From then on it reports false for each sum of 0 of the instrument, so
// that the series of the sum does not come and go.
func (i *Instrument[K]) HasSum(sum float64, count uint64, nonzero func() bool) bool {
	if sum != 0 {
		return true
	}
	i.sumless = i.sumless || count > 0 && nonzero()
	return !i.sumless
}

// Sumless reports whether HasSum has detected that the instrument has no sum.
func (i *Instrument[K]) Sumless() bool { return i.sumless }

// sum returns the sum of a histogram, if it was recorded.
func (p Point[K]) sum(sum Optional, count uint64, nonzero func() bool) Optional {
	sum.Set = sum.Set && p.i.HasSum(sum.Value.Float64(), count, nonzero)
	return sum
}
