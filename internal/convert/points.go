// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"math"
	"slices"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// HistogramPoint is a point of an explicit-bucket histogram. Buckets has one
// element more than Bounds, or none at all.
type HistogramPoint struct {
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

// Optional is a value that may not have been recorded.
type Optional struct {
	Value model.Value
	Set   bool
}

// float returns the value as a float, NaN if it was not recorded.
func (o Optional) float() float64 {
	if !o.Set {
		return math.NaN()
	}
	return o.Value.Float64()
}

func extremes(least, most Optional) histogram.Extremes {
	return histogram.Extremes{Min: least.float(), Max: most.float()}
}

// SummaryPoint is a point of a summary: Values[i] is the quantile Quantiles[i].
type SummaryPoint struct {
	Count             uint64
	Sum               Optional
	Quantiles, Values []float64
}

// Number converts a point of a sum or gauge. Timestamps are in wire units, 0
// being invalid (see model.Timestamp).
func (c *Converter[K]) Number(p *Point[K], ts int64, v model.Value) {
	if p.special || ts == 0 || !v.Finite() {
		c.note(p)
		if !c.judge(p, p.instrument.only, p.err(), faultSeries, ts, v) {
			return
		}
	}
	if !c.hold(p, ts, v) {
		c.emit(p.instrument, p.kept, c.seriesOf(p, p.instrument.only), ts, v)
	}
}

// Histogram converts a point of an explicit-bucket histogram: what all
// histograms have, then its cumulative buckets, or quantiles, or both.
func (c *Converter[K]) Histogram(p *Point[K], ts int64, h *HistogramPoint) {
	c.enter(p, ts)
	c.totals(p, ts, h.Count, h.Sum, h.Min, h.Max)
	labels := p.instrument.shape.labels
	if err := histogram.CheckBuckets(h.Bounds, h.Buckets); err != nil {
		if labels[le] {
			c.rejectAll(p, SuffixBucket, ts, h.Count, err, len(h.Bounds)+1)
		}
		if labels[quantile] {
			c.rejectAll(p, SuffixNone, ts, h.Count, err, len(c.quantileSet))
		}
		return
	}
	if labels[le] && len(h.Buckets) > 0 {
		c.buckets(p, ts, h.Bounds, h.Buckets)
	}
	if labels[quantile] {
		e := h.floats()
		c.estimates(p, ts, e.AppendQuantiles(c.values[:0], c.quantileSet), e.Extremes)
	}
}

// rejectAll rejects n points of a histogram whose parts do not fit.
func (c *Converter[K]) rejectAll(p *Point[K], suffix Suffix, ts int64, total uint64, err error, n int) {
	for range n {
		c.reject(p, suffix, ts, model.Uint(total), err, faultShape)
	}
}

// buckets converts explicit buckets, of which there is at least one.
func (c *Converter[K]) buckets(p *Point[K], ts int64, bounds []float64, counts []uint64) {
	if n := len(bounds); n > 0 && math.IsInf(bounds[n-1], 1) {
		bounds = bounds[:n-1] // the bucket above is empty, and has this very le
	}
	c.relabel(p, le, bounds)
	cumulative := uint64(0)
	c.numbers = c.numbers[:0]
	for _, n := range counts[:len(bounds)] {
		cumulative += n
		c.numbers = append(c.numbers, model.Uint(cumulative))
	}
	for _, n := range counts[len(bounds):] {
		cumulative += n
	}
	c.numbers = append(c.numbers, model.Uint(cumulative))
	c.labelledAll(p, le, ts)
}

// labelledAll converts c.numbers, which have the first values of a tag of ours.
func (c *Converter[K]) labelledAll(p *Point[K], l int, ts int64) {
	if c.labelledParts(p, l, p.instrument.labels[l].texts, ts, c.numbers) {
		return
	}
	for i, v := range c.numbers {
		c.labelled(p, l, i, ts, v)
	}
}

// Summary converts a point of a summary.
func (c *Converter[K]) Summary(p *Point[K], ts int64, s *SummaryPoint) {
	c.enter(p, ts)
	c.totals(p, ts, s.Count, s.Sum, Optional{}, Optional{})
	c.quantiles(p, ts, s.Quantiles, s.Values, model.Float)
}

// estimates converts estimates of the quantiles of a histogram. It rounds them, and
// then clamps them to the extremes, so that a constant is sent exactly.
func (c *Converter[K]) estimates(p *Point[K], ts int64, values []float64, e histogram.Extremes) {
	for i, v := range values {
		values[i] = e.Clamp(model.Round(v))
	}
	c.values = values
	c.quantiles(p, ts, c.quantileSet, values, model.Short)
}

// quantiles converts values of quantiles. NaN is no value.
func (c *Converter[K]) quantiles(p *Point[K], ts int64, quantiles, values []float64, number func(float64) model.Value) {
	if slices.ContainsFunc(quantiles, math.IsNaN) {
		for _, v := range values {
			c.reject(p, SuffixNone, ts, model.Float(v), fmt.Errorf("%w: NaN among the quantiles", histogram.ErrMalformed), faultShape)
		}
		return
	}
	c.relabel(p, quantile, quantiles)
	if !slices.ContainsFunc(values, math.IsNaN) {
		c.numbers = c.numbers[:0]
		for _, v := range values {
			c.numbers = append(c.numbers, number(v))
		}
		c.labelledAll(p, quantile, ts)
		return
	}
	for i, v := range values {
		if !math.IsNaN(v) {
			c.labelled(p, quantile, i, ts, number(v))
		}
	}
}

func (c *Converter[K]) totals(p *Point[K], ts int64, n uint64, total, least, most Optional) {
	c.fixed(p, SuffixCount, ts, Optional{model.Uint(n), true})
	c.fixed(p, SuffixSum, ts, total)
	c.fixed(p, SuffixMin, ts, least)
	c.fixed(p, SuffixMax, ts, most)
}

// fixed converts a value that the point has one of.
func (c *Converter[K]) fixed(p *Point[K], suffix Suffix, ts int64, v Optional) {
	if v.Set && !v.Value.NaN() {
		c.one(p, suffix, ts, v.Value)
	}
}

func (c *Converter[K]) one(p *Point[K], suffix Suffix, ts int64, v model.Value) {
	switch {
	case !c.judge(p, suffix, p.err(), faultSeries, ts, v):
	case !p.grouped():
		c.emit(p.instrument, p.kept, c.seriesOf(p, suffix), ts, v)
	case suffix == SuffixCount && c.lost == nil:
		c.sink.Append(p.single, ts, v) // marked already
	default:
		c.part(p, suffix, ts, v)
	}
}

// labelled converts a value that has a tag of ours: value i of it, the last one
// being +Inf.
func (c *Converter[K]) labelled(p *Point[K], l, i int, ts int64, v model.Value) {
	suffix := labelSuffix(l)
	if p.grouped() {
		if c.judge(p, suffix, nil, faultLabel, ts, v) {
			c.labelledPart(p, l, p.instrument.labels[l].texts[i], ts, v)
		}
		return
	}
	if c.judge(p, suffix, p.detail.labelErr, faultLabel, ts, v) {
		c.emit(p.instrument, p.kept, c.labelledOf(p, l, i), ts, v)
	}
}

// note counts a point that took what was over the SDK's cardinality limit, and
// one that has lost attributes.
func (c *Converter[K]) note(p *Point[K]) {
	if p.overflow {
		c.tally.Overflowed++
	}
	if p.filtered {
		c.tally.Filtered++
	}
}

// judge rejects what cannot be sent.
func (c *Converter[K]) judge(p *Point[K], suffix Suffix, seriesErr error, kind fault, ts int64, v model.Value) bool {
	if seriesErr != nil {
		c.reject(p, suffix, ts, v, seriesErr, kind)
		return false
	}
	if ts != 0 && v.Finite() {
		return true
	}
	kind = faultTimestamp
	if ts != 0 {
		kind = valueFault(suffix)
	}
	c.reject(p, suffix, ts, v, model.CheckPoint(ts, v), kind)
	return false
}

// known reports whether a kind of fault of a point has been reported, and notes
// it.
func (c *Converter[K]) known(p *Point[K], kind fault) bool {
	if !p.kept {
		return c.reported.fault(p.instrument.Identity(), p.key, kind)
	}
	known := p.told&kind != 0
	p.told |= kind
	return known
}

// reject reports a fault of a series once, and counts it every time.
func (c *Converter[K]) reject(p *Point[K], suffix Suffix, ts int64, v model.Value, err error, kind fault) {
	if c.known(p, kind) {
		c.sink.Reject(Rejection{Known: true})
		return
	}
	var tags []model.Tag
	if p.detail != nil {
		tags = p.detail.tags
	} else {
		_, tags = c.describe(c.seriesOf(p, suffix))
	}
	c.sink.Reject(Rejection{Metric: p.instrument.names[suffix], Tags: tags, Timestamp: ts, Value: v, Err: err})
}
