// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"slices"
	"time"
)

// Frame is a table of series that are joined on time: one row per time, and one column per
// series.
type Frame struct {
	// Index is the times of the rows, ascending and without duplicates. It is in UTC, unless
	// [Frame.In] has changed the time zone.
	Index []time.Time
	// Columns are in the order of the series. Each column has as many values as the index.
	// A value is NaN if the series has no point at that time.
	Columns []Column
}

// Column is one series of a frame.
type Column struct {
	// Name is the metric and the tags, as [Series.Name] returns them.
	Name   string
	Metric string
	Tags   map[string]string
	Values []float64
}

// Frame joins the output's series on time. If a series has several points at one time, the last
// one is used. Values are copied; tags are shared with the series.
//
// A frame takes 8 bytes for each series at each time, even if most series have no point at that
// time. For series with different times, [Output.Long] takes less memory.
func (o Output) Frame() *Frame {
	times := o.times()
	f := &Frame{Index: make([]time.Time, len(times)), Columns: make([]Column, len(o.Series))}
	for i, t := range times {
		f.Index[i] = time.UnixMilli(t).UTC()
	}
	cells := make([]float64, len(times)*len(o.Series))
	for i := range o.Series {
		s := &o.Series[i]
		column := cells[i*len(times) : (i+1)*len(times) : (i+1)*len(times)]
		s.fill(column, times)
		f.Columns[i] = Column{Name: s.Name(), Metric: s.Metric, Tags: s.Tags, Values: column}
	}
	return f
}

// times returns the times of all series, ascending, each once.
func (o Output) times() []int64 {
	if len(o.Series) == 0 {
		return nil
	}
	// Series that were computed over one grid have the same times, and need no sorting.
	first := o.Series[0].Timestamps
	if ascending(first) && !slices.ContainsFunc(o.Series[1:], func(s Series) bool { return !slices.Equal(s.Timestamps, first) }) {
		return first
	}
	var all []int64
	enough := 1 << 20 // times above which duplicates are removed, to limit their memory
	for i := range o.Series {
		all = append(all, o.Series[i].Timestamps...)
		if len(all) > enough {
			slices.Sort(all)
			all = slices.Compact(all)
			enough = max(enough, 2*len(all))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// ascending reports whether times are strictly ascending.
func ascending(times []int64) bool {
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			return false
		}
	}
	return true
}

// fill sets a column, which has a row for each of the times, to the values of a series. Rows
// without a value become NaN.
func (s *Series) fill(column []float64, times []int64) {
	for i := range column {
		column[i] = math.NaN()
	}
	row := 0
	for i, t := range s.Timestamps {
		if row < len(times) && times[row] != t {
			if row++; row < len(times) && times[row] != t {
				row, _ = slices.BinarySearch(times, t)
			}
		}
		if row == len(times) {
			row, _ = slices.BinarySearch(times, t)
		}
		column[row] = s.Values[i]
	}
}

// In returns a frame with the index in another time zone. It shares the columns with f.
func (f Frame) In(loc *time.Location) *Frame {
	g := &Frame{Index: make([]time.Time, len(f.Index)), Columns: f.Columns}
	for i, t := range f.Index {
		g.Index[i] = t.In(loc)
	}
	return g
}
