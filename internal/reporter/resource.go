// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"slices"
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
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

	generation uint64    // counts observing exports
	start      time.Time // of the first one
	now        uint32    // seconds from start to the current one
	full       bool      // the current export has swept in vain
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
	if r.start.IsZero() {
		r.start = now
	}
	r.now = max(r.now, uint32(max(0, now.Sub(r.start))/time.Second)) // also if the clock is set back
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
	if !r.budget.Take(n) {
		if r.full {
			return false
		}
		r.full = true
		r.sweep(idleSeconds)
		if !r.budget.Take(n) {
			return false
		}
	}
	r.held += n
	return true
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
	s.used = r.now
	return s
}

// sweep drops the states that were not used for so many seconds.
func (r *resource[K]) sweep(seconds uint32) {
	for _, i := range r.order {
		i.order = slices.DeleteFunc(i.order, func(s *state[K]) bool {
			limit := seconds
			if !s.delta {
				limit = idleSeconds
			}
			if r.now-s.used < limit {
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

// keepExplicit keeps a cumulative histogram as the previous one of its series, if there
// is room.
func (r *resource[K]) keepExplicit(s *state[K], h *histogram.Explicit) {
	if s.explicit == nil {
		s.explicit = new(histogram.Explicit)
	}
	had := len(s.explicit.Bounds) + len(s.explicit.Counts)
	if !r.grow(s, len(h.Bounds)+len(h.Counts)-had) {
		r.grow(s, -had)
		s.explicit, s.previous = nil, previousLost
		return
	}
	s.explicit.CopyFrom(h)
	s.previous = previousKept
}

// keepExponential keeps a cumulative histogram as the previous one of its series, if
// there is room.
func (r *resource[K]) keepExponential(s *state[K], h *histogram.Exponential) {
	if s.exponential == nil {
		s.exponential = new(histogram.Exponential)
	}
	had := len(s.exponential.Positive.Counts) + len(s.exponential.Negative.Counts)
	if !r.grow(s, len(h.Positive.Counts)+len(h.Negative.Counts)-had) {
		r.grow(s, -had)
		s.exponential, s.previous = nil, previousLost
		return
	}
	s.exponential.CopyFrom(h)
	s.previous = previousKept
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
