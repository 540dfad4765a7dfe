// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"
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
	reader
	done bool
}

func (s *source) readNext() {
	if s.done = s.reader.done(); !s.done {
		s.read()
	}
}

// merge returns the texts of all lists whose entries are kept. Of equal texts, those of an
// earlier list come first. keep may be nil, which keeps all.
func (m *merger) merge(lists []*texts, keep func(id uint32) bool) texts {
	var n room
	m.sources = slices.Grow(m.sources[:0], len(lists))[:len(lists)]
	for i, t := range lists {
		own := t.room()
		n = room{n.texts + own.texts, n.edits + own.edits + 4, n.inserted + own.inserted + 16, n.full + own.full + own.full/16}
		s := &m.sources[i]
		s.reset(t)
		s.readNext()
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
			limit = second.text
		}
		m.take(first, limit, second != nil, keep)
	}
	out := m.out
	m.out = texts{}
	for i := range m.sources {
		m.sources[i].texts = nil
	}
	return out
}

// smallest returns the sources with the smallest text and with the one after it.
func (m *merger) smallest() (first, second *source) {
	for i := range m.sources {
		switch s := &m.sources[i]; {
		case s.done:
		case first == nil || bytes.Compare(s.text, first.text) < 0:
			first, second = s, first
		case second == nil || bytes.Compare(s.text, second.text) < 0:
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
			m.out.copy(r, s.text)
		default:
			m.edits = put.Diff(m.edits, m.last, s.text)
			m.out.add(id, m.edits, s.text)
			follows = true
		}
		if follows {
			m.last = append(m.last[:0], s.text...)
		}
		if s.readNext(); s.done || !before(s.text) {
			return
		}
		if group < len(r.restarts) && r.next-1 == r.restarts[group].text {
			first := group
			for follows && keep == nil && group+1 < len(r.restarts) && before(r.restartText(group+1)) {
				group++
			}
			if group > first {
				m.out.copyGroups(r.texts, first, group)
				r.seek(group)
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
