// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reported

import (
	"math/rand/v2"
	"testing"
)

func TestSet_SeesEachEventOnce(t *testing.T) {
	s := NewSet[string](10)
	for _, key := range []string{"a", "b"} {
		if s.Seen(key) || !s.Seen(key) {
			t.Errorf("%s is seen before it is noted, or not after", key)
		}
	}
}

func TestSet_IsBounded(t *testing.T) {
	for _, most := range []int{1, 2, 7, 100} {
		s := NewSet[int](most)
		for i := range 10 * most {
			s.Seen(i)
			if n := s.Len(); n > max(most, 2) {
				t.Fatalf("%d of at most %d events are remembered", n, most)
			}
		}
	}
}

// A recurring event is not forgotten as long as fewer distinct events than half the limit
// occur in between.
func TestSet_RemembersEventsThatRecur(t *testing.T) {
	const most = 100
	s := NewSet[int](most)
	random := rand.New(rand.NewPCG(1, 2))
	next := 1000
	for i := range 10 {
		s.Seen(i)
	}
	for range 1000 {
		for range random.IntN(most/2 - 10) {
			next++
			if s.Seen(next) {
				t.Fatalf("%d is new", next)
			}
		}
		for i := range 10 {
			if !s.Seen(i) {
				t.Fatalf("%d is forgotten", i)
			}
		}
	}
}
