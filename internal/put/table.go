// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"hash/maphash"
	"math"
	"sync/atomic"
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
func (b *Budget) Room() int { return int(max(0, b.limit-b.Used()) / 450) }

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

	expected int // series that there is room for from the beginning

	texts  Reader
	text   []byte
	differ differ
	steps  []step
	code   []byte
}

// NewTable returns an empty table.
func NewTable(budget *Budget) *Table {
	return &Table{series: make(map[uint64]*Series), budget: budget, seed: maphash.MakeSeed(), mask: math.MaxUint64}
}

// Expect says that some n series are about to be interned, as many as there is
// room for. An empty table makes room for them at once.
func (t *Table) Expect(n int) {
	if n = min(n, t.budget.Room()); len(t.series) == 0 && n > t.expected {
		t.series, t.expected = make(map[uint64]*Series, n), n
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
	if !t.Charge(StagedCost(prefix)) {
		return nil
	}
	s = newSingle(string(prefix))
	s.refs, s.place = 1, place
	t.series[place] = s
	return s
}

// textOf returns the text of a series, till the next one.
func (t *Table) textOf(s *Series) []byte {
	if s.alone() {
		return s.bytes()
	}
	t.text = t.texts.Append(t.text[:0], s)
	return t.text
}

// find returns the series of a prefix and its place, or nil and the place where it
// would be: that of its hash, or the first behind it that is free.
func (t *Table) find(prefix []byte) (place uint64, s *Series) {
	for place = maphash.Bytes(t.seed, prefix) & t.mask; ; place++ {
		if s = t.series[place]; s == nil || bytes.Equal(t.textOf(s), prefix) {
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
		after.place, _ = t.find(bytes.Clone(t.textOf(after)))
		t.series[after.place] = after
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
	t.Charge(-s.cost())
	s.leave()
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
