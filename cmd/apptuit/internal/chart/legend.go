// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"slices"
	"sort"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// legend names lines below a panel, and counts the other lines.
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
	usualRows = 3             // rows for which the default height has room
	swatch    = vg.Length(26) // length of a sample of a line: a whole pattern of dashes
	swatchGap = vg.Length(4)  // after it
	entryGap  = vg.Length(14) // after an entry
	legendGap = vg.Length(6)  // above
)

func rowHeight() vg.Length { return legendStyle().FontExtents().Height + 3 }

// placed is a legend whose entries have a place in rows.
type placed struct {
	legend
	at   []spot // places of the entries, and of the number of other lines if there are any
	rows int
}

// spot is the place of an entry: its row, its distance from the left, and its name, shortened.
type spot struct {
	row  int
	x    vg.Length
	name string
}

// place places as many entries as fit into a number of rows.
func (l legend) place(width vg.Length, rows int) placed {
	style := legendStyle()
	m := measured{legend: l, width: width}
	m.lead = fit(style, l.lead, width/3)
	if l.lead != "" {
		m.start = style.Width(m.lead) + entryGap
	}
	for _, e := range l.entries {
		m.texts = append(m.texts, m.measure(e.name))
	}
	if p := m.first(len(l.entries)); p.rows <= rows {
		return p
	}
	n := sort.Search(len(l.entries), func(n int) bool { return m.first(n).rows > rows })
	if n < 2 { // not one entry fits
		return placed{}
	}
	return m.first(n - 1)
}

// measured is a legend with the widths of its texts.
type measured struct {
	legend
	width, start vg.Length // of a row; of the lead, to the right of which the entries are
	texts        []measuredText
}

type measuredText struct {
	text  string
	width vg.Length // with swatch and gap
}

func (m measured) measure(text string) measuredText {
	style := legendStyle()
	text = fit(style, text, m.width-m.start-swatch-swatchGap)
	return measuredText{text, swatch + swatchGap + style.Width(text) + entryGap}
}

// first places the first n entries and the number of other lines, in one row or in columns of the same
// width.
func (m measured) first(n int) placed {
	p := placed{legend: legend{lead: m.lead, entries: m.entries[:n], others: m.others + len(m.entries) - n}}
	texts := slices.Clip(m.texts[:n])
	if p.others > 0 {
		texts = append(texts, m.measure(moreText(p.others)))
	}
	widest, all := vg.Length(0), -entryGap
	for _, t := range texts {
		widest, all = max(widest, t.width), all+t.width
	}
	x := m.start
	columns := max(1, int((m.width-m.start+entryGap)/widest))
	for i, t := range texts {
		at := spot{row: i / columns, x: m.start + vg.Length(i%columns)*widest, name: t.text}
		switch {
		case m.start+all <= m.width:
			at.row, at.x = 0, x
		case i == n && i > 0 && i%columns == 0 && x+t.width-entryGap <= m.width: // the number of other lines fits at the end of the last row
			at.row, at.x = p.rows-1, x
		}
		p.at = append(p.at, at)
		p.rows, x = at.row+1, at.x+t.width
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

// draw draws the legend, beginning at the upper left corner of a canvas.
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
