// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"slices"
	"strconv"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// MaxLabels is the largest number of labels of a block.
const MaxLabels = 2

// Distribution is a point that becomes several lines. A value that is NaN becomes no line.
// Values must not be infinite.
type Distribution struct {
	// Plain are the values of the lines of [Lines.Plain].
	Plain []model.Value
	// Labelled are the values of the lines of [Lines.Labels].
	Labelled [MaxLabels]Labelled
}

// Labelled are the values of the lines with one label. Value i belongs to the label value
// At[i]. If there is one value more, it belongs to "+Inf".
type Labelled struct {
	At     []float64
	Values []model.Value
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

// set renders the values of a label.
func (l *labelTexts) set(at []float64) {
	if len(l.texts) > 0 && slices.Equal(l.at, at) {
		return
	}
	l.at = append(l.at[:0], at...)
	l.texts = slices.Grow(l.texts[:0], len(at)+1)[:len(at)+1]
	for i, v := range at {
		l.texts[i] = strconv.AppendFloat(l.texts[i][:0], v, 'g', -1, 64) // as Prometheus prints them
	}
	l.texts[len(at)] = append(l.texts[len(at)][:0], "+Inf"...)
	sorted := slices.Sorted(slices.Values(at))
	l.repeats = len(slices.Compact(sorted)) < len(at)
}

// repeated reports whether value i is equal to an earlier one.
func (l *labelTexts) repeated(i int) bool {
	return l.repeats && i < len(l.at) && slices.Contains(l.at[:i], l.at[i])
}
