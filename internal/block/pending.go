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
