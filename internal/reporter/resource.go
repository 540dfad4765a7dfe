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

// reserve makes room for a histogram of n numbers in place of the previous histogram, whose
// number of numbers is had. If there is no room, the previous histogram is dropped.
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
