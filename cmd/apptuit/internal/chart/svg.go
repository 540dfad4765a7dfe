// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"fmt"
	"io"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgsvg"
)

// WriteSVG writes the chart as SVG. Texts remain text elements. A viewer without Liberation Sans, or a
// font of the same widths, fits its own font into the widths of Liberation Sans, so that texts do not
// overlap.
func (c *Chart) WriteSVG(w io.Writer) error {
	if err := c.check(); err != nil {
		return err
	}
	width, height := c.page()
	scale := vg.Length(c.dpi()) / dpi
	canvas := &svgCanvas{Canvas: vgsvg.New(width*scale, height*scale)}
	canvas.Push()
	canvas.Scale(float64(scale), float64(scale))
	c.draw(draw.NewCanvas(canvas, width, height))
	canvas.Pop()
	var b bytes.Buffer
	if _, err := canvas.WriteTo(&b); err != nil {
		return err
	}
	_, err := io.WriteString(w, canvas.finish(b.String()))
	return err
}

// svgCanvas records the widths of texts.
type svgCanvas struct {
	*vgsvg.Canvas
	widths []vg.Length
}

// FillString writes a text.
func (c *svgCanvas) FillString(face font.Face, at vg.Point, text string) {
	c.Canvas.FillString(face, at, text)
	c.widths = append(c.widths, face.Width(text))
}

// finish adds the recorded widths to the text elements of a picture, and the names of fonts with the same
// widths.
func (c *svgCanvas) finish(picture string) string {
	const element = "<text "
	parts := strings.Split(picture, element)
	var b strings.Builder
	b.WriteString(parts[0])
	for i, part := range parts[1:] {
		fmt.Fprintf(&b, `%stextLength="%.5g" lengthAdjust="spacingAndGlyphs" %s`, element, c.widths[i], part)
	}
	return strings.ReplaceAll(b.String(), "font-family:Liberation Sans", "font-family:'Liberation Sans',Arimo,Arial,'Nimbus Sans',Helvetica,sans-serif")
}
