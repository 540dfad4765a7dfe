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
// a line repeats most of the one before it, which saves a quarter of the bytes. Values
// are held back in slots until all of the instrument are there.
type order[K comparable] struct {
	slots  []slot[K]
	values []held      // of the slots, apart: they are written in any order, and so lie close together
	held   []int32     // slots that have one
	live   int         // slots that had one in the last export
	news   []*Point[K] // that have come since, and wait for a slot
	gone   int         // slots whose points have gone
	cost   int64
}

// slot is the place of a point.
type slot[K comparable] struct {
	point  *Point[K] // nil if it has gone
	series *wire.Series
}

// held is a value that is held back.
type held struct {
	v      wire.Value
	ts     int64
	source uint32
	set    bool
}

const (
	// leastOrdered is how many points are worth an order.
	leastOrdered = 32
	// slotOverhead is what a slot costs, with what is held and new.
	slotOverhead = 64
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
		c.arrange(i)
	}
	if p.slot <= 0 {
		if p.slot == 0 && p.kept && p.sole() {
			i.order.add(p)
		}
		if len(i.order.held) > 0 && c.others(p) {
			c.Settle()
		}
		return false
	}
	h := &i.order.values[p.slot-1]
	if h.set {
		c.Settle()
		return false
	}
	*h = held{v, ts, *c.source, true}
	i.order.held = append(i.order.held, p.slot-1)
	return true
}

// others reports whether the series of a number has other points.
func (c *Converter[K]) others(p *Point[K]) bool {
	if p.kept {
		return c.seriesOf(p, p.instrument.only).Users() > 1
	}
	return c.seriesOf(p, p.instrument.only).Users() > 0
}

// Settle sends what is held back. Whoever converts numbers calls it after the last
// one of an export.
func (c *Converter[K]) Settle() {
	i := c.holding
	if i == nil {
		return
	}
	source := *c.source
	slots, values, held := i.order.slots, i.order.values, i.order.held
	if len(held) > len(slots)/8 {
		for n := range values {
			if values[n].set {
				c.settle(i, slots[n].series, &values[n])
			}
		}
	} else { // a part of a collection
		slices.Sort(held)
		for _, n := range held {
			c.settle(i, slots[n].series, &values[n])
		}
	}
	i.order.live, i.order.held = len(held), held[:0]
	c.holding = nil
	*c.source = source
}

// abandon drops what is held back: an export did not come to its end, because
// somebody whom it called has panicked.
func (c *Converter[K]) abandon() {
	i := c.holding
	if i == nil {
		return
	}
	clear(i.order.values)
	i.order.held = i.order.held[:0]
	c.holding = nil
}

// settle sends a value.
func (c *Converter[K]) settle(i *Instrument[K], s *wire.Series, h *held) {
	h.set = false
	*c.source = h.source
	c.emit(i, true, s, h.ts, h.v)
}

// arrange gives all points slots, if those that have none are many, or those that
// have gone. Few are not worth it: new points, which come at once, lie near each other
// in memory, but not near those that they would be put between.
func (c *Converter[K]) arrange(i *Instrument[K]) {
	o := &i.order
	if len(o.news) >= max(leastOrdered, o.live) || o.gone >= max(leastOrdered, len(o.slots)/2) {
		c.order(i)
	}
}

// waiting is in the place of a slot.
const waiting = -1

// recent is how many exports ago a point may have come last to get a slot. One
// collection may come in several exports.
const recent = 8

// order gives all points of an instrument that come slots, and moves their series next
// to each other in memory.
func (c *Converter[K]) order(i *Instrument[K]) {
	o := &i.order
	points := make([]*Point[K], 0, o.live+len(o.news))
	since := c.generation - min(c.generation, recent)
	consider := func(p *Point[K]) {
		if p.slot = 0; p.kept && p.sole() && p.single.MarkedSince(since) {
			points = append(points, p)
		}
	}
	for n := range o.slots {
		if p := o.slots[n].point; p != nil {
			consider(p)
		}
	}
	for _, p := range o.news {
		consider(p)
	}
	clear(o.news)
	o.slots, o.news, o.gone = o.slots[:0], o.news[:0], 0
	if len(points) < leastOrdered || !c.chargeSlots(o, len(points)) {
		c.table.Charge(-o.cost)
		o.cost = 0
		for _, p := range points {
			p.slot = waiting // in vain, or all of this would be tried at every export
		}
		return
	}
	series := sortByLikeness(points)
	c.table.Gather(series)
	o.slots = slices.Grow(o.slots, len(points))
	for n, p := range points {
		p.single, p.slot = series[n], int32(n+1)
		o.slots = append(o.slots, slot[K]{p, series[n]})
	}
	o.values = slices.Grow(o.values[:0], len(points))[:len(points)]
	clear(o.values)
	o.held = slices.Grow(o.held[:0], len(points))
}

// chargeSlots has an order cost n slots, and reports whether there is room.
func (c *Converter[K]) chargeSlots(o *order[K], n int) bool {
	cost := slotOverhead * int64(n)
	if !c.table.Charge(cost - o.cost) {
		return false
	}
	o.cost = cost
	return true
}

// sole reports whether a number is the only point of its series: of two the first
// one that is given stands, and so none is held back.
func (p *Point[K]) sole() bool { return p.detail == nil && p.single.Users() == 1 }

// add has a point get a slot some time.
func (o *order[K]) add(p *Point[K]) {
	p.slot = waiting
	o.news = append(o.news, p)
}

// leave empties the slot of a point that goes.
func (o *order[K]) leave(p *Point[K]) {
	if p.slot > 0 {
		o.slots[p.slot-1].point = nil
		o.gone++
		p.slot = 0
	}
}

// sortByLikeness sorts points, and returns their series.
func sortByLikeness[K comparable](points []*Point[K]) []*wire.Series {
	type keyed struct {
		key   uint64
		point *Point[K]
	}
	all := make([]keyed, len(points))
	for n, key := range keysOf(points) {
		all[n] = keyed{key, points[n]}
	}
	slices.SortFunc(all, func(a, b keyed) int {
		if c := cmp.Compare(a.key, b.key); c != 0 {
			return c
		}
		return strings.Compare(a.point.single.Prefix(), b.point.single.Prefix())
	})
	series := make([]*wire.Series, len(all))
	for n, k := range all {
		points[n], series[n] = k.point, k.point.single
	}
	return series
}

// keysOf returns what points are ordered by: the parts of their series' text, those
// first that differ least often.
func keysOf[K comparable](points []*Point[K]) []uint64 {
	var seen [wire.MaxParts][4]uint64
	parts := make([][wire.MaxParts]uint8, len(points))
	for n, p := range points {
		parts[n] = p.single.Parts()
		for column, part := range parts[n] {
			seen[column][part>>6] |= 1 << (part & 63)
		}
	}
	var columns []int
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
	keys := make([]uint64, len(points))
	for n := range keys {
		for _, column := range columns {
			keys[n] = keys[n]<<8 | uint64(parts[n][column])
		}
	}
	return keys
}
