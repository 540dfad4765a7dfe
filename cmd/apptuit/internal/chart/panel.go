// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"
	"slices"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel holds the lines of a frame and the texts around them: the title above, labels of values at the
// left, labels of times below, and the legend below the labels of times.
type panel struct {
	title   string
	lines   []line // the largest first
	values  valueAxis
	legend  placed
	caption bool   // whether a caption is below the labels of times
	says    string // the text that replaces the lines, empty if there are lines
}

const (
	leastArea    = vg.Length(40) // the smallest height of lines: texts are omitted for it
	leastTitled  = vg.Length(75) // the smallest height of a panel in a chart with a title
	tickDistance = vg.Length(26) // about the smallest distance between labels of values
	tickLength   = vg.Length(4)
	labelGap     = vg.Length(5)  // between a label of a value and the lines
	between      = vg.Length(10) // between two panels
)

// newPanel returns a panel of a size. Only the last panel of a chart has a caption.
func newPanel(p Panel, c *Chart, width, height vg.Length, last bool) *panel {
	names := nameColumns(p.Frame.Columns)
	order, legend := styles(p.Frame.Columns, names, c.Legend)
	out := &panel{title: c.Unit.title(names.title(p.Title)), caption: last}
	out.fit(legend, width, height)

	low, high := math.Inf(1), math.Inf(-1)
	infinite := false
	for i, column := range order {
		l := newLine(p.Frame.Index, p.Frame.Columns[column].Values, styleOf(i, out.legend))
		for _, s := range l.segments {
			for _, p := range s {
				low, high = min(low, p.value), max(high, p.value)
			}
		}
		infinite = infinite || len(l.infinities) > 0
		out.lines = append(out.lines, l)
	}
	switch {
	case low <= high:
	case infinite:
		out.says = "only infinities"
	default:
		out.says = "no data"
	}
	out.values = newValueAxis(low, high, int((height-out.around())/tickDistance), c.Unit)
	return out
}

// fit omits the texts that leave no room for the lines. The legend may take a larger part of a large panel
// than of a small panel.
func (p *panel) fit(l legend, width, height vg.Length) {
	lines := max(leastArea, min(3*leastArea, height*0.35))
	rows := int((height - p.around() - lines - legendGap) / rowHeight())
	p.legend = l.place(width, max(1, rows))
	for _, without := range []func(){
		func() { p.legend = l.place(width, 0) },
		func() { p.title = "" },
		func() { p.caption = false },
	} {
		if height-p.around() < leastArea {
			without()
		}
	}
}

// around returns the height of the texts.
func (p *panel) around() vg.Length { return p.above() + p.below() + p.legend.height() }

// above returns the height of the title. Without a title it returns half of the height of a label: the
// uppermost label of a value protrudes so far.
func (p *panel) above() vg.Length {
	if p.title == "" {
		return tickStyle().FontExtents().Height / 2
	}
	return headingHeight(panelTitleStyle())
}

// below returns the height of the labels of times and of the caption.
func (p *panel) below() vg.Length {
	height := tickLength + 1 + tickStyle().FontExtents().Height
	if p.caption {
		height += tickStyle().FontExtents().Height
	}
	return height
}

// labelWidth returns the width of the widest label of a value.
func (p *panel) labelWidth() vg.Length {
	width := vg.Length(0)
	for _, t := range p.values.ticks() {
		width = max(width, tickStyle().Width(t.label))
	}
	return width
}

// draw draws the panel. The labels of values are in a gutter at the left.
func (p *panel) draw(c draw.Canvas, gutter vg.Length, times timeAxis) {
	if p.title != "" {
		heading(c, panelTitleStyle(), p.title)
	}
	a := area{times: times, values: p.values, Rectangle: vg.Rectangle{
		Min: vg.Point{X: c.Min.X + gutter, Y: c.Min.Y + p.below() + p.legend.height()},
		Max: vg.Point{X: c.Max.X, Y: c.Max.Y - p.above()},
	}}
	a.Max.X -= times.beyond(a.Size().X)
	a.draw(c, p.caption)
	for _, l := range slices.Backward(p.lines) { // the largest line is drawn last, above the others
		l.draw(c, a)
	}
	drawInfinities(c, a, p.lines)
	if p.says != "" {
		style := tickStyle()
		style.XAlign, style.YAlign = text.XCenter, text.YCenter
		c.FillText(style, vg.Point{X: (a.Min.X + a.Max.X) / 2, Y: (a.Min.Y + a.Max.Y) / 2}, fit(style, p.says, a.Size().X))
	}
	below := c
	below.Max.Y = c.Min.Y + p.legend.height()
	p.legend.draw(below)
}
