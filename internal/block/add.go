// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

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
		w.sink.Sequential()
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
	b.pending, b.ranks = b.pending[:0], b.ranks[:0]
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
	n := b.texts.size() + cellSize*int64(cap(b.cells)) + int64(4*cap(b.free)+4*cap(b.ranks))
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
