// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/query"
)

var noon = time.Date(2026, 6, 16, 12, 0, 0, 0, time.UTC)

// frame returns n series of ten minutes, a value each 15 s.
func frame(n int) *query.Frame {
	var o query.Output
	for i := range n {
		s := query.Series{Metric: "requests", Tags: map[string]string{"route": fmt.Sprintf("/route/%d", i), "host": "web1"}}
		for j := range 41 {
			s.Timestamps = append(s.Timestamps, noon.Add(time.Duration(j)*15*time.Second).UnixMilli())
			s.Values = append(s.Values, float64(10*i+j%7))
		}
		o.Series = append(o.Series, s)
	}
	return o.Frame()
}

func chartOf(frames ...*query.Frame) *Chart {
	c := &Chart{Title: "the title", From: noon, To: noon.Add(10 * time.Minute), Width: 600, Height: 300 * max(1, len(frames))}
	for i, f := range frames {
		c.Panels = append(c.Panels, Panel{Title: fmt.Sprintf("panel%d", i), Frame: f})
	}
	return c
}

func drawPNG(t *testing.T, c *Chart) image.Image {
	t.Helper()
	var b bytes.Buffer
	if err := c.WritePNG(&b); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func drawSVG(t *testing.T, c *Chart) string {
	t.Helper()
	var b strings.Builder
	if err := c.WriteSVG(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// svgTexts reads the picture as XML and returns its texts.
func svgTexts(t *testing.T, c *Chart) []string {
	t.Helper()
	var texts []string
	root := ""
	for d := xml.NewDecoder(strings.NewReader(drawSVG(t, c))); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e, ok := token.(xml.StartElement); ok {
			if root == "" {
				root = e.Name.Local
			}
			if e.Name.Local == "text" {
				var text string
				if err := d.DecodeElement(&text, &e); err != nil {
					t.Fatal(err)
				}
				texts = append(texts, text)
			}
		}
	}
	if root != "svg" {
		t.Fatalf("the root element is %q", root)
	}
	return texts
}

// colored counts the pixels of the i-th line's colour in a part of the picture.
func colored(img image.Image, i int, part image.Rectangle) int {
	want, n := color.RGBAModel.Convert(lineStyle(i).Color), 0
	for y := part.Min.Y; y < part.Max.Y; y++ {
		for x := part.Min.X; x < part.Max.X; x++ {
			if color.RGBAModel.Convert(img.At(x, y)) == want {
				n++
			}
		}
	}
	return n
}

func TestWritePNG_HasTheSizeAndTheLines(t *testing.T) {
	t.Parallel()
	img := drawPNG(t, chartOf(frame(7)))
	if got := img.Bounds(); got != image.Rect(0, 0, 600, 300) {
		t.Errorf("bounds %v", got)
	}
	for i := range 7 {
		if n := colored(img, i, image.Rect(0, 40, 600, 240)); n < 300 {
			t.Errorf("line %d has %d pixels in the plot", i, n)
		}
		if n := colored(img, i, image.Rect(0, 250, 600, 300)); n < 20 {
			t.Errorf("line %d has %d pixels in the legend", i, n)
		}
	}
	if got := color.RGBAModel.Convert(img.At(0, 0)); got != (color.RGBA{R: 0xff, G: 0xff, B: 0xff, A: 0xff}) {
		t.Errorf("background %v", got)
	}
}

func TestWriteSVG_HasTheTexts(t *testing.T) {
	t.Parallel()
	texts := strings.Join(svgTexts(t, chartOf(frame(3), frame(1))), "\n")
	for _, want := range []string{
		"the title", "panel0: requests{host:web1}", "panel1", "route", "/route/0", "/route/1", "/route/2",
		"requests{host:web1, route:/route/0}", "12:02", "12:08", "2026-06-16 UTC", "20",
	} {
		if !strings.Contains("\n"+texts+"\n", "\n"+want+"\n") {
			t.Errorf("no text %q in\n%s", want, texts)
		}
	}
}

func TestWriteSVG_TextsKeepTheirWidths(t *testing.T) {
	t.Parallel()
	picture := drawSVG(t, chartOf(frame(3)))
	texts := svgTexts(t, chartOf(frame(3)))
	for _, text := range texts {
		style := tickStyle()
		switch {
		case text == "the title":
			style = titleStyle()
		case strings.HasPrefix(text, "panel0"):
			style = panelTitleStyle()
		case strings.Contains(text, "route"):
			style = legendStyle()
		}
		want := fmt.Sprintf(`textLength="%.5g"`, style.Width(text))
		if before, _, ok := strings.Cut(picture, ">"+text+"</text>"); !ok || !strings.Contains(before[strings.LastIndex(before, "<text"):], want) {
			t.Errorf("%q has no %s", text, want)
		}
	}
	if n := strings.Count(picture, "<text "); n != len(texts) || n != strings.Count(picture, "textLength=") {
		t.Errorf("%d texts, %d of them not empty, %d widths", n, len(texts), strings.Count(picture, "textLength="))
	}
}

func TestWriteSVG_IsValidXMLWithAnyTag(t *testing.T) {
	t.Parallel()
	f := frame(2)
	f.Columns[0].Tags = map[string]string{"route": "<&\"'>\x00\x1b\xff\ufffe日本\n", "]]>": "--"}
	texts := strings.Join(svgTexts(t, chartOf(f)), "\n")
	if want := "]]>=-- host="; strings.Contains(texts, want) || !strings.Contains(texts, "<&\"'>") || !strings.Contains(texts, "日本") {
		t.Errorf("texts:\n%s", texts)
	}
}

func TestChart_SaysThatThereIsNoData(t *testing.T) {
	t.Parallel()
	of := func(values ...float64) *query.Frame {
		s := query.Series{Metric: "m", Values: values}
		for i := range values {
			s.Timestamps = append(s.Timestamps, noon.UnixMilli()+int64(i))
		}
		return query.Output{Series: []query.Series{s}}.Frame()
	}
	f := func(says string, frame *query.Frame) {
		t.Helper()
		c := chartOf(frame)
		texts := "\n" + strings.Join(svgTexts(t, c), "\n") + "\n"
		for _, phrase := range []string{"no data", "only infinities"} {
			if strings.Contains(texts, "\n"+phrase+"\n") != (phrase == says) {
				t.Errorf("texts:%s", texts)
			}
		}
		for _, at := range []string{"12:00", "12:02", "12:10"} { // also at the ends
			if !strings.Contains(texts, "\n"+at+"\n") {
				t.Errorf("no %s in the texts:%s", at, texts)
			}
		}
		drawPNG(t, c)
	}
	f("no data", &query.Frame{})
	f("no data", of(math.NaN(), math.NaN()))
	f("only infinities", of(math.NaN(), math.Inf(1)))
	f("", frame(1))
	f("", of(3))
}

func TestChart_DrawsInfinitiesAsArrowsAtTheEdges(t *testing.T) {
	t.Parallel()
	f := frame(1)
	f.Columns[0].Values[10], f.Columns[0].Values[30] = math.Inf(1), math.Inf(-1)
	img := drawPNG(t, chartOf(f))
	f.Columns[0].Values[10], f.Columns[0].Values[30] = math.NaN(), math.NaN()
	without := drawPNG(t, chartOf(f))
	arrows := func(part image.Rectangle) int { return colored(img, 0, part) - colored(without, 0, part) }
	upper, lower := image.Rect(0, 0, 600, 130), image.Rect(0, 130, 600, 250)
	left, right := image.Rect(0, 0, 300, 250), image.Rect(300, 0, 600, 250)
	if arrows(upper) < 15 || arrows(upper.Intersect(right)) != 0 || arrows(lower) < 15 || arrows(lower.Intersect(left)) != 0 {
		t.Errorf("arrows: %d pixels above, %d below, %d at the left, %d at the right", arrows(upper), arrows(lower), arrows(left), arrows(right))
	}
}

func TestChart_DrawsLinesWithoutANameGrey(t *testing.T) {
	t.Parallel()
	f := func(which Legend, named, others int) {
		t.Helper()
		c := chartOf(frame(30))
		c.Legend, c.Height = which, 0
		texts := svgTexts(t, c)
		for i := range 30 {
			// The largest is the last one.
			if got := slices.Contains(texts, fmt.Sprintf("/route/%d", 29-i)); got != (i < named) {
				t.Errorf("legend %d: line %d is named: %t", which, i, got)
			}
		}
		if got := slices.Contains(texts, fmt.Sprintf("and %d more", others)); got != (others > 0) {
			t.Errorf("legend %d: others are counted: %t", which, got)
		}
		if got, want := strings.Count(drawSVG(t, c), "stroke:#B8BDC4"), others+min(1, others); got != want {
			t.Errorf("legend %d: %d grey lines, want %d with that of the legend", which, got, want)
		}
	}
	f(LegendLargest, 10, 20)
	f(LegendAll, 30, 0)
	f(LegendNone, 0, 0)
}

func TestChart_OfARangeOfNoLength(t *testing.T) {
	t.Parallel()
	c := chartOf(query.Output{Series: []query.Series{{Metric: "m", Timestamps: []int64{noon.UnixMilli()}, Values: []float64{3}}}}.Frame())
	c.To = c.From
	if n := colored(drawPNG(t, c), 0, image.Rect(0, 40, 600, 240)); n == 0 {
		t.Error("the point is not there")
	}
}

func TestChart_DrawsNumbersOfAnySize(t *testing.T) {
	t.Parallel()
	f := frame(1)
	for i := range f.Columns[0].Values {
		f.Columns[0].Values[i] = []float64{math.MaxFloat64, -math.MaxFloat64, math.SmallestNonzeroFloat64, 0}[i%4]
	}
	if n := colored(drawPNG(t, chartOf(f)), 0, image.Rect(0, 40, 600, 240)); n == 0 {
		t.Error("no line")
	}
	for i := range f.Columns[0].Values {
		f.Columns[0].Values[i] = float64(i) * math.SmallestNonzeroFloat64
	}
	if n := colored(drawPNG(t, chartOf(f)), 0, image.Rect(0, 40, 600, 240)); n == 0 {
		t.Error("no line")
	}
}

func TestChart_RefusesImpossibleSizesAndRanges(t *testing.T) {
	t.Parallel()
	f := func(want string, change func(*Chart)) {
		t.Helper()
		c := chartOf(frame(1))
		change(c)
		for _, write := range []func(io.Writer) error{c.WritePNG, c.WriteSVG} {
			if err := write(io.Discard); err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %q", err, want)
			}
		}
	}
	f("99 x 300 pixels", func(c *Chart) { c.Width = 99 })
	f("600 x 10001 pixels", func(c *Chart) { c.Height = 10_001 })
	f("no panels", func(c *Chart) { c.Panels = nil })
	f("4 panels in a height of 300 pixels", func(c *Chart) { c.Panels = append(c.Panels, c.Panels[0], c.Panels[0], c.Panels[0]) })
	f("begins at", func(c *Chart) { c.To = c.From.Add(-1) })
}

// 34 panels of the default height would be higher than MaxSide.
func TestChart_ManyPanelsShareTheLargestHeight(t *testing.T) {
	t.Parallel()
	for _, n := range []int{34, MaxSide / MinPanel} {
		c := chartOf(slices.Repeat([]*query.Frame{frame(1)}, n)...)
		c.Width, c.Height = MinSide, 0
		if height := drawPNG(t, c).Bounds().Dy(); height != MaxSide {
			t.Errorf("%d panels have %d pixels, want %d", n, height, MaxSide)
		}
	}
}

func TestChart_OmitsTextsThatLeaveNoRoomForLines(t *testing.T) {
	t.Parallel()
	c := chartOf(frame(1), frame(50))
	for _, size := range [][2]int{{MinSide, 2 * MinPanel}, {300, 200}, {900, 400}, {2000, 200}, {900, 900}} {
		c.Width, c.Height = size[0], size[1]
		width, height := c.page()
		if height -= 2 * margin; height >= 2*leastTitled {
			height -= headingHeight(titleStyle())
		}
		height = height/2 - between
		for i, p := range c.Panels {
			got := newPanel(p, c, width, height, true)
			if lines := height - got.around(); lines < 0.8*leastArea || size[1] > 300 && (lines < height/3 || got.title == "" || got.legend.rows == 0) {
				t.Errorf("%v: of %v, panel %d has %v for its lines: %+v", size, height, i, lines, got.legend)
			}
		}
	}
}

func TestChart_OfTheSmallestSize(t *testing.T) {
	t.Parallel()
	c := chartOf(frame(30))
	c.Width, c.Height = MinSide, MinSide
	if got := drawPNG(t, c).Bounds(); got != image.Rect(0, 0, MinSide, MinSide) {
		t.Errorf("bounds %v", got)
	}
	svgTexts(t, c)
}
