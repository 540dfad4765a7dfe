// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"math"
	"slices"
	"sort"
	"time"
)

// Join joins frames on time. The index of the result contains each time of any frame once, in
// the time zone of the first frame with times. The columns are those of all frames, in order.
// A column is NaN at times that its frame does not contain. Columns with the same name remain
// separate; [Merge] combines series. Values are copied; tags are shared with the frames.
//
// Frames of different queries have common times if the queries have the same step and the client
// has [WithAlignedStart]. Join does not interpolate. To resample series, use PromQL, or a program
// that reads Arrow (integration/arrow).
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

// rowsOf returns, for each time of an index, its position in the index all, which contains each
// of these times.
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

// Merge combines several outputs into one, for example the outputs of one query for several
// ranges. Series with the same metric and tags become one series with the points of all outputs,
// in ascending order of time. If a series has several points at one time, Merge keeps the point
// of the last output. Series are in the order of their first occurrence, and the ID is that of the
// first output. Merge does not change the outputs. The result may share slices and tags with
// them.
func Merge(outputs ...Output) Output {
	var merged Output
	var parts [][]Series
	indexes := make(map[string]int) // into parts, by identity
	for i, o := range outputs {
		if i == 0 {
			merged.ID = o.ID
		}
		for _, s := range o.Series {
			id := identity(&s)
			at, ok := indexes[id]
			if !ok {
				at = len(parts)
				indexes[id] = at
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
				s.sortPoints()
			}
		}
		merged.Series = append(merged.Series, s)
	}
	return merged
}

// sortPoints sorts the points by time. Of several points at one time, it keeps the last one.
func (s *Series) sortPoints() {
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

// byTime implements sort.Interface for the points of a series.
type byTime struct{ *Series }

func (b byTime) Less(i, j int) bool { return b.Timestamps[i] < b.Timestamps[j] }

func (b byTime) Swap(i, j int) {
	b.Timestamps[i], b.Timestamps[j] = b.Timestamps[j], b.Timestamps[i]
	b.Values[i], b.Values[j] = b.Values[j], b.Values[i]
}
