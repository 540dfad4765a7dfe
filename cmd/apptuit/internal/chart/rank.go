// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"cmp"
	"math"
	"slices"

	"gonum.org/v1/plot/vg/draw"

	"github.com/apptuitai/apptuit-go/query"
)

// Legend selects the lines that have a colour and a name. Where the legend has no room for
// all of them, the smallest lines have neither. Where it has room for none, all have a colour.
type Legend int

// The selections of lines.
const (
	LegendLargest Legend = iota // the ten that reach the furthest from 0
	LegendAll
	LegendNone // all have colours, and none a name
)

// mostNamed is how many lines LegendLargest selects: more are hard to follow.
const mostNamed = 10

// styles returns the indexes of columns, the largest first, and the legend of the selected
// ones. The column at order[i] is drawn in the style of entry i.
func styles(columns []query.Column, names names, which Legend) (order []int, l legend) {
	order = bySize(columns)
	if which == LegendNone {
		return order, legend{}
	}
	n := len(order)
	if which == LegendLargest {
		n = min(n, mostNamed)
	}
	l = legend{lead: names.lead, others: len(order) - n}
	for i, column := range order[:n] {
		if names.each[column] == "" { // a single line that has no name
			return order, legend{}
		}
		l.entries = append(l.entries, entry{names.each[column], lineStyle(i)})
	}
	return order, l
}

// bySize returns the indexes of columns, ordered by the largest absolute value of each, and if
// that is equal by the mean of them.
func bySize(columns []query.Column) []int {
	most, mean := make([]float64, len(columns)), make([]float64, len(columns))
	for i := range columns {
		most[i], mean[i] = size(columns[i].Values)
	}
	order := make([]int, len(columns))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(most[b], most[a]), cmp.Compare(mean[b], mean[a]))
	})
	return order
}

func size(values []float64) (most, mean float64) {
	most = -1
	n := 0.0
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		most = max(most, math.Abs(v))
		n++
		mean += (math.Abs(v) - mean) / n
	}
	if math.IsInf(most, 1) {
		mean = 0
	}
	return most, mean
}

// styleOf returns the style of the i-th largest line, beside a legend. Without a legend, colours
// at least tell lines apart.
func styleOf(i int, p placed) draw.LineStyle {
	if i < len(p.entries) || len(p.entries) == 0 {
		return lineStyle(i)
	}
	return otherStyle()
}
