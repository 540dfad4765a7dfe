// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// ObserveNumber observes a point of a sum.
func (c *Converter[K]) ObserveNumber(i *Instrument[K], key K, span Span, v wire.Value) {
	r, s := c.next(), c.stateOf(i, key)
	r.count = Optional{Value: v, Set: true}
	switch {
	case s == nil:
		r.err = ErrNoRoom
		r.count.Set = !span.Delta // else it says what it is by itself
		return
	case s.again(c.memory.generation, span) || !v.Finite():
		return
	}
	known := s.known
	s.known = true
	n := v.Float64()
	if span.Delta {
		s.total = s.total.Plus(v)
		r.count.Value = s.total
	} else {
		if last := s.total.Float64(); known && n >= last && span.Start <= s.start {
			n -= last
		}
		s.total = v
	}
	if i.shape.rated {
		s.rate(n, span)
		r.rates(&s.meter)
	}
	s.start = span.Start
}

// rate counts n things of a span. A stream of cumulative points that has begun
// anew begins its mean anew.
func (s *state[K]) rate(n float64, span Span) {
	if !span.Delta && s.start > 0 && span.Start > s.start {
		s.meter.restart(span.Start, span.End)
	}
	s.meter.count(n, span.Start, span.End)
}

// ObserveHistogram observes a point of an explicit-bucket histogram.
func (c *Converter[K]) ObserveHistogram(i *Instrument[K], key K, span Span, h *HistogramPoint) {
	r, s := c.next(), c.stateOf(i, key)
	if s != nil && s.again(c.memory.generation, span) {
		r.count = Optional{Value: wire.Uint(h.Count), Set: true}
		return
	}
	interval, known := h, span.Delta
	low, high := true, true // the extremes are those of the interval
	if s != nil && !span.Delta {
		known = !s.blind
		if last := s.explicit; last != nil && span.Start <= s.start && h.since(last, &c.interval) {
			interval = &c.interval
			low, high = lower(h.Min, last.Min), higher(h.Max, last.Max)
		}
		c.memory.keepExplicit(s, h)
	}
	if checkBuckets(interval) == nil {
		c.dist.explicit(interval)
	} else {
		c.dist.reset(interval.Min, interval.Max)
	}
	c.dist.low, c.dist.high = c.dist.low && low, c.dist.high && high
	c.observe(r, s, i, span, totals{h.Count, h.Sum}, totals{interval.Count, interval.Sum}, known)
}

// ObserveExponential observes a point of an exponential histogram.
func (c *Converter[K]) ObserveExponential(i *Instrument[K], key K, span Span, h *ExponentialPoint) {
	r, s := c.next(), c.stateOf(i, key)
	if s != nil && s.again(c.memory.generation, span) {
		r.count = Optional{Value: wire.Uint(h.Count), Set: true}
		return
	}
	interval, known := h, span.Delta
	low, high := true, true // the extremes are those of the interval
	if s != nil && !span.Delta {
		known = !s.blind
		if last := s.exponential; last != nil && span.Start <= s.start && h.since(last, &c.exponential) {
			interval = &c.exponential
			low, high = lower(h.Min, last.Min), higher(h.Max, last.Max)
		}
		c.memory.keepExponential(s, h)
	}
	c.dist.exponential(interval)
	c.dist.low, c.dist.high = c.dist.low && low, c.dist.high && high
	c.observe(r, s, i, span, totals{h.Count, h.Sum}, totals{interval.Count, interval.Sum}, known)
}

// totals are what all histograms have.
type totals struct {
	count uint64
	sum   Optional
}

// observe is what histograms have in common: recorded is what the point says,
// interval what was new, and c.dist its distribution, which is known or not.
func (c *Converter[K]) observe(r *reading, s *state[K], i *Instrument[K], span Span, recorded, interval totals, known bool) {
	if known {
		r.statistics(&c.dist, i.shape.unit, interval)
	}
	if s == nil || !known {
		r.err = ErrNoRoom
	}
	if !span.Delta {
		r.count = Optional{Value: wire.Uint(recorded.count), Set: true}
		r.values[sum] = i.shape.unit.of(number(recorded.sum))
	}
	if s == nil {
		return
	}
	if span.Delta {
		s.count += interval.count
		if interval.sum.Set && interval.sum.Value.Finite() {
			s.sum += interval.sum.Value.Float64()
		}
		r.count = Optional{Value: wire.Uint(s.count), Set: true}
		r.values[sum] = i.shape.unit.of(s.sum)
	}
	if i.shape.rated {
		s.rate(float64(interval.count), span)
		r.rates(&s.meter)
	}
	s.start = span.Start
}

// statistics gives the reading what is known of the values of an interval.
func (r *reading) statistics(d *distribution, unit scale, t totals) {
	if t.count == 0 {
		return
	}
	mean := d.within(number(t.sum) / float64(t.count)) // which may be rounded out of them
	r.values[average] = unit.of(mean)
	if d.total == 1 && t.count == 1 && !math.IsNaN(mean) {
		d.only(mean)
	}
	r.values[minimum], r.values[maximum] = unit.of(d.extreme(d.least, d.low, 1)), unit.of(d.extreme(d.most, d.high, d.total))
	if d.total == 0 {
		return
	}
	r.values[deviation] = unit.of(d.deviation(mean))
	for j, q := range DefaultQuantiles() {
		r.values[percentile50+j] = unit.of(d.percentile(q))
	}
}
