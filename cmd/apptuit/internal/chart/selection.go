// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"gonum.org/v1/plot/vg/draw"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/trace"
	"github.com/apptuitai/apptuit-go/query"
)

// Legend selects the lines that have a colour and a name. If the legend has no room for all of them, the
// smallest lines are grey. If it has no room at all, all lines have a colour and none a name.
type Legend int

// The selections of lines.
const (
	LegendLargest Legend = iota // the ten lines that reach furthest from 0
	LegendAll
	LegendNone // no line has a name, and all have a colour
)

// mostNamed is the number of lines that LegendLargest selects. More lines are hard to follow.
const mostNamed = 10

// styles returns the indexes of the columns, the largest first, and the legend of the selected columns. The
// column order[i] is drawn in the style of entry i.
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
		if names.each[column] == "" { // a single line without a name
			return order, legend{}
		}
		l.entries = append(l.entries, entry{names.each[column], lineStyle(i)})
	}
	return order, l
}

// styleOf returns the style of the i-th largest line. Without a legend, all lines have a colour.
func styleOf(i int, p placed) draw.LineStyle {
	if i < len(p.entries) || len(p.entries) == 0 {
		return lineStyle(i)
	}
	return otherStyle()
}
