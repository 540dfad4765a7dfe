// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"
	"time"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/trace"
)

// point is a value at a time. The time is in seconds since 1970.
type point struct{ at, value float64 }

// line is the line of a column.
type line struct {
	segments   [][]point
	infinities []point
	style      draw.LineStyle
}

func newLine(index []time.Time, values []float64, style draw.LineStyle) line {
	l := line{segments: segments(index, values), style: style}
	for i, v := range values {
		if math.IsInf(v, 0) {
			l.infinities = append(l.infinities, point{unix(index[i]), v})
		}
	}
	return l
}

// draw draws the line in an area of a canvas.
func (l line) draw(c draw.Canvas, a area) {
	c = draw.Canvas{Canvas: c.Canvas, Rectangle: a.Rectangle}
	for _, s := range l.segments {
		points := make([]vg.Point, len(s))
		for i, p := range s {
			points[i] = vg.Point{X: a.x(p.at), Y: a.y(p.value)}
		}
		if len(points) > 1 {
			c.StrokeLines(l.style, c.ClipLinesXY(points)...)
		} else if c.ContainsX(points[0].X) {
			c.DrawGlyph(draw.GlyphStyle{Color: l.style.Color, Radius: 2.5, Shape: draw.CircleGlyph{}}, points[0])
		}
	}
}

// segments returns the finite values, divided where values are missing, as [trace.MaxGap] tells, and
// at infinities.
func segments(index []time.Time, values []float64) [][]point {
	var points []point
	infinite := map[int]bool{} // the points after an infinity
	for i, v := range values {
		if math.IsInf(v, 0) {
			infinite[len(points)] = true
		} else if !math.IsNaN(v) {
			points = append(points, point{unix(index[i]), min(max(v, -largest), largest)})
		}
	}
	if len(points) == 0 {
		return nil
	}
	steps := make([]float64, len(points)-1)
	for i := range steps {
		steps[i] = points[i+1].at - points[i].at
	}
	longest, start := trace.MaxGap(steps), 0
	var out [][]point
	for i := 1; i < len(points); i++ {
		if points[i].at-points[i-1].at > longest || infinite[i] {
			out = append(out, points[start:i])
			start = i
		}
	}
	return append(out, points[start:])
}

// unix returns a time in seconds since 1970, the unit of the time axis.
func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
