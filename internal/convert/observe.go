// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"

	"github.com/apptuitai/apptuit-go/internal/histogram"
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
		s.meter.Restart(span.Start, span.End)
	}
	s.meter.Mark(n, span.Start, span.End)
}

// ObserveHistogram observes a point of an explicit-bucket histogram.
func (c *Converter[K]) ObserveHistogram(i *Instrument[K], key K, span Span, point *HistogramPoint) {
	r, s := c.next(), c.stateOf(i, key)
	if s != nil && s.again(c.memory.generation, span) {
		r.count = Optional{Value: wire.Uint(point.Count), Set: true}
		return
	}
	h, known := point.floats(), span.Delta
	if s == nil || span.Delta {
		c.interval.SetExplicit(&h)
	} else {
		known = !s.blind
		if s.explicit == nil || span.Start > s.start || !c.interval.SetExplicitDelta(&h, s.explicit) {
			c.interval.SetExplicit(&h)
		}
		c.memory.keepExplicit(s, &h)
	}
	c.observe(r, s, i, span, h.Count, h.Sum, known)
}

// ObserveExponential observes a point of an exponential histogram.
func (c *Converter[K]) ObserveExponential(i *Instrument[K], key K, span Span, point *ExponentialPoint) {
	r, s := c.next(), c.stateOf(i, key)
	if s != nil && s.again(c.memory.generation, span) {
		r.count = Optional{Value: wire.Uint(point.Count), Set: true}
		return
	}
	h, known := point.floats(), span.Delta
	if s == nil || span.Delta {
		c.interval.SetExponential(&h)
	} else {
		known = !s.blind
		if s.exponential == nil || span.Start > s.start || !c.interval.SetExponentialDelta(&h, s.exponential) {
			c.interval.SetExponential(&h)
		}
		c.memory.keepExponential(s, &h)
	}
	c.observe(r, s, i, span, h.Count, h.Sum, known)
}

// observe is what histograms have in common. The count and the sum are those of
// the point. c.interval has the observations of its interval, if those are known.
func (c *Converter[K]) observe(r *reading, s *state[K], i *Instrument[K], span Span, recorded uint64, total float64, known bool) {
	unit := i.shape.unit
	if known {
		r.statistics(&c.interval, unit)
	}
	if s == nil || !known {
		r.err = ErrNoRoom
	}
	if !span.Delta {
		r.count = Optional{Value: wire.Uint(recorded), Set: true}
		r.values[sum] = unit.of(total)
	}
	if s == nil {
		return
	}
	if span.Delta {
		s.count += recorded
		if !math.IsNaN(total) && !math.IsInf(total, 0) {
			s.sum += total
		}
		r.count = Optional{Value: wire.Uint(s.count), Set: true}
		r.values[sum] = unit.of(s.sum)
	}
	if i.shape.rated {
		s.rate(float64(c.interval.Count()), span)
		r.rates(&s.meter)
	}
	s.start = span.Start
}

// statistics gives the reading the statistics of an interval.
func (r *reading) statistics(v *histogram.Interval, unit scale) {
	r.values[average] = unit.of(v.Mean())
	r.values[minimum], r.values[maximum] = unit.of(v.Min()), unit.of(v.Max())
	r.values[deviation] = unit.of(v.StdDev())
	for j, q := range DefaultQuantiles() {
		r.values[percentile50+j] = unit.of(v.Percentile(q))
	}
}
