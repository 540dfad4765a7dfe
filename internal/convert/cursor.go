// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

// cursor finds the points of an instrument by identity. Points come in about
// the same order at each export, so a look-up first follows the successors of
// the last hit; two are remembered, for the SDK alternates between two orders
// for delta and observable instruments. Positions would not do: they break when
// a series goes, and when one collection is split over several exports.
type cursor[K comparable] struct {
	entries map[K]*Point[K] // nil: nothing is kept
	last    *Point[K]
}

// find returns the point of a key, nil if it is not known.
func (c *cursor[K]) find(key K) *Point[K] {
	last := c.last
	if last != nil {
		if p := last.next[0]; p != nil && p.key == key && p.kept {
			c.last = p
			return p
		}
		if p := last.next[1]; p != nil && p.key == key && p.kept {
			c.last = p
			return p
		}
	}
	p, ok := c.entries[key]
	if !ok {
		return nil
	}
	c.follow(p)
	return p
}

// add makes p known.
func (c *cursor[K]) add(p *Point[K]) {
	p.kept = true
	c.entries[p.key] = p
	c.follow(p)
}

func (c *cursor[K]) follow(p *Point[K]) {
	if c.last != nil {
		c.last.next[1] = c.last.next[0]
		c.last.next[0] = p
	}
	c.last = p
}

// remove forgets p. Others may still have it as a successor: it is not kept.
func (c *cursor[K]) remove(p *Point[K]) {
	delete(c.entries, p.key)
	p.kept = false
	p.next = [2]*Point[K]{}
	if c.last == p {
		c.last = nil
	}
}
