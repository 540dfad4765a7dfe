// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"

	"gonum.org/v1/plot/vg"
)

// dpi is the number of pixels of an inch, in a picture whose text has its normal size.
const dpi = 96

// The height of a chart, in pixels, unless it is given.
const (
	onePanel  = 420
	nextPanel = 300 // of several, each
)

// plainHeight is the default height with a legend of a few rows. Many panels share MaxSide.
func (c *Chart) plainHeight() int { return min(MaxSide, max(onePanel, nextPanel*len(c.Panels))) }

// dpi returns the resolution at which the chart is drawn, which is the size of its text. A large
// picture is often shown smaller than it is; a small one has little room.
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
	// A picture has whole pixels.
	return width, min(most, length(int(math.Ceil(float64(height/length(1))))))
}
