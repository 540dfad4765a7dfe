// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package reported remembers, in bounded memory, which events have been reported, so that a
// recurring event is reported once:
//
//	if !set.Seen(key) {
//		report(event)
//	}
package reported

import "sync"

// Set is a set of reported events, identified by keys. It is safe for concurrent use.
//
// When a set is full, it forgets old events, in two generations of half its limit each:
// when the younger generation is full, it becomes the older one, and the previous older one
// is forgotten. Seeing an event adds it to the younger generation again. So an event that
// recurs is remembered as long as fewer distinct events than half the limit occur in
// between.
type Set[K comparable] struct {
	limit int // the limit of both generations together

	mu             sync.Mutex // guards the fields below
	younger, older map[K]struct{}
}

// NewSet returns an empty set that remembers at most the given number of events.
func NewSet[K comparable](limit int) *Set[K] {
	return &Set[K]{limit: limit, younger: make(map[K]struct{})}
}

// Seen reports whether an event was seen before, and adds it to the set.
func (s *Set[K]) Seen(key K) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.younger[key]; ok {
		return true
	}
	_, seen := s.older[key]
	if len(s.younger) >= max(s.limit/2, 1) {
		s.older, s.younger = s.younger, make(map[K]struct{})
	}
	s.younger[key] = struct{}{}
	return seen
}

// Len returns the number of events in both generations. An event in both of them counts
// twice.
func (s *Set[K]) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.younger) + len(s.older)
}
