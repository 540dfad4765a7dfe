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
	slots []slot[K]
	held  []int32     // slots that have a value
	live  int         // slots that had one in the last export
	news  []*Point[K] // that have come since, and wait for a slot
	gone  int         // slots whose points have gone
	cost  int64
}

// slot is the place of a point, and its value while that is held back.
type slot[K comparable] struct {
	point  *Point[K] // nil if it has gone
	series *wire.Series
	key    uint64 // slots ascend by it
	ts     int64
	v      wire.Value
	source uint32
	set    bool
}

const (
	// leastOrdered is how many points are worth an order.
	leastOrdered = 32
	// slotOverhead is what a slot costs, with what is held and new.
	slotOverhead = 80
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
	for n := range i.order.slots {
		i.order.slots[n].set = false
	}
	i.order.held = i.order.held[:0]
	c.holding = nil
}

// settle sends the value of a slot.
func (c *Converter[K]) settle(i *Instrument[K], s *slot[K]) {
	s.set = false
	*c.source = s.source
	c.emit(i, true, s.series, s.ts, s.v)
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
	keys := keysOf(points)
	o.slots = slices.Grow(o.slots, len(points))
	for n, p := range points {
		o.slots = append(o.slots, slot[K]{point: p, series: p.single, key: keys[n]})
	}
	slices.SortFunc(o.slots, compareSlots[K])
	series := make([]*wire.Series, len(o.slots))
	for n := range o.slots {
		series[n] = o.slots[n].series
	}
	c.table.Gather(series)
	for n := range o.slots {
		s := &o.slots[n]
		s.series, s.point.single, s.point.slot = series[n], series[n], int32(n+1)
	}
	o.held = slices.Grow(o.held[:0], len(o.slots))
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

func compareSlots[K comparable](a, b slot[K]) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	return strings.Compare(a.series.Prefix(), b.series.Prefix())
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
