// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/recorder"

	"github.com/apptuitai/apptuit-go/query"
)

// textBox is a text and the room that it takes.
type textBox struct {
	text string
	vg.Rectangle
}

// boxes returns the texts of a chart, and the size of its page.
func boxes(c *Chart) (all []textBox, page vg.Rectangle) {
	width, height := c.page()
	canvas := &textCanvas{}
	c.draw(draw.NewCanvas(canvas, width, height))
	return canvas.boxes, vg.Rectangle{Max: vg.Point{X: width, Y: height}}
}

// textCanvas notes where texts are.
type textCanvas struct {
	recorder.Canvas
	boxes []textBox
}

func (c *textCanvas) FillString(face font.Face, at vg.Point, text string) {
	e := face.Extents()
	c.boxes = append(c.boxes, textBox{text, vg.Rectangle{
		// Capitals reach to four fifths of the ascent, which has room for accents.
		Min: vg.Point{X: at.X, Y: at.Y - e.Descent},
		Max: vg.Point{X: at.X + face.Width(text), Y: at.Y + e.Ascent*0.8},
	}})
}

func overlap(a, b vg.Rectangle) bool {
	const touch = 0.01
	return a.Min.X < b.Max.X-touch && b.Min.X < a.Max.X-touch && a.Min.Y < b.Max.Y-touch && b.Min.Y < a.Max.Y-touch
}

func TestChart_TextsDoNotOverlap(t *testing.T) {
	t.Parallel()
	zone, err := time.LoadLocation("Europe/Zurich")
	if err != nil {
		t.Fatal(err)
	}
	unit, err := ParseUnit("By/s")
	if err != nil {
		t.Fatal(err)
	}
	long := query.Output{}
	for i := range 12 {
		long.Series = append(long.Series, query.Series{
			Metric: strings.Repeat("a_long_metric_", i+1), Tags: map[string]string{"host": strings.Repeat("web", i*i), "zone": "z"},
			Timestamps: []int64{noon.UnixMilli(), noon.UnixMilli() + 1000}, Values: []float64{float64(i), -1e10},
		})
	}
	several := [][]Panel{
		{{Frame: &query.Frame{}}},
		{{Frame: frame(1)}},
		{{Frame: frame(50)}},
		{{Title: "out", Frame: long.Frame()}},
		{{Title: "a", Frame: frame(3)}, {Title: "b", Frame: long.Frame()}},
	}
	check := func(length time.Duration, c *Chart) {
		t.Helper()
		if c.Height > 0 && c.Height < MinPanel*len(c.Panels) {
			return
		}
		// The morning before a day of 25 hours.
		c.From = time.Date(2026, 10, 24, 9, 3, 7, 0, zone)
		c.To = c.From.Add(length)
		c.Title, c.Unit = strings.Repeat("sum by (route) ", 1+len(c.Panels)*4), unit
		what := fmt.Sprintf("%d x %d, %v, legend %d", c.Width, c.Height, length, c.Legend)
		all, page := boxes(c)
		if len(all) < 2 {
			t.Errorf("%s: only the texts %v", what, all)
		}
		for i, a := range all {
			if a.Min.X < page.Min.X || a.Min.Y < page.Min.Y || a.Max.X > page.Max.X || a.Max.Y > page.Max.Y {
				t.Errorf("%s: %q at %v is not on the page of %v", what, a.text, a.Rectangle, page.Max)
			}
			for _, b := range all[:i] {
				if overlap(a.Rectangle, b.Rectangle) {
					t.Errorf("%s: %q at %v overlaps %q at %v", what, a.text, a.Rectangle, b.text, b.Rectangle)
				}
			}
		}
	}
	for _, size := range [][2]int{{100, 100}, {160, 120}, {300, 200}, {320, 900}, {640, 320}, {900, 0}, {900, 420}, {1920, 1080}, {4000, 3000}, {10_000, 300}} {
		for _, panels := range several {
			for _, which := range []Legend{LegendLargest, LegendAll} {
				check(time.Hour, &Chart{Panels: panels, Legend: which, Width: size[0], Height: size[1]})
			}
		}
		for _, length := range []time.Duration{0, time.Minute, 26 * time.Hour, 7 * 24 * time.Hour, 31 * 24 * time.Hour, 366 * 24 * time.Hour} {
			check(length, &Chart{Panels: []Panel{{Frame: frame(3)}}, Width: size[0], Height: size[1]})
		}
	}
}

// From 300 x 200 pixels on, a picture has all that one reads it by.
func TestChart_KeepsItsTextsFrom300x200On(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3, 50} {
		c := chartOf(frame(n))
		c.Width, c.Height = 300, 200
		texts := svgTexts(t, c)
		counts := map[string]int{}
		for _, s := range texts {
			switch {
			case s == c.Title:
				counts["title"]++
			case strings.HasPrefix(s, "12:"):
				counts["times"]++
			case strings.HasPrefix(s, "2026-06-16"):
				counts["caption"]++
			case strings.Contains(s, "route/"):
				counts["names"]++
			case !math.IsNaN(number(s)):
				counts["values"]++
			}
		}
		if counts["title"] != 1 || counts["times"] < 3 || counts["caption"] != 1 || counts["names"] < min(n, 3) || counts["values"] < 2 {
			t.Errorf("%d lines: %v in %q", n, counts, texts)
		}
	}
}

func number(s string) float64 {
	var v float64
	if _, err := fmt.Sscan(s, &v); err != nil {
		return math.NaN()
	}
	return v
}
