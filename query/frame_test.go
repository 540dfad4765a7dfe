// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/query"
)

var nan = math.NaN()

// series returns a series with points, given as times in seconds and values.
func series(metric string, points ...float64) query.Series {
	s := query.Series{Metric: metric, Tags: map[string]string{}}
	for i := 0; i < len(points); i += 2 {
		s.Timestamps = append(s.Timestamps, int64(points[i]*1000))
		s.Values = append(s.Values, points[i+1])
	}
	return s
}

func TestOutput_Frame_JoinsOnTime(t *testing.T) {
	for _, c := range []struct {
		name    string
		series  []query.Series
		index   []float64
		columns [][]float64
	}{
		{"no series", nil, nil, nil},
		{"a series without points", []query.Series{series("a")}, nil, [][]float64{nil}},
		{"one", []query.Series{series("a", 1, 10, 2, 20)}, []float64{1, 2}, [][]float64{{10, 20}}},
		{
			"one index",
			[]query.Series{series("a", 1, 10, 2, 20), series("b", 1, 30, 2, 40)},
			[]float64{1, 2},
			[][]float64{{10, 20}, {30, 40}},
		},
		{
			"different ones",
			[]query.Series{series("a", 1, 10, 3, 30), series("b", 2, 20, 3, 31, 4, 40), series("c"), series("d", 0, 5)},
			[]float64{0, 1, 2, 3, 4},
			[][]float64{{nan, 10, nan, 30, nan}, {nan, nan, 20, 31, 40}, {nan, nan, nan, nan, nan}, {5, nan, nan, nan, nan}},
		},
		{"one inside the other", []query.Series{series("a", 1, 1, 2, 2, 3, 3), series("b", 2, 5)}, []float64{1, 2, 3}, [][]float64{{1, 2, 3}, {nan, 5, nan}}},
		{
			"not in order",
			[]query.Series{series("a", 3, 30, 1, 10, 2, 20), series("b", 2, 21, 1, 11)},
			[]float64{1, 2, 3},
			[][]float64{{10, 20, 30}, {11, 21, nan}},
		},
		{"the last of two points stands", []query.Series{series("a", 1, 10, 2, 20, 1, 11)}, []float64{1, 2}, [][]float64{{11, 20}}},
		{
			"alike, with doubles",
			[]query.Series{series("a", 1, 10, 1, 11), series("b", 1, 20, 1, nan)},
			[]float64{1},
			[][]float64{{11}, {nan}},
		},
		{"milliseconds, before 1970", []query.Series{series("a", 0.5, 2, -0.5, 1)}, []float64{-0.5, 0.5}, [][]float64{{1, 2}}},
		{"infinities", []query.Series{series("a", 1, math.Inf(1), 2, math.Inf(-1))}, []float64{1, 2}, [][]float64{{math.Inf(1), math.Inf(-1)}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := query.Output{Series: c.series}.Frame()
			var index []float64
			for _, at := range f.Index {
				index = append(index, float64(at.UnixMilli())/1000)
				same(t, at.Location().String(), "UTC")
			}
			same(t, index, c.index)
			same(t, len(f.Columns), len(c.columns))
			for i, column := range f.Columns {
				same(t, append([]float64(nil), column.Values...), c.columns[i], "column", i)
				same(t, column.Metric, c.series[i].Metric)
			}
		})
	}
}

func TestOutput_Frame_DoesNotChangeSeries(t *testing.T) {
	a, b := series("a", 3, 30, 1, 10), series("b", 1, 5, 3, 6)
	f := query.Output{Series: []query.Series{a, b}}.Frame()
	for _, c := range f.Columns {
		for i := range c.Values {
			c.Values[i] = 0
		}
		_ = append(c.Values, 99) // must not write into the next column
	}
	same(t, a.Timestamps, []int64{3000, 1000})
	same(t, a.Values, []float64{30, 10})
	same(t, b.Values, []float64{5, 6})
	same(t, f.Columns[1].Values, []float64{0, 0})
}

