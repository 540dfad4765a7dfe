// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"slices"
	"time"
)

// Frame is the outer join of series on time: one index, a column a series.
type Frame struct {
	// Index is ascending, without doubles, in UTC unless In has changed it.
	Index []time.Time
	// Columns are in the order of the series. Each has a value a time of the
	// index, NaN where the series has none.
	Columns []Column
}

// Column is one series of a frame.
type Column struct {
	// Name is metric{k:v, k2:v2}, tags sorted by key.
	Name   string
	Metric string
	Tags   map[string]string
	Values []float64
}

// Frame joins the output's series. Of two points of one series at one time the
// last one stands. Tags are shared with the series, values are copied. It takes
// a number, 8 bytes, for each series at each time of any of them.
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
	// Series that were computed over one grid have the same times: no need to
	// sort them together.
	first := o.Series[0].Timestamps
	if ascending(first) && !slices.ContainsFunc(o.Series[1:], func(s Series) bool { return !slices.Equal(s.Timestamps, first) }) {
		return first
	}
	var all []int64
	enough := 1 << 20 // bounds what doubles take
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

func ascending(times []int64) bool {
	for i := 1; i < len(times); i++ {
		if times[i] <= times[i-1] {
			return false
		}
	}
	return true
}

// fill puts the values of a series into a column of the given times.
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

// In returns the frame with its index in another time zone. The columns are
// shared.
func (f Frame) In(loc *time.Location) *Frame {
	g := &Frame{Index: make([]time.Time, len(f.Index)), Columns: f.Columns}
	for i, t := range f.Index {
		g.Index[i] = t.In(loc)
	}
	return g
}
