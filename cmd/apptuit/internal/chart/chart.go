// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package chart draws frames over time as PNG or SVG.
//
// A chart has one range of time, and one or more panels, one above the other. A panel shows a frame, and
// each column of the frame is a line. The line is broken where values are missing; a single value is a
// dot. An infinity breaks the line, too, and is an arrow at the upper or lower edge. The legend names each
// line that has a colour, by the labels that differ. The other lines are grey, and the legend counts them.
package chart

import (
	"errors"
	"fmt"
	"image/png"
	"io"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"

	"github.com/apptuitai/apptuit-go/query"
)

// Chart is a picture of one or more frames.
type Chart struct {
	// Title is the text above all panels. It is shortened if it is too long.
	Title string
	// From and To are the ends of the time axis, which is in the time zone of From.
	From, To time.Time
	// Panels are drawn from top to bottom, in equal parts of the height.
	Panels []Panel
	// Unit is the unit of all values.
	Unit Unit
	// Legend selects the lines with a colour and a name; the default is LegendLargest.
	Legend Legend
	// Width and Height are in pixels, from MinSide to MaxSide. A height of 0 means 420 for one panel,
	// 300 for each of several panels, and more if LegendAll needs it, but at most MaxSide. Text
	// grows with pictures larger than 1,200 x 600 pixels, and shrinks a little below 480 x 300.
	Width, Height int
}

// Panel is one frame of a chart.
type Panel struct {
	// Title is the text above the panel. The metric and the tags that all lines share follow it.
	Title string
	Frame *query.Frame
}

// Limits of a chart.
const (
	MinSide = 100
	MaxSide = 10_000
	// MinPanel is the smallest height of a panel, in pixels.
	MinPanel = 80
)

// WritePNG writes the chart as a PNG image.
func (c *Chart) WritePNG(w io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	width, height := c.page()
	canvas := vgimg.NewWith(vgimg.UseWH(width, height), vgimg.UseDPI(c.dpi()))
	c.draw(draw.New(canvas))
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	return encoder.Encode(w, paletted(canvas.Image()))
}

func (c *Chart) check() error {
	height := c.Height
	if height == 0 {
		height = c.plainHeight()
	}
	switch {
	case len(c.Panels) == 0:
		return errors.New("the chart has no panels")
	case min(c.Width, height) < MinSide || max(c.Width, height) > MaxSide:
		return fmt.Errorf("the chart has %d x %d pixels: each side must have from %d to %d", c.Width, height, MinSide, MaxSide)
	case height < MinPanel*len(c.Panels):
		return fmt.Errorf("the chart has %d panels in a height of %d pixels: each panel needs %d", len(c.Panels), height, MinPanel)
	case c.To.Before(c.From):
		return fmt.Errorf("the chart begins at %v, after its end at %v", c.From, c.To)
	}
	return nil
}

// draw draws the chart on a page of the size that the method page returns.
func (c *Chart) draw(page draw.Canvas) {
	page.FillPolygon(background(), []vg.Point{
		page.Min, {X: page.Max.X, Y: page.Min.Y}, page.Max, {X: page.Min.X, Y: page.Max.Y},
	})
	page = draw.Crop(page, margin, -margin, margin, -margin)
	if c.Title != "" && page.Max.Y-page.Min.Y >= vg.Length(len(c.Panels))*leastTitled {
		page.Max.Y -= heading(page, titleStyle(), c.Title)
	}
	height := (page.Max.Y - page.Min.Y) / vg.Length(len(c.Panels))
	panels, gutter := make([]*panel, len(c.Panels)), vg.Length(0)
	for i, p := range c.Panels {
		panels[i] = newPanel(p, c, page.Max.X-page.Min.X, height-c.above(i), i == len(c.Panels)-1)
		gutter = max(gutter, panels[i].labelWidth())
	}
	gutter += labelGap
	from, to := c.From, c.To
	if !to.After(from) {
		from, to = from.Add(-time.Minute), from.Add(time.Minute)
	}
	times := newTimeAxis(from, to, page.Max.X-page.Min.X-gutter)
	for i, p := range panels {
		part := page
		part.Max.Y = page.Max.Y - vg.Length(i)*height - c.above(i)
		part.Min.Y = page.Max.Y - vg.Length(i+1)*height
		p.draw(part, gutter, times)
	}
}

// above returns the space above the i-th panel.
func (c *Chart) above(i int) vg.Length {
	if i == 0 {
		return 0
	}
	return between
}

// heading draws a line of text at the top of a page, shortened to the width, and returns its height.
func heading(page draw.Canvas, style draw.TextStyle, s string) vg.Length {
	s = fit(style, clean(s), page.Max.X-page.Min.X)
	page.FillText(style, vg.Point{X: page.Min.X, Y: page.Max.Y}, s)
	return headingHeight(style)
}

func headingHeight(style draw.TextStyle) vg.Length { return style.FontExtents().Height + 7 }
