// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"slices"
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

const (
	idleSeconds  = uint32(convert.IdleTime / time.Second)
	stateSeconds = uint32(StateTime / time.Second)
)

// The memory of a state and of the states of an instrument in bytes, with their places
// in maps and slices.
const (
	stateOverhead      = 320
	instrumentOverhead = 256
)

// resource keeps the state of the series of one resource. It is safe for concurrent
// use; the fields below the lock belong to its holder.
type resource[K comparable] struct {
	budget *convert.Budget
	used   time.Time // guarded by the store's lock

	mu          sync.Mutex
	instruments map[convert.InstrumentKey[K]]*instrumentStates[K]
	order       []*instrumentStates[K] // the same, in order of creation
	held        int64                  // bytes
	closed      bool

	convert.Clock
	generation uint64 // counts observing exports
	full       bool   // the current export has swept in vain
	samples    int    // of the last one
}

// instrumentStates keeps the states of the series of one instrument.
type instrumentStates[K comparable] struct {
	key    convert.InstrumentKey[K]
	states map[K]*state[K]
	order  []*state[K] // the same, in order of creation
}

func newResource[K comparable](budget *convert.Budget) *resource[K] {
	return &resource[K]{budget: budget, instruments: make(map[convert.InstrumentKey[K]]*instrumentStates[K])}
}

// begin starts the observation of an export.
func (r *resource[K]) begin(now time.Time) {
	r.generation++
	r.Set(now)
	r.full = false
}

// end ends the observation of an export and drops the states that were not used for
// long.
func (r *resource[K]) end() {
	r.sweep(stateSeconds)
	r.order = slices.DeleteFunc(r.order, func(i *instrumentStates[K]) bool {
		if len(i.order) > 0 {
			return false
		}
		delete(r.instruments, i.key)
		r.charge(-instrumentOverhead)
		return true
	})
}

// charge takes bytes from the budget, or gives them back, and reports whether there was
// room, if necessary after a sweep.
func (r *resource[K]) charge(n int64) bool {
	if r.closed {
		return false
	}
	fits := r.budget.Take(n)
	if !fits && !r.full {
		r.full = true
		r.sweep(idleSeconds)
		fits = r.budget.Take(n)
	}
	if fits {
		r.held += n
	}
	return fits
}

// statesOf returns the states of an instrument, nil if it is new and there is no room.
func (r *resource[K]) statesOf(key convert.InstrumentKey[K]) *instrumentStates[K] {
	i, ok := r.instruments[key]
	if !ok && r.charge(instrumentOverhead) {
		i = &instrumentStates[K]{key: key, states: make(map[K]*state[K])}
		r.instruments[key] = i
		r.order = append(r.order, i)
	}
	return i
}

// state returns the state of a series, nil if it is new and there is no room.
func (r *resource[K]) state(i *instrumentStates[K], key K) *state[K] {
	if i == nil {
		return nil
	}
	s, ok := i.states[key]
	if !ok {
		if !r.charge(stateOverhead) {
			return nil
		}
		s = &state[K]{key: key, cost: stateOverhead}
		i.states[key] = s
		i.order = append(i.order, s)
	}
	s.used = r.Now()
	return s
}

// sweep drops the states that were not used for the given number of seconds.
func (r *resource[K]) sweep(seconds uint32) {
	for _, i := range r.order {
		i.order = slices.DeleteFunc(i.order, func(s *state[K]) bool {
			limit := seconds
			if !s.delta {
				limit = idleSeconds
			}
			if r.Now()-s.used < limit {
				return false
			}
			delete(i.states, s.key)
			r.charge(-s.cost)
			return true
		})
	}
}

// close drops all states and refuses new ones.
func (r *resource[K]) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.budget.Take(-r.held)
	r.held, r.closed = 0, true
	clear(r.instruments)
	r.order = nil
}

// keepExplicit keeps a cumulative histogram as the previous histogram of its series, if there is
// room.
func (r *resource[K]) keepExplicit(s *state[K], h *histogram.Explicit) {
	if s.explicit == nil {
		s.explicit = new(histogram.Explicit)
	}
	if r.reserve(s, len(s.explicit.Bounds)+len(s.explicit.Counts), len(h.Bounds)+len(h.Counts)) {
		s.explicit.CopyFrom(h)
	}
}

