// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"slices"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Lines says which lines a point of a block becomes.
type Lines struct {
	// Fixed are the metrics of the lines that have the tags of the series and no other.
	// There is at least one.
	Fixed []string
	// Labels are the tags that further lines have.
	Labels []Label
}

// Label is a tag that tells several lines of one point apart, for example le.
type Label struct{ Metric, Key string }

// number reports whether a point is one line.
func (l *Lines) number() bool { return len(l.Fixed) == 1 && len(l.Labels) == 0 }

// Block is the series of one metric: the sorted texts of their tags and, apart from them,
// an entry for each series with its value in the current export. A [Writer] adds series
// and writes the values. A Block belongs to one goroutine at a time.
type Block struct {
	// Contested says that another block of the export has one of the metrics. Equal lines
	// of two blocks are found only then.
	Contested bool

	lines   Lines
	metrics [][]byte // of the lines, those with labels last
	texts   texts
	pending []texts // of the series that were added since the last write
	cells   []cell
	places  [MaxLabels][]int32 // of labels in the tags of entries, see labelPlace
	free    []uint32           // numbers of entries that can be used again, descending

	set      bitset   // entries that have a value or a rejection in the current export
	current  *current // what a few entries have beside their cells; nil if none has
	overflow *Block   // new series of the current export for which there is no room
}

// cell is the value of an entry in the current export.
type cell struct {
	ts     int64  // 0: there is none
	bits   uint64 // of a number, or the index of a distribution
	source uint32
	owner  uint32
	used   uint32
	kind   model.ValueKind
}

// extra is a further value of an entry, or a rejection.
type extra struct {
	id       uint32
	cell     cell
	rejected *put.Rejection
}

// New returns an empty block.
func New(lines Lines) *Block {
	b := &Block{lines: lines}
	for _, metric := range lines.Fixed {
		b.metrics = append(b.metrics, []byte(metric))
	}
	for _, l := range lines.Labels {
		b.metrics = append(b.metrics, []byte(l.Metric))
	}
	return b
}

// Len returns the number of entries, free ones included.
func (b *Block) Len() int { return len(b.cells) }

// Grow makes room for n more entries.
func (b *Block) Grow(n int) { b.cells = slices.Grow(b.cells, n) }

// NewEntry returns the number of a new entry, which has no series yet. It is less than
// [Block.Len].
func (b *Block) NewEntry() uint32 {
	if last := len(b.free) - 1; last >= 0 {
		id := b.free[last]
		b.free = b.free[:last]
		return id
	}
	b.cells = append(b.cells, cell{})
	for i := range b.lines.Labels {
		b.places[i] = append(b.places[i], 0)
	}
	return uint32(len(b.cells) - 1)
}

// Touch notes that an entry is in use at a time, and Used returns the last such time.
func (b *Block) Touch(id, now uint32) { b.cells[id].used = now }

// Used returns the time of the last Touch.
func (b *Block) Used(id uint32) uint32 { return b.cells[id].used }

// Stamp is what belongs to a value.
type Stamp struct {
	Timestamp int64  // in wire units, not 0
	Source    uint32 // the data point, for the batch
	Owner     uint32 // the instrument, which is named if the point collides
}

// put gives an entry a value in the current export.
func (w *Writer) put(b *Block, id uint32, at Stamp, bits uint64, kind model.ValueKind) {
	c := &b.cells[id]
	if b.set.has(id) {
		t := w.currentOf(b)
		t.more = append(t.more, extra{id: id})
		c = &t.more[len(t.more)-1].cell
	} else {
		b.set.add(id)
	}
	c.ts, c.bits, c.source, c.owner, c.kind = at.Timestamp, bits, at.Source, at.Owner, kind
}

// PutNumber gives an entry a value in the current export. The value must be finite.
func (w *Writer) PutNumber(b *Block, id uint32, at Stamp, v model.Value) {
	w.put(b, id, at, v.Bits(), v.Kind())
}

// PutDistribution gives an entry the values of several lines in the current export. It
// keeps no reference to d.
func (w *Writer) PutDistribution(b *Block, id uint32, at Stamp, d *Distribution) {
	t := w.currentOf(b)
	w.put(b, id, at, uint64(len(t.points)), 0)
	t.points = append(t.points, t.copyOf(d, len(b.lines.Labels)))
}

// Reject rejects a point of an entry. The tags of the rejection are set when the block is
// written, which is when the text of the series is at hand.
func (w *Writer) Reject(b *Block, id uint32, r put.Rejection) {
	if !b.set.has(id) {
		b.set.add(id)
		b.cells[id].ts = 0
	}
	t := w.currentOf(b)
	t.more = append(t.more, extra{id: id, rejected: &r})
}

// current is what a block has beside the cells during an export.
type current struct {
	more   []extra
	points []distribution         // by cell.bits
	values arena[model.Value]     // of points
	bounds [MaxLabels][][]float64 // label values of points
	floats arena[float64]         // of bounds
}

func (w *Writer) currentOf(b *Block) *current {
	if b.current == nil {
		if last := len(w.currents) - 1; last >= 0 {
			b.current, w.currents = w.currents[last], w.currents[:last]
		} else {
			b.current = new(current)
		}
	}
	return b.current
}

// endExport drops what belongs to the current export.
func (w *Writer) endExport(b *Block) {
	clear(b.set)
	b.overflow = nil
	t := b.current
	if t == nil {
		return
	}
	clear(t.more)
	clear(t.points)
	t.more, t.points = t.more[:0], t.points[:0]
	t.values.reset()
	t.floats.reset()
	for i := range t.bounds {
		t.bounds[i] = t.bounds[i][:0]
	}
	w.currents = append(w.currents, t)
	b.current = nil
}

// remove drops the series of entries, whose numbers can then be used again.
func (b *Block) remove(ids []uint32) {
	b.free = append(b.free, ids...)
	slices.SortFunc(b.free, func(x, y uint32) int { return int(int64(y) - int64(x)) })
	n := len(b.cells)
	for len(b.free) > 0 && int(b.free[0]) == n-1 {
		b.free, n = b.free[1:], n-1
	}
	if b.cells = b.cells[:n]; n < cap(b.cells)/2 {
		b.cells = slices.Clone(b.cells)
	}
	for i := range b.lines.Labels {
		b.places[i] = b.places[i][:n]
	}
	b.free = slices.Clone(b.free)
}

// bitset is a set of entries.
type bitset []uint64

func (s bitset) has(id uint32) bool {
	return int(id/64) < len(s) && s[id/64]>>(id%64)&1 != 0
}

func (s *bitset) add(id uint32) {
	for int(id/64) >= len(*s) {
		*s = append(*s, 0)
	}
	(*s)[id/64] |= 1 << (id % 64)
}
