// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package servers

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Point is a value of a series, as a server has stored it.
type Point struct {
	Metric string
	Tags   map[string]string
	// Time is Unix time in milliseconds.
	Time  int64
	Value float64
}

// Key returns the point's series and time as text.
func (p *Point) Key() string {
	return p.Series() + " at " + strconv.FormatInt(p.Time, 10)
}

// Series returns the point's metric and tags as a text that is the same for all points of a series.
func (p *Point) Series() string {
	var b strings.Builder
	b.WriteString(p.Metric)
	b.WriteByte('{')
	for i, k := range slices.Sorted(maps.Keys(p.Tags)) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(strconv.Quote(k))
		b.WriteByte('=')
		b.WriteString(strconv.Quote(p.Tags[k]))
	}
	b.WriteByte('}')
	return b.String()
}

// Diff compares points, in any order. It returns a text that lists missing points, extra points (including a
// second point with the same series and time) and other values, or "" if there is no difference. Two
// values differ if their difference exceeds tolerance relative to the larger value; with a tolerance of 0,
// they must be the same float.
func Diff(want, got []Point, tolerance float64) string {
	const most = 20
	var lines []string
	total := 0
	note := func(format string, args ...any) {
		if total++; total <= most {
			lines = append(lines, fmt.Sprintf(format, args...))
		}
	}
	left := make(map[string][]float64, len(want))
	for i := range want {
		key := want[i].Key()
		left[key] = append(left[key], want[i].Value)
	}
	for i := range got {
		key := got[i].Key()
		expected, ok := left[key]
		if !ok {
			note("extra:   %s = %v", key, got[i].Value)
			continue
		}
		if len(expected) == 1 {
			delete(left, key)
		} else {
			left[key] = expected[1:]
		}
		if !near(expected[0], got[i].Value, tolerance) {
			note("value:   %s = %v, want %v", key, got[i].Value, expected[0])
		}
	}
	for _, key := range slices.Sorted(maps.Keys(left)) {
		for _, v := range left[key] {
			note("missing: %s = %v", key, v)
		}
	}
	if total == 0 {
		return ""
	}
	if total > most {
		lines = append(lines, fmt.Sprintf("and %d more", total-most))
	}
	return fmt.Sprintf("%d differences between %d points wanted and %d there:\n\t%s",
		total, len(want), len(got), strings.Join(lines, "\n\t"))
}

func near(a, b, tolerance float64) bool {
	return a == b || math.Abs(a-b) <= tolerance*max(math.Abs(a), math.Abs(b))
}
