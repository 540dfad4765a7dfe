// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"
)

// Long is a table in long form: one row per point, with metric, tags, time and value. It suits
// series with different times, for which a [Frame] would contain mostly NaN, and programs that
// group points by tags.
type Long struct {
	// Series are the series of the rows, shared with the output. Rows are in the order of the
	// series and of their points.
	Series []Series
	// TagKeys are the keys of the tags of all series, sorted. Each key is a column.
	TagKeys []string

	zone *time.Location // nil for UTC
}

// Row is one point in long form.
type Row struct {
	Metric string
	Tags   map[string]string // shared by the rows of a series
	Time   time.Time
	Value  float64
}

// Long returns the output's series in long form, without copying them.
func (o Output) Long() *Long { return newLong(o.Series) }

// Long returns the frame in long form. It omits NaN, because a frame does not distinguish
// a missing value from a NaN of the server; [Output.Long] keeps NaN of the server. Times are
// truncated to milliseconds.
func (f Frame) Long() *Long {
	all := make([]Series, len(f.Columns))
	for i, c := range f.Columns {
		s := Series{Metric: c.Metric, Tags: c.Tags}
		for row, v := range c.Values {
			if !math.IsNaN(v) {
				s.Timestamps, s.Values = append(s.Timestamps, f.Index[row].UnixMilli()), append(s.Values, v)
			}
		}
		all[i] = s
	}
	l := newLong(all)
	if len(f.Index) > 0 {
		l.zone = f.Index[0].Location()
	}
	return l
}

func newLong(all []Series) *Long {
	keys := map[string]bool{}
	for i := range all {
		for k := range all[i].Tags {
			keys[k] = true
		}
	}
	return &Long{Series: all, TagKeys: slices.Sorted(maps.Keys(keys))}
}

// In returns the table with times in another time zone. By default, times are in UTC, or in the
// time zone of the frame's index. The result shares the series with l.
func (l Long) In(loc *time.Location) *Long {
	l.zone = loc
	return &l
}

// Location returns the time zone of the rows.
func (l Long) Location() *time.Location {
	if l.zone == nil {
		return time.UTC
	}
	return l.zone
}

// Len returns the number of rows.
func (l Long) Len() int {
	n := 0
	for i := range l.Series {
		n += l.Series[i].Len()
	}
	return n
}

// Rows returns an iterator over the rows.
func (l Long) Rows() iter.Seq[Row] {
	return func(yield func(Row) bool) {
		for i := range l.Series {
			s := &l.Series[i]
			for p := range s.Len() {
				if !yield(l.row(s, p)) {
					return
				}
			}
		}
	}
}

// row returns the row of point p of a series.
func (l Long) row(s *Series, p int) Row {
	return Row{Metric: s.Metric, Tags: s.Tags, Time: time.UnixMilli(s.Timestamps[p]).In(l.Location()), Value: s.Values[p]}
}

// Header returns the names of the columns: metric, the keys of the tags, time and value. If
// a tag has the key metric, time or value, its column has the prefix "tag.".
func (l Long) Header() []string {
	header := make([]string, 0, len(l.TagKeys)+3)
	header = append(append(append(header, "metric"), l.TagKeys...), "time", "value")
	taken := map[string]bool{}
	for _, name := range header {
		taken[name] = true
	}
	for i, name := range header[1 : len(header)-2] {
		if name != "metric" && name != "time" && name != "value" {
			continue
		}
		for taken[name] {
			name = "tag." + name
		}
		taken[name] = true
		header[i+1] = name
	}
	return header
}

// String returns the table as text. If it has more than 20 rows or 8 columns besides the metric,
// the middle ones are omitted.
func (l Long) String() string {
	header, layout := l.Header(), secondsLayout
	for i := range l.Series {
		if slices.ContainsFunc(l.Series[i].Timestamps, func(ms int64) bool { return ms%1000 != 0 }) {
			layout = millisecondsLayout
			break
		}
	}
	return table(l.Len(), len(header)-1, func(row, column int) string {
		if row == 0 {
			return header[column]
		}
		r := l.at(row - 1)
		switch column {
		case 0:
			return r.Metric
		case len(header) - 2:
			return r.Time.Format(layout)
		case len(header) - 1:
			return text(r.Value)
		}
		return r.Tags[l.TagKeys[column-1]]
	})
}

// at returns the row with number n, counted from 0.
func (l Long) at(n int) Row {
	i := 0
	for ; n >= l.Series[i].Len(); i++ {
		n -= l.Series[i].Len()
	}
	return l.row(&l.Series[i], n)
}

// WriteCSV writes the table as CSV (RFC 4180): a header ([Long.Header]), and one line per row.
// Times are in RFC 3339. The field of a tag that the series does not have is empty.
func (l Long) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	if err := out.Write(l.Header()); err != nil {
		return err
	}
	record := make([]string, len(l.TagKeys)+3)
	for r := range l.Rows() {
		record[0] = r.Metric
		for i, k := range l.TagKeys {
			record[i+1] = r.Tags[k]
		}
		record[len(record)-2], record[len(record)-1] = r.Time.Format(time.RFC3339Nano), text(r.Value)
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// MarshalJSON returns the table as an array with one object {"metric", "tags", "time", "value"}
// per row. Times are in RFC 3339. NaN becomes null, and infinities become "+Inf" and "-Inf".
func (l Long) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i := range l.Series {
		s := &l.Series[i]
		metric, err := json.Marshal(s.Metric)
		if err != nil {
			return nil, err
		}
		tags := []byte("{}")
		if len(s.Tags) > 0 {
			if tags, err = json.Marshal(s.Tags); err != nil {
				return nil, err
			}
		}
		for p := range s.Len() {
			if len(b) > 1 {
				b = append(b, ',')
			}
			b = append(append(b, `{"metric":`...), metric...)
			b = append(append(b, `,"tags":`...), tags...)
			b = append(b, `,"time":`...)
			b = strconv.AppendQuote(b, l.row(s, p).Time.Format(time.RFC3339Nano))
			b = append(appendJSON(append(b, `,"value":`...), s.Values[p]), '}')
		}
	}
	return append(b, ']'), nil
}
