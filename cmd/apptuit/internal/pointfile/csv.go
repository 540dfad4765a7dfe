// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/internal/amount"
)

// csvFormat reads CSV.
type csvFormat struct {
	record bytes.Reader // the record that fields reads
	fields *csv.Reader

	width               int         // number of columns; 0 before the header
	metric, time, value int         // columns; time can be -1
	tags                []tagColumn // other columns
}

type tagColumn struct {
	column int
	key    string
}

func newCSV() *csvFormat {
	f := &csvFormat{}
	f.reset()
	return f
}

// reset replaces the reader of the fields, which may hold text of an invalid record.
func (f *csvFormat) reset() {
	f.fields = csv.NewReader(&f.record)
	f.fields.FieldsPerRecord = -1
	f.fields.ReuseRecord = true
}

// end returns the length of the record. Only a quotation mark at the start of a field opens a quoted
// field.
func (f *csvFormat) end(text []byte, eof bool) (int, error) {
	const (
		fieldStart = iota
		plain
		quoted
		quoteInQuoted // a second one stands for itself, and anything else ends the field
	)
	state := fieldStart
	for i, c := range text {
		switch {
		case c == '"' && state == fieldStart, c == '"' && state == quoteInQuoted:
			state = quoted
		case state == quoted:
			if c == '"' {
				state = quoteInQuoted
			}
		case c == '\n':
			return i + 1, nil
		case c == ',':
			state = fieldStart
		default:
			state = plain
		}
	}
	switch {
	case state == quoted && (eof || len(text) >= MaxRecord):
		n, _ := lineEnd(text, true)
		return 0, broken{fmt.Errorf("a quotation mark is not closed within %d bytes", len(text)), n}
	case eof:
		return len(text), nil
	}
	return 0, nil
}

func (f *csvFormat) parse(record []byte) (Point, bool, error) {
	if len(bytes.TrimSpace(record)) == 0 {
		return Point{}, false, nil
	}
	f.record.Reset(record)
	cells, err := f.fields.Read()
	if err != nil {
		f.reset()
		if where, ok := errors.AsType[*csv.ParseError](err); ok {
			err = fmt.Errorf("column %d: %w", where.Column, where.Err)
		}
		if f.width == 0 {
			err = fatal{err}
		}
		return Point{}, false, err
	}
	if f.width == 0 {
		if err := f.header(cells); err != nil {
			return Point{}, false, fatal{err}
		}
		return Point{}, false, nil
	}
	p, err := f.point(cells)
	return p, err == nil, err
}

// header finds the columns.
func (f *csvFormat) header(names []string) error {
	names = slices.Clone(names)
	columns := map[string]int{}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
		if _, ok := columns[names[i]]; ok || names[i] == "" {
			return fmt.Errorf("the header has an empty name, or %s twice", quote(names[i]))
		}
		columns[names[i]] = i
	}
	column := func(name string) int {
		if i, ok := columns[name]; ok {
			return i
		}
		return -1
	}
	f.metric, f.value, f.time = column("metric"), column("value"), column("time")
	if f.time < 0 {
		f.time = column("timestamp")
	}
	if f.metric < 0 || f.value < 0 {
		return fmt.Errorf("%s is not a header with the columns metric and value, separated by commas", quote(strings.Join(names, ",")))
	}
	for i, name := range names {
		if i != f.metric && i != f.time && i != f.value {
			f.tags = append(f.tags, tagColumn{i, tagKey(name, columns)})
		}
	}
	f.width = len(names)
	return nil
}

// tagKey returns the tag key of a column. It reverses query.Long.Header, which adds the prefix "tag." to a
// key that is the name of another column, repeatedly if the result is a key, too.
func tagKey(name string, columns map[string]int) string {
	const prefix = "tag."
	base := name
	for strings.HasPrefix(base, prefix) {
		base = base[len(prefix):]
	}
	switch base {
	case "metric", "time", "timestamp", "value":
	default:
		return name
	}
	if _, longer := columns[prefix+name]; longer {
		return name
	}
	return base
}

func (f *csvFormat) point(cells []string) (Point, error) {
	if len(cells) != f.width {
		return Point{}, fmt.Errorf("it has %s, and the header has %d", amount.Of(len(cells), "cell"), f.width)
	}
	p := Point{Metric: strings.TrimSpace(cells[f.metric]), Tags: make(map[string]string, len(f.tags))}
	if f.time >= 0 {
		if err := p.setTime(strings.TrimSpace(cells[f.time])); err != nil {
			return p, err
		}
	}
	for _, t := range f.tags {
		if cells[t.column] != "" {
			p.Tags[t.key] = cells[t.column]
		}
	}
	return p, p.setValue(strings.TrimSpace(cells[f.value]))
}
