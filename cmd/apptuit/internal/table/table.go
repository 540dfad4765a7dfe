// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package table writes frames as tables of text.
//
// On a terminal, a table fits the width. The metric and the tags that all series share are above the
// table, and the titles have the other tags. Numbers have four digits and an SI prefix, and the middle of
// many rows is omitted. If the series do not fit beside each other, each series is a row, and the times
// are columns.
//
// Without a width, a table is complete, so that programs can read it: all rows, all columns, all digits,
// and complete times.
package table

import (
	"io"
	"slices"
	"time"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/label"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/query"
)

// Style is the appearance of a table.
type Style struct {
	// Width is the number of columns of the terminal, or 0 for a complete table.
	Width int
	// Rows is the number of times of a frame that a terminal shows. The default is 20.
	Rows   int
	Raw    bool // all digits of numbers
	Colors terminal.Colors
}

// Limits on a terminal.
const (
	shownTimes  = 20
	shownSeries = 60
	shownPoints = 60
	titleWidth  = 24
)

func (s Style) limit(most int) int {
	if s.Width == 0 {
		return 0
	}
	return most
}

func (s Style) full() bool { return s.Width == 0 }

func (s Style) numbers(values []float64) func(float64) string {
	if s.Raw || s.full() {
		return Raw
	}
	return Numbers(values)
}

// Frame writes a frame. Each series is a column, or a row if the columns do not fit.
func Frame(w io.Writer, s Style, f *query.Frame) error {
	all := label.Columns(f.Columns)
	v := view{s, f, label.Of(all), all, formatTimes(f.Index, s.full())}
	columns, series, times := v.down()
	if s.Width > 0 && (len(f.Columns) > titleColumns(s.Width) || widthOf(columns) > s.Width) {
		columns, series, times = v.across()
	}
	footer := amount.Of(len(f.Index), "time") + " x " + amount.Of(len(f.Columns), "series")
	var left []string
	if n := len(f.Index) - times; n > 0 {
		left = append(left, amount.Of(n, "time"))
	}
	if n := len(f.Columns) - series; n > 0 {
		left = append(left, amount.Of(n, "series"))
	}
	return s.write(w, []string{v.labels.String(), v.times.shared}, columns, footer, left...)
}

// titleColumns returns the largest number of columns that can fit into a width.
func titleColumns(width int) int { return width / (gap + 1) }

// view is a frame with the labels and times of its table.
type view struct {
	style  Style
	frame  *query.Frame
	labels label.Labels
	series []label.Series
	times  timeFormat
}

// down returns a column for each series, and the numbers of series and times that it shows.
func (v view) down() (columns []column, series, times int) {
	most := v.style.Rows
	if most == 0 {
		most = shownTimes
	}
	shown := ends(len(v.frame.Index), v.style.limit(most))
	height := max(1, len(v.labels.Dimensions))
	first := column{titles: make([]string, height), left: true}
	for i, d := range v.labels.Dimensions {
		first.titles[i] = label.Clean(d.Title)
	}
	if len(v.labels.Dimensions) == 0 {
		first.titles[0] = "time"
	}
	for _, row := range shown {
		if row < 0 {
			first.cells = append(first.cells, omitted)
			continue
		}
		times++
		first.cells = append(first.cells, v.times.line(v.frame.Index[row]))
	}
	columns = append(columns, first)
	if v.style.Width > 0 && len(v.series) > titleColumns(v.style.Width) {
		return columns, 0, 0 // so many series cannot fit
	}
	for i := range v.series {
		c := column{titles: v.titles(i)}
		format := v.style.numbers(picked(v.frame.Columns[i].Values, shown))
		for _, row := range shown {
			if row < 0 {
				c.cells = append(c.cells, omitted)
			} else {
				c.cells = append(c.cells, format(v.frame.Columns[i].Values[row]))
			}
		}
		columns = append(columns, c)
	}
	return columns, len(v.series), times
}

// titles returns the values of the dimensions of a series, one per line.
func (v view) titles(i int) []string {
	if len(v.labels.Dimensions) == 0 {
		return []string{"value"}
	}
	titles := make([]string, len(v.labels.Dimensions))
	for j, d := range v.labels.Dimensions {
		titles[j] = label.Clean(d.Value(v.series[i]))
		if v.style.Width > 0 {
			titles[j] = label.Shorten(titles[j], titleWidth)
		}
	}
	return titles
}

func picked(values []float64, rows []int) []float64 {
	var out []float64
	for _, row := range rows {
		if row >= 0 {
			out = append(out, values[row])
		}
	}
	return out
}

