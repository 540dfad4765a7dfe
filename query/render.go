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

// The largest numbers of rows and columns that String shows.
const (
	shownRows    = 20
	shownColumns = 8
)

// String returns the frame as a table of text. If it has more than 20 rows or 8 columns, the
// middle ones are omitted.
func (f Frame) String() string {
	layout := f.layout()
	return table(len(f.Index), len(f.Columns), func(row, column int) string {
		switch {
		case row == 0 && column == 0:
			return "time"
		case row == 0:
			return f.Columns[column-1].Name
		case column == 0:
			return f.Index[row-1].Format(layout)
		}
		return text(f.Columns[column-1].Values[row-1])
	})
}

// table returns a table of text. Row 0 is the header, and column 0 the first column; rows and
// columns count the others. If there are many, the middle ones are omitted.
func table(rows, columns int, cell func(row, column int) string) string {
	const omitted = "…"
	shown := ends(columns, shownColumns)
	var cells strings.Builder
	line := func(row int) {
		for i := range len(shown) + 1 {
			column := 0
			if i > 0 {
				column = shown[i-1] + 1
			}
			if row < 0 || i > 0 && column == 0 {
				cells.WriteString(omitted)
			} else {
				cells.WriteString(strings.Map(visible, cell(row, column)))
			}
			cells.WriteByte('\t')
		}
		cells.WriteByte('\n')
	}
	line(0)
	for _, r := range ends(rows, shownRows) {
		if r >= 0 {
			r++
		}
		line(r)
	}
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 0, 2, ' ', tabwriter.AlignRight)
	_, _ = io.WriteString(w, cells.String()) // writes to memory, without errors
	_ = w.Flush()
	fmt.Fprintf(&b, "[%d rows x %d columns]\n", rows, columns)
	return b.String()
}

// visible replaces characters that could break a table or a terminal.
func visible(r rune) rune {
	if unicode.IsGraphic(r) {
		return r
	}
	return unicode.ReplacementChar
}

// ends returns the numbers from 0 to n-1. If there are more than most, it returns the first and
// the last of them, with -1 in between.
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

// layout returns the layout of times, with milliseconds if a time is not a whole second.
func (f Frame) layout() string {
	for _, t := range f.Index {
		if t.Nanosecond() != 0 {
			return millisecondsLayout
		}
	}
	return secondsLayout
}

const (
	secondsLayout      = "2006-01-02 15:04:05Z07:00"
	millisecondsLayout = "2006-01-02 15:04:05.000Z07:00"
)

// text returns the shortest text of a number.
func text(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }

// WriteCSV writes the frame as CSV (RFC 4180): a header with "time" and the names of the columns,
// and one line per row. Times are in RFC 3339. The field of a missing value is empty.
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

// MarshalJSON returns the frame as {"index": [times], "columns": [{"name", "metric", "tags",
// "values"}]}. Times are in RFC 3339. A missing value becomes null, and infinities become "+Inf"
// and "-Inf".
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

// jsonValues are numbers that include NaN and infinities, which JSON cannot represent.
type jsonValues []float64

func (v jsonValues) MarshalJSON() ([]byte, error) {
	b := []byte{'['}
	for i, f := range v {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendJSON(b, f)
	}
	return append(b, ']'), nil
}

// appendJSON appends a number: NaN as null, and infinities as strings.
func appendJSON(b []byte, f float64) []byte {
	switch {
	case math.IsNaN(f):
		return append(b, "null"...)
	case math.IsInf(f, 1):
		return append(b, `"+Inf"`...)
	case math.IsInf(f, -1):
		return append(b, `"-Inf"`...)
	}
	return strconv.AppendFloat(b, f, 'g', -1, 64)
}
