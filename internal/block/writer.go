// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"cmp"
	"slices"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Sink receives an export: lines go to a builder of batches, everything else to the
// methods.
type Sink interface {
	// Lines returns the builder for the lines.
	Lines() *put.Builder
	// Sequential says that a series may have more than one point, so that batches must be
	// sent one after the other.
	Sequential()
	// Reject receives a point that cannot be sent. Its tags are valid during the call.
	Reject(r put.Rejection)
}

// Owners names the owners of points that collide. It is asked during a write, which is
// when collisions are found.
type Owners interface {
	// Collision returns the error of a point with the series and timestamp of another
	// point, and whether the error was reported before.
	Collision(winner, loser uint32) (reported bool, err error)
}

// Elsewhere is the owner of all points that another writer, or an earlier export of this one,
// has written, see [Claims].
const Elsewhere = ^uint32(0)

// Claims knows the lines of other writers that may be equal to lines of this export.
type Claims interface {
	// Claim claims a line, without its value, and reports whether no other writer has claimed
	// it before.
	Claim(line []byte) bool
}

// Writer adds series to the blocks of an export and writes their values. The calls are
// Begin; then for each block Add for new series, PutNumber, PutDistribution or Reject for
// each point, and Write; and at last End. A Writer belongs to one goroutine.
type Writer struct {
	// LabelValues is the rule for the values of labels. It must not change.
	LabelValues encoding.TagValueRule

	sink   Sink
	out    *put.Builder // of the sink
	owners Owners
	claims Claims // nil if no other writer can write equal lines

	pending   pending // new series of pendingOf
	pendingOf *Block
	merger    merger
	states    []*exportState // not in use
	overflows []*Block       // empty, and not in use

	reader    reader
	line      lineEditor
	ranks     []uint32 // of a sparse export
	text      put.Line // that was read last, in a sparse export or by Find
	id        uint32   // an entry with the current text
	other     put.Line // a line that the line editor cannot make
	labels    [MaxLabels]labelTexts
	equal     []cell                   // values of one series
	contested map[string]contestedLine // of contested blocks in this export
	winner    *uint32                  // the owner of the point with which the current point collides
	loaded    uint32                   // see [Writer.load]
}

// Begin begins an export. claims is nil if no other writer can write equal lines.
func (w *Writer) Begin(sink Sink, owners Owners, claims Claims) {
	w.sink, w.out, w.owners, w.claims = sink, sink.Lines(), owners, claims
}

// End ends an export, after all blocks were written.
func (w *Writer) End() {
	const keptStates, keptText = 2, 64 << 10
	w.sink, w.out, w.owners, w.claims, w.contested = nil, nil, nil, nil, nil
	if cap(w.pending.text) > keptText {
		w.pending = pending{}
	}
	if len(w.states) > keptStates {
		w.states = slices.Delete(w.states, keptStates, len(w.states))
	}
	if len(w.overflows) > keptStates {
		w.overflows = slices.Delete(w.overflows, keptStates, len(w.overflows))
	}
}

const (
	// maxPending is the number of bytes of texts that are collected before they are sorted.
	maxPending = 2 << 20
	// maxOverflow is the number of series that are not kept and are collected before they
	// are written.
	maxOverflow = 2 << 10
)

// Add adds the series of a new entry. text is the text of its tags, as
// [put.Renderer.AppendTags] renders it. others is about the number of new entries that the
// caller adds to the block after this one.
func (w *Writer) Add(b *Block, id uint32, text []byte, others int) {
	if w.pendingOf != b || len(w.pending.text) > maxPending {
		w.sortPending()
		w.pendingOf = b
	}
	w.pending.add(id, text, others)
	for i, l := range b.lines.Labels {
		offset := labelOffset(text, l.Key)
		b.offsets[i][id] = int32(offset)
		b.renames = b.renames || offset < 0
	}
}

// NewSeriesSize returns the number of bytes that a new series takes until it is sorted.
func NewSeriesSize(text []byte) int64 {
	const id, end, order = 4, 8, 8
	return cellSize + int64(len(text)+len(text)/restartInterval) + id + end + order
}

// sortPending sorts the series that were added last.
func (w *Writer) sortPending() {
	if b := w.pendingOf; b != nil && len(w.pending.ids) > 0 {
		b.pending = append(b.pending, w.pending.sort(b.spare))
		b.spare = texts{}
	}
	w.pendingOf = nil
	w.pending.reset()
}

// merge merges the series that were added into the sorted texts. Entries for which keep
// returns false are left out. keep may be nil, which keeps all entries.
func (w *Writer) merge(b *Block, keep func(id uint32) bool) {
	if w.pendingOf == b {
		w.sortPending()
	}
	switch {
	case len(b.pending) == 0 && keep == nil:
		return
	case len(b.pending) == 1 && b.texts.len() == 0 && keep == nil:
		b.texts = b.pending[0]
	default:
		lists := []*texts{&b.texts}
		for i := range b.pending {
			lists = append(lists, &b.pending[i])
		}
		b.texts = w.merger.merge(lists, keep)
	}
	clear(b.pending)
	b.pending, b.ranks = b.pending[:0], b.ranks[:0]
}

// Find returns the entry of the series with a text.
func (w *Writer) Find(b *Block, text []byte) (id uint32, ok bool) {
	w.merge(b, nil)
	return b.texts.find(text, &w.text)
}

// Remove removes entries and their series. New entries get their numbers.
func (w *Writer) Remove(b *Block, ids []uint32) {
	var removed bitset
	for _, id := range ids {
		removed.add(id)
	}
	w.merge(b, func(id uint32) bool { return !removed.has(id) })
	b.texts.clip()
	b.remove(ids)
}

// Overflow returns a block for series of the current export that b cannot keep. It is
// written with b, or earlier if it becomes large, and then dropped. So a series that is
// added to it twice may be written twice.
func (w *Writer) Overflow(b *Block) *Block {
	switch o := b.overflow; {
	case o == nil:
		b.overflow = w.newOverflow(b.lines)
		w.sink.Sequential()
	case len(o.cells) >= maxOverflow:
		w.Write(o)
		o.empty()
	}
	b.overflow.Contested = b.Contested
	return b.overflow
}

// newOverflow returns an empty block, in the memory of an overflow block that was written.
// Without that memory, an export far over the budget would leave much garbage.
func (w *Writer) newOverflow(lines Lines) *Block {
	last := len(w.overflows) - 1
	if last < 0 {
		return New(lines)
	}
	o := w.overflows[last]
	w.overflows = w.overflows[:last]
	o.setLines(lines)
	return o
}

// Write writes the values that the entries of a block have in the current export, in the
// order of the series. Before that it merges new series into the block.
func (w *Writer) Write(b *Block) {
	w.merge(b, nil)
	if b.state != nil {
		slices.SortStableFunc(b.state.more, func(x, y extra) int { return cmp.Compare(x.id, y.id) })
	}
	w.walk(b)
	if o := b.overflow; o != nil {
		w.Write(o)
		o.empty()
		w.overflows = append(w.overflows, o)
		b.overflow = nil
	}
	clear(b.set)
	if b.state != nil {
		b.state.reset()
		w.states = append(w.states, b.state)
		b.state = nil
	}
}
