// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package textchart

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/label"
	"github.com/apptuitai/apptuit-go/internal/golden"
	"github.com/apptuitai/apptuit-go/query"
)

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 6, 16, 12, 0, 0, 0, time.UTC)

// frame has a point a minute of each function, over an hour. NaN is no point.
func frame(values ...func(minute int) float64) *query.Frame {
	var o query.Output
	for i, value := range values {
		s := query.Series{Metric: "cpu", Tags: map[string]string{"host": fmt.Sprintf("web%d", i+1)}}
		for minute := range 61 {
			if v := value(minute); !math.IsNaN(v) {
				s.Timestamps, s.Values = append(s.Timestamps, noon.Add(time.Duration(minute)*time.Minute).UnixMilli()), append(s.Values, v)
			}
		}
		o.Series = append(o.Series, s)
	}
	return o.Frame()
}

func draw(t *testing.T, f *query.Frame, width int) string {
	t.Helper()
	var b bytes.Buffer
	if err := (Chart{Frame: f, From: noon, To: noon.Add(time.Hour), Width: width}).Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func constant(v float64) func(int) float64 { return func(int) float64 { return v } }

func wave(minute int) float64 { return 10 + 5*math.Sin(float64(minute)/7) }

func TestChart_LooksAsBefore(t *testing.T) {
	t.Parallel()
	outage := func(minute int) float64 {
		if minute > 25 && minute < 40 {
			return math.NaN()
		}
		return float64(minute)
	}
	var fifty []func(int) float64
	for i := range 50 {
		fifty = append(fifty, func(minute int) float64 { return float64(i) * wave(minute) })
	}
	for _, c := range []struct {
		name  string
		frame *query.Frame
		width int
	}{
		{"one", frame(wave), 100},
		{"two", frame(wave, outage), 100},
		{"fifty", frame(fifty...), 100},
		{"flat", frame(constant(1e9)), 60},
		{"zero", frame(constant(0)), 60},
	} {
		got := draw(t, c.frame, c.width)
		for line := range strings.Lines(got) {
			if n := label.Width(strings.TrimSuffix(line, "\n")); n > c.width {
				t.Errorf("%s: a line of %d columns: %s", c.name, n, line)
			}
		}
		golden.Text(t, c.name+".txt", got, *update)
	}
}

// Extremes do not stop the drawing, and no line is too long.
func TestChart_DrawsExtremes(t *testing.T) {
	t.Parallel()
	ends := func(least, most float64) func(int) float64 {
		return func(minute int) float64 {
			if minute%2 == 0 {
				return least
			}
			return most
		}
	}
	for _, c := range []struct {
		name  string
		value func(int) float64
	}{
		{"largest", ends(-math.MaxFloat64, math.MaxFloat64)},
		{"smallest", ends(0, math.SmallestNonzeroFloat64)},
		{"close", ends(1e15, math.Nextafter(1e15, 2e15))},
		{"with infinities", ends(math.Inf(1), 1)},
		{"one point", func(minute int) float64 {
			if minute == 7 {
				return 1
			}
			return math.NaN()
		}},
	} {
		for width := minWidth; width < 120; width += 13 {
			got := draw(t, frame(c.value), width)
			if lines := strings.Count(got, "┤") + strings.Count(got, "┼"); lines < height {
				t.Errorf("%s, %d columns: %d lines\n%s", c.name, width, lines, got)
			}
			for line := range strings.Lines(got) {
				if n := label.Width(strings.TrimSuffix(line, "\n")); n > width {
					t.Errorf("%s: %d columns in %d: %s", c.name, n, width, line)
				}
			}
		}
	}
}

func TestChart_IsNotDrawnWithoutNumbersOrRoom(t *testing.T) {
	t.Parallel()
	for name, got := range map[string]string{
		"no series":     draw(t, &query.Frame{}, 100),
		"no points":     draw(t, frame(constant(math.NaN())), 100),
		"only infinity": draw(t, frame(constant(math.Inf(1))), 100),
		"narrow":        draw(t, frame(wave), minWidth-1),
	} {
		if got != "" {
			t.Errorf("%s:\n%s", name, got)
		}
	}
}

func TestSample_TakesTheMeanAndBreaksTheLine(t *testing.T) {
	t.Parallel()
	gap := frame(func(minute int) float64 {
		if minute >= 20 && minute < 40 {
			return math.NaN()
		}
		return float64(minute)
	})
	c := Chart{Frame: gap, From: noon, To: noon.Add(time.Hour)}
	for columns, want := range map[int][]float64{
		// A column is 12 minutes: from 54 minutes on the mean is 57.
		6:  {2.5, 12, math.NaN(), math.NaN(), 48, 57},
		61: nil,
	} {
		got := c.sample(gap.Columns[0].Values, columns)
		for i, w := range want {
			if i != 2 && i != 3 && math.Abs(got[i]-w) > 0.6 {
				t.Errorf("%d columns: %v, want %v", columns, got, want)
			}
		}
		if columns == 61 {
			for minute, v := range got {
				if broken := minute >= 20 && minute < 40; broken != math.IsNaN(v) || !broken && v != float64(minute) {
					t.Errorf("minute %d: %v", minute, v)
				}
			}
		}
	}
}
