// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"slices"
	"strconv"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// cell is the value of an entry in the current export.
type cell struct {
	ts     int64  // 0 if there is no value
	bits   uint64 // of a number, or the index of a distribution
	source uint32
	owner  uint32
	used   uint32
	kind   model.ValueKind

	supplement bool // see PutSupplement
}

// cellSize is the size of a cell with its bit in the set.
const cellSize = 32 + 1

// Stamp is the part of a point beside its series and its values.
type Stamp struct {
	Timestamp int64  // in wire units, not 0
	Source    uint32 // identifies the data point in the batch
	Owner     uint32 // the instrument, which is named if the point collides
}

// PutNumber gives an entry a value in the current export. The value must be finite.
func (w *Writer) PutNumber(b *Block, id uint32, at Stamp, v model.Value) {
	w.put(b, id, at, v.Bits(), v.Kind())
}

// PutDistribution gives an entry the values of several lines in the current export. It
// keeps no reference to d.
func (w *Writer) PutDistribution(b *Block, id uint32, at Stamp, d *Distribution) {
	w.putDistribution(b, id, at, d)
}

// PutSupplement is PutDistribution for further lines of a point. They do not collide with a
// point of the same owner, series and timestamp. That point must not have any of these lines.
func (w *Writer) PutSupplement(b *Block, id uint32, at Stamp, d *Distribution) {
	w.putDistribution(b, id, at, d).supplement = true
}

func (w *Writer) putDistribution(b *Block, id uint32, at Stamp, d *Distribution) *cell {
	s := w.stateOf(b)
	c := w.put(b, id, at, uint64(len(s.points)), 0)
	s.add(d, len(b.lines.Labels))
	return c
}

// put sets the cell of an entry, or appends an extra value if the cell is set.
func (w *Writer) put(b *Block, id uint32, at Stamp, bits uint64, kind model.ValueKind) *cell {
	c := &b.cells[id]
	if b.set.has(id) {
		s := w.stateOf(b)
		s.more = append(s.more, extra{id: id})
		c = &s.more[len(s.more)-1].cell
	} else {
		b.set.add(id)
	}
	c.ts, c.bits, c.source, c.owner, c.kind, c.supplement = at.Timestamp, bits, at.Source, at.Owner, kind, false
	return c
}

// Reject rejects a point of an entry. Write sets the tags of the rejection, because it
// reads the text of the series.
func (w *Writer) Reject(b *Block, id uint32, r put.Rejection) {
	if !b.set.has(id) {
		b.set.add(id)
		b.cells[id].ts = 0
	}
	s := w.stateOf(b)
	s.more = append(s.more, extra{id: id, rejected: &r})
}

// stateOf returns the state of a block, which it makes if necessary.
func (w *Writer) stateOf(b *Block) *exportState {
	if b.state == nil {
		if last := len(w.states) - 1; last >= 0 {
			b.state, w.states = w.states[last], w.states[:last]
		} else {
			b.state = new(exportState)
		}
	}
	return b.state
}

// Distribution is a point that becomes several lines. A value that is NaN becomes no line.
// Values must not be infinite.
type Distribution struct {
	// Plain are the values of the lines of [Lines.Plain].
	Plain []model.Value
	// Labelled are the values of the lines of [Lines.Labels].
	Labelled [MaxLabels]Labelled
}

// Reset removes all values, and keeps the memory for others.
func (d *Distribution) Reset() {
	d.Plain = d.Plain[:0]
	for i := range d.Labelled {
		l := &d.Labelled[i]
		l.At, l.Values = l.At[:0], l.Values[:0]
	}
}

// Labelled are the values of the lines with one label. Value i belongs to the label value
// At[i]. If there is one value more, it belongs to "+Inf".
type Labelled struct {
	At     []float64
	Values []model.Value
}

// exportState is the part of the current export that the cells do not hold.
type exportState struct {
	more   []extra
	points []distribution // by cell.bits
	values []model.Value  // of points
	bounds []float64      // of points
}

// extra is a further value of an entry, or a rejection.
type extra struct {
	id       uint32
	cell     cell
	rejected *put.Rejection
}

// reset makes the state empty for another block. Memory that only a large block needs is
// dropped.
func (s *exportState) reset() {
	const keptValues = 512 << 10
	clear(s.more) // for the rejections
	if cap(s.values) > keptValues {
		s.values = nil
	}
	*s = exportState{more: s.more[:0], points: s.points[:0], values: s.values[:0], bounds: s.bounds[:0]}
}

// distribution is a Distribution in the memory of an exportState. All of its values lie
// side by side, since a write takes the points in another order and so waits for memory
// only once for each point.
type distribution struct {
	values span // plain ones, then those of each label
	counts [MaxLabels]int
	bounds [MaxLabels]span
}

// span is a part of a slice.
type span struct{ from, to int }

// add adds a copy of a distribution with a number of labels.
func (s *exportState) add(d *Distribution, labels int) {
	var copied distribution
	n := len(d.Plain)
	for i := range labels {
		n += len(d.Labelled[i].Values)
	}
	if len(s.values)+n > cap(s.values) { // append would copy large slices more often
		s.values = slices.Grow(s.values, max(n, len(s.values)))
	}
	from := len(s.values)
	s.values = append(s.values, d.Plain...)
	for i := range labels {
		l := &d.Labelled[i]
		s.values = append(s.values, l.Values...)
		copied.counts[i], copied.bounds[i] = len(l.Values), s.addBounds(i, l.At)
	}
	copied.values = span{from, len(s.values)}
	s.points = append(s.points, copied)
}

// addBounds adds the values of a label. Most points have the same as the point before, and
// share them.
func (s *exportState) addBounds(label int, at []float64) span {
	if last := len(s.points) - 1; last >= 0 {
		if b := s.points[last].bounds[label]; slices.Equal(s.bounds[b.from:b.to], at) {
			return b
		}
	}
	from := len(s.bounds)
	s.bounds = append(s.bounds, at...)
	return span{from, len(s.bounds)}
}

// labelTexts are the rendered values of a label, which most points have in common.
type labelTexts struct {
	at      []float64
	texts   [][]byte // of at, and "+Inf"
	repeats bool     // two of them are equal
}

// set renders the values of a label. A rule never makes two of them equal, since it keeps
// numbers apart.
func (l *labelTexts) set(at []float64, rule encoding.TagValueRule) {
	if len(l.texts) > 0 && slices.Equal(l.at, at) {
		return
	}
	l.at = append(l.at[:0], at...)
	l.texts = slices.Grow(l.texts[:0], len(at)+1)[:len(at)+1]
	for i, v := range at {
		l.texts[i] = strconv.AppendFloat(l.texts[i][:0], v+0, 'g', -1, 64) // as Prometheus prints them; -0 becomes 0
	}
	l.texts[len(at)] = append(l.texts[len(at)][:0], "+Inf"...)
	if rule != encoding.TagValuesAny {
		for i, text := range l.texts {
			l.texts[i] = append(text[:0], rule.Value(string(text))...)
		}
	}
	sorted := slices.Sorted(slices.Values(at))
	l.repeats = len(slices.Compact(sorted)) < len(at)
}

// repeated reports whether value i is equal to an earlier one.
func (l *labelTexts) repeated(i int) bool {
	return l.repeats && i < len(l.at) && slices.Contains(l.at[:i], l.at[i])
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
