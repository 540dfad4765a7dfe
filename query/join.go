// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"slices"
	"sort"
	"time"
)

// Join returns the outer join of frames on time: all times of all frames, each once, and
// the columns of all frames in their order. A column is NaN at the times that its frame does
// not have. Columns of one name stay apart; [Merge] makes one of them. Values are copied,
// tags are shared. The index is in the time zone of the first frame with times.
//
// Frames of different queries have times in common if the queries have the same step and
// [WithAlignedStart]. Join does not interpolate: to resample is left to readers of
// Arrow (integration/arrow), and to PromQL.
func Join(frames ...*Frame) *Frame {
	joined := &Frame{}
	var zone *time.Location
	for _, f := range frames {
		if zone == nil && len(f.Index) > 0 {
			zone = f.Index[0].Location()
		}
		joined.Index = append(joined.Index, f.Index...)
	}
	slices.SortFunc(joined.Index, time.Time.Compare)
	joined.Index = slices.CompactFunc(joined.Index, time.Time.Equal)
	for i, t := range joined.Index {
		joined.Index[i] = t.In(zone)
	}
	for _, f := range frames {
		rows := rowsOf(f.Index, joined.Index)
		for _, c := range f.Columns {
			values := slices.Repeat([]float64{math.NaN()}, len(joined.Index))
			for i, row := range rows {
				values[row] = c.Values[i]
			}
			c.Values = values
			joined.Columns = append(joined.Columns, c)
		}
	}
	return joined
}

// rowsOf returns the row of each time of an index in an index that contains all of them.
func rowsOf(index, all []time.Time) []int {
	rows := make([]int, len(index))
	row := 0
	for i, t := range index {
		if row == len(all) || !all[row].Equal(t) {
			row, _ = slices.BinarySearchFunc(all, t, time.Time.Compare)
		}
		rows[i] = row
		row++
	}
	return rows
}

// Merge returns one output with the series of several outputs, for example of one query
// over several ranges. Series of one metric and set of tags become one series with the
// points of all, in the order of time. Of two points at one time, the point of the later
// output is kept. Series are in the order of their first appearance, and the ID is that of the first
// output. The outputs are not changed; slices and tags may be shared with them.
func Merge(outputs ...Output) Output {
	var merged Output
	var parts [][]Series
	place := make(map[string]int)
	for i, o := range outputs {
		if i == 0 {
			merged.ID = o.ID
		}
		for _, s := range o.Series {
			id := identity(&s)
			at, ok := place[id]
			if !ok {
				at = len(parts)
				place[id] = at
				parts = append(parts, nil)
			}
			parts[at] = append(parts[at], s)
		}
	}
	for _, series := range parts {
		s := series[0]
		if len(series) > 1 {
			s.Timestamps, s.Values = nil, nil
			for _, part := range series {
				s.Timestamps, s.Values = append(s.Timestamps, part.Timestamps...), append(s.Values, part.Values...)
			}
			if !ascending(s.Timestamps) {
				s.arrange()
			}
		}
		merged.Series = append(merged.Series, s)
	}
	return merged
}

// arrange puts the points in the order of time. Of two points at one time the last one stays.
func (s *Series) arrange() {
	sort.Stable(byTime{s})
	n := 0
	for i, t := range s.Timestamps {
		if n > 0 && s.Timestamps[n-1] == t {
			n--
		}
		s.Timestamps[n], s.Values[n] = t, s.Values[i]
		n++
	}
	s.Timestamps, s.Values = s.Timestamps[:n], s.Values[:n]
}

// byTime sorts the points of a series.
type byTime struct{ *Series }

func (b byTime) Less(i, j int) bool { return b.Timestamps[i] < b.Timestamps[j] }

func (b byTime) Swap(i, j int) {
	b.Timestamps[i], b.Timestamps[j] = b.Timestamps[j], b.Timestamps[i]
	b.Values[i], b.Values[j] = b.Values[j], b.Values[i]
}
