// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"errors"
	"math"
	"time"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// ErrNoRoom is the reason why a series lacks its count, rates or statistics: the store
// had no room for its state.
var ErrNoRoom = errors.New("the cache has no room for the state of the series, from which counts, rates and statistics are computed: raise WithCacheBytes")

// Observer observes the data points of one export. See the package comment for the
// order of calls.
type Observer[K comparable] struct {
	store    *Store[K]
	resource *resource[K]
	conv     *convert.Converter[K]

	samples []convert.Values
	next    int // index of the sample that Next returns
	idle    []idleSeries[K]

	current  current[K]
	interval histogram.Interval
}

// current is the instrument of the last observed data point. Data points of one
// instrument usually come one after the other.
type current[K comparable] struct {
	metric
	instrument *convert.Instrument[K]
	states     *instrumentStates[K] // nil if there is no room
}

// idleSeries is a series without observations that is to be sent.
type idleSeries[K comparable] struct {
	point convert.Point[K]
	at    int64
}

// Observed reports whether the data points of an instrument must be observed and their
// samples converted by [convert.Point.Values]. All others are converted as in the
// default layout. delta says that the data points have delta temporality.
func (o *Observer[K]) Observed(i *convert.Instrument[K], delta bool) bool {
	return o.store.layout.observed(i.Key().Spec, delta)
}

// Observe calls walk, which must call Number, Explicit or Exponential for each data
// point of an Observed instrument, and then finds the series without observations. walk
// is a callback because it runs under a lock that must be released even if it panics.
// Exports of one resource wait for each other in Observe, so walk must not block.
//
// latest is the latest time of all data points in nanoseconds since 1970, 0 if there
// are none. A series with delta temporality is idle if it was not observed for an
// interval and a half until then.
func (o *Observer[K]) Observe(now time.Time, latest int64, walk func()) {
	r := o.resource
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begin(now)
	o.samples = make([]convert.Values, 0, r.samples)
	walk()
	o.findIdle(latest)
	r.samples = len(o.samples)
	o.current = current[K]{}
	r.end()
}

// Number observes a data point of a sum.
func (o *Observer[K]) Number(i *convert.Instrument[K], key K, span Span, value model.Value) {
	v, s := o.sample(), o.state(i, key)
	v.Count = convert.Optional{Value: value, Set: true}
	switch {
	case s == nil:
		v.Missing = ErrNoRoom
		v.Count.Set = !span.Delta // a cumulative sum is the count
		return
	case !s.observe(o.resource.generation, span) || !value.Finite():
		return
	}
	continues := s.continues(span)
	s.previous = previousKept
	n := value.Float64()
	if span.Delta {
		s.total = s.total.Plus(value)
		v.Count.Value = s.total
	} else {
		if last := s.total.Float64(); continues && n >= last {
			n -= last
		}
		s.total = value
	}
	if o.current.rated {
		s.mark(n, span)
		setRates(v, &s.meter)
	}
	s.start = span.Start
}

// Explicit observes a data point of a histogram with explicit buckets. It keeps no
// reference to h. If the sum was not recorded, it sets it to NaN.
func (o *Observer[K]) Explicit(i *convert.Instrument[K], key K, span Span, h *histogram.Explicit) {
	v, s := o.sample(), o.state(i, key)
	if s != nil && !s.observe(o.resource.generation, span) {
		v.Count = convert.Optional{Value: model.Uint(h.Count), Set: true}
		return
	}
	if !i.HasSum(h.Sum, h.Count, h.SumNonzero) {
		h.Sum = math.NaN()
	}
	o.interval.SetExplicit(h)
	known := span.Delta // whether the observations of the interval are known
	if s != nil && !span.Delta {
		known = s.previous != previousLost
		if s.continues(span) {
			o.interval.SetExplicitDelta(h, s.explicit)
		}
		o.resource.keepExplicit(s, h)
	}
	o.histogram(v, s, span, h.Count, h.Sum, known)
}

// Exponential observes a data point of a histogram with exponential buckets. It keeps
// no reference to h. If the sum was not recorded, it sets it to NaN.
func (o *Observer[K]) Exponential(i *convert.Instrument[K], key K, span Span, h *histogram.Exponential) {
	v, s := o.sample(), o.state(i, key)
	if s != nil && !s.observe(o.resource.generation, span) {
		v.Count = convert.Optional{Value: model.Uint(h.Count), Set: true}
		return
	}
	if !i.HasSum(h.Sum, h.Count, h.SumNonzero) {
		h.Sum = math.NaN()
	}
	o.interval.SetExponential(h)
	known := span.Delta // whether the observations of the interval are known
	if s != nil && !span.Delta {
		known = s.previous != previousLost
		if s.continues(span) {
			o.interval.SetExponentialDelta(h, s.exponential)
		}
		o.resource.keepExponential(s, h)
	}
	o.histogram(v, s, span, h.Count, h.Sum, known)
}

