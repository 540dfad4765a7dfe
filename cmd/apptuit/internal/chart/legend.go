// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend names the lines below a panel, in as many rows as it needs up to a
// bound; what has no room is counted.
type legend struct {
	lead    string
	entries []entry
}

type entry struct {
	name  string
	style draw.LineStyle
}

const (
	legendRows = 3
	swatch     = vg.Length(16) // of a line's style
	swatchGap  = vg.Length(4)
	entryGap   = vg.Length(14)
	legendGap  = vg.Length(6) // above
)

// place is where an entry goes: its row and its distance from the left.
type place struct {
	row int
	x   vg.Length
}

// layout places the first entries, as many as have room, and what says how many
// do not.
func (l legend) layout(style draw.TextStyle, width vg.Length, rows int) (places []place, more place) {
	start := vg.Length(0)
	if l.lead != "" {
		start = style.Width(l.lead) + entryGap
	}
	at := place{x: start}
	next := func(w vg.Length) (place, bool) {
		if p := at; p.x+w <= width {
			return p, true
		}
		return place{row: at.row + 1, x: start}, at.row+1 < rows
	}
	for i, e := range l.entries {
		w := swatch + swatchGap + style.Width(e.name)
		p, ok := next(w)
		if ok && p.row == rows-1 && i < len(l.entries)-1 {
			// Something may have to follow in the last row.
			ok = p.x == start || p.x+w+entryGap+style.Width(moreText(len(l.entries)-i-1)) <= width || l.fits(style, i, p.x, width)
		}
		if !ok {
			more, _ = next(0)
			return places, more
		}
		places = append(places, p)
		at = place{row: p.row, x: p.x + w + entryGap}
	}
	return places, place{}
}

// fits reports whether all entries from i on fit into a row, from x on.
func (l legend) fits(style draw.TextStyle, i int, x, width vg.Length) bool {
	for _, e := range l.entries[i:] {
		x += swatch + swatchGap + style.Width(e.name) + entryGap
	}
	return x-entryGap <= width
}

func moreText(n int) string { return fmt.Sprintf("and %d more", n) }

// draw draws at the bottom of a canvas and returns the height that it takes.
func (l legend) draw(c draw.Canvas) vg.Length {
	if len(l.entries) == 0 {
		return 0
	}
	style := legendStyle()
	rowHeight := style.FontExtents().Height + 3
	// It leaves at least two thirds to the plot.
	height, width := c.Max.Y-c.Min.Y, c.Max.X-c.Min.X
	rows := max(1, min(legendRows, int(height/3/rowHeight)))
	places, more := l.layout(style, width, rows)
	used := more.row + 1
	for _, p := range places {
		used = max(used, p.row+1)
	}
	top := c.Min.Y + vg.Length(used)*rowHeight
	y := func(row int) vg.Length { return top - vg.Length(row)*rowHeight }

	pale := style
	pale.Color = paleInk()
	c.FillText(pale, vg.Point{X: c.Min.X, Y: y(0)}, l.lead)
	for i, p := range places {
		x, middle := c.Min.X+p.x, y(p.row)-style.FontExtents().Height*0.55
		line := l.entries[i].style
		line.Width = 2
		c.StrokeLine2(line, x, middle, x+swatch, middle)
		c.FillText(style, vg.Point{X: x + swatch + swatchGap, Y: y(p.row)}, l.entries[i].name)
	}
	if rest := len(l.entries) - len(places); rest > 0 {
		c.FillText(pale, vg.Point{X: c.Min.X + more.x, Y: y(more.row)}, moreText(rest))
	}
	return vg.Length(used)*rowHeight + legendGap
}
