// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"cmp"
	"slices"
)

// MaxLabels is the largest number of labels of a block.
const MaxLabels = 2

// Lines describes the lines that each point of a block becomes.
type Lines struct {
	// Plain are the metrics of the lines without a label. There is at least one.
	Plain []string
	// Labels are the lines with a label, at most [MaxLabels].
	Labels []Label
}

// Label is a tag that is added to the tags of the series, for example le. A point becomes
// one line for each value of the label.
type Label struct{ Metric, Key string }

// number reports whether a point is a single line.
func (l *Lines) number() bool { return len(l.Plain) == 1 && len(l.Labels) == 0 }

// Block keeps the series of one metric: the sorted texts of their tags and, apart from
// them, an entry for each series. A [Writer] adds series, gives the entries values and
// writes the values. A Block belongs to one goroutine at a time.
type Block struct {
	// Contested must be set if another block of the export has one of the metrics. Only
	// then can lines of two blocks be equal.
	Contested bool

	renames bool // a series has a tag with the key of a label, which gets another key in lines with the label
	lines   Lines
	metrics [][]byte // of the lines: plain ones, then those with labels
	texts   texts
	spare   texts              // memory for another list, of an overflow block
	pending []texts            // of the series that were added since the last write
	cells   []cell             // by entry
	offsets [MaxLabels][]int32 // by entry: where a label belongs in the tags, see labelOffset
	free    []uint32           // numbers of removed entries, descending
	ranks   []uint32           // by entry: the index of its text, see rank; empty if not computed

	set      bitset       // entries with a value or a rejection in the current export
	state    *exportState // nil if the cells hold all of the current export
	overflow *Block       // new series of the current export that are not kept
}

// New returns an empty block.
func New(lines Lines) *Block {
	b := &Block{}
	b.setLines(lines)
	return b
}

func (b *Block) setLines(lines Lines) {
	b.lines, b.metrics = lines, b.metrics[:0]
	for _, metric := range lines.Plain {
		b.metrics = append(b.metrics, []byte(metric))
	}
	for _, l := range lines.Labels {
		b.metrics = append(b.metrics, []byte(l.Metric))
	}
}

// empty removes all series, and keeps the memory for others.
func (b *Block) empty() {
	b.spare, b.texts, b.cells, b.ranks, b.renames = b.texts, texts{}, b.cells[:0], b.ranks[:0], false
	for i := range b.offsets {
		b.offsets[i] = b.offsets[i][:0]
	}
}

// Len returns the number of entries, free ones included.
func (b *Block) Len() int { return len(b.cells) }

// contested reports whether a line can be equal to a line of another block, or to a line of
// a series with other tags.
func (b *Block) contested() bool { return b.Contested || b.renames }

// Grow makes room for n more entries.
func (b *Block) Grow(n int) { b.cells = slices.Grow(b.cells, n) }

// NewEntry returns the number of a new entry. The caller can add a series to it with
// [Writer.Add]; an entry without a series must get no value.
func (b *Block) NewEntry() uint32 {
	if last := len(b.free) - 1; last >= 0 {
		id := b.free[last]
		b.free = b.free[:last]
		return id
	}
	b.cells = append(b.cells, cell{})
	for i := range b.lines.Labels {
		b.offsets[i] = append(b.offsets[i], 0)
	}
	return uint32(len(b.cells) - 1)
}

// Has reports whether an entry has a value or a rejection in the current export.
func (b *Block) Has(id uint32) bool { return b.set.has(id) }

// Touch sets the time at which an entry was last used.
func (b *Block) Touch(id, now uint32) { b.cells[id].used = now }

// Used returns the time of the last Touch.
func (b *Block) Used(id uint32) uint32 { return b.cells[id].used }

// Size returns the number of bytes that are allocated for the series.
func (b *Block) Size() int64 {
	n := b.texts.size() + cellSize*int64(cap(b.cells)) + int64(4*cap(b.free)+4*cap(b.ranks))
	for _, offsets := range b.offsets {
		n += int64(4 * cap(offsets))
	}
	for i := range b.pending {
		n += b.pending[i].size()
	}
	return n
}

// remove frees the numbers of entries, whose series were removed.
func (b *Block) remove(ids []uint32) {
	b.free = append(b.free, ids...)
	slices.SortFunc(b.free, func(x, y uint32) int { return cmp.Compare(y, x) })
	n := len(b.cells)
	for len(b.free) > 0 && int(b.free[0]) == n-1 {
		b.free, n = b.free[1:], n-1
	}
	b.cells = exact(b.cells[:n])
	for i := range b.lines.Labels {
		b.offsets[i] = exact(b.offsets[i][:n])
	}
	b.free, b.ranks = exact(b.free), nil
}
