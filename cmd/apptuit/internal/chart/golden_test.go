// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"bytes"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/query"
)

var update = flag.Bool("update", false, "write the pictures in testdata anew: look at each")

// goldens returns the charts whose pictures are in testdata.
func goldens(t *testing.T) map[string]*Chart {
	t.Helper()
	unit := func(code string) Unit {
		u, err := ParseUnit(code)
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	// wave returns n series of an hour, with a value each two minutes.
	wave := func(n int, scale float64, value func(i int, x float64) float64) *query.Frame {
		var o query.Output
		for i := range n {
			s := query.Series{Metric: "http_server_duration", Tags: map[string]string{"host": "web1", "route": fmt.Sprintf("/products/%d", i)}}
			for j := range 31 {
				s.Timestamps = append(s.Timestamps, noon.Add(time.Duration(j)*2*time.Minute).UnixMilli())
				s.Values = append(s.Values, scale*value(i, float64(j)/30))
			}
			o.Series = append(o.Series, s)
		}
		return o.Frame()
	}
	swing := func(i int, x float64) float64 {
		return float64(i+2) * (1 + 0.3*math.Sin(7*x+float64(i)))
	}
	level := func(i int, _ float64) float64 { return float64(i + 2) }
	special := wave(3, 10, swing)
	for j := range 31 {
		switch {
		case j > 8 && j < 13:
			special.Columns[0].Values[j] = math.Inf(1)
		case j == 20:
			special.Columns[0].Values[j], special.Columns[1].Values[j] = math.Inf(-1), math.Inf(-1)
		case j > 14 && j < 18:
			special.Columns[1].Values[j] = math.NaN()
		}
		special.Columns[1].Values[j] *= -1
		if j != 25 {
			special.Columns[2].Values[j] = math.NaN()
		}
	}
	all := map[string]*Chart{
		"three.png":   {Title: "Latency of the shop", Unit: unit("s"), Width: 480, Height: 260, Panels: []Panel{{Frame: wave(3, 0.05, swing)}}},
		"fifty.png":   {Title: "Memory of fifty routes", Unit: unit("By"), Width: 400, Height: 260, Panels: []Panel{{Frame: wave(50, 1<<25, swing)}}},
		"all.png":     {Title: "All of thirty routes", Unit: unit("{request}/s"), Width: 560, Legend: LegendAll, Panels: []Panel{{Frame: wave(30, 1, level)}}},
		"special.png": {Title: "Infinities, gaps and a single value", Unit: unit("%"), Width: 300, Height: 200, Panels: []Panel{{Frame: special}}},
		"panels.svg": {Title: "Two panels", Unit: unit("1"), Width: 400, Height: 300, Panels: []Panel{
			{Title: "a", Frame: wave(2, 1e5, swing)}, {Title: "b", Frame: &query.Frame{}},
		}},
	}
	for _, c := range all {
		c.From, c.To = noon, noon.Add(time.Hour)
	}
	return all
}

func TestChart_LooksAsBefore(t *testing.T) {
	t.Parallel()
	for name, c := range goldens(t) {
		file := filepath.Join("testdata", name)
		var b bytes.Buffer
		write, difference := c.WritePNG, differencePNG
		if filepath.Ext(name) == ".svg" {
			write, difference = c.WriteSVG, differenceSVG
		}
		if err := write(&b); err != nil {
			t.Fatal(err)
		}
		if *update {
			if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if diff := difference(t, want, b.Bytes()); diff != "" {
			t.Errorf("%s: %s\nIf it should: go test ./internal/chart -update, and look at the picture", name, diff)
		}
		if most := 30 << 10; len(want) > most {
			t.Errorf("%s: %d bytes, which is too large for the repository", name, len(want))
		}
	}
}

// Other processors round in other ways, so that edges have other shades. Pixels differ if a
// channel differs by more than shade, and pictures if more than share of the pixels do.
const (
	shade = 48
	share = 0.0001
)

// differencePNG says how two pictures differ; "" if they do not.
func differencePNG(t *testing.T, want, got []byte) string {
	t.Helper()
	return difference(decode(t, want), decode(t, got))
}

func decode(t *testing.T, picture []byte) image.Image {
	t.Helper()
	img, err := png.Decode(bytes.NewReader(picture))
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func difference(a, b image.Image) string {
	if a.Bounds() != b.Bounds() {
		return fmt.Sprintf("the size is %v, not %v", b.Bounds().Max, a.Bounds().Max)
	}
	n := 0
	for y := range a.Bounds().Dy() {
		for x := range a.Bounds().Dx() {
			p, q := color.RGBAModel.Convert(a.At(x, y)).(color.RGBA), color.RGBAModel.Convert(b.At(x, y)).(color.RGBA)
			if max(apart(p.R, q.R), apart(p.G, q.G), apart(p.B, q.B)) > shade {
				n++
			}
		}
	}
	if all := a.Bounds().Dx() * a.Bounds().Dy(); float64(n) > share*float64(all) {
		return fmt.Sprintf("%d pixels of %d differ", n, all)
	}
	return ""
}

func apart(a, b uint8) uint8 { return max(a, b) - min(a, b) }

// differenceSVG compares texts, with a tolerance for the numbers in them.
func differenceSVG(t *testing.T, want, got []byte) string {
	t.Helper()
	number := regexp.MustCompile(`-?\d+(\.\d+)?(e[-+]\d+)?`)
	if diff := cmp.Diff(number.ReplaceAllString(string(want), "0"), number.ReplaceAllString(string(got), "0")); diff != "" {
		return "(-want +got)\n" + diff
	}
	numbers := number.FindAllString(string(got), -1)
	for i, text := range number.FindAllString(string(want), -1) {
		a, errA := strconv.ParseFloat(text, 64)
		b, errB := strconv.ParseFloat(numbers[i], 64)
		if errA != nil || errB != nil || math.Abs(a-b) > 0.02 {
			return fmt.Sprintf("the number %d is %s, not %s", i, numbers[i], text)
		}
	}
	return ""
}

func TestDifference_FindsPicturesThatDiffer(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Chart){
		"letter at the end of the title": func(c *Chart) { c.Title = c.Title[:len(c.Title)-1] + "q" },
		"unit":                           func(c *Chart) { c.Unit = Unit{kind: fixed, symbol: "%"} },
		"legend":                         func(c *Chart) { c.Legend = LegendNone },
		"range":                          func(c *Chart) { c.To = c.To.Add(2 * time.Minute) },
		"name":                           func(c *Chart) { c.Panels[0].Frame.Columns[0].Tags["route"] = "/products/7" },
		"colour of two lines": func(c *Chart) {
			f := c.Panels[0].Frame
			a, b := &f.Columns[0], &f.Columns[1]
			a.Values, b.Values = b.Values, a.Values
		},
		"value": func(c *Chart) { c.Panels[0].Frame.Columns[0].Values[15] *= 1.5 },
	} {
		for _, picture := range []string{"three.png", "panels.svg"} {
			want, err := os.ReadFile(filepath.Join("testdata", picture))
			if err != nil {
				t.Fatal(err)
			}
			c := goldens(t)[picture]
			change(c)
			var b bytes.Buffer
			var diff string
			if filepath.Ext(picture) == ".svg" {
				err = c.WriteSVG(&b)
				diff = differenceSVG(t, want, b.Bytes())
			} else {
				err = c.WritePNG(&b)
				diff = differencePNG(t, want, b.Bytes())
			}
			if err != nil || diff == "" {
				t.Errorf("%s with another %s: %v, no difference", picture, name, err)
			}
		}
	}
}

func TestDifference_AllowsOtherShades(t *testing.T) {
	t.Parallel()
	img := drawPNG(t, goldens(t)["three.png"])
	other := image.NewRGBA(img.Bounds())
	for y := range img.Bounds().Dy() {
		for x := range img.Bounds().Dx() {
			c := color.RGBAModel.Convert(img.At(x, y)).(color.RGBA)
			if x%7 == 0 {
				c.R -= min(c.R, shade)
			}
			other.SetRGBA(x, y, c)
		}
	}
	for x := range 12 { // of 124,800
		other.SetRGBA(x, 0, color.RGBA{A: 0xff})
	}
	if diff := difference(img, other); diff != "" {
		t.Error(diff)
	}
	other.SetRGBA(100, 0, color.RGBA{A: 0xff})
	if diff := difference(img, other); diff == "" {
		t.Error("13 pixels make no difference")
	}
}
