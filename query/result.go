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
	// Outputs are in the order of the server's answer. A PromQL query has one output, whose ID
	// is empty.
	Outputs []Output
	// Notes are the warnings of a Prometheus-compatible server.
	Notes
}

// Output returns the output with the given ID. It returns false if there is none.
func (r *Result) Output(id string) (Output, bool) {
	for _, o := range r.Outputs {
		if o.ID == id {
			return o, true
		}
	}
	return Output{}, false
}

// Output is one output of a query: a set of series. A query in Apptuit's language can have
// several outputs.
type Output struct {
	ID     string
	Series []Series
}

// Series is the points of one series, which is identified by a metric and tags. Points are in
// the order of the server's answer. Timestamps and Values have the same length.
type Series struct {
	Metric string
	Tags   map[string]string
	// Timestamps are in milliseconds since 1970; see [Series.Time].
	Timestamps []int64
	Values     []float64
}

// Len returns the number of points.
func (s *Series) Len() int { return len(s.Values) }

// Time returns the time of point i, in UTC.
func (s *Series) Time(i int) time.Time { return time.UnixMilli(s.Timestamps[i]).UTC() }

// Name returns the metric and the tags, sorted by key, as metric{k:v, k2:v2}. As in apptuit-py,
// it is also the name of the series' column in a [Frame].
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
