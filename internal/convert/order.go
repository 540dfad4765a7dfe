// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// order is the order in which the numbers of an instrument are sent. An SDK gives
// them in that of a map; here series that are alike come after each other, so that
// a line repeats most of the one before it, which saves a quarter of the bytes, and
// little has to be kept of each. Values are held back in slots until all of the
// instrument are there.
type order[K comparable] struct {
	slots  []slot[K]
	values []held      // of the slots, apart: they are written in any order, and so lie close together
	held   []int32     // slots that have one
	sent   int         // values that have been held back in this export, and
	live   int         // in the one before
	export uint32      // this one
	since  int         // values sent since all points were given slots anew
	loose  []*Point[K] // that wait for a slot
	gone   int         // slots whose points have gone
	cost   int64
}

// slot is the place of a point.
type slot[K comparable] struct {
	point  *Point[K] // nil if it has gone
	series *put.Series
}

// held is a value that is held back.
type held struct {
	v      model.Value
	ts     int64
	source uint32
	set    bool
}

const (
	// leastOrdered is how many points are worth an order.
	leastOrdered = 32
	// slotOverhead is what a slot costs, with its value and what is held.
	slotOverhead = 64
	// waiting is in the place of a slot.
	waiting = -1
)

// turn turns to an instrument, nil being none: what is held back of another one is
// sent.
func (c *Converter[K]) turn(i *Instrument[K]) {
	if c.holding == i {
		return
	}
	c.Settle()
	if c.holding = i; i == nil || i.order.export == c.generation { // a part of it has been sent
		return
	}
	o := &i.order
	o.export, o.live, o.sent, o.since = c.generation, o.sent, 0, o.since+o.sent
	c.arrange(i)
	if i.expected > len(o.values)/8 {
		clear(o.values) // nothing is set: this has them come nearer all at once, not each when it is written
	}
}

// hold keeps a value for its place, and reports whether it has one that is free. If
// it has none, its value is to be sent at once, and one of its series that must
// come before it has been sent.
func (c *Converter[K]) hold(p *Point[K], ts int64, v model.Value) bool {
	i := p.instrument
	c.turn(i)
	var h *held
	switch {
	case p.slot > 0:
		h = &i.order.values[p.slot-1]
	case p.slot <= firstStaged:
		h = &c.staged.points[firstStaged-p.slot].value
	default:
		if p.slot == 0 && p.kept && p.sole() {
			i.order.add(p)
		}
		if len(i.order.held)+len(c.staged.points) > 0 && c.others(p) {
			c.Settle()
		}
		return false
	}
	if h.set {
		c.Settle()
		return false
	}
	*h = held{v, ts, *c.source, true}
	if p.slot > 0 {
		i.order.held = append(i.order.held, p.slot-1)
	}
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
	i.order.sent += len(held)
	i.order.held = held[:0]
	c.land(i)
	c.holding = nil
	*c.source = source
}

// settle sends a value.
func (c *Converter[K]) settle(i *Instrument[K], s *put.Series, h *held) {
	h.set = false
	*c.source = h.source
	c.emit(i, true, s, h.ts, h.v)
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
	c.drop()
	c.holding = nil
}

// arrange gives points slots that have none, if they are many. It gives all points new
// ones if many have gone, or have not come lately, and if that is little work beside what
// has been done since the last time: of a large instrument each collection may have
// others.
func (c *Converter[K]) arrange(i *Instrument[K]) {
	o := &i.order
	gone := o.gone >= max(leastOrdered, len(o.slots)/2)
	if !gone && len(o.loose) < max(leastOrdered, o.live/16) {
		return
	}
	var points []*Point[K]
	since := c.generation - min(c.generation, recent)
	consider := func(p *Point[K]) {
		if p.slot = 0; p.kept && p.sole() && p.single.MarkedSince(since) && p.single.Runs() {
			points = append(points, p)
		}
	}
	if gone || 2*len(o.slots) >= 3*(o.live+len(o.loose)) && o.since >= patience*len(o.slots) {
		for n := range o.slots {
			if p := o.slots[n].point; p != nil {
				consider(p)
			}
		}
		c.table.Charge(-o.cost)
		o.slots, o.values, o.gone, o.cost, o.since = nil, nil, 0, 0, 0
	}
	for _, p := range o.loose {
		consider(p)
	}
	o.loose = nil
	for part := range slices.Chunk(points, put.MaxRun) {
		c.order(i, part)
	}
}

// patience is how often as many values as there are slots are sent before all points are
// given others: that takes as long as to send some five values each.
const patience = 32

// recent is how many exports ago a point may have come last to get a slot. One
// collection may come in several exports.
const recent = 8

// order puts points in order and gives them slots. Few wait for others.
func (c *Converter[K]) order(i *Instrument[K], points []*Point[K]) {
	if len(points) < leastOrdered {
		for _, p := range points {
			i.order.add(p)
		}
		return
	}
	cost := slotOverhead * int64(len(points))
	members := c.sort(points)
	var series []*put.Series
	if c.table.Charge(cost) {
		if series = c.table.Arrange(members); series == nil {
			c.table.Charge(-cost)
		}
	}
	if series == nil {
		for _, p := range points {
			p.slot = waiting // in vain, or all of this would be tried at every export
		}
		return
	}
	i.order.cost += cost
	i.order.grow(len(i.order.slots) + len(points))
	for n, p := range points {
		p.single = series[n]
		i.order.place(p)
	}
}

// sort sorts points, and returns their series.
func (c *Converter[K]) sort(points []*Point[K]) []put.Member {
	var text []byte
	ends := make([]int, 1, len(points)+1)
	for n, p := range points {
		if n == 1 {
			text = slices.Grow(text, len(points)*(len(text)+len(text)/16))
		}
		text = c.texts.Append(text, p.single)
		ends = append(ends, len(text))
	}
	textOf := func(n int) []byte { return text[ends[n]:ends[n+1]:ends[n+1]] }
	var s sorter
	for n := range points {
		s.parts = append(s.parts, put.PartsOf(textOf(n)))
	}
	given := slices.Clone(points)
	members := make([]put.Member, len(points))
	for n, k := range s.sort(textOf) {
		points[n] = given[k.place]
		members[n] = put.Member{Prefix: textOf(k.place), Series: points[n].single}
	}
	return members
}

// grow makes room for n slots.
func (o *order[K]) grow(n int) {
	if n > cap(o.slots) {
		more := n - len(o.slots)
		o.slots, o.values = slices.Grow(o.slots, more), slices.Grow(o.values, more)
		o.held = slices.Grow(o.held, n-len(o.held))
	}
}

// place gives a point the next slot.
func (o *order[K]) place(p *Point[K]) {
	o.slots, o.values = append(o.slots, slot[K]{p, p.single}), append(o.values, held{})
	p.slot = int32(len(o.slots))
}

// sole reports whether a number is the only point of its series: of two the first
// one that is given stands, and so none is held back.
func (p *Point[K]) sole() bool { return p.detail == nil && p.single.Users() == 1 }

// add has a point get a slot some time.
func (o *order[K]) add(p *Point[K]) {
	p.slot = waiting
	o.loose = append(o.loose, p)
}

// leave empties the slot of a point that goes.
func (o *order[K]) leave(p *Point[K]) {
	if p.slot > 0 {
		o.slots[p.slot-1].point = nil
		o.gone++
	}
	p.slot = 0
}
