// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package textchart draws a frame as a line chart of characters, for a terminal.
package textchart

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/guptarohit/asciigraph"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/label"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/table"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/trace"
	"github.com/apptuitai/apptuit-go/query"
)

// Chart is a chart of text.
type Chart struct {
	Frame *query.Frame
	// From and To are the ends of the axis of time, which is in the time zone of From.
	From, To time.Time
	Width    int // columns of the terminal
	Colors   terminal.Colors
}

const (
	height   = 10 // rows
	minWidth = 30 // columns; in fewer there is no chart
	// maxLines bounds the lines, because a reader cannot tell more of them apart. If the frame has more
	// series, the largest are drawn.
	maxLines = 6
)

// Write writes the chart and its legend. It writes nothing if the frame has no finite numbers,
// or if there are fewer than 30 columns.
//
// A column of the chart is the mean of the points in its interval of time. A line is broken where
// points are missing, as [trace.MaxGap] tells.
func (c Chart) Write(w io.Writer) error {
	lines := c.largest()
	least, most := extent(c.Frame, lines)
	if len(lines) == 0 || c.Width < minWidth || !c.To.After(c.From) {
		return nil
	}
	format := table.Axis(least, most, height)
	axis := func(part float64) string { return format(least*(1-part) + most*part) }
	margin := 0
	for i := range height + 1 {
		margin = max(margin, label.Width(axis(float64(i)/height)))
	}
	const frame = 7 // columns of the axis, and of half a label of a time at the right
	columns := c.Width - margin - frame
	data := make([][]float64, len(lines))
	for i, n := range lines {
		data[i] = scale(c.sample(c.Frame.Columns[n].Values, columns), least, most)
	}
	layout := "15:04"
	switch took := c.To.Sub(c.From); {
	case took > 36*time.Hour:
		layout = "01-02 15h"
	case took < 10*time.Minute:
		layout = "15:04:05"
	}
	options := []asciigraph.Option{
		asciigraph.Height(height), asciigraph.LowerBound(0), asciigraph.UpperBound(1),
		asciigraph.YAxisValueFormatter(axis),
		asciigraph.XAxisRange(float64(c.From.UnixMilli()), float64(c.To.UnixMilli())),
		asciigraph.XAxisTickCount(max(2, min(7, columns/14))),
		asciigraph.XAxisValueFormatter(func(ms float64) string {
			return time.UnixMilli(int64(ms)).In(c.From.Location()).Format(layout)
		}),
	}
	if c.Colors.On() {
		options = append(options, asciigraph.SeriesColors(palette()...))
	} else if len(lines) > 1 {
		options = append(options, asciigraph.SeriesChars(marks()...))
	}
	_, err := fmt.Fprintf(w, "%s\n%s\n", asciigraph.PlotMany(data, options...), c.legend(lines))
	return err
}

func palette() []asciigraph.AnsiColor {
	return []asciigraph.AnsiColor{asciigraph.Green, asciigraph.Blue, asciigraph.Red, asciigraph.Goldenrod, asciigraph.Magenta, asciigraph.Cyan}
}

// marks returns the characters that draw the lines on an output without colours.
func marks() []asciigraph.CharSet {
	var sets []asciigraph.CharSet
	for mark := range strings.SplitSeq("*+ox#@", "") {
		sets = append(sets, asciigraph.CreateCharSet(mark))
	}
	return sets
}

// largest returns the indexes of the columns that are drawn, in the order of the frame. A column
// without a finite value is not drawn.
func (c Chart) largest() []int {
	lines := slices.DeleteFunc(trace.BySize(c.Frame.Columns), func(i int) bool {
		return !slices.ContainsFunc(c.Frame.Columns[i].Values, finite)
	})
	lines = lines[:min(len(lines), maxLines)]
	slices.Sort(lines)
	return lines
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func extent(f *query.Frame, lines []int) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, n := range lines {
		for _, v := range f.Columns[n].Values {
			if finite(v) {
				least, most = min(least, v), max(most, v)
			}
		}
	}
	if least == most { // a flat line is in the middle
		d := max(math.Abs(least)/10, 1)
		least, most = least-d, most+d
	}
	return least, most
}

// sample returns the mean of the values in each column of the chart. It is interpolated between two
// values that the line connects, and NaN where the line is broken.
func (c Chart) sample(values []float64, columns int) []float64 {
	out, counts := make([]float64, columns), make([]int, columns)
	at := func(t time.Time) int {
		n := float64(t.Sub(c.From)) / float64(c.To.Sub(c.From)) * float64(columns-1)
		return int(math.Round(min(max(n, 0), float64(columns-1))))
	}
	longest := c.maxGap(values)
	last := -1 // the row of the last value
	for row, v := range values {
		if !finite(v) {
			continue
		}
		i := at(c.Frame.Index[row])
		counts[i]++
		n := float64(counts[i])
		out[i] = out[i]*((n-1)/n) + v/n
		if last >= 0 && c.Frame.Index[row].Sub(c.Frame.Index[last]).Seconds() <= longest {
			from := at(c.Frame.Index[last])
			for between := from + 1; between < i; between++ {
				part := float64(between-from) / float64(i-from)
				out[between], counts[between] = values[last]*(1-part)+v*part, 1
			}
		}
		last = row
	}
	for i, n := range counts {
		if n == 0 {
			out[i] = math.NaN()
		}
	}
	return out
}

// maxGap returns the longest time between two finite values that the line bridges, in seconds.
func (c Chart) maxGap(values []float64) float64 {
	var steps []float64
	last := -1
	for row, v := range values {
		if !finite(v) {
			continue
		}
		if last >= 0 {
			steps = append(steps, c.Frame.Index[row].Sub(c.Frame.Index[last]).Seconds())
		}
		last = row
	}
	return trace.MaxGap(steps)
}

// scale maps values from the range least to most to the range 0 to 1, so that asciigraph does not have
// to calculate with extreme numbers.
func scale(values []float64, least, most float64) []float64 {
	part := 1.0
	if math.IsInf(most-least, 0) { // the difference overflows
		part = 0.5
	}
	for i, v := range values {
		if !math.IsNaN(v) {
			v = (v*part - least*part) / (most*part - least*part)
			values[i] = min(max(v, 0), 1)
		}
	}
	return values
}

// legend names the lines, several in a row.
func (c Chart) legend(lines []int) string {
	if len(c.Frame.Columns) == 1 {
		return ""
	}
	all := label.Columns(c.Frame.Columns)
	labels := label.Of(all)
	const between = 3
	var b strings.Builder
	used := 0
	put := func(text, shown string) {
		if w := label.Width(text); used > 0 && used+between+w > c.Width {
			b.WriteByte('\n')
			used = 0
		}
		if used > 0 {
			b.WriteString(strings.Repeat(" ", between))
			used += between
		}
		b.WriteString(shown)
		used += label.Width(text)
	}
	for i, n := range lines {
		name := label.Shorten(labels.Rest(all[n]), c.Width/2)
		if name == "" {
			name = fmt.Sprintf("#%d", n+1)
		}
		mark := "──"
		if c.Colors.On() {
			put(mark+" "+name, palette()[i].String()+mark+asciigraph.Default.String()+" "+name)
			continue
		}
		if len(lines) > 1 {
			mark = strings.Repeat(marks()[i].Horizontal, 2)
		}
		put(mark+" "+name, mark+" "+name)
	}
	if more := len(all) - len(lines); more > 0 {
		text := fmt.Sprintf("and %d not drawn", more)
		put(text, text)
	}
	return b.String() + "\n"
}
