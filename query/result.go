// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Result is the answer to a query.
type Result struct {
	// Outputs are in the order of the server. A PromQL query has one, with an
	// empty ID.
	Outputs []Output
	// Notes are remarks of a Prometheus-compatible server.
	Notes
}

// Output returns the output of an ID.
func (r *Result) Output(id string) (Output, bool) {
	for _, o := range r.Outputs {
		if o.ID == id {
			return o, true
		}
	}
	return Output{}, false
}

// Output is one of the sets of series that a query gives.
type Output struct {
	ID     string
	Series []Series
}

// Series is the points of one metric and set of tags, in the order of the
// server. Timestamps and Values have the same length.
type Series struct {
	Metric string
	Tags   map[string]string
	// Timestamps are in Unix milliseconds; see Time.
	Timestamps []int64
	Values     []float64
}

// Len returns the number of points.
func (s *Series) Len() int { return len(s.Values) }

// Time returns the time of point i, in UTC.
func (s *Series) Time(i int) time.Time { return time.UnixMilli(s.Timestamps[i]).UTC() }

// Name returns metric{k:v, k2:v2} with the tags sorted by key, which is also
// the name of the series' column in a frame (as apptuit-py has it).
func (s *Series) Name() string {
	var b strings.Builder
	b.WriteString(s.Metric)
	b.WriteByte('{')
	for i, k := range slices.Sorted(maps.Keys(s.Tags)) {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(k)
		b.WriteByte(':')
		b.WriteString(s.Tags[k])
	}
	b.WriteByte('}')
	return b.String()
}
