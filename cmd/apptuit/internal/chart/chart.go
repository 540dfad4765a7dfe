// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package chart draws frames over time, as PNG or SVG.
//
// A chart has one range of time and one or more panels, one above the other, a
// frame each. A column is a line, broken where values are missing; a lone value
// is a dot. Infinities cannot be drawn and are missing values, too. The legend
// below a panel says what tells its lines apart.
package chart

import (
	"bytes"
	"errors"
	"fmt"
	"image/png"
	"io"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"

	"github.com/apptuitai/apptuit-go/query"
)

// Chart is what is drawn.
type Chart struct {
	// Title is above all; shortened if it is too long.
	Title string
	// From and To are the ends of the axis of time, which is in the time zone
	// of From.
	From, To time.Time
	// Panels are drawn from top to bottom, in equal parts of the height.
	Panels []Panel
	// Width and Height are in pixels, of which an inch has 96: MinSide to
	// MaxSide.
	Width, Height int
}

// Panel is one frame of a chart.
type Panel struct {
	// Title is above the panel, with the metric and the tags that all lines
	// share.
	Title string
	Frame *query.Frame
}

// Limits of a chart.
const (
	MinSide = 100
	MaxSide = 10_000
	// MinPanel is the least height of a panel, in pixels.
	MinPanel = 80
)

const dpi = 96

// WritePNG writes the chart as a PNG image.
func (c *Chart) WritePNG(w io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	canvas := vgimg.NewWith(vgimg.UseWH(pixels(c.Width), pixels(c.Height)), vgimg.UseDPI(dpi))
	c.draw(draw.New(canvas))
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	return encoder.Encode(w, paletted(canvas.Image()))
}

// WriteSVG writes the chart as SVG. Its text stays text, in whatever sans-serif
// font the viewer has.
func (c *Chart) WriteSVG(w io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	canvas := vgsvg.New(pixels(c.Width), pixels(c.Height))
	c.draw(draw.New(canvas))
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	// The picture has fonts by the name of one family, which few systems have.
	text := bytes.ReplaceAll(b.Bytes(), []byte("font-family:Liberation Sans"), []byte("font-family:'Liberation Sans',Arial,Helvetica,sans-serif"))
	_, err := w.Write(text)
	return err
}

func (c *Chart) check() error {
	switch {
	case min(c.Width, c.Height) < MinSide || max(c.Width, c.Height) > MaxSide:
		return fmt.Errorf("a chart of %d x %d pixels: sides have %d to %d", c.Width, c.Height, MinSide, MaxSide)
	case len(c.Panels) == 0:
		return errors.New("a chart without panels")
	case c.Height < MinPanel*len(c.Panels):
		return fmt.Errorf("a chart of %d panels in %d pixels: each needs %d", len(c.Panels), c.Height, MinPanel)
	case c.To.Before(c.From):
		return fmt.Errorf("a chart from %v to %v", c.From, c.To)
	}
	return nil
}

func (c *Chart) draw(page draw.Canvas) {
	page.FillPolygon(background(), []vg.Point{
		page.Min, {X: page.Max.X, Y: page.Min.Y}, page.Max, {X: page.Min.X, Y: page.Max.Y},
	})
	page = draw.Crop(page, margin, -margin, margin, -margin)
	if c.Title != "" {
		page.Max.Y -= heading(page, titleStyle(), c.Title)
	}
	width, height := page.Max.X-page.Min.X, (page.Max.Y-page.Min.Y)/vg.Length(len(c.Panels))
	panels, gutter := c.panels(width, height), vg.Length(0)
	for _, p := range panels {
		gutter = max(gutter, p.labelWidth())
	}
	for i, p := range panels {
		part := page
		part.Max.Y = page.Max.Y - vg.Length(i)*height
		part.Min.Y = part.Max.Y - height
		if i > 0 {
			part.Max.Y -= between
		}
		p.draw(part, gutter)
	}
}

func (c *Chart) panels(width, height vg.Length) []*panel {
	from, to := c.From, c.To
	if !to.After(from) {
		from, to = from.Add(-time.Minute), from.Add(time.Minute)
	}
	axis := newTimeAxis(from, to, width)
	panels := make([]*panel, len(c.Panels))
	for i, p := range c.Panels {
		panels[i] = newPanel(p, axis, height)
	}
	panels[len(panels)-1].plot.X.Label.Text = axis.caption()
	return panels
}

// heading draws a line at the top, shortened to the width, and returns what it
// takes of the height.
func heading(page draw.Canvas, style draw.TextStyle, s string) vg.Length {
	s = fit(style, clean(s), page.Max.X-page.Min.X)
	page.FillText(style, vg.Point{X: page.Min.X, Y: page.Max.Y}, s)
	return style.FontExtents().Height + 7
}
