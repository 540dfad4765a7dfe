// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// jsonFormat reads objects, each on a line, or arrays of objects.
type jsonFormat struct {
	layout jsonLayout
	state  arrayState
}

// jsonLayout says whether the objects are on lines or in arrays. The first character tells it.
type jsonLayout uint8

const (
	layoutUnknown jsonLayout = iota
	layoutLines
	layoutArrays
)

// arrayState is the place in arrays after a record.
type arrayState uint8

const (
	outside    arrayState = iota
	afterOpen             // after the opening bracket
	afterValue            // after an object
	afterComma
)

func (f *jsonFormat) end(text []byte, eof bool) (int, error) {
	if f.layout == layoutUnknown {
		start := bytes.TrimLeft(text, " \t\r\n")
		switch {
		case len(start) == 0:
			return lineEnd(text, eof)
		case start[0] == '[':
			f.layout = layoutArrays
		default:
			f.layout = layoutLines
		}
	}
	if f.layout == layoutLines {
		return lineEnd(text, eof)
	}
	return f.element(text, eof)
}

// element returns the length of the next object with the brackets and commas before it, or of the text
// after the last object.
func (f *jsonFormat) element(text []byte, eof bool) (int, error) {
	state := f.state
	for i, c := range text {
		switch {
		case c == ' ', c == '\t', c == '\r', c == '\n':
		case c == '[' && state == outside:
			state = afterOpen
		case c == ']' && (state == afterOpen || state == afterValue):
			state = outside
		case c == ',' && state == afterValue:
			state = afterComma
		case c == '{' && (state == afterOpen || state == afterComma):
			n := objectEnd(text[i:])
			if n == 0 {
				if eof {
					return 0, fatal{errors.New("the last object has no end")}
				}
				return 0, nil
			}
			f.state = afterValue
			return i + n, nil
		default:
			return 0, fatal{errors.New("it is not an array of objects")}
		}
	}
	switch {
	case !eof:
		return 0, nil
	case state != outside:
		return 0, fatal{errors.New("the array has no end")}
	}
	f.state = outside
	return len(text), nil
}

// objectEnd returns the length of the object at the start of a text, or 0 if its end is missing.
func objectEnd(text []byte) int {
	depth, quoted, escaped := 0, false, false
	for i, c := range text {
		switch {
		case escaped:
			escaped = false
		case quoted:
			escaped, quoted = c == '\\', c != '"'
		case c == '"':
			quoted = true
		case c == '{', c == '[':
			depth++
		case c == '}', c == ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return 0
}

func (f *jsonFormat) parse(record []byte) (Point, bool, error) {
	if f.layout == layoutArrays {
		i := bytes.IndexByte(record, '{')
		if i < 0 {
			return Point{}, false, nil
		}
		record = record[i:]
	}
	if len(bytes.TrimSpace(record)) == 0 {
		return Point{}, false, nil
	}
	var o struct {
		Metric    *string           `json:"metric"`
		Tags      map[string]string `json:"tags"`
		Timestamp number            `json:"timestamp"`
		Time      number            `json:"time"`
		Value     json.RawMessage   `json:"value"`
	}
	d := json.NewDecoder(bytes.NewReader(record))
	d.DisallowUnknownFields()
	if err := d.Decode(&o); err != nil {
		return Point{}, false, jsonError(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Point{}, false, errors.New("there is text after the object")
	}
	switch {
	case o.Metric == nil:
		return Point{}, false, errors.New("the object has no metric")
	case o.Value == nil:
		return Point{}, false, errors.New("the object has no value")
	case o.Timestamp != "" && o.Time != "":
		return Point{}, false, errors.New("the object has a time and a timestamp")
	}
	p := Point{Metric: *o.Metric, Tags: o.Tags}
	var value number
	err := p.setTime(string(o.Timestamp + o.Time))
	if err == nil {
		err = value.UnmarshalJSON(o.Value)
	}
	if err == nil {
		err = p.setValue(string(value))
	}
	return p, err == nil, err
}

// number is the text of a number. OpenTSDB allows numbers in quotes.
type number string

// UnmarshalJSON accepts numbers, strings and null.
func (n *number) UnmarshalJSON(text []byte) error {
	switch text[0] {
	case '"':
		var s string
		err := json.Unmarshal(text, &s)
		*n = number(s)
		return err
	case 'n':
		return nil
	case 't', 'f', '{', '[':
		return fmt.Errorf("%s is not a number", text[:min(len(text), 20)])
	}
	*n = number(text)
	return nil
}

// jsonError rewrites an error of package json, whose text names Go types.
func jsonError(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		if wrong.Field == "" {
			return fmt.Errorf("it is not an object, but %s", wrong.Value)
		}
		// Since Go 1.27, Field contains the key of a map, for example "tags.port".
		field, _, _ := strings.Cut(wrong.Field, ".")
		return fmt.Errorf("%s is not text, but %s", field, wrong.Value)
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errors.New("the object has no end")
	}
	return fmt.Errorf("it is not an object of the put protocol: %w", err)
}
