// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// maxPoints is how many points a series Prometheus-compatible servers give in
// one answer.
const maxPoints = 11_000

// span is a part of a range: its first and last time, both on the grid.
type span struct{ start, end time.Time }

// split cuts a range into spans of at most most points, which together have
// the points of the range, each once.
func split(start, end time.Time, step time.Duration, most int) []span {
	if end.Sub(start)/step < time.Duration(most) {
		return []span{{start, end}}
	}
	var spans []span
	width := time.Duration(most-1) * step
	for {
		last := start.Add(width)
		if !last.Before(end) {
			return append(spans, span{start, end})
		}
		spans = append(spans, span{start, last})
		if start = last.Add(step); start.After(end) {
			return spans
		}
	}
}

// chooseStep returns a step for about 1,000 points: 1, 5 or 15 seconds or
// minutes, or a multiple of an hour.
func chooseStep(width time.Duration) time.Duration {
	const points = 1000
	for _, step := range []time.Duration{
		time.Second, 5 * time.Second, 15 * time.Second,
		time.Minute, 5 * time.Minute, 15 * time.Minute, time.Hour,
	} {
		if width <= points*step {
			return step
		}
	}
	hours := (width + points*time.Hour - 1) / (points * time.Hour)
	return hours * time.Hour
}

// join puts the series of consecutive spans together.
func join(parts []*matrix) *matrix {
	if len(parts) == 1 {
		return parts[0]
	}
	all := &matrix{}
	place := map[string]int{}
	for _, part := range parts {
		for i := range part.series {
			s := &part.series[i]
			id := identity(s)
			at, ok := place[id]
			if !ok {
				place[id] = len(all.series)
				all.series = append(all.series, *s)
				continue
			}
			whole := &all.series[at]
			whole.Timestamps = append(whole.Timestamps, s.Timestamps...)
			whole.Values = append(whole.Values, s.Values...)
		}
		all.warnings = append(all.warnings, part.warnings...)
	}
	return all
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
