// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"
	"slices"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// texts is a sorted list of texts, each with the number of its entry. A text is stored as
// the edits that turn the previous text into it. Every restartInterval texts there is a
// restart point, whose text is also stored in full. The texts from there to the next
// restart point are a group. A complete list is immutable.
type texts struct {
	ids      []uint32   // the entry of each text
	counts   []uint16   // the number of edits of each text
	edits    []put.Edit // of all texts
	inserted []byte     // the bytes that the edits insert
	restarts []restart
	full     []byte // the texts of the restart points
}

// restart is a restart point: the index of a text, of its first edit, and of the first byte
// that its edits insert.
type restart struct {
	text, edits, inserted int
	full                  int // where the text ends in texts.full
}

const restartInterval = 16

// len returns the number of texts.
func (t *texts) len() int { return len(t.ids) }

// size returns the number of bytes that are allocated.
func (t *texts) size() int64 {
	return int64(4*cap(t.ids) + 2*cap(t.counts) + 6*cap(t.edits) + cap(t.inserted) + 32*cap(t.restarts) + cap(t.full))
}

// withRoom returns an empty list with room for n texts with their edits, inserted bytes and
// full texts. It uses the memory of t where that is large enough.
func (t *texts) withRoom(n, edits, inserted, full int) texts {
	return texts{
		ids:      withRoom(t.ids, n),
		counts:   withRoom(t.counts, n),
		edits:    withRoom(t.edits, edits),
		inserted: withRoom(t.inserted, inserted),
		restarts: withRoom(t.restarts, n/restartInterval+1),
		full:     withRoom(t.full, full),
	}
}

func withRoom[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:0]
	}
	return make([]T, 0, n)
}

// clip gives back the memory that the list does not use.
func (t *texts) clip() {
	t.ids, t.counts, t.edits = exact(t.ids), exact(t.counts), exact(t.edits)
	t.inserted, t.restarts, t.full = exact(t.inserted), exact(t.restarts), exact(t.full)
}

// exact returns s in memory of its own that is as large as it.
func exact[T any](s []T) []T { return append(make([]T, 0, len(s)), s...) }

// add appends a text with the edits that turn the last text into it.
func (t *texts) add(id uint32, edits []put.Edit, text []byte) {
	t.mark(text)
	t.ids, t.counts = append(t.ids, id), append(t.counts, uint16(len(edits)))
	t.edits = append(t.edits, edits...)
	at := 0
	for _, e := range edits {
		at += int(e.Skip)
		t.inserted = append(t.inserted, text[at:at+int(e.Insert)]...)
		at += int(e.Insert)
	}
}

// mark makes the next text a restart point if the last one is restartInterval texts ago.
func (t *texts) mark(text []byte) {
	n := len(t.ids)
	if last := len(t.restarts) - 1; last < 0 || n-t.restarts[last].text >= restartInterval {
		t.full = append(t.full, text...)
		t.restarts = append(t.restarts, restart{n, len(t.edits), len(t.inserted), len(t.full)})
	}
}

// copy appends the text that a reader has read last. The text must follow the same text in both
// lists.
func (t *texts) copy(r *reader, text []byte) {
	t.mark(text)
	t.ids, t.counts = append(t.ids, r.ids[r.next-1]), append(t.counts, r.counts[r.next-1])
	t.edits = append(t.edits, r.edits[r.last.edit:r.edit]...)
	t.inserted = append(t.inserted, r.inserted[r.last.insert:r.insert]...)
}

// copyGroups appends the groups of another list from first up to, but not including, last. They
// must follow the same text in both lists.
func (t *texts) copyGroups(from *texts, first, last int) {
	a, b := from.restarts[first], from.restarts[last]
	for g := first; g < last; g++ {
		r := from.restarts[g]
		t.full = append(t.full, from.restartText(g)...)
		t.restarts = append(t.restarts, restart{
			r.text - a.text + len(t.ids), r.edits - a.edits + len(t.edits), r.inserted - a.inserted + len(t.inserted), len(t.full),
		})
	}
	t.ids, t.counts = append(t.ids, from.ids[a.text:b.text]...), append(t.counts, from.counts[a.text:b.text]...)
	t.edits = append(t.edits, from.edits[a.edits:b.edits]...)
	t.inserted = append(t.inserted, from.inserted[a.inserted:b.inserted]...)
}

// group returns the range of the texts of a group.
func (t *texts) group(g int) (from, to int) {
	if g+1 < len(t.restarts) {
		return t.restarts[g].text, t.restarts[g+1].text
	}
	return t.restarts[g].text, len(t.ids)
}

// restartText returns the text of restart point g.
func (t *texts) restartText(g int) []byte {
	from := 0
	if g > 0 {
		from = t.restarts[g-1].full
	}
	return t.full[from:t.restarts[g].full]
}

// groupAfter returns the first group that begins after text n.
func (t *texts) groupAfter(n int) int {
	g, _ := slices.BinarySearchFunc(t.restarts, n+1, func(r restart, n int) int { return r.text - n })
	return g
}

// find returns the entry with a text. It reads texts into a line.
func (t *texts) find(text []byte, l *put.Line) (id uint32, ok bool) {
	g := t.lastGroupUpTo(text)
	if g < 0 {
		return 0, false
	}
	r := reader{texts: t}
	l.SetText(r.seek(g))
	for {
		switch c := bytes.Compare(l.Text(), text); {
		case c == 0:
			return t.ids[r.next-1], true
		case c > 0 || r.done():
			return 0, false
		}
		r.read(l, 0)
	}
}

// lastGroupUpTo returns the last group that does not begin with a larger text, -1 if there
// is none.
func (t *texts) lastGroupUpTo(text []byte) int {
	low, high := 0, len(t.restarts)
	for low < high {
		if mid := (low + high) / 2; bytes.Compare(t.restartText(mid), text) <= 0 {
			low = mid + 1
		} else {
			high = mid
		}
	}
	return low - 1
}

// reader reads a list of texts in order. In a line, each text replaces the previous one.
type reader struct {
	*texts
	next         int                        // text
	edit, insert int                        // the first edit of the next text, and the first byte that it inserts
	last         struct{ edit, insert int } // the same of the last text
}

// done reports whether there is no next text.
func (r *reader) done() bool { return r.next == len(r.ids) }

// repeats reports whether the next text is equal to the last one.
func (r *reader) repeats() bool { return !r.done() && r.counts[r.next] == 0 }

// read turns the last text, which begins at an offset of a line, into the next one.
func (r *reader) read(l *put.Line, at int) {
	r.last.edit, r.last.insert = r.edit, r.insert
	r.edit += int(r.counts[r.next])
	r.insert += l.EditAll(at, r.edits[r.last.edit:r.edit], r.inserted[r.insert:])
	r.next++
}

// seek moves behind the text of restart point g, and returns the text.
func (r *reader) seek(g int) []byte {
	p := &r.restarts[g]
	r.last.edit, r.last.insert = p.edits, p.inserted
	r.edit, r.insert = p.edits+int(r.counts[p.text]), p.inserted
	for _, e := range r.edits[p.edits:r.edit] {
		r.insert += int(e.Insert)
	}
	r.next = p.text + 1
	return r.restartText(g)
}
