// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import "github.com/apptuitai/apptuit-go/internal/put"

// Sink is the receiver of an export: the lines go to a builder of batches, and what is not
// a line to the methods.
type Sink interface {
	// Lines returns the builder for the lines.
	Lines() *put.Builder
	// Repeats says that a series may have more than one point.
	Repeats()
	// Reject takes a point that cannot be sent. Its tags are valid during the call.
	Reject(r put.Rejection)
}

// Owners names the owners of points that collide. A writer asks while it writes, because
// it finds collisions only then: as neighbours with equal texts.
type Owners interface {
	// Collision returns the error of a point whose series and timestamp another point
	// has, and whether the error was reported before.
	Collision(winner, loser uint32) (reported bool, err error)
}

// Writer adds series to the blocks of an export and writes their values. Between Begin
// and End, the caller adds series (Add), gives their entries values (PutNumber,
// PutDistribution, Reject), and writes each block once it has all its values (Write). A
// Writer belongs to one goroutine.
type Writer struct {
	sink   Sink
	out    *put.Builder // of the sink
	owners Owners

	pending   pending // new series
	pendingOf *Block
	merger    merger
	currents  []*current // not in use

	reader reader
	form   form
	id     uint32   // an entry with the current text
	other  put.Line // for lines that form cannot make
	labels [MaxLabels]labelTexts
	equal  []cell                   // values of one series
	lines  map[string]contestedLine // of contested blocks in this export
	lostTo *uint32                  // the owner to whom all lines of the current point are lost
	loaded uint32                   // see [Writer.load]
}

// Begin begins an export.
func (w *Writer) Begin(sink Sink, owners Owners) {
	w.sink, w.out, w.owners = sink, sink.Lines(), owners
}

// End ends an export, after all blocks were written.
func (w *Writer) End() {
	w.sink, w.out, w.owners, w.lines = nil, nil, nil, nil
	w.pending.shrink()
	w.merger.shrink()
	if len(w.currents) > maxCurrents {
		clear(w.currents[maxCurrents:])
		w.currents = w.currents[:maxCurrents]
	}
}

// maxCurrents bounds what a writer keeps of blocks that were in use at the same time.
const maxCurrents = 8

const (
	// maxPending is how many bytes of texts are collected before they are sorted.
	maxPending = 2 << 20
	// keptPending is how many bytes of memory for texts are kept between exports.
	keptPending = 64 << 10
	// keptSpare is for how many edits of merged texts memory is kept between exports.
	keptSpare = 512 << 10
	// maxOverflow is how many series without room are collected before they are written.
	maxOverflow = 2 << 10
)

// Add adds a series to an entry that has none: the text of its tags, as
// [put.Renderer.AppendTags] renders them. About so many others follow.
func (w *Writer) Add(b *Block, id uint32, text []byte, others int) {
	if w.pendingOf != b || len(w.pending.text) > maxPending {
		w.sortPending()
		w.pendingOf = b
	}
	w.pending.add(id, text, others)
	for i, l := range b.lines.Labels {
		b.places[i][id] = int32(labelPlace(text, l.Key))
	}
}

// sortPending sorts the series that were added last.
func (w *Writer) sortPending() {
	if b := w.pendingOf; b != nil && len(w.pending.ids) > 0 {
		b.pending = append(b.pending, w.pending.sort(w.merger.takeSpare()))
	}
	w.pendingOf = nil
	w.pending.reset()
}

// Find returns the entry of a series with a text.
func (w *Writer) Find(b *Block, text []byte) (id uint32, ok bool) {
	w.merge(b, nil)
	return b.texts.find(text)
}

// Overflow returns a block for series of the current export for which there is no room in
// b. It is written with b, or earlier if it becomes large, and then forgotten. So a series
// that is added to it twice may be written twice.
func (w *Writer) Overflow(b *Block) *Block {
	o := b.overflow
	if o == nil {
		o = New(b.lines)
		b.overflow = o
		w.sink.Repeats()
	}
	if o.Contested = b.Contested; len(o.cells) >= maxOverflow {
		w.Write(o)
		w.merger.spare = o.texts
		o.texts, o.cells, o.places, o.set = texts{}, o.cells[:0], [MaxLabels][]int32{}, o.set[:0]
	}
	return o
}

// merge merges the series that were added into the sorted texts.
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
		old := b.texts
		b.texts = w.merger.merge(lists, keep)
		w.merger.spare = old
	}
	clear(b.pending)
	b.pending = b.pending[:0]
}

// Remove drops the series of entries. Their numbers are used again.
func (w *Writer) Remove(b *Block, ids []uint32) {
	var gone bitset
	for _, id := range ids {
		gone.add(id)
	}
	w.merge(b, func(id uint32) bool { return !gone.has(id) })
	b.remove(ids)
}

// Size returns the bytes that are allocated for the series of a block.
func (b *Block) Size() int64 {
	n := b.texts.size() + cellSize*int64(cap(b.cells)) + int64(4*cap(b.free))
	for _, p := range b.places {
		n += int64(4 * cap(p))
	}
	for i := range b.pending {
		n += b.pending[i].size()
	}
	return n
}

// NewSeriesSize returns the bytes that a new series takes until it is sorted.
func NewSeriesSize(text []byte) int64 {
	return cellSize + int64(len(text)+len(text)/restartInterval) + pendingSize
}

// pendingSize is the size of what is kept for a pending series beside its text.
const pendingSize = 4 + 8 + 16

// cellSize is the size of a cell, with its bit in the set.
const cellSize = 32 + 1
