// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"sort"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend names lines below a panel, in rows; the others are counted.
type legend struct {
	lead    string
	entries []entry
	others  int // lines that have no entry
}

type entry struct {
	name  string
	style draw.LineStyle
}

const (
	usualRows = 3             // has the default height room for
	swatch    = vg.Length(26) // of a line's style: a whole pattern of dashes
	swatchGap = vg.Length(4)  // after it
	entryGap  = vg.Length(14) // after an entry
	legendGap = vg.Length(6)  // above
)

func rowHeight() vg.Length { return legendStyle().FontExtents().Height + 3 }

// placed is a legend in some rows of a width.
type placed struct {
	legend
	at   []spot // of the entries, and of the number of the others, if there are any
	rows int
}

// spot is the place of an entry: its row, its distance from the left, and its name, shortened.
type spot struct {
	row  int
	x    vg.Length
	name string
}

// place puts as many entries as have room into a number of rows.
func (l legend) place(width vg.Length, rows int) placed {
	if p := l.first(len(l.entries), width); p.rows <= rows {
		return p
	}
	n := sort.Search(len(l.entries), func(n int) bool { return l.first(n, width).rows > rows })
	if n < 2 { // no entry has room
		return placed{}
	}
	return l.first(n-1, width)
}

// first puts the first n entries, and the number of the others, into one row or into columns
// of one width.
func (l legend) first(n int, width vg.Length) placed {
	style := legendStyle()
	p := placed{legend: legend{lead: fit(style, l.lead, width/3), entries: l.entries[:n], others: l.others + len(l.entries) - n}}
	start := vg.Length(0)
	if l.lead != "" {
		start = style.Width(p.lead) + entryGap
	}
	room := width - start - swatch - swatchGap
	var names []string
	for _, e := range p.entries {
		names = append(names, fit(style, e.name, room))
	}
	if p.others > 0 {
		names = append(names, fit(style, moreText(p.others), room))
	}
	widest, all := vg.Length(0), -entryGap
	for _, name := range names {
		w := swatch + swatchGap + style.Width(name) + entryGap
		widest, all = max(widest, w), all+w
	}
	x := start
	columns := max(1, int((width-start+entryGap)/widest))
	for i, name := range names {
		w := swatch + swatchGap + style.Width(name) + entryGap
		at := spot{row: i / columns, x: start + vg.Length(i%columns)*widest, name: name}
		switch {
		case start+all <= width:
			at.row, at.x = 0, x
		case i == n && i > 0 && i%columns == 0 && x+w-entryGap <= width: // needs no row of its own
			at.row, at.x = p.rows-1, x
		}
		p.at = append(p.at, at)
		p.rows, x = at.row+1, at.x+w
	}
	return p
}

func moreText(n int) string { return fmt.Sprintf("and %d more", n) }

func (p placed) height() vg.Length {
	if p.rows == 0 {
		return 0
	}
	return vg.Length(p.rows)*rowHeight() + legendGap
}

// draw draws the legend from the upper left corner of a canvas on.
func (p placed) draw(c draw.Canvas) {
	if p.rows == 0 {
		return
	}
	pale := legendStyle()
	pale.Color = paleInk()
	top := c.Max.Y - legendGap
	if p.lead != "" {
		c.FillText(pale, vg.Point{X: c.Min.X, Y: top}, p.lead)
	}
	for i, at := range p.at {
		line, style := otherStyle(), pale
		if i < len(p.entries) {
			line, style = p.entries[i].style, legendStyle()
			line.Width = 2
		}
		x, y := c.Min.X+at.x, top-vg.Length(at.row)*rowHeight()
		middle := y - style.FontExtents().Height*0.55
		c.StrokeLine2(line, x, middle, x+swatch, middle)
		c.FillText(style, vg.Point{X: x + swatch + swatchGap, Y: y}, at.name)
	}
}
