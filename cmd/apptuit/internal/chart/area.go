// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// area is the part of a panel where lines are drawn, with its axes.
type area struct {
	vg.Rectangle
	times  timeAxis
	values valueAxis
}

// x returns the place of a time, which is in seconds since 1970.
func (a area) x(at float64) vg.Length {
	from, to := unix(a.times.from), unix(a.times.to)
	return a.Min.X + vg.Length((at-from)/(to-from))*(a.Max.X-a.Min.X)
}

// y returns the place of a value.
func (a area) y(value float64) vg.Length {
	return a.Min.Y + vg.Length((value-a.values.low)/(a.values.high-a.values.low))*(a.Max.Y-a.Min.Y)
}

// draw draws the grid and the labels. Labels of times may use the whole width of the canvas.
func (a area) draw(c draw.Canvas, caption bool) {
	grid := draw.LineStyle{Color: gridColor(), Width: 0.6}
	axis := draw.LineStyle{Color: axisColor(), Width: 0.6}
	style := tickStyle()

	style.XAlign, style.YAlign = text.XRight, text.YCenter
	for _, t := range a.values.ticks() {
		y, line := a.y(t.value), grid
		if t.value == 0 {
			line = axis
		}
		c.StrokeLine2(line, a.Min.X, y, a.Max.X, y)
		c.FillText(style, vg.Point{X: a.Min.X - labelGap, Y: y}, t.label)
	}

	style.XAlign, style.YAlign = text.XCenter, text.YTop
	free := c.Min.X
	for _, t := range a.times.ticks() {
		x, half := a.x(t.value), style.Width(t.label)/2
		c.StrokeLine2(grid, x, a.Min.Y, x, a.Max.Y)
		c.StrokeLine2(axis, x, a.Min.Y, x, a.Min.Y-tickLength)
		if x = max(c.Min.X+half, min(x, c.Max.X-half)); x-half < free {
			continue // it would cover the label before
		}
		free = x + half + style.Width("  ")
		c.FillText(style, vg.Point{X: x, Y: a.Min.Y - tickLength - 1}, t.label)
	}
	c.StrokeLine2(axis, a.Min.X, a.Min.Y, a.Max.X, a.Min.Y)
	if caption {
		at := vg.Point{X: (a.Min.X + a.Max.X) / 2, Y: a.Min.Y - tickLength - 1 - style.FontExtents().Height}
		s := fit(style, a.times.caption(), c.Max.X-c.Min.X)
		half := style.Width(s) / 2
		at.X = max(c.Min.X+half, min(at.X, c.Max.X-half))
		c.FillText(style, at, s)
	}
}
