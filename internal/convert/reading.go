// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"math"
	"time"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/wire"
)

// ErrNoRoom says that there is no room to remember a series.
var ErrNoRoom = errors.New("no room to remember the series, which its count and its rates need: raise the bytes of the cache")

// Span is the time that a point is about, in nanoseconds since 1970. A start that
// is not known is 0.
type Span struct {
	Start, End int64
	Delta      bool // the temporality
}

// reading is what there is to say of an observed point. It is of no use to anybody
// but the export that has observed it.
type reading struct {
	count  Optional
	values [suffixes]float64 // NaN is none
	err    error             // of what is missing
}

// idle is a point that was not observed, and is to be reported.
type idle[K comparable] struct {
	point *Point[K]
	at    int64
}

// Observed reports whether points of a temporality are to be observed before they
// are converted, by Reading.
func (i *Instrument[K]) Observed(delta bool) bool {
	return i.shape.observed || delta && i.spec.Kind == Sum && i.scope.c.memory != nil
}

// Observe is the first walk of an export in the reporter layout: it calls walk,
// which observes the points of all instruments that are Observed. Readings of them
// are converted afterwards in the same order. No two exports of a resource observe
// at the same time: walk must not wait for anything.
//
// Points are of times up to latest, 0 if there are none. Those that have delta
// temporality, and did not come for an interval and a half, had no observations in the
// interval after their last reading: Idle gives them. Not so soon, because a
// collection may come in several exports.
func (c *Converter[K]) Observe(now time.Time, latest int64, walk func()) {
	m := c.memory
	m.mu.Lock()
	defer m.mu.Unlock()
	m.begin(now)
	c.readings, c.idles, c.read = c.readings[:0], c.idles[:0], 0
	walk()
	c.rest(latest)
	c.ledger, c.ledgerOf = nil, nil
	m.end()
}

// maxReadings bounds those for which there is room from one export to the next.
const maxReadings = 10_000

// forget ends the use of readings.
func (c *Converter[K]) forget() {
	clear(c.idles)
	if cap(c.readings) > maxReadings {
		c.readings, c.idles = nil, nil
	}
}

// next returns a new reading.
func (c *Converter[K]) next() *reading {
	if len(c.readings) == cap(c.readings) {
		c.readings = append(c.readings, reading{})
	} else {
		c.readings = c.readings[:len(c.readings)+1]
	}
	r := &c.readings[len(c.readings)-1]
	r.count, r.err = Optional{}, nil
	for i := range r.values {
		r.values[i] = math.NaN()
	}
	return r
}

// stateOf returns what is remembered of a point, nil if there is no room.
func (c *Converter[K]) stateOf(i *Instrument[K], key K) *state[K] {
	if c.ledgerOf != i {
		c.ledger, c.ledgerOf = c.memory.ledger(i), i
	}
	return c.memory.state(c.ledger, key)
}

// again reports whether an export has the same point once more: its count collides,
// and the rest of it says nothing. It also notes that the point was there.
func (s *state[K]) again(generation uint64, span Span) bool {
	if s.generation == generation && s.seen == span.End {
		return true
	}
	s.generation = generation
	s.delta = span.Delta
	if span.Start > 0 && span.Start < span.End {
		s.every = span.End - span.Start
	}
	s.seen = span.End
	return false
}

// rates gives the reading the rates of a meter.
func (r *reading) rates(m *histogram.Meter) {
	r.values[meanRate] = m.MeanRate()
	r.values[rate1], r.values[rate5], r.values[rate15] = m.MovingAverages()
}

// Reading converts the next reading: of a point that is looked up again, at its
// time.
func (c *Converter[K]) Reading(p *Point[K], ts int64) {
	r := &c.readings[c.read]
	c.read++
	c.enter(p, ts)
	for _, suffix := range p.instrument.shape.fixed {
		v := Optional{Value: wire.Float(r.values[suffix]), Set: true}
		missing := v.Value.NaN()
		if suffix == count {
			v, missing = r.count, !r.count.Set
		}
		switch {
		case missing && r.err == nil: // nothing to say
		case missing:
			c.reject(p, suffix, ts, v.Value, r.err, faultShape)
		default:
			c.one(p, suffix, ts, v.Value)
		}
	}
}

// rest makes readings of the points that had no observations.
func (c *Converter[K]) rest(latest int64) {
	m := c.memory
	for _, l := range m.order {
		i := c.instrumentOf(l.key)
		if i == nil {
			continue
		}
		for _, s := range l.order {
			if s.generation == m.generation || !s.delta || s.every <= 0 || latest-s.seen < s.every+s.every/2 {
				continue
			}
			p := i.points.entries[s.key]
			if p == nil {
				continue // what it is called is not remembered
			}
			// The last interval that is over for sure. There is no reading of those
			// before, if exports did not come either.
			s.seen += (latest - s.seen - s.every/2) / s.every * s.every
			p.used, i.used = c.now, c.now
			c.idles = append(c.idles, idle[K]{p, s.seen})
			r := c.next()
			r.count = Optional{Value: s.counted(i.spec.Kind), Set: true}
			if !i.spec.Kind.number() {
				r.values[sum] = i.shape.unit.of(s.sum)
			}
			if i.shape.rated {
				s.meter.Mark(0, s.seen-s.every, s.seen)
				r.rates(&s.meter)
			}
		}
	}
}

// counted is the count of a point of delta temporality.
func (s *state[K]) counted(kind Kind) wire.Value {
	if kind.number() {
		return s.total
	}
	return wire.Uint(s.count)
}

// instrumentOf returns the instrument of a ledger, nil if it is not known.
func (c *Converter[K]) instrumentOf(key ledgerKey[K]) *Instrument[K] {
	if s := c.scopes[key.scope]; s != nil {
		return s.instruments[key.spec]
	}
	return nil
}

// Idle gives the points that had no observations, and the times in nanoseconds
// since 1970 of their readings, which follow those of the points that were
// observed.
func (c *Converter[K]) Idle(yield func(p *Point[K], at int64) bool) {
	for _, i := range c.idles {
		if !yield(i.point, i.at) {
			return
		}
	}
}
