// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/convert"
)

// StateTime is how long the state of a series with delta temporality is kept without
// observations, so that the count of a rare event continues. During this time the series is
// sent in each interval. If the store is full, the state of a series that was idle for
// [convert.IdleTime] makes room for others. A cumulative series without data points has ended,
// so its state is kept for [convert.IdleTime] only.
const StateTime = time.Hour

// maxResources bounds the resources, which are not charged to the budget of a store.
const maxResources = 10_000

// Store keeps the state of the series of all resources that one exporter serves. K
// identifies resources, scopes and series by their attributes. A Store is safe for
// concurrent use.
type Store[K comparable] struct {
	layout Layout
	budget *convert.Budget

	mu        sync.Mutex
	resources map[K]*resource[K]
	swept     time.Time // time of the last sweep
}

// NewStore returns a store that keeps at most the given number of bytes of state.
func NewStore[K comparable](layout Layout, bytes int64) *Store[K] {
	return &Store[K]{layout: layout, budget: convert.NewBudget(bytes), resources: make(map[K]*resource[K])}
}

// Observer returns an observer for one export of a resource, whose data points are
// converted by conv.
func (s *Store[K]) Observer(key K, conv *convert.Converter[K], now time.Time) *Observer[K] {
	s.mu.Lock()
	defer s.mu.Unlock()
	r, ok := s.resources[key]
	if !ok {
		if len(s.resources) >= maxResources {
			s.dropOldest()
		}
		r = newResource[K](s.budget)
		s.resources[key] = r
	}
	r.used = now
	s.sweep(now)
	return &Observer[K]{store: s, resource: r, conv: conv}
}

// sweep drops the state of resources that were not exported for StateTime.
func (s *Store[K]) sweep(now time.Time) {
	if now.Sub(s.swept) < convert.IdleTime/4 {
		return
	}
	s.swept = now
	for key, r := range s.resources {
		if now.Sub(r.used) > StateTime {
			r.close()
			delete(s.resources, key)
		}
	}
}

// dropOldest drops the state of the resource that was not exported for the longest
// time.
func (s *Store[K]) dropOldest() {
	var oldest K
	var found *resource[K]
	for key, r := range s.resources {
		if found == nil || r.used.Before(found.used) {
			oldest, found = key, r
		}
	}
	found.close()
	delete(s.resources, oldest)
}

// Used returns the bytes that the store keeps.
func (s *Store[K]) Used() int64 { return s.budget.Used() }

// Close drops all state. Observers in use then find no room for state.
func (s *Store[K]) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.resources {
		r.close()
	}
	clear(s.resources)
}
