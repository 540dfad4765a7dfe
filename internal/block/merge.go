// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// pending collects the texts of new series until they are sorted.
type pending struct {
	ids   []uint32
	ends  []int // of the texts
	text  []byte
	order []int // for sort
	edits []put.Edit
}

func (p *pending) reset() { p.ids, p.ends, p.text = p.ids[:0], p.ends[:0], p.text[:0] }

func (p *pending) textOf(n int) []byte {
	if n == 0 {
		return p.text[:p.ends[0]]
	}
	return p.text[p.ends[n-1]:p.ends[n]]
}

// add adds an entry. The caller expects to add about others more entries, with texts of about
// the same length. add allocates memory for them at once: a first export of 10,000 sums takes 10 % less time.
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
	p.order = slices.Grow(p.order[:0], len(p.ids))
	for n := range p.ids {
		p.order = append(p.order, n)
	}
	slices.SortFunc(p.order, func(a, b int) int {
		return cmp.Or(bytes.Compare(p.textOf(a), p.textOf(b)), cmp.Compare(a, b))
	})
	n := len(p.ids)
	usual := len(p.text)/n + 16 // length of a text
	out := old.withRoom(n, 4*n, 12*n, (n/restartInterval+1)*usual)
	var last []byte
	for _, k := range p.order {
		text := p.textOf(k)
		p.edits = put.Diff(p.edits, last, text)
		out.add(p.ids[k], p.edits, text)
		last = text
	}
	return out
}

// merger merges lists of texts into one.
type merger struct {
	sources []source
	out     texts
	last    []byte // the text that was appended last
	edits   []put.Edit
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

// merge returns the texts of all lists whose entries are kept. Of equal texts, the text of
// the earlier list comes first. keep may be nil, which keeps all entries.
func (m *merger) merge(lists []*texts, keep func(id uint32) bool) texts {
	var n, edits, inserted, full int
	m.sources = slices.Grow(m.sources[:0], len(lists))[:len(lists)]
	for i, t := range lists {
		n, edits, inserted, full = n+len(t.ids), edits+len(t.edits)+4, inserted+len(t.inserted)+16, full+len(t.full)*17/16
		s := &m.sources[i]
		s.reader = reader{texts: t}
		s.line.SetText(nil)
		s.read()
	}
	m.out, m.last = (&texts{}).withRoom(n, edits, inserted, full), m.last[:0]
	for {
		first, second := m.smallest()
		if first == nil {
			break
		}
		var limit []byte
		if second != nil {
			limit = second.text()
		}
		m.appendFrom(first, limit, second != nil, keep)
	}
	out := m.out
	m.out = texts{}
	for i := range m.sources {
		m.sources[i].reader.texts = nil
	}
	return out
}

// smallest returns the source with the smallest text and the source with the next one.
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

// appendFrom appends the smallest text of a source, and the following texts that come
// before a limit. Only the first of them needs new edits. Groups that are before the limit
// as a whole are copied without being read: without that, an export of 10,000 sums with 1 %
// new series takes 25 % more time.
func (m *merger) appendFrom(s *source, limit []byte, limited bool, keep func(id uint32) bool) {
	before := func(text []byte) bool { return !limited || bytes.Compare(text, limit) < 0 }
	r := &s.reader
	follows := false // the text that was appended last is the previous text of the source
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
