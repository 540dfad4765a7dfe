// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
)

// What String shows of a frame: the rows and columns of both ends.
const (
	shownRows    = 20
	shownColumns = 8
)

// String returns the frame as a table. Of a long or wide one the middle is left
// out.
func (f Frame) String() string {
	rows, columns := ends(len(f.Index), shownRows), ends(len(f.Columns), shownColumns)
	layout := f.layout()
	var table strings.Builder
	line := func(first string, cell func(column int) string) {
		table.WriteString(first)
		table.WriteByte('\t')
		for _, c := range columns {
			if c < 0 {
				table.WriteString("…")
			} else {
				table.WriteString(cell(c))
			}
			table.WriteByte('\t')
		}
		table.WriteByte('\n')
	}
	line("time", func(c int) string { return strings.Map(visible, f.Columns[c].Name) })
	for _, r := range rows {
		if r < 0 {
			line("…", func(int) string { return "…" })
			continue
		}
		line(f.Index[r].Format(layout), func(c int) string { return text(f.Columns[c].Values[r]) })
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = io.WriteString(w, table.String()) // into memory, as Flush
	_ = w.Flush()
	fmt.Fprintf(&b, "[%d rows x %d columns]\n", len(f.Index), len(f.Columns))
	return b.String()
}

// visible keeps what is in a name from breaking a table, or a terminal.
func visible(r rune) rune {
	if unicode.IsGraphic(r) {
		return r
	}
	return unicode.ReplacementChar
}

// ends returns the numbers below n, or if they are more than most, those of
// both ends with -1 between them.
func ends(n, most int) []int {
	var out []int
	for i := range n {
		switch {
		case n <= most || i < most/2 || i >= n-most/2:
			out = append(out, i)
		case i == most/2:
			out = append(out, -1)
		}
	}
	return out
}

// layout shows milliseconds if there are any.
func (f Frame) layout() string {
	for _, t := range f.Index {
		if t.Nanosecond() != 0 {
			return "2006-01-02 15:04:05.000Z07:00"
		}
	}
	return "2006-01-02 15:04:05Z07:00"
}

func text(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// WriteCSV writes the frame as CSV (RFC 4180): a header with "time" and the
// names of the columns, then a line a time, in RFC 3339. A missing value is
// empty.
func (f Frame) WriteCSV(w io.Writer) error {
	out := csv.NewWriter(w)
	record := make([]string, len(f.Columns)+1)
	record[0] = "time"
	for i := range f.Columns {
		record[i+1] = f.Columns[i].Name
	}
	if err := out.Write(record); err != nil {
		return err
	}
	for r, t := range f.Index {
		record[0] = t.Format(time.RFC3339Nano)
		for i := range f.Columns {
			record[i+1] = ""
			if v := f.Columns[i].Values[r]; !math.IsNaN(v) {
				record[i+1] = text(v)
			}
		}
		if err := out.Write(record); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// MarshalJSON returns {"index": [times], "columns": [{"name", "metric", "tags",
// "values"}]}. Times are in RFC 3339, a missing value is null, infinities are
// "+Inf" and "-Inf".
func (f Frame) MarshalJSON() ([]byte, error) {
	type column struct {
		Name   string            `json:"name"`
		Metric string            `json:"metric"`
		Tags   map[string]string `json:"tags"`
		Values jsonValues        `json:"values"`
	}
	out := struct {
		Index   []time.Time `json:"index"`
		Columns []column    `json:"columns"`
	}{f.Index, make([]column, len(f.Columns))}
	if out.Index == nil {
		out.Index = []time.Time{}
	}
	for i, c := range f.Columns {
		if c.Tags == nil {
			c.Tags = map[string]string{}
		}
		out.Columns[i] = column{c.Name, c.Metric, c.Tags, c.Values}
	}
	return json.Marshal(out)
}

// jsonValues are numbers of which some have no form in JSON.
type jsonValues []float64

func (v jsonValues) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, f := range v {
		if i > 0 {
			b = append(b, ',')
		}
		switch {
		case math.IsNaN(f):
			b = append(b, "null"...)
		case math.IsInf(f, 1):
			b = append(b, `"+Inf"`...)
		case math.IsInf(f, -1):
			b = append(b, `"-Inf"`...)
		default:
			b = strconv.AppendFloat(b, f, 'g', -1, 64)
		}
	}
	return append(b, ']'), nil
}
