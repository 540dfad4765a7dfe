// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
)

func newCursor(n int) *cursor[int] {
	c := &cursor[int]{entries: make(map[int]*Point[int])}
	for key := range n {
		c.add(&Point[int]{key: key})
	}
	return c
}

func (c *cursor[K]) walk(t *testing.T, keys []K) {
	t.Helper()
	for _, key := range keys {
		if p := c.find(key); p == nil || p.key != key {
			t.Fatalf("find(%v) = %v", key, p)
		}
	}
}

// lookups returns how many of the keys are not found by following successors.
func (c *cursor[K]) lookups(keys []K) int {
	n := 0
	for _, key := range keys {
		last := c.last
		if last == nil || !slices.ContainsFunc(last.next[:], func(p *Point[K]) bool { return p != nil && p.key == key }) {
			n++
		}
		c.find(key)
	}
	return n
}

func TestCursorFollowsAnOrder(t *testing.T) {
	keys := rand.New(rand.NewPCG(1, 2)).Perm(1000)
	c := newCursor(1000)
	c.walk(t, keys)
	c.walk(t, keys) // the step from the last to the first is new
	if n := c.lookups(keys); n != 0 {
		t.Errorf("%d look-ups in the map for an order that is known", n)
	}
}

func TestCursorFollowsTwoOrders(t *testing.T) {
	orders := [][]int{rand.New(rand.NewPCG(1, 2)).Perm(1000), rand.New(rand.NewPCG(3, 4)).Perm(1000)}
	c := newCursor(1000)
	for range 2 {
		c.walk(t, orders[0])
		c.walk(t, orders[1])
	}
	for round := range 4 {
		if n := c.lookups(orders[round%2]); n > 2 {
			t.Errorf("round %d: %d look-ups in the map for two orders that are known", round, n)
		}
	}
}

func TestCursorAfterRemovals(t *testing.T) {
	keys := rand.New(rand.NewPCG(1, 2)).Perm(1000)
	c := newCursor(1000)
	c.walk(t, keys)
	c.walk(t, keys)
	var left []int
	for i, key := range keys {
		if i%10 == 5 {
			c.remove(c.entries[key])
			continue
		}
		left = append(left, key)
	}
	for _, key := range keys {
		if p := c.find(key); (p == nil) == slices.Contains(left, key) {
			t.Fatalf("find(%d) = %v after removals", key, p)
		}
	}
	c.walk(t, left)
	if n := c.lookups(left); n != 0 {
		t.Errorf("%d look-ups in the map after 100 removals and a round", n)
	}
}

func TestCursorRemovesTheLast(t *testing.T) {
	c := newCursor(2)
	first := c.entries[0]
	c.find(0)
	c.remove(first)
	if c.find(0) != nil || c.find(1) == nil {
		t.Error("a removed point is found, or another one is not")
	}
	again := &Point[int]{key: 0}
	c.add(again)
	c.find(1)
	if c.find(0) != again {
		t.Error("the point that was added again is not found")
	}
}

// Part of the points, as when a collection is split over several exports, is
// followed from where the last part ended.
func TestCursorAcrossParts(t *testing.T) {
	h := newHarness(t, Config{})
	keys := []string{"k=a", "k=b", "k=c", "k=d", "k=e"}
	for range 3 {
		for _, part := range [][]string{keys[:2], keys[2:4], keys[4:]} {
			h.export(func() {
				for _, key := range part {
					h.number("n", key, model.Int(1))
				}
			})
		}
	}
	if n := h.instrument("n", Sum).points.lookups(keys); n != 0 {
		t.Errorf("%d look-ups in the map", n)
	}
}
