// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"math"
	"slices"
	"time"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
)

// line draws a column.
type line struct {
	segments []plotter.XYs
	style    draw.LineStyle
}

var _ plot.Plotter = line{}

// Plot implements [plot.Plotter].
func (l line) Plot(c draw.Canvas, p *plot.Plot) {
	x, y := p.Transforms(&c)
	for _, s := range l.segments {
		points := make([]vg.Point, len(s))
		for i, xy := range s {
			points[i] = vg.Point{X: x(xy.X), Y: y(xy.Y)}
		}
		if len(points) == 1 {
			c.DrawGlyph(draw.GlyphStyle{Color: l.style.Color, Radius: 1.5 * l.style.Width, Shape: draw.CircleGlyph{}}, points[0])
			continue
		}
		c.StrokeLines(l.style, c.ClipLinesXY(points)...)
	}
}

// segments returns the values that are there, parted where some are missing.
//
// In a frame, a value may be missing because another series has one at a time of
// its own, and a time may be missing because no series has a value. So it is the
// time between two values that tells: beyond one and a half times the usual, or
// five times if there is no usual one.
func segments(index []time.Time, values []float64) []plotter.XYs {
	var points plotter.XYs
	for i, v := range values {
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			points = append(points, plotter.XY{X: unix(index[i]), Y: min(max(v, -largest), largest)})
		}
	}
	if len(points) == 0 {
		return nil
	}
	longest, start := longestStep(points), 0
	var out []plotter.XYs
	for i := 1; i < len(points); i++ {
		if points[i].X-points[i-1].X > longest {
			out = append(out, points[start:i])
			start = i
		}
	}
	return append(out, points[start:])
}

// longestStep returns the seconds between two values beyond which something is
// missing between them.
func longestStep(points plotter.XYs) float64 {
	if len(points) < 3 {
		return math.Inf(1)
	}
	steps := make([]float64, len(points)-1)
	for i := range steps {
		steps[i] = points[i+1].X - points[i].X
	}
	slices.Sort(steps)
	median := steps[(len(steps)-1)/2]
	usual := 0
	for _, s := range steps {
		if math.Abs(s-median) < median/4 {
			usual++
		}
	}
	if 2*usual < len(steps) {
		return 5 * median
	}
	return 1.5 * median
}

// unix returns a time in seconds, which is what the axis counts.
func unix(t time.Time) float64 { return float64(t.UnixMilli()) / 1000 }
