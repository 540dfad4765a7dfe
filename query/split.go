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

// maxPoints is the largest number of points per series that Prometheus returns in one answer.
const maxPoints = 11_000

// span is a part of a range, in Unix milliseconds. Its start is one of the evaluation times.
type span struct{ start, end int64 }

// split splits a range into spans of at most most points, so that each point of the range is in
// exactly one span. The numbers of points in the spans differ by at most one: VictoriaMetrics
// rounds the times of a range unless it is short, and must treat all spans alike.
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

// chooseStep returns a step for about 1,000 points per series: 1, 5 or 15 seconds, 1, 5 or 15
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

// joiner joins the answers to consecutive spans. It copies the points once, at the end, into
// slices of exactly their size: to grow the slices with each span would take several times the
// memory.
type joiner struct {
	noted
	series  []Series
	indexes map[string]int // into series, by identity; nil until there is a second span
	later   [][]Series     // for each series, its points in later spans
}

// add adds the answer to the next span.
func (j *joiner) add(part *matrix) {
	j.note(part.Notes)
	if j.series == nil {
		j.series = part.series
		return
	}
	if j.indexes == nil {
		j.indexes = make(map[string]int, len(j.series))
		for i := range j.series {
			j.indexes[identity(&j.series[i])] = i
		}
	}
	j.later = append(j.later, make([][]Series, len(j.series)-len(j.later))...)
	for i := range part.series {
		s := part.series[i]
		id := identity(&s)
		at, ok := j.indexes[id]
		if !ok {
			j.indexes[id] = len(j.series)
			j.series = append(j.series, s)
			j.later = append(j.later, nil)
			continue
		}
		before := &j.series[at]
		if n := len(j.later[at]); n > 0 {
			before = &j.later[at][n-1]
		}
		if s.dropOverlap(before); s.Len() > 0 {
			j.later[at] = append(j.later[at], s)
		}
	}
}

// dropOverlap drops the points that are also in an earlier span. A server that rounds times may
// begin a span before the end of the previous one.
func (s *Series) dropOverlap(earlier *Series) {
	from := 0
	if n := earlier.Len(); n > 0 {
		for from < s.Len() && s.Timestamps[from] <= earlier.Timestamps[n-1] {
			from++
		}
	}
	s.Timestamps, s.Values = s.Timestamps[from:], s.Values[from:]
}

// joined returns the series with the points of all spans.
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

// identity returns a text that is different for each series. [Series.Name] can be the same for
// different series, because values can contain commas and colons.
func identity(s *Series) string {
	var b strings.Builder
	b.WriteString(s.Metric)
	for _, k := range slices.Sorted(maps.Keys(s.Tags)) {
		b.WriteString("\xff" + k + "\xff" + s.Tags[k])
	}
	return b.String()
}
