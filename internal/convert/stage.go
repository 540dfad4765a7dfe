// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// stage has the new numbers of the instrument that is being converted, with the texts
// of their series, until they can be put in order: many at once become a run, with
// less work than it takes to keep each for itself.
type stage[K comparable] struct {
	points  []staged[K]
	text    []byte // of all series, one after the other
	fresh   bool   // the instrument had no points before: none of them can wait for one of these
	sorter  sorter
	members []put.Member
}

type staged[K comparable] struct {
	point *Point[K]
	end   int // of its series' text
	value held
}

const (
	// maxStaged is how many bytes of text wait at the most, but for one series.
	maxStaged = 2 << 20
	// firstStaged is in the place of a slot: the first point on the stage. The others
	// have lower ones.
	firstStaged = -2
	// keptStage is how many bytes of text a stage has room for between exports.
	keptStage = 64 << 10
)

// textOf returns the text of a series.
func (s *stage[K]) textOf(n int) []byte {
	start, end := 0, s.points[n].end
	if n > 0 {
		start = s.points[n-1].end
	}
	return s.text[start:end:end]
}

// clear empties the stage.
func (s *stage[K]) clear() {
	clear(s.points)
	clear(s.members)
	s.points, s.members, s.text, s.sorter.parts = s.points[:0], s.members[:0], s.text[:0], s.sorter.parts[:0]
}

// shrink gives back what many points have taken, which do not come every time.
func (s *stage[K]) shrink() {
	if cap(s.text) > keptStage {
		*s = stage[K]{}
	}
}

// stage puts the series of a new number on the stage, if there is room, and reports
// whether that is what it needs. It is not if the series is known already, or if its
// points are not held back, so that no order helps.
func (c *Converter[K]) stage(i *Instrument[K], tags []model.Tag) (fits, room bool) {
	if i.shape.Unordered {
		return false, true
	}
	s := &c.staged
	full := len(s.points) == put.MaxRun || len(s.text) > maxStaged
	if full || len(s.points) > 0 && c.cfg.Budget.Room() < 4 { // it needs less when it is in order
		c.turn(nil)
		c.turn(i)
	}
	start := len(s.text)
	s.text = c.renderer.AppendPrefix(s.text, i.heads[i.only], tags)
	prefix := s.text[start:]
	if len(s.points) == 0 {
		s.fresh = len(i.points.entries) == 0
	}
	fits = put.Runs(prefix) && (s.fresh || c.table.Lookup(prefix) == nil)
	if !fits || !c.charge(put.StagedCost(prefix)+slotOverhead) {
		s.text = s.text[:start]
		return fits, false
	}
	if len(s.points) == 0 {
		s.expect(min(max(1, i.expected-len(i.points.entries)), put.MaxRun))
	}
	s.points = append(s.points, staged[K]{end: len(s.text)})
	s.sorter.parts = append(s.sorter.parts, put.PartsOfTags(tags))
	return true, true
}

// expect makes room for n series like the first one, which is there.
func (s *stage[K]) expect(n int) {
	s.points = slices.Grow(s.points, n)
	s.sorter.parts = slices.Grow(s.sorter.parts, n)
	s.text = slices.Grow(s.text, min(n*(len(s.text)+len(s.text)/16), maxStaged))
}

// land puts what is on the stage in order, and sends the values.
func (c *Converter[K]) land(i *Instrument[K]) {
	s := &c.staged
	if len(s.points) == 0 {
		return
	}
	defer s.clear()
	if len(s.points) < leastOrdered || !c.landRun(i) {
		for n := range s.points {
			c.landAlone(i, n)
		}
		for n := range s.points {
			c.depart(i, &s.points[n])
		}
	}
}

// depart sends the value of a point that has landed.
func (c *Converter[K]) depart(i *Instrument[K], s *staged[K]) {
	if s.value.set {
		i.order.sent++
		*c.source = s.value.source
		c.emit(i, s.point.kept, s.point.single, s.value.ts, s.value.v)
	}
}

// landRun makes a run of what is on the stage, if there is room.
func (c *Converter[K]) landRun(i *Instrument[K]) bool {
	s := &c.staged
	order := s.sorter.sort(s.textOf)
	s.members = slices.Grow(s.members, len(order))
	for _, k := range order {
		s.members = append(s.members, put.Member{Prefix: s.textOf(k.place)})
	}
	series := c.table.Arrange(s.members)
	if series == nil {
		return false
	}
	o := &i.order
	room := c.cfg.Budget.Room()
	o.grow(len(o.slots) + max(len(order), min(i.expected-len(o.slots), room+room/4)))
	for n, k := range order {
		p := s.points[k.place].point
		p.single, p.slot = series[n], 0
	}
	for _, k := range order {
		if p := s.points[k.place].point; p.sole() {
			o.cost += slotOverhead
			o.place(p)
		} else { // it is there twice
			c.table.Charge(-slotOverhead)
		}
	}
	for _, k := range order {
		c.depart(i, &s.points[k.place])
	}
	return true
}

// landAlone keeps a series of the stage for itself.
func (c *Converter[K]) landAlone(i *Instrument[K], n int) {
	prefix, p := c.staged.textOf(n), c.staged.points[n].point
	c.table.Charge(-put.StagedCost(prefix) - slotOverhead)
	p.single, p.slot = c.table.Intern(prefix), 0
	switch {
	case p.single == nil: // somebody else has taken the room
		c.evict(p)
		p.single = put.NewSeries(prefix)
	case p.sole():
		i.order.add(p)
	}
}

// drop empties the stage of points that will not come.
func (c *Converter[K]) drop() {
	s := &c.staged
	for n := range s.points {
		c.table.Charge(-put.StagedCost(s.textOf(n)) - slotOverhead)
		c.evict(s.points[n].point)
	}
	s.clear()
}