// keepExponential keeps a cumulative histogram as the previous histogram of its series, if there
// is room.
func (r *resource[K]) keepExponential(s *state[K], h *histogram.Exponential) {
	if s.exponential == nil {
		s.exponential = new(histogram.Exponential)
	}
	had := len(s.exponential.Positive.Counts) + len(s.exponential.Negative.Counts)
	if r.reserve(s, had, len(h.Positive.Counts)+len(h.Negative.Counts)) {
		s.exponential.CopyFrom(h)
	}
}

// reserve makes room for a histogram of n numbers in place of the previous histogram, which has
// had numbers. If there is no room, the previous histogram is dropped.
func (r *resource[K]) reserve(s *state[K], had, n int) bool {
	if !r.grow(s, n-had) {
		r.grow(s, -had)
		s.explicit, s.exponential, s.previous = nil, nil, previousLost
		return false
	}
	s.previous = previousKept
	return true
}

// grow charges n more numbers to a state, or gives them back, and reports whether there
// was room.
func (r *resource[K]) grow(s *state[K], n int) bool {
	bytes := 8 * int64(n)
	if !r.charge(bytes) {
		return false
	}
	s.cost += bytes
	return true
}

// Span is the time of a data point.
type Span struct {
	// Start and End are nanoseconds since 1970. A start that is not known is 0.
	Start, End int64
	// Delta says that the data point has delta temporality.
	Delta bool
}

// previousPoint says whether a series has a previous data point.
type previousPoint uint8

const (
	previousNone previousPoint = iota
	previousKept
	previousLost // there was no room to keep it
)

// state is the state of one series between exports.
type state[K comparable] struct {
	key        K
	used       uint32 // seconds, of the resource's clock
	generation uint64 // of the export that observed the series last

	// Times are nanoseconds since 1970.
	start  int64 // of the last data point
	seen   int64 // the timestamp of the last sample
	length int64 // of the last interval, 0 if not known
	delta  bool

	total model.Value // of a sum: the last one, or the sum of all deltas
	count uint64      // of all deltas of a histogram
	sum   float64     // of all deltas of a histogram
	meter histogram.Meter

	previous    previousPoint          // of a sum, or of a cumulative histogram
	explicit    *histogram.Explicit    // if kept
	exponential *histogram.Exponential // if kept
	cost        int64                  // bytes
}

// observe notes a data point of the series. It reports false if the export has observed
// the same series at the same time before: then the data point is a collision and must
// not be counted.
func (s *state[K]) observe(generation uint64, span Span) bool {
	if s.generation == generation && s.seen == span.End {
		return false
	}
	s.generation = generation
	s.delta = span.Delta
	if span.Start > 0 && span.Start < span.End {
		s.length = span.End - span.Start
	}
	s.seen = span.End
	return true
}

// mark counts n events of a data point. A cumulative series that was reset restarts its
// mean rate.
func (s *state[K]) mark(n float64, span Span) {
	if !span.Delta && s.start > 0 && span.Start > s.start {
		s.meter.Restart(span.Start, span.End)
	}
	s.meter.Mark(n, span.Start, span.End)
}

// continues reports whether a cumulative data point belongs to the same stream as the
// previous one, which was kept.
func (s *state[K]) continues(span Span) bool {
	return s.previous == previousKept && span.Start <= s.start
}

// idleUntil reports whether the series was not observed for an interval and a half
// until latest, the latest time of the export, and returns the end of the last whole
// interval before. An interval alone is not enough, since the data point may still come
// in another export of the same collection.
func (s *state[K]) idleUntil(generation uint64, latest int64) (end int64, idle bool) {
	if s.generation == generation || !s.delta || s.length <= 0 || latest-s.seen < s.length+s.length/2 {
		return 0, false
	}
	return s.seen + (latest-s.seen-s.length/2)/s.length*s.length, true
}
