// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/query"
)

func frameOf(all ...query.Series) *query.Frame { return query.Output{Series: all}.Frame() }

// cells returns the index of a frame in seconds, and the values of its columns.
func cells(f *query.Frame) (index []float64, columns [][]float64) {
	for _, t := range f.Index {
		index = append(index, float64(t.UnixMilli())/1000)
	}
	for _, c := range f.Columns {
		columns = append(columns, c.Values)
	}
	return index, columns
}

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		name    string
		frames  []*query.Frame
		index   []float64
		columns [][]float64
	}{
		{"nothing", nil, nil, nil},
		{"one", []*query.Frame{frameOf(series("a", 1, 10, 2, 20))}, []float64{1, 2}, [][]float64{{10, 20}}},
		{"one grid", []*query.Frame{frameOf(series("a", 1, 10, 2, 20)), frameOf(series("b", 1, 30, 2, 40))}, []float64{1, 2}, [][]float64{{10, 20}, {30, 40}}},
		{
			"times between each other",
			[]*query.Frame{frameOf(series("a", 1, 10, 3, 30)), frameOf(series("b", 2, 20, 3, 31), series("c", 5, 50))},
			[]float64{1, 2, 3, 5},
			[][]float64{{10, nan, 30, nan}, {nan, 20, 31, nan}, {nan, nan, nan, 50}},
		},
		{"one after the other", []*query.Frame{frameOf(series("a", 3, 30)), frameOf(series("a", 1, 10))}, []float64{1, 3}, [][]float64{{nan, 30}, {10, nan}}},
		{"without times", []*query.Frame{{}, frameOf(series("a")), frameOf(series("b", 1, 10))}, []float64{1}, [][]float64{{nan}, {10}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := query.Join(c.frames...)
			index, columns := cells(f)
			same(t, index, c.index)
			same(t, columns, c.columns)
			i := 0
			for _, frame := range c.frames {
				for _, column := range frame.Columns {
					same(t, f.Columns[i].Name, column.Name)
					same(t, f.Columns[i].Tags, column.Tags)
					i++
				}
			}
		})
	}
	zone := time.FixedZone("CET", 3600)
	f := query.Join(&query.Frame{}, frameOf(series("a", 2, 20)).In(zone), frameOf(series("b", 1, 10)))
	for _, at := range f.Index {
		same(t, at.Location().String(), "CET")
	}
}

// TestJoin_CopiesValues changes a joined frame, which must not change the original.
func TestJoin_CopiesValues(t *testing.T) {
	a := frameOf(series("a", 1, 10))
	query.Join(a).Columns[0].Values[0] = 99
	same(t, a.Columns[0].Values[0], 10.0)
}

// Aligned queries that are sent at different times return points at the same times.
func TestJoin_AlignedQueries(t *testing.T) {
	f := &fake{t: t, answer: func(r *asked) reply {
		from := 1_700_000_040
		if r.form.Get("start") != "1700000040" {
			t.Errorf("start %s", r.form.Get("start"))
		}
		return reply{body: matrix(points(from, 1))}
	}}
	q := f.client(query.WithAlignedStart())
	var frames []*query.Frame
	for _, start := range []int64{1_700_000_041, 1_700_000_077} {
		r, err := q.QueryRange(t.Context(), "q", at(start), at(start+30), time.Minute)
		frames = append(frames, succeeds(t, r, err).Outputs[0].Frame())
	}
	same(t, len(query.Join(frames...).Index), 1)
}

func TestMerge(t *testing.T) {
	tagged := func(s query.Series, host string) query.Series {
		s.Tags = map[string]string{"host": host}
		return s
	}
	for _, c := range []struct {
		name    string
		outputs [][]query.Series
		want    []query.Series
	}{
		{"nothing", nil, nil},
		{"one", [][]query.Series{{series("a", 1, 10)}}, []query.Series{series("a", 1, 10)}},
		{"two ranges", [][]query.Series{{series("a", 1, 10, 2, 20)}, {series("a", 3, 30)}}, []query.Series{series("a", 1, 10, 2, 20, 3, 30)}},
		{"in another order", [][]query.Series{{series("a", 3, 30, 4, 40)}, {series("a", 1, 10, 2, 20)}}, []query.Series{series("a", 1, 10, 2, 20, 3, 30, 4, 40)}},
		{"the later one stands", [][]query.Series{{series("a", 1, 10, 2, 20)}, {series("a", 2, 21, 3, 30)}, {series("a", 2, 22)}}, []query.Series{series("a", 1, 10, 2, 22, 3, 30)}},
		{
			"series that are not the same",
			[][]query.Series{{tagged(series("a", 1, 10), "x"), series("a", 1, 11)}, {tagged(series("a", 1, 12), "y"), tagged(series("a", 2, 20), "x"), series("b")}},
			[]query.Series{tagged(series("a", 1, 10, 2, 20), "x"), series("a", 1, 11), tagged(series("a", 1, 12), "y"), series("b")},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			var outputs []query.Output
			for i, s := range c.outputs {
				outputs = append(outputs, query.Output{ID: string(rune('p' + i)), Series: s})
			}
			m := query.Merge(outputs...)
			same(t, m.Series, c.want)
			if len(outputs) > 0 {
				same(t, m.ID, "p")
			}
		})
	}
	first := query.Output{Series: []query.Series{series("a", 3, 30)}}
	query.Merge(first, query.Output{Series: []query.Series{series("a", 1, 10)}})
	same(t, first.Series[0], series("a", 3, 30), "an input")
}
