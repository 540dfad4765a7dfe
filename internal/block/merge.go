// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"slices"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// merger merges lists of texts into one.
type merger struct {
	sources []source
	out     texts
	last    []byte // the text that was appended last
	edits   []put.Edit
	spare   texts // memory for the next list
}

// source is a list that is merged, read up to its smallest text that is not in the result.
type source struct {
	reader reader
	line   put.Line
	done   bool
}

func (s *source) read() {
	if s.done = s.reader.done(); !s.done {
		s.reader.read(&s.line, 0)
	}
}

// text returns the text that was read last.
func (s *source) text() []byte { return s.line.Text() }

// merge returns the texts of all lists whose entries are kept. Of equal texts, those of an
// earlier list come first. keep may be nil, which keeps all.
func (m *merger) merge(lists []*texts, keep func(id uint32) bool) texts {
	var n room
	m.sources = slices.Grow(m.sources[:0], len(lists))[:len(lists)]
	for i, t := range lists {
		own := t.room()
		n = room{n.texts + own.texts, n.edits + own.edits + 4, n.inserted + own.inserted + 16, n.full + own.full + own.full/16}
		s := &m.sources[i]
		s.reader = reader{texts: t}
		s.line.SetText(nil)
		s.read()
	}
	spare := m.takeSpare()
	m.out, m.last = spare.reset(n), m.last[:0]
	for {
		first, second := m.smallest()
		if first == nil {
			break
		}
		var limit []byte
		if second != nil {
			limit = second.text()
		}
		m.take(first, limit, second != nil, keep)
	}
	out := m.out
	m.out = texts{}
	for i := range m.sources {
		m.sources[i].reader.texts = nil
	}
	return out
}

// smallest returns the sources with the smallest text and with the one after it.
func (m *merger) smallest() (first, second *source) {
	for i := range m.sources {
		switch s := &m.sources[i]; {
		case s.done:
		case first == nil || bytes.Compare(s.text(), first.text()) < 0:
			first, second = s, first
		case second == nil || bytes.Compare(s.text(), second.text()) < 0:
			second = s
		}
	}
	return first, second
}

// take appends the smallest text of a source, and those after it that come before a
// limit. Only the first of them needs new edits. Groups that are before the limit as a
// whole are copied without being read.
func (m *merger) take(s *source, limit []byte, limited bool, keep func(id uint32) bool) {
	before := func(text []byte) bool { return !limited || bytes.Compare(text, limit) < 0 }
	r := &s.reader
	follows := false // the last text that was appended is the one before in the source
	for group := r.groupAfter(r.next - 1); ; {
		switch id := r.ids[r.next-1]; {
		case keep != nil && !keep(id):
			follows = false
		case follows:
			m.out.copy(r, s.text())
		default:
			m.edits = put.Diff(m.edits, m.last, s.text())
			m.out.add(id, m.edits, s.text())
			follows = true
		}
		if follows {
			m.last = append(m.last[:0], s.text()...)
		}
		if s.read(); s.done || !before(s.text()) {
			return
		}
		if group < len(r.restarts) && r.next-1 == r.restarts[group].text {
			first := group
			for follows && keep == nil && group+1 < len(r.restarts) && before(r.restartText(group+1)) {
				group++
			}
			if group > first {
				m.out.copyGroups(r.texts, first, group)
				s.line.SetText(r.seek(group))
			}
			group++
		}
	}
}

// takeSpare returns memory for a list.
func (m *merger) takeSpare() texts {
	t := m.spare
	m.spare = texts{}
	return t
}

// shrink drops memory that only a large merge needs.
func (m *merger) shrink() {
	if cap(m.spare.edits) > keptSpare {
		m.spare = texts{}
	}
}

// pending collects the texts of new entries until they are sorted.
type pending struct {
	ids   []uint32
	ends  []int // of the texts
	text  []byte
	order []sortKey
	edits []put.Edit
}

// sortKey is a text to sort. Most texts differ in the bytes that come first after those
// that all of them have in common.
type sortKey struct {
	first uint64 // those bytes
	n     int
}

func (p *pending) reset() { p.ids, p.ends, p.text = p.ids[:0], p.ends[:0], p.text[:0] }

// shrink drops memory that only many new entries need.
func (p *pending) shrink() {
	if cap(p.text) > keptPending {
		*p = pending{}
	}
}

func (p *pending) textOf(n int) []byte {
	if n == 0 {
		return p.text[:p.ends[0]]
	}
	return p.text[p.ends[n-1]:p.ends[n]]
}

// add adds an entry. About so many others with texts of that length follow.
func (p *pending) add(id uint32, text []byte, others int) {
	if len(p.ids) == 0 && others > 0 {
		p.ids, p.ends = slices.Grow(p.ids, others+1), slices.Grow(p.ends, others+1)
		p.text = slices.Grow(p.text, min((others+1)*(len(text)+len(text)/16), maxPending))
	}
	p.text = append(p.text, text...)
	p.ids, p.ends = append(p.ids, id), append(p.ends, len(p.text))
}

// sort returns the texts as a list, in the memory of an old one. Equal texts stay in the
// order in which they were added.
func (p *pending) sort(old texts) texts {
	same := len(p.textOf(0))
	for n := range p.ids {
		same = put.CommonPrefix(p.textOf(0)[:same], p.textOf(n))
	}
	p.order = slices.Grow(p.order[:0], len(p.ids))
	for n := range p.ids {
		var first [8]byte
		copy(first[:], p.textOf(n)[same:])
		p.order = append(p.order, sortKey{binary.BigEndian.Uint64(first[:]), n})
	}
	slices.SortFunc(p.order, func(a, b sortKey) int {
		if c := cmp.Compare(a.first, b.first); c != 0 {
			return c
		}
		return cmp.Or(bytes.Compare(p.textOf(a.n), p.textOf(b.n)), cmp.Compare(a.n, b.n))
	})
	n := len(p.ids)
	usual := len(p.text)/n + 16 // length of a text
	out := old.reset(room{texts: n, edits: 4 * n, inserted: 12 * n, full: (n/restartInterval + 1) * usual})
	var last []byte
	for _, k := range p.order {
		text := p.textOf(k.n)
		p.edits = put.Diff(p.edits, last, text)
		out.add(p.ids[k.n], p.edits, text)
		last = text
	}
	return out
}