// histogram sets the sample of a histogram with this count and sum. If the observations
// of its interval are known, o.interval contains them.
func (o *Observer[K]) histogram(v *convert.Values, s *state[K], span Span, count uint64, sum float64, known bool) {
	unit := o.current.unit
	if known {
		setStatistics(v, &o.interval, unit)
	}
	if s == nil || !known {
		v.Missing = ErrNoRoom
	}
	if !span.Delta {
		v.Count = convert.Optional{Value: model.Uint(count), Set: true}
		v.Floats[convert.SuffixSum] = unit.of(sum)
	}
	if s == nil {
		return
	}
	if span.Delta {
		s.count += count
		if !math.IsNaN(sum) && !math.IsInf(sum, 0) {
			s.sum += sum
		}
		s.setTotals(v, o.current.instrument, unit)
	}
	if o.current.rated {
		s.mark(float64(o.interval.Count()), span)
		setRates(v, &s.meter)
	}
	s.start = span.Start
}

// state returns the state of a series, nil if there is no room.
func (o *Observer[K]) state(i *convert.Instrument[K], key K) *state[K] {
	if o.current.instrument != i {
		k := i.Key()
		o.current = current[K]{metric: o.store.layout.metricOf(k.Spec), instrument: i, states: o.resource.statesOf(k)}
	}
	return o.resource.state(o.current.states, key)
}

// findIdle makes samples of series without observations. If exports were missing too,
// only the last interval has a sample.
func (o *Observer[K]) findIdle(latest int64) {
	for _, states := range o.resource.order {
		i := o.conv.Find(states.key)
		if i == nil {
			continue
		}
		m := o.store.layout.metricOf(states.key.Spec)
		for _, s := range states.order {
			end, idle := s.idleUntil(o.resource.generation, latest)
			if !idle {
				continue
			}
			if p, ok := i.LookupIdle(s.key); ok { // else its tags are not known
				o.idle = append(o.idle, idleSeries[K]{p, end})
				o.observeIdle(i, s, m, end)
			}
		}
	}
}

// observeIdle makes the sample of an interval without observations. It contains count, sum and
// rates, but no statistics.
func (o *Observer[K]) observeIdle(i *convert.Instrument[K], s *state[K], m metric, end int64) {
	v := o.sample()
	s.seen = end
	if m.kind == convert.Sum {
		v.Count = convert.Optional{Value: s.total, Set: true}
	} else {
		s.setTotals(v, i, m.unit)
	}
	if m.rated {
		s.meter.Mark(0, end-s.length, end)
		setRates(v, &s.meter)
	}
}

// setTotals sets the count and the sum of all deltas of a histogram.
func (s *state[K]) setTotals(v *convert.Values, i *convert.Instrument[K], unit scale) {
	v.Count = convert.Optional{Value: model.Uint(s.count), Set: true}
	if !i.Sumless() {
		v.Floats[convert.SuffixSum] = unit.of(s.sum)
	}
}

// Next returns the next sample: first the samples of the observed data points in the
// order of observation, then the samples of Idle.
func (o *Observer[K]) Next() *convert.Values {
	v := &o.samples[o.next]
	o.next++
	return v
}

// Idle yields the series without observations and the times of their samples, in
// nanoseconds since 1970. The caller must call Next once for each.
func (o *Observer[K]) Idle(yield func(p convert.Point[K], at int64) bool) {
	for _, s := range o.idle {
		if !yield(s.point, s.at) {
			return
		}
	}
}

// sample returns a new sample without values.
func (o *Observer[K]) sample() *convert.Values {
	o.samples = append(o.samples, convert.Values{})
	v := &o.samples[len(o.samples)-1]
	for i := range v.Floats {
		v.Floats[i] = math.NaN()
	}
	return v
}

// setRates sets the rates of a sample.
func setRates(v *convert.Values, m *histogram.Meter) {
	v.Floats[convert.SuffixMeanRate] = m.MeanRate()
	v.Floats[convert.SuffixRate1], v.Floats[convert.SuffixRate5], v.Floats[convert.SuffixRate15] = m.MovingAverages()
}

// setStatistics sets the statistics of the interval of a sample.
func setStatistics(v *convert.Values, i *histogram.Interval, unit scale) {
	v.Floats[convert.SuffixAvg] = unit.of(i.Mean())
	v.Floats[convert.SuffixMin], v.Floats[convert.SuffixMax] = unit.of(i.Min()), unit.of(i.Max())
	v.Floats[convert.SuffixStdDev] = unit.of(i.StdDev())
	v.Floats[convert.SuffixPercentile50] = unit.of(i.Percentile(0.5))
	v.Floats[convert.SuffixPercentile75] = unit.of(i.Percentile(0.75))
	v.Floats[convert.SuffixPercentile95] = unit.of(i.Percentile(0.95))
	v.Floats[convert.SuffixPercentile99] = unit.of(i.Percentile(0.99))
	v.Floats[convert.SuffixPercentile999] = unit.of(i.Percentile(0.999))
}
