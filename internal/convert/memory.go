// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/wire"
)

// The reporter layout gives counts and sums since the start, and rates, of points
// that say what was in one interval. What that needs is remembered for a resource,
// not by a converter: exports that run at once have a converter each, and must add
// to the same counts. An export observes all of its points under a lock, before
// it sends the first of them, and converts readings, which nobody changes
// any more.

// StateTime is how long the reporter layout remembers a series whose points have
// delta temporality without observations, so that one that is rare has a count.
// Meanwhile it is reported at each interval. If there is no room for others, and
// with cumulative temporality, where a point that does not come has gone, the time
// is [IdleTime].
const StateTime = time.Hour

const stateSeconds = uint32(StateTime / time.Second)

// The costs of what is remembered, in bytes, with its places in maps and lists.
const (
	stateOverhead  = 320
	ledgerOverhead = 256
)

// memory is what is remembered of the points of one resource. It is safe for
// concurrent use; what is below its lock is for those who hold it.
type memory[K comparable] struct {
	budget *wire.Budget

	mu      sync.Mutex
	ledgers map[ledgerKey[K]]*ledger[K]
	order   []*ledger[K] // of the same
	held    int64        // bytes
	closed  bool

	generation uint64    // of the export that observes
	start      time.Time // of the first
	now        uint32    // seconds from there to the last
	full       bool      // a sweep in this export was no help
}

type ledgerKey[K comparable] struct {
	scope scopeKey[K]
	spec  InstrumentSpec
}

// ledger has what is remembered of the points of one instrument.
type ledger[K comparable] struct {
	key    ledgerKey[K]
	states map[K]*state[K]
	order  []*state[K] // of the same
}

// state is what is remembered of a point.
type state[K comparable] struct {
	key        K
	used       uint32 // as of Point
	generation uint64 // of the export that has seen it last
	start      int64  // of the stream of points; this and the following in nanoseconds since 1970
	seen       int64  // the time of the last reading
	every      int64  // how long the last interval was
	delta      bool
	known      bool // of a sum: total is that of the last point

	total wire.Value // of a sum
	count uint64     // of a histogram, and
	sum   float64
	meter histogram.Meter

	explicit    *histogram.Explicit // the last ones, of cumulative temporality
	exponential *histogram.Exponential
	blind       bool // there was no room for them
	cost        int64
}

func newMemory[K comparable](budget *wire.Budget) *memory[K] {
	return &memory[K]{budget: budget, ledgers: make(map[ledgerKey[K]]*ledger[K])}
}

// begin starts the observation of an export.
func (m *memory[K]) begin(now time.Time) {
	m.generation++
	if m.start.IsZero() {
		m.start = now
	}
	m.now = max(m.now, uint32(max(0, now.Sub(m.start))/time.Second)) // whatever the clock does
	m.full = false
}

// end ends it, and forgets what has gone.
func (m *memory[K]) end() {
	m.sweep(stateSeconds)
	m.order = slices.DeleteFunc(m.order, func(l *ledger[K]) bool {
		if len(l.order) > 0 {
			return false
		}
		delete(m.ledgers, l.key)
		m.charge(-ledgerOverhead)
		return true
	})
}

// charge takes bytes, or gives them back, and reports whether there is room, after
// a sweep if need be.
func (m *memory[K]) charge(n int64) bool {
	if m.closed {
		return false
	}
	if !m.budget.Take(n) {
		if m.full {
			return false
		}
		m.full = true
		m.sweep(idleSeconds)
		if !m.budget.Take(n) {
			return false
		}
	}
	m.held += n
	return true
}

// ledger returns that of an instrument.
func (m *memory[K]) ledger(i *Instrument[K]) *ledger[K] {
	key := ledgerKey[K]{i.scope.key, i.spec}
	l, ok := m.ledgers[key]
	if !ok && m.charge(ledgerOverhead) {
		l = &ledger[K]{key: key, states: make(map[K]*state[K])}
		m.ledgers[key] = l
		m.order = append(m.order, l)
	}
	return l
}

// state returns that of a point. Without room for it, it is nil.
func (m *memory[K]) state(l *ledger[K], key K) *state[K] {
	if l == nil {
		return nil
	}
	s, ok := l.states[key]
	if !ok {
		if !m.charge(stateOverhead) {
			return nil
		}
		s = &state[K]{key: key, cost: stateOverhead}
		l.states[key] = s
		l.order = append(l.order, s)
	}
	s.used = m.now
	return s
}

// sweep forgets points that have not been observed for so long.
func (m *memory[K]) sweep(seconds uint32) {
	for _, l := range m.order {
		l.order = slices.DeleteFunc(l.order, func(s *state[K]) bool {
			limit := seconds
			if !s.delta {
				limit = idleSeconds
			}
			if m.now-s.used < limit {
				return false
			}
			delete(l.states, s.key)
			m.charge(-s.cost)
			return true
		})
	}
}

// close forgets everything, for good.
func (m *memory[K]) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.budget.Take(-m.held)
	m.held, m.closed = 0, true
	clear(m.ledgers)
	m.order = nil
}

// keepExplicit remembers a point, if there is room.
func (m *memory[K]) keepExplicit(s *state[K], h *histogram.Explicit) {
	if s.explicit == nil {
		s.explicit = new(histogram.Explicit)
	}
	bounds, buckets := s.explicit.Bounds, s.explicit.Counts
	had := len(bounds) + len(buckets)
	if s.blind = !m.grow(s, len(h.Bounds)+len(h.Counts)-had); s.blind {
		m.grow(s, -had)
		s.explicit = nil
		return
	}
	bounds, buckets = append(bounds[:0], h.Bounds...), append(buckets[:0], h.Counts...)
	*s.explicit = *h
	s.explicit.Bounds, s.explicit.Counts = bounds, buckets
}

// keepExponential remembers a point, if there is room.
func (m *memory[K]) keepExponential(s *state[K], h *histogram.Exponential) {
	if s.exponential == nil {
		s.exponential = new(histogram.Exponential)
	}
	positive, negative := s.exponential.Positive.Counts, s.exponential.Negative.Counts
	had := len(positive) + len(negative)
	if s.blind = !m.grow(s, len(h.Positive.Counts)+len(h.Negative.Counts)-had); s.blind {
		m.grow(s, -had)
		s.exponential = nil
		return
	}
	positive, negative = append(positive[:0], h.Positive.Counts...), append(negative[:0], h.Negative.Counts...)
	*s.exponential = *h
	s.exponential.Positive.Counts, s.exponential.Negative.Counts = positive, negative
}

// grow takes the bytes of n numbers more, or gives them back, and reports whether
// there is room.
func (m *memory[K]) grow(s *state[K], n int) bool {
	bytes := 8 * int64(n)
	if !m.charge(bytes) {
		return false
	}
	s.cost += bytes
	return true
}
