// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"bytes"
	"slices"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// texts is a sorted list of texts, each with the number of its entry. A text is kept as
// the edits that make it of the text before. Every restartInterval texts there is a
// restart point, where the text is also kept in full; the texts from there to the next
// restart point are a group. The list does not change once it is made.
type texts struct {
	ids      []uint32   // the entry of each text
	counts   []uint16   // the number of edits of each text
	edits    []put.Edit // of all texts
	inserted []byte     // the bytes that the edits insert
	restarts []restart
	full     []byte // the texts of the restart points
}

// restart is a restart point: a text, and how much of the list is before its edits.
type restart struct {
	text, edits, inserted int
	full                  int // where the text ends in texts.full
}

const restartInterval = 16

// len returns the number of texts.
func (t *texts) len() int { return len(t.ids) }

// size returns the bytes that are allocated.
func (t *texts) size() int64 {
	return int64(4*cap(t.ids) + 2*cap(t.counts) + 6*cap(t.edits) + cap(t.inserted) + 32*cap(t.restarts) + cap(t.full))
}

// room is the size of a list.
type room struct{ texts, edits, inserted, full int }

// room returns the size of the list.
func (t *texts) room() room { return room{len(t.ids), len(t.edits), len(t.inserted), len(t.full)} }

// reset returns an empty list in the memory of t, with room for so much.
func (t *texts) reset(n room) texts {
	return texts{
		ids:      roomFor(t.ids, n.texts),
		counts:   roomFor(t.counts, n.texts),
		edits:    roomFor(t.edits, n.edits),
		inserted: roomFor(t.inserted, n.inserted),
		restarts: roomFor(t.restarts, n.texts/restartInterval+1),
		full:     roomFor(t.full, n.full),
	}
}

// roomFor returns an empty slice with room for n elements, in the memory of s if that is
// large enough. New memory has room for some more, since the next list in it will probably
// be a little longer.
func roomFor[T any](s []T, n int) []T {
	if cap(s) >= n {
		return s[:0]
	}
	return make([]T, 0, n+n/8)
}

// add appends a text with the edits that make it of the last one.
func (t *texts) add(id uint32, edits []put.Edit, text []byte) {
	t.mark(text)
	t.ids, t.counts = append(t.ids, id), append(t.counts, uint16(len(edits)))
	t.edits = append(t.edits, edits...)
	t.inserted = appendInserted(t.inserted, edits, text)
}

// appendInserted appends the bytes that edits insert, given the edited text.
func appendInserted(dst []byte, edits []put.Edit, text []byte) []byte {
	at := 0
	for _, e := range edits {
		at += int(e.Skip)
		dst = append(dst, text[at:at+int(e.Insert)]...)
		at += int(e.Insert)
	}
	return dst
}

// mark makes the next text a restart point, if it is time for one.
func (t *texts) mark(text []byte) {
	n := len(t.ids)
	if last := len(t.restarts) - 1; last < 0 || n-t.restarts[last].text >= restartInterval {
		t.full = append(t.full, text...)
		t.restarts = append(t.restarts, restart{n, len(t.edits), len(t.inserted), len(t.full)})
	}
}

// copy appends the text that a reader has read last, whose text before is the last one
// here, too.
func (t *texts) copy(r *reader, text []byte) {
	t.mark(text)
	t.ids, t.counts = append(t.ids, r.ids[r.next-1]), append(t.counts, r.counts[r.next-1])
	t.edits = append(t.edits, r.edits[r.last.edit:r.edit]...)
	t.inserted = append(t.inserted, r.inserted[r.last.insert:r.insert]...)
}

// copyGroups appends the groups from first to before last of another list, in which the
// last text here comes directly before them.
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

// group returns the texts of a group.
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

// find returns an entry with a text.
func (t *texts) find(text []byte) (id uint32, ok bool) {
	g := t.lastGroupUpTo(text)
	if g < 0 {
		return 0, false
	}
	r := reader{texts: t}
	for r.seek(g); ; r.read() {
		switch c := bytes.Compare(r.text, text); {
		case c == 0:
			return t.ids[r.next-1], true
		case c > 0 || r.done():
			return 0, false
		}
	}
}

// lastGroupUpTo returns the last group that begins with a smaller text or with this one,
// -1 if there is none.
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

// reader reads a list of texts in order.
type reader struct {
	*texts
	text         []byte // that was read last, by read or seek
	next         int    // text
	edit, insert int    // where the edits of the next text and their bytes begin
	last         struct{ edit, insert int }
}

// reset begins to read a list.
func (r *reader) reset(t *texts) { *r = reader{texts: t, text: r.text[:0]} }

// done reports whether there is no next text.
func (r *reader) done() bool { return r.next == len(r.ids) }

// repeats reports whether the next text is equal to the last one.
func (r *reader) repeats() bool { return !r.done() && r.counts[r.next] == 0 }

// read reads the next text.
func (r *reader) read() {
	text, n := put.Apply(r.text, r.advance(), r.inserted[r.insert:])
	r.text = text
	r.insert += n
}

// readInto makes the next text of the last one, which begins at an offset of a line. It
// does not change r.text.
func (r *reader) readInto(l *put.Line, at int) {
	edits := r.advance()
	r.insert += l.EditAll(at, edits, r.inserted[r.insert:])
}

// advance returns the edits that make the next text, and goes to the text after it.
func (r *reader) advance() []put.Edit {
	r.last.edit, r.last.insert = r.edit, r.insert
	r.edit += int(r.counts[r.next])
	r.next++
	return r.edits[r.last.edit:r.edit]
}

// seek reads the text of restart point g.
func (r *reader) seek(g int) {
	p := &r.restarts[g]
	r.last.edit, r.last.insert = p.edits, p.inserted
	r.edit, r.insert = p.edits+int(r.counts[p.text]), p.inserted
	for _, e := range r.edits[p.edits:r.edit] {
		r.insert += int(e.Insert)
	}
	r.next = p.text + 1
	r.text = append(r.text[:0], r.restartText(g)...)
}
