// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"gonum.org/v1/plot/vg/draw"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/trace"
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
	order = trace.BySize(columns)
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

// styleOf returns the style of the i-th largest line, beside a legend. Without a legend, colours
// at least tell lines apart.
func styleOf(i int, p placed) draw.LineStyle {
	if i < len(p.entries) || len(p.entries) == 0 {
		return lineStyle(i)
	}
	return otherStyle()
}