func TestSeries_Name(t *testing.T) {
	for _, c := range []struct {
		tags map[string]string
		want string
	}{
		{nil, "m{}"},
		{map[string]string{}, "m{}"},
		{map[string]string{"k": "v"}, "m{k:v}"},
		{map[string]string{"k2": "v2", "k": "v", "K": "", "ä": "€"}, "m{K:, k:v, k2:v2, ä:€}"},
	} {
		s := query.Series{Metric: "m", Tags: c.tags}
		same(t, s.Name(), c.want)
		column := query.Output{Series: []query.Series{s}}.Frame().Columns[0]
		same(t, column.Name, c.want)
		same(t, column.Tags, c.tags)
	}
}

func TestFrame_In(t *testing.T) {
	f := query.Output{Series: []query.Series{series("a", 0, 1, 3600, 2)}}.Frame()
	zone := time.FixedZone("", 2*60*60)
	there := f.In(zone)
	same(t, there.Index[1].Format(time.RFC3339), "1970-01-01T03:00:00+02:00")
	same(t, f.Index[1].Format(time.RFC3339), "1970-01-01T01:00:00Z")
	if !there.Index[1].Equal(f.Index[1]) {
		t.Error("In has changed the time")
	}
	same(t, there.Columns, f.Columns)
}

// TestOutput_Frame_JoinsManyTimes joins so many series that duplicate times are removed several times.
func TestOutput_Frame_JoinsManyTimes(t *testing.T) {
	const times, shift = 300_000, 1000
	var o query.Output
	for i := range 6 {
		s := query.Series{Metric: strconv.Itoa(i), Timestamps: make([]int64, times), Values: make([]float64, times)}
		for j := range times {
			s.Timestamps[j] = int64(i*shift + j)
			s.Values[j] = float64(j)
		}
		o.Series = append(o.Series, s)
	}
	f := o.Frame()
	same(t, len(f.Index), times+5*shift)
	for i, at := range f.Index {
		if at.UnixMilli() != int64(i) {
			t.Fatalf("row %d is at %v", i, at)
		}
		if got := f.Columns[2].Values[i]; i >= 2*shift && i < times+2*shift && got != float64(i-2*shift) || i < 2*shift && !math.IsNaN(got) {
			t.Fatalf("row %d of series 2 is %v", i, got)
		}
	}
}

// FuzzFrame compares a frame with a map of the points. A byte 255 begins another series. Each
// other byte is a point: its upper bits are the time, and its position is the value.
func FuzzFrame(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{255, 255})
	f.Add([]byte{1, 2, 3, 255, 1, 2, 3})
	f.Add([]byte{3, 1, 2, 1, 255, 9, 2, 2, 255, 255, 0, 128, 127})
	f.Add([]byte{1, 2, 3, 4, 255, 4, 3, 2, 1, 255, 2, 3})
	f.Fuzz(func(t *testing.T, data []byte) {
		o := query.Output{Series: []query.Series{series("0")}}
		for i, b := range data {
			s := &o.Series[len(o.Series)-1]
			if b == 255 {
				o.Series = append(o.Series, series(strconv.Itoa(len(o.Series))))
				continue
			}
			s.Timestamps = append(s.Timestamps, int64(b>>1)-60)
			s.Values = append(s.Values, float64(i))
		}

		values := make([]map[int64]float64, len(o.Series))
		all := map[int64]bool{}
		for i, s := range o.Series {
			values[i] = map[int64]float64{}
			for j, at := range s.Timestamps {
				values[i][at] = s.Values[j]
				all[at] = true
			}
		}
		times := slices.Sorted(maps.Keys(all))

		frame := o.Frame()
		if len(frame.Index) != len(times) || len(frame.Columns) != len(o.Series) {
			t.Fatalf("%d times of %d series, want %d of %d", len(frame.Index), len(frame.Columns), len(times), len(o.Series))
		}
		for r, at := range times {
			if frame.Index[r].UnixMilli() != at {
				t.Fatalf("row %d is at %v, want %d", r, frame.Index[r], at)
			}
			for c := range frame.Columns {
				want, ok := values[c][at]
				if got := frame.Columns[c].Values[r]; ok && got != want || !ok && !math.IsNaN(got) {
					t.Fatalf("row %d, column %d is %v, want %v, %v", r, c, got, want, ok)
				}
			}
		}
	})
}
