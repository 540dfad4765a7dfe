// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"slices"
	"strconv"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// MaxLabels is the number of labels that a block can have.
const MaxLabels = 2

// Distribution is a point that becomes several lines. A value that is NaN becomes none;
// infinite ones are not allowed.
type Distribution struct {
	// Fixed are the values of the lines of [Lines.Fixed].
	Fixed []model.Value
	// Labelled are the values of the lines of [Lines.Labels].
	Labelled [MaxLabels]Labelled
}

// Labelled are the values of the lines with one label. Value i belongs to the label value
// At[i]. If there is one value more, it belongs to "+Inf".
type Labelled struct {
	At     []float64
	Values []model.Value
}

// distribution is a Distribution in the memory of a block. All values lie side by side,
// so that a write, which takes the points in another order, waits for memory once a point.
type distribution struct {
	values []model.Value // fixed ones first
	counts [MaxLabels]int
	bounds [MaxLabels]int // in current.bounds
}

// copyOf returns a copy of a distribution with so many labels.
func (t *current) copyOf(d *Distribution, labels int) (own distribution) {
	n := len(d.Fixed)
	for i := range labels {
		n += len(d.Labelled[i].Values)
	}
	own.values = append(t.values.take(n), d.Fixed...)
	for i := range labels {
		l := &d.Labelled[i]
		own.values = append(own.values, l.Values...)
		own.counts[i], own.bounds[i] = len(l.Values), t.addBounds(i, l.At)
	}
	return own
}

// addBounds returns the index of values of a label. Most points have the same as the one
// before.
func (t *current) addBounds(label int, at []float64) int {
	all := &t.bounds[label]
	if last := len(*all) - 1; last >= 0 && slices.Equal((*all)[last], at) {
		return last
	}
	*all = append(*all, append(t.floats.take(len(at)), at...))
	return len(*all) - 1
}

// labelTexts are rendered values of a label. Most points have the same.
type labelTexts struct {
	at      []float64
	buffer  []byte
	texts   [][]byte // in the buffer: those of at, and "+Inf"
	repeats bool     // two of them are equal
}

// set renders the values of a label.
func (l *labelTexts) set(at []float64) {
	if len(l.texts) > 0 && slices.Equal(l.at, at) {
		return
	}
	l.at, l.buffer, l.texts = append(l.at[:0], at...), l.buffer[:0], l.texts[:0]
	var ends []int
	for _, v := range at {
		l.buffer = strconv.AppendFloat(l.buffer, v, 'g', -1, 64) // as Prometheus prints them
		ends = append(ends, len(l.buffer))
	}
	l.buffer = append(l.buffer, "+Inf"...)
	start := 0
	for _, end := range append(ends, len(l.buffer)) {
		l.texts = append(l.texts, l.buffer[start:end])
		start = end
	}
	sorted := slices.Sorted(slices.Values(at))
	l.repeats = len(slices.Compact(sorted)) < len(at)
}

// repeated reports whether value i is equal to one before it.
func (l *labelTexts) repeated(i int) bool {
	return l.repeats && i < len(l.at) && slices.Contains(l.at[:i], l.at[i])
}