// across returns a row for each series, with as many times as fit, and the numbers of series and times
// that it shows.
func (v view) across() (columns []column, series, times int) {
	shown := ends(len(v.series), shownSeries)
	height := 1
	if v.times.date != "" {
		height = 2
	}
	keys := v.keys(shown, height)
	for _, row := range shown {
		if row >= 0 {
			series++
		}
	}
	clock := label.Width(v.times.clock)
	for most := min(len(v.frame.Index), v.style.Width/(gap+clock)+1); ; most-- {
		picked := ends(len(v.frame.Index), max(1, most))
		columns = slices.Concat(keys, v.timeColumns(shown, picked, height))
		if most <= 1 || widthOf(columns) <= v.style.Width {
			return columns, series, min(len(v.frame.Index), max(1, most))
		}
	}
}

// keys returns a column for each dimension.
func (v view) keys(shown []int, height int) []column {
	columns := make([]column, 0, len(v.labels.Dimensions))
	for _, d := range v.labels.Dimensions {
		c := column{titles: make([]string, height), left: true}
		c.titles[height-1] = label.Clean(d.Title)
		for _, row := range shown {
			if row < 0 {
				c.cells = append(c.cells, omitted)
			} else {
				c.cells = append(c.cells, label.Clean(d.Value(v.series[row])))
			}
		}
		columns = append(columns, c)
	}
	fit(columns, v.style.Width*6/10)
	return columns
}

func (v view) timeColumns(shown, times []int, height int) []column {
	var values []float64
	for _, row := range shown {
		if row >= 0 {
			values = append(values, picked(v.frame.Columns[row].Values, times)...)
		}
	}
	format := v.style.numbers(values)
	columns := make([]column, 0, len(times))
	for _, t := range times {
		c := column{titles: make([]string, height)}
		if t < 0 {
			c.titles[height-1] = omitted
		} else {
			c.titles = v.times.lines(v.frame.Index[t])
		}
		for _, row := range shown {
			switch {
			case t < 0 || row < 0:
				c.cells = append(c.cells, omitted)
			default:
				c.cells = append(c.cells, format(v.frame.Columns[row].Values[t]))
			}
		}
		columns = append(columns, c)
	}
	return columns
}

// Long writes series in long form, with a row for each point. The metric, tags and time that all rows
// share are above the table.
func Long(w io.Writer, s Style, l *query.Long) error {
	all := make([]label.Series, len(l.Series))
	var stamps []time.Time
	for i := range l.Series {
		all[i] = label.Series{Metric: l.Series[i].Metric, Tags: l.Series[i].Tags}
		for _, ms := range l.Series[i].Timestamps {
			stamps = append(stamps, time.UnixMilli(ms).In(l.Location()))
		}
	}
	labels, times := label.Of(all), formatTimes(stamps, s.full())
	var rows []row
	for i := range l.Series {
		for p := range l.Series[i].Len() {
			rows = append(rows, row{i, stamps[len(rows)], l.Series[i].Values[p]})
		}
	}
	shown := ends(len(rows), s.limit(shownPoints))
	var values []float64
	for _, r := range shown {
		if r >= 0 {
			values = append(values, rows[r].value)
		}
	}
	add := func(title string, left bool, cell func(row) string) column {
		c := column{titles: []string{title}, left: left}
		for _, r := range shown {
			if r < 0 {
				c.cells = append(c.cells, omitted)
			} else {
				c.cells = append(c.cells, cell(rows[r]))
			}
		}
		return c
	}
	var columns []column
	for _, d := range labels.Dimensions {
		columns = append(columns, add(label.Clean(d.Title), true, func(r row) string { return label.Clean(d.Value(all[r.series])) }))
	}
	caption := []string{labels.String(), times.shared}
	format := s.numbers(values)
	number := add("value", false, func(r row) string { return format(r.value) })
	if same(stamps) && !s.full() {
		caption[1] = stamps[0].Format("2006-01-02 "+times.clock+" ") + zoneOf(stamps[0])
	} else {
		columns = append(columns, add("time", true, func(r row) string { return times.line(r.time) }))
	}
	if s.Width > 0 {
		fit(columns, s.Width-gap-number.width())
	}
	footer := amount.Of(len(rows), "point") + " of " + amount.Of(len(all), "series")
	var left []string
	if n := len(rows) - len(values); n > 0 {
		left = append(left, amount.Of(n, "point"))
	}
	return s.write(w, caption, append(columns, number), footer, left...)
}

// row is a point of a series.
type row struct {
	series int
	time   time.Time
	value  float64
}

// same reports whether there are times and all are equal.
func same(times []time.Time) bool {
	for _, t := range times {
		if !t.Equal(times[0]) {
			return false
		}
	}
	return len(times) > 0
}
