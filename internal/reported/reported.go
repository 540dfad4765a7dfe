// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package reported remembers which events have been reported, so that each is reported
// once, in bounded memory.
package reported

import "sync"

// Set remembers events by their keys. It keeps two generations of half its bound: when
// the younger one is full, the older one is forgotten. So an event that recurs is
// remembered, however many others there are in between, up to half the bound. It is safe
// for concurrent use.
type Set[K comparable] struct {
	most int

	mu             sync.Mutex
	younger, older map[K]struct{}
}

// NewSet returns a set that remembers at most so many events.
func NewSet[K comparable](most int) *Set[K] {
	return &Set[K]{most: most, younger: make(map[K]struct{})}
}

// Seen reports whether an event has been noted before, and notes it.
func (s *Set[K]) Seen(key K) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.younger[key]; ok {
		return true
	}
	_, seen := s.older[key]
	if len(s.younger) >= max(s.most/2, 1) {
		s.older, s.younger = s.younger, make(map[K]struct{})
	}
	s.younger[key] = struct{}{}
	return seen
}

// Len returns the number of events that are remembered. An event of both generations
// counts twice.
func (s *Set[K]) Len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.younger) + len(s.older)
}
