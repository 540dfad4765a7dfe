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
type order[K comparable] struct {
	slots   []slot[K]
	held    []int32     // slots that have a value
	news    []*Point[K] // that have been kept since
	gone    int         // slots whose points have gone
	columns []int       // of a series' parts, by which it is ordered
	cost    int64
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
	i.order.held = held[:0]
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

// arrange gives slots to the points that have none, if they are many: among the
// others, or, if they are most, all anew.
func (c *Converter[K]) arrange(i *Instrument[K]) {
	o := &i.order
	stale, slots := len(o.news)+o.gone, len(o.slots)
	switch {
	case stale < leastOrdered/2 || stale < slots/16:
	case stale > slots/2:
		c.order(i)
	default:
		c.insert(i)
	}
}

// order gives all points of an instrument their slots.
func (c *Converter[K]) order(i *Instrument[K]) {
	o := &i.order
	points := make([]*Point[K], 0, len(i.points.entries))
	for _, p := range i.points.entries {
		p.slot = 0
		if p.sole() {
			points = append(points, p)
		}
	}
	o.slots, o.news, o.gone = o.slots[:0], o.news[:0], 0
	if len(points) < leastOrdered || !c.chargeSlots(o, len(points)) {
		c.table.Charge(-o.cost)
		o.cost = 0
		return
	}
	o.columns = columnsOf(points)
	o.slots = slices.Grow(o.slots, len(points))
	for _, p := range points {
		o.slots = append(o.slots, o.slotOf(p))
	}
	slices.SortFunc(o.slots, compareSlots[K])
	series := make([]*wire.Series, len(o.slots))
	for n := range o.slots {
		series[n] = o.slots[n].series
	}
	c.table.Gather(series)
	for n := range o.slots {
		o.slots[n].series, o.slots[n].point.single = series[n], series[n]
	}
	o.number()
}

// insert gives new points slots among the others.
func (c *Converter[K]) insert(i *Instrument[K]) {
	o := &i.order
	o.slots = slices.DeleteFunc(o.slots, func(s slot[K]) bool { return s.point == nil })
	o.gone = 0
	rest := len(o.slots)
	if !c.chargeSlots(o, rest+len(o.news)) {
		o.news = o.news[:0]
		o.number()
		return
	}
	for _, p := range o.news {
		if p.kept && p.sole() {
			o.slots = append(o.slots, o.slotOf(p))
		}
	}
	o.news = o.news[:0]
	slices.SortFunc(o.slots[rest:], compareSlots[K])
	o.slots = merged(o.slots, rest)
	o.number()
}

// merged merges two sorted parts of slots, in place but for the second, which is
// much shorter.
func merged[K comparable](slots []slot[K], second int) []slot[K] {
	news := slices.Clone(slots[second:])
	at := len(slots) - 1
	for len(news) > 0 {
		last := news[len(news)-1]
		if second > 0 && compareSlots(slots[second-1], last) > 0 {
			second--
			slots[at] = slots[second]
		} else {
			slots[at] = last
			news = news[:len(news)-1]
		}
		at--
	}
	return slots
}

// number tells points where their slots are.
func (o *order[K]) number() {
	for n := range o.slots {
		o.slots[n].point.slot = int32(n + 1)
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

// leave empties the slot of a point that goes.
func (o *order[K]) leave(p *Point[K]) {
	if p.slot > 0 {
		o.slots[p.slot-1].point = nil
		o.gone++
		p.slot = 0
	}
}

func (o *order[K]) slotOf(p *Point[K]) slot[K] {
	s := slot[K]{point: p, series: p.single}
	parts := p.single.Parts()
	for _, column := range o.columns {
		s.key = s.key<<8 | uint64(parts[column])
	}
	return s
}

func compareSlots[K comparable](a, b slot[K]) int {
	if c := cmp.Compare(a.key, b.key); c != 0 {
		return c
	}
	return strings.Compare(a.series.Prefix(), b.series.Prefix())
}

// columnsOf returns the parts by which series are ordered, those first that differ
// least often.
func columnsOf[K comparable](points []*Point[K]) []int {
	var seen [wire.MaxParts][4]uint64
	for _, p := range points {
		for column, part := range p.single.Parts() {
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
	return columns[:min(len(columns), orderColumns)]
}
