// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// dpi is the number of pixels per inch in a picture whose text has its normal size.
const dpi = 96

// The default height of a chart, in pixels.
const (
	onePanel  = 420
	nextPanel = 300 // of each of several panels
)

// plainHeight returns the default height of a chart whose legend has a few rows, at most MaxSide.
func (c *Chart) plainHeight() int { return min(MaxSide, max(onePanel, nextPanel*len(c.Panels))) }

// dpi returns the resolution at which the chart is drawn. It determines the size of text: larger text in a
// large picture, which is often shown reduced, and smaller text in a small picture, which has little
// room.
func (c *Chart) dpi() int {
	height := c.Height
	if height == 0 {
		height = c.plainHeight()
	}
	width, panel := float64(c.Width), float64(height)/float64(len(c.Panels))
	scale := 1.0
	if large := min(width/1200, panel/600); large > 1 {
		scale = large
	} else if small := min(width/480, panel/300); small < 1 {
		scale = max(small, 0.8)
	}
	return int(math.Round(dpi * scale))
}

// page returns the size of the chart at its resolution.
func (c *Chart) page() (width, height vg.Length) {
	length := func(pixels int) vg.Length { return vg.Length(pixels) * vg.Inch / vg.Length(c.dpi()) }
	width = length(c.Width)
	if c.Height > 0 {
		return width, length(c.Height)
	}
	rows := 0
	if c.Legend == LegendAll {
		for _, p := range c.Panels {
			_, legend := styles(p.Frame.Columns, nameColumns(p.Frame.Columns), LegendAll)
			rows = max(rows, legend.place(width-2*margin, math.MaxInt).rows)
		}
	}
	most := length(MaxSide)
	height = length(c.plainHeight()) + vg.Length(len(c.Panels)*max(0, rows-usualRows))*rowHeight()
	// The height is a whole number of pixels.
	return width, min(most, length(int(math.Ceil(float64(height/length(1))))))
}
