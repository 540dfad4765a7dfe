// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"hash/maphash"
	"math"
	"slices"
	"sync/atomic"
	"unsafe"
)

// Budget bounds the bytes of several tables together. It is safe for
// concurrent use.
type Budget struct {
	limit int64
	used  atomic.Int64
}

// NewBudget returns a budget of limit bytes.
func NewBudget(limit int64) *Budget { return &Budget{limit: limit} }

// Used returns the bytes in use.
func (b *Budget) Used() int64 { return b.used.Load() }

// Limit returns the bytes that may be in use.
func (b *Budget) Limit() int64 { return b.limit }

// Room returns how many series of the usual size, with what is kept beside them,
// there is room for.
func (b *Budget) Room() int { return int(max(0, b.limit-b.Used()) / 600) }

// Take counts n bytes (negative: gives them back), and reports whether they fit.
// Bytes that do not fit are not counted.
func (b *Budget) Take(n int64) bool {
	if b.used.Add(n) > b.limit && n > 0 {
		b.used.Add(-n)
		return false
	}
	return true
}

// Table interns series: equal prefixes give one Series. Its bytes come from a
// budget, which also covers what its user keeps beside each series (Charge).
type Table struct {
	series map[uint64]*Series // by hashes of prefixes
	bytes  int64
	budget *Budget
	seed   maphash.Seed
	mask   uint64 // of hashes: all bits, but in tests
}

// seriesOverhead is what a Series costs beside its prefix: the struct, its
// place in the map, and slack of both.
const seriesOverhead = 260

// NewTable returns an empty table.
func NewTable(budget *Budget) *Table {
	return &Table{series: make(map[uint64]*Series), budget: budget, seed: maphash.MakeSeed(), mask: math.MaxUint64}
}

// Expect says that some n series are about to be interned, as many as there is
// room for. An empty table makes room for them at once.
func (t *Table) Expect(n int) {
	if n = min(n, t.budget.Room()); len(t.series) == 0 && n > 0 {
		t.series = make(map[uint64]*Series, n)
	}
}

// Close gives the table's bytes back. The table must not be used any more.
func (t *Table) Close() {
	t.budget.Take(-t.bytes)
	t.series, t.bytes = nil, 0
}

// Intern returns the series of a prefix, which it copies, and counts one more
// user of it. It returns nil if the series is new and there is no room.
func (t *Table) Intern(prefix []byte) *Series {
	place, s := t.find(prefix)
	if s != nil {
		s.refs++
		return s
	}
	cost := int64(len(prefix)) + seriesOverhead
	if !t.Charge(cost) {
		return nil
	}
	s = &Series{prefix: string(prefix), refs: 1, place: place}
	t.series[place] = s
	return s
}

// find returns the series of a prefix and its place, or nil and the place where it
// would be: that of its hash, or the first behind it that is free.
func (t *Table) find(prefix []byte) (place uint64, s *Series) {
	for place = maphash.Bytes(t.seed, prefix) & t.mask; ; place++ {
		if s = t.series[place]; s == nil || s.prefix == string(prefix) {
			return place, s
		}
	}
}

// remove empties the place of a series. Those that found their places taken, up to
// the next one that is free, are put where they belong now.
func (t *Table) remove(s *Series) {
	delete(t.series, s.place)
	for place := s.place + 1; ; place++ {
		after := t.series[place]
		if after == nil {
			return
		}
		delete(t.series, place)
		after.place, _ = t.find(unsafe.Slice(unsafe.StringData(after.prefix), len(after.prefix)))
		t.series[after.place] = after
	}
}

// Gather moves series next to each other in memory, in this order, in which they
// are about to be written again and again. Each has one user, who gets the new one
// in the place of the old one.
func (t *Table) Gather(series []*Series) {
	size := 0
	for _, s := range series {
		size += len(s.prefix)
	}
	text, moved := make([]byte, 0, size), make([]Series, len(series))
	old := slices.Clone(series)
	for i, s := range series {
		at := len(text)
		text = append(text, s.prefix...)
		moved[i] = *s
		moved[i].prefix = unsafe.String(unsafe.SliceData(text[at:]), len(s.prefix))
		t.series[moved[i].place] = &moved[i]
		series[i] = &moved[i]
		s.like = likeness(i) // the old one is of no more use
	}
	now := func(s *Series) *Series {
		if s != nil && s.like < likeness(len(old)) && old[s.like] == s {
			return &moved[s.like]
		}
		return s
	}
	for i := range moved {
		moved[i].links.move(&old[i].links, now)
	}
}

// Lookup returns the series of a prefix if the table has it, else nil.
func (t *Table) Lookup(prefix []byte) *Series {
	_, s := t.find(prefix)
	return s
}

// Release says that a user of an interned series is gone. The last one takes
// it out of the table.
func (t *Table) Release(s *Series) {
	s.refs--
	if s.refs > 0 {
		return
	}
	t.remove(s)
	s.links = links{} // or those that come after it would hold all that came before
	t.Charge(-int64(len(s.prefix)) - seriesOverhead)
}

// Charge counts n bytes (negative: gives them back) that the user keeps beside
// its series, and reports whether they fit. Bytes that do not fit are not
// counted.
func (t *Table) Charge(n int64) bool {
	if !t.budget.Take(n) {
		return false
	}
	t.bytes += n
	return true
}

// Bytes returns what the table holds now, in bytes.
func (t *Table) Bytes() int64 { return t.bytes }

// Len returns how many series the table holds.
func (t *Table) Len() int { return len(t.series) }
