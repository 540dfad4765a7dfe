// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"cmp"
	"math/bits"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// order is the order in which the numbers of an instrument are sent. An SDK gives
// them in that of a map; here series that are alike come after each other, so that
// a line repeats most of the one before it: fewer bytes, written faster. Values
// are held back in slots until all of the instrument are there.
type order struct {
	slots []slot
	held  []int32 // slots that have a value
	stale int     // points that have come since, and so have no slot, or have gone
	cost  int64
}

// slot is the place of a series, and its value while that is held back.
type slot struct {
	series *wire.Series // nil if its point is gone
	ts     int64
	v      wire.Value
	source uint32
	set    bool
}

const (
	// leastOrdered is how many points are worth an order.
	leastOrdered = 32
	slotOverhead = 48
	// orderColumns are how many parts of a series' text the order goes by.
	orderColumns = 8
)

// hold keeps a value for its slot, and reports whether it has one that is free. If
// it has none, its value is to be sent at once, and one of its series that must
// come before it has been sent.
func (c *Converter[K]) hold(p *Point[K], ts int64, v wire.Value) bool {
	i := p.instrument
	if c.holding != i {
		c.Settle()
		c.holding = i
		if i.order.stale >= max(leastOrdered, len(i.order.slots)/4) {
			c.arrange(i)
		}
	}
	if p.slot == 0 {
		if len(i.order.held) > 0 && c.others(p) {
			c.Settle()
		}
		return false
	}
	s := &i.order.slots[p.slot-1]
	if s.set {
		c.Settle()
		return false
	}
	s.ts, s.v, s.source, s.set = ts, v, *c.source, true
	i.order.held = append(i.order.held, p.slot-1)
	return true
}

// others reports whether the series of a number has other points.
func (c *Converter[K]) others(p *Point[K]) bool {
	if p.kept {
		return c.seriesOf(p, plain).Users() > 1
	}
	return c.seriesOf(p, plain).Users() > 0
}

// Settle sends what is held back. Whoever converts numbers calls it after the last
// one of an export.
func (c *Converter[K]) Settle() {
	i := c.holding
	if i == nil {
		return
	}
	c.holding = nil
	source := *c.source
	slots, held := i.order.slots, i.order.held
	if len(held) > len(slots)/8 {
		for n := range slots {
			if slots[n].set {
				c.settle(i, &slots[n])
			}
		}
	} else { // a part of a collection
		slices.Sort(held)
		for _, n := range held {
			c.settle(i, &slots[n])
		}
	}
	i.order.held = held[:0]
	*c.source = source
}

// settle sends the value of a slot.
func (c *Converter[K]) settle(i *Instrument[K], s *slot) {
	s.set = false
	*c.source = s.source
	c.emit(i, true, s.series, s.ts, s.v)
}

// arrange gives all points of an instrument their slots.
func (c *Converter[K]) arrange(i *Instrument[K]) {
	o := &i.order
	o.stale = 0
	points := make([]*Point[K], 0, len(i.points.entries))
	for _, p := range i.points.entries {
		p.slot = 0
		if p.detail == nil && p.single.Users() == 1 { // of two points of one series the first one stands
			points = append(points, p)
		}
	}
	o.slots = o.slots[:0]
	cost := slotOverhead * int64(len(points))
	if len(points) < leastOrdered || !c.table.Charge(cost-o.cost) {
		return
	}
	o.cost = cost
	sortByLikeness(points)
	series := make([]*wire.Series, len(points))
	for n, p := range points {
		series[n] = p.single
	}
	c.table.Gather(series)
	o.slots, o.held = slices.Grow(o.slots, len(points)), slices.Grow(o.held[:0], len(points))
	for n, p := range points {
		p.single, p.slot = series[n], int32(n+1)
		o.slots = append(o.slots, slot{series: p.single})
	}
}

// leave empties the slot of a point that goes.
func (o *order) leave(slot int32) {
	o.stale++
	if slot > 0 {
		o.slots[slot-1].series = nil
	}
}

// sortByLikeness sorts points by the parts of their series' text, those first that
// differ least often.
func sortByLikeness[K comparable](points []*Point[K]) {
	parts := make([][wire.MaxParts]uint8, len(points))
	var seen [wire.MaxParts][4]uint64
	for n, p := range points {
		parts[n] = p.single.Parts()
		for column, part := range parts[n] {
			seen[column][part>>6] |= 1 << (part & 63)
		}
	}
	columns := make([]int, 0, wire.MaxParts)
	var values [wire.MaxParts]int
	for column := range seen {
		for _, word := range seen[column] {
			values[column] += bits.OnesCount64(word)
		}
		if values[column] > 1 {
			columns = append(columns, column)
		}
	}
	slices.SortStableFunc(columns, func(a, b int) int { return cmp.Compare(values[a], values[b]) })
	columns = columns[:min(len(columns), orderColumns)]

	type keyed struct {
		key   uint64
		point *Point[K]
	}
	keys := make([]keyed, len(points))
	for n, p := range points {
		keys[n].point = p
		for _, column := range columns {
			keys[n].key = keys[n].key<<8 | uint64(parts[n][column])
		}
	}
	slices.SortFunc(keys, func(a, b keyed) int {
		if c := cmp.Compare(a.key, b.key); c != 0 {
			return c
		}
		return strings.Compare(a.point.single.Prefix(), b.point.single.Prefix())
	})
	for n := range keys {
		points[n] = keys[n].point
	}
}
