// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

// Table interns series: equal prefixes give one Series. It is bounded in
// bytes, which also cover what its user keeps beside each series (Charge).
type Table struct {
	series map[string]*Series
	bytes  int64
	limit  int64
}

// seriesOverhead is what a Series costs beside its prefix: the struct, its
// place in the map, and slack of both.
const seriesOverhead = 160

// NewTable returns a table that holds at most limit bytes.
func NewTable(limit int64) *Table {
	return &Table{series: make(map[string]*Series), limit: limit}
}

// Intern returns the series of a prefix, which it copies, and counts one more
// user of it. It returns nil if the series is new and there is no room.
func (t *Table) Intern(prefix []byte) *Series {
	if s, ok := t.series[string(prefix)]; ok {
		s.refs++
		return s
	}
	cost := int64(len(prefix)) + seriesOverhead
	if !t.Charge(cost) {
		return nil
	}
	key := string(prefix)
	s := &Series{prefix: key, refs: 1}
	t.series[key] = s
	return s
}

// Release says that a user of the series is gone. The last one takes it out of
// the table.
func (t *Table) Release(s *Series) {
	s.refs--
	if s.refs > 0 {
		return
	}
	delete(t.series, s.prefix)
	t.Charge(-int64(len(s.prefix)) - seriesOverhead)
}

// Charge counts n bytes (negative: gives them back) that the user keeps beside
// its series, and reports whether they fit. Bytes that do not fit are not
// counted.
func (t *Table) Charge(n int64) bool {
	if n > 0 && t.bytes+n > t.limit {
		return false
	}
	t.bytes += n
	return true
}

// Bytes returns what the table holds now, in bytes.
func (t *Table) Bytes() int64 { return t.bytes }

// Len returns how many series the table holds.
func (t *Table) Len() int { return len(t.series) }
