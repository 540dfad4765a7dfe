// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"iter"
	"maps"
	"slices"
	"strings"
	"time"
)

// maxPoints is how many points a series Prometheus-compatible servers give in
// one answer.
const maxPoints = 11_000

// span is a part of a range, in Unix milliseconds. Its start is on the grid.
type span struct{ start, end int64 }

// split cuts a range into spans of at most most points, which together have the
// points of the range, each once. They are of one size, give or take a point:
// VictoriaMetrics rounds the times of all ranges but short ones, and is to treat
// all spans alike.
func split(start, end, step, most int64) iter.Seq[span] {
	return func(yield func(span) bool) {
		points := (end-start)/step + 1
		spans := (points-1)/most + 1
		size, larger := points/spans, points%spans
		for i := range spans {
			n := size
			if i < larger {
				n++
			}
			last := start + (n-1)*step
			if i == spans-1 {
				last = end
			}
			if !yield(span{start, last}) {
				return
			}
			start = last + step
		}
	}
}

// chooseStep returns a step for about 1,000 points: 1, 5 or 15 seconds or
// minutes, or a multiple of an hour.
func chooseStep(width time.Duration) time.Duration {
	const points = 1000
	for _, step := range []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second,
		time.Minute, 5 * time.Minute, 15 * time.Minute,
	} {
		if width <= points*step {
			return step
		}
	}
	hours := int64((width-1)/(points*time.Hour)) + 1
	return time.Duration(hours) * time.Hour
}

// joiner puts the answers to consecutive spans together. Points are copied once,
// at the end, to slices of their own size: growing these span by span would take
// several times the memory.
type joiner struct {
	noted
	series []Series
	place  map[string]int // of series, by identity; nil until there is a second span
	later  [][]Series     // of each series, its points in later spans
}

func (j *joiner) add(part *matrix) {
	j.note(part.Notes)
	if j.series == nil {
		j.series = part.series
		return
	}
	if j.place == nil {
		j.place = make(map[string]int, len(j.series))
		for i := range j.series {
			j.place[identity(&j.series[i])] = i
		}
	}
	j.later = append(j.later, make([][]Series, len(j.series)-len(j.later))...)
	for i := range part.series {
		s := part.series[i]
		id := identity(&s)
		at, ok := j.place[id]
		if !ok {
			j.place[id] = len(j.series)
			j.series = append(j.series, s)
			j.later = append(j.later, nil)
			continue
		}
		before := &j.series[at]
		if n := len(j.later[at]); n > 0 {
			before = &j.later[at][n-1]
		}
		if s.cut(before); s.Len() > 0 {
			j.later[at] = append(j.later[at], s)
		}
	}
}

// cut drops the points that are in an earlier span, too: a server that rounds
// times may begin a span before the end of the one before.
func (s *Series) cut(earlier *Series) {
	from := 0
	if n := earlier.Len(); n > 0 {
		for from < s.Len() && s.Timestamps[from] <= earlier.Timestamps[n-1] {
			from++
		}
	}
	s.Timestamps, s.Values = s.Timestamps[from:], s.Values[from:]
}

// joined returns the series.
func (j *joiner) joined() []Series {
	for i, later := range j.later {
		if len(later) == 0 {
			continue
		}
		s := &j.series[i]
		n := s.Len()
		for k := range later {
			n += later[k].Len()
		}
		times, values := make([]int64, 0, n), make([]float64, 0, n)
		times, values = append(times, s.Timestamps...), append(values, s.Values...)
		for k := range later {
			times, values = append(times, later[k].Timestamps...), append(values, later[k].Values...)
		}
		s.Timestamps, s.Values = times, values
		j.later[i] = nil
	}
	return j.series
}

// identity is unlike that of any other series, which a name may not be.
func identity(s *Series) string {
	var b strings.Builder
	b.WriteString(s.Metric)
	for _, k := range slices.Sorted(maps.Keys(s.Tags)) {
		b.WriteString("\xff" + k + "\xff" + s.Tags[k])
	}
	return b.String()
}
