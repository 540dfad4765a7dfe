// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// arrow is the size of the mark of an infinity.
const arrow = vg.Length(6)

// drawInfinities draws an arrow for each infinity: at the upper edge of the area, or at the lower edge for
// a negative infinity. Arrows of several lines at one time are stacked. If there is no room for all
// arrows, one arrow stands for several infinities.
func drawInfinities(c draw.Canvas, a area, lines []line) {
	rows := int((a.Max.Y - a.Min.Y) / 2 / (arrow + 1))
	for _, up := range []bool{true, false} {
		edge, inwards := a.Max.Y, vg.Length(-1)
		if !up {
			edge, inwards = a.Min.Y, 1
		}
		used := map[int]int{} // arrows in a column
		for _, l := range lines {
			last := -1 // column of this line
			for _, p := range l.infinities {
				x := a.x(p.at)
				column := int((x - a.Min.X) / (arrow + 1))
				if p.value > 0 != up || x < a.Min.X || x > a.Max.X || column == last || used[column] >= rows {
					continue
				}
				last = column
				tip := edge + inwards*vg.Length(used[column])*(arrow+1)
				used[column]++
				c.FillPolygon(l.style.Color, []vg.Point{
					{X: x, Y: tip}, {X: x + arrow/2, Y: tip + inwards*arrow}, {X: x - arrow/2, Y: tip + inwards*arrow},
				})
			}
		}
	}
}
