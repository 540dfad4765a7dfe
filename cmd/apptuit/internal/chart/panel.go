// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// panel is a plot with what is above and below it.
type panel struct {
	title  string
	plot   *plot.Plot
	legend legend
	empty  bool
}

// newPanel returns a panel of about a height.
func newPanel(p Panel, times timeAxis, height vg.Length) *panel {
	names := nameColumns(p.Frame.Columns)
	out := &panel{title: names.title(p.Title), plot: plot.New(), legend: legend{lead: names.lead}}
	low, high := math.Inf(1), math.Inf(-1)
	var lines []plot.Plotter
	for i := range p.Frame.Columns {
		l := line{segments: segments(p.Frame.Index, p.Frame.Columns[i].Values), style: lineStyle(i)}
		for _, s := range l.segments {
			for _, xy := range s {
				low, high = min(low, xy.Y), max(high, xy.Y)
			}
		}
		lines = append(lines, l)
		if names.each[i] != "" {
			out.legend.entries = append(out.legend.entries, entry{names.each[i], l.style})
		}
	}
	out.empty = low > high
	values := newValueAxis(low, high, int(height/tickDistance))
	axes(out.plot, times, values)
	grid := plotter.NewGrid()
	grid.Vertical.Color, grid.Horizontal.Color = gridColor(), gridColor()
	grid.Vertical.Width, grid.Horizontal.Width = 0.6, 0.6
	out.plot.Add(grid)
	out.plot.Add(lines...)
	return out
}

// tickDistance is about the least height from one value's label to the next.
const tickDistance = 36

func axes(p *plot.Plot, times timeAxis, values valueAxis) {
	p.BackgroundColor = nil
	p.X.Min, p.X.Max, p.X.Tick.Marker = unix(times.from), unix(times.to), times
	p.Y.Min, p.Y.Max, p.Y.Tick.Marker = values.low, values.high, values
	for _, a := range []*plot.Axis{&p.X, &p.Y} {
		a.Padding = 0
		a.Color, a.Tick.Color = axisColor(), axisColor()
		style := tickStyle()
		style.XAlign, style.YAlign = a.Tick.Label.XAlign, a.Tick.Label.YAlign
		a.Tick.Label = style
		style.XAlign, style.YAlign = a.Label.TextStyle.XAlign, a.Label.TextStyle.YAlign
		a.Label.TextStyle = style
	}
	// The lines of the grid are enough to read values by.
	p.Y.Width, p.Y.Tick.Width, p.Y.Tick.Length = 0, 0, 4
	p.X.Tick.Length = 4
	p.X.Label.Padding = 2
}

// labelWidth is what the labels of the values take.
func (p *panel) labelWidth() vg.Length {
	width := vg.Length(0)
	for _, tick := range p.plot.Y.Tick.Marker.Ticks(p.plot.Y.Min, p.plot.Y.Max) {
		width = max(width, p.plot.Y.Tick.Label.Width(tick.Label))
	}
	return width
}

// draw draws the panel, its labels at the right of a gutter.
func (p *panel) draw(c draw.Canvas, gutter vg.Length) {
	if p.title != "" {
		c.Max.Y -= heading(c, panelTitleStyle(), p.title)
	}
	below := c
	below.Min.X += gutter + p.plot.Y.Tick.Length
	c.Min.Y += p.legend.draw(below)
	c.Min.X += gutter - p.labelWidth()
	p.plot.Draw(c)
	if p.empty {
		style := tickStyle()
		style.XAlign, style.YAlign = text.XCenter, text.YCenter
		c.FillText(style, c.Center(), "no data")
	}
}
