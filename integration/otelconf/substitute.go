// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

// document is the text of a configuration in which the references to variables
// are replaced.
type document struct {
	text   []byte
	begins []int // begins[i] is the line of the original that line i+1 of the text comes from
	faults []error
}

// line returns the line of the original.
func (d *document) line(n int) int {
	if n < 1 || n > len(d.begins) {
		return n
	}
	return d.begins[n-1]
}

// substitute replaces references by the rules of go.opentelemetry.io/contrib/otelconf
// v0.27.0, which knows nothing of YAML at this point, with two exceptions. A
// brace without a dollar sign begins no reference: there, {a: ${B}} hides B. And
// a reference that cannot be replaced is always a fault: there, it is forgotten
// when a later one can be.
func substitute(file []byte) *document {
	s := &substitution{line: 1}
	d := &document{begins: []int{1}}
	line := 1
	for _, p := range s.pieces(unescape(file)) {
		d.text = append(d.text, p.text...)
		for range bytes.Count(p.text, []byte("\n")) {
			if p.literal {
				line++
			}
			d.begins = append(d.begins, line)
		}
		if !p.literal {
			line += p.lines
		}
	}
	d.faults = s.faults
	return d
}

// unescape replaces $$ by $, unless a brace or another dollar sign follows, or nothing.
func unescape(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		if i+2 < len(text) && text[i] == '$' && text[i+1] == '$' && text[i+2] != '$' && text[i+2] != '{' {
			out = append(out, '$', text[i+2])
			i += 2
			continue
		}
		out = append(out, text[i])
	}
	return out
}

// piece is a part of the text, either as it was or in place of a reference.
type piece struct {
	text    []byte
	literal bool
	lines   int // ends of lines in the reference
}

type substitution struct {
	line   int // that has been reached
	faults []error
}

func (s *substitution) pieces(text []byte) []piece {
	var out []piece
	literal := func(n int) {
		out = append(out, piece{text: text[:n], literal: true})
		s.line += bytes.Count(text[:n], []byte("\n"))
		text = text[n:]
	}
	for len(text) > 0 {
		dollars := bytes.IndexByte(text, '$')
		if dollars < 0 {
			literal(len(text))
			break
		}
		literal(dollars)
		dollars = len(text) - len(bytes.TrimLeft(text, "$"))
		length := referenceLength(text[dollars:])
		if length == 0 {
			literal(dollars)
			continue
		}
		reference := text[:dollars+length]
		lines := bytes.Count(reference, []byte("\n"))
		out = append(out, piece{text: s.replace(dollars, string(reference[dollars+1:dollars+length-1])), lines: lines})
		s.line += lines
		text = text[dollars+length:]
	}
	return out
}

// referenceLength returns how long a {NAME…} is that text begins with, or 0.
func referenceLength(text []byte) int {
	if len(text) < 2 || text[0] != '{' || !nameByte(text[1], true) {
		return 0
	}
	return bytes.IndexByte(text, '}') + 1
}

// replace returns what stands for a number of dollar signs and {inner}. An even
// number is half as many of them, escaped: the braces stay.
func (s *substitution) replace(dollars int, inner string) []byte {
	out := bytes.Repeat([]byte("$"), dollars/2)
	if dollars%2 == 1 {
		return append(out, s.lookup(inner)...)
	}
	if _, otherwise, ok := parseReference(inner); !ok || !strings.Contains(otherwise, "$") {
		return append(out, "{"+inner+"}"...)
	}
	out = append(out, '{')
	within := &substitution{line: s.line}
	for _, p := range within.pieces(unescape([]byte(inner + "}"))) {
		out = append(out, p.text...)
	}
	s.faults = append(s.faults, within.faults...)
	return out
}

// lookup returns the value for NAME, env:NAME or NAME:-default. A value that is
// no scalar is a fault: it would change the document around it.
func (s *substitution) lookup(inner string) string {
	name, otherwise, ok := parseReference(inner)
	if !validName(name) {
		s.fault("${…}", errors.New("is no reference to a variable: it must be ${NAME} or ${NAME:-default}"))
		return ""
	}
	value := os.Getenv(name)
	if value == "" && ok {
		value = strings.ReplaceAll(otherwise, "$$", "$")
	}
	if value != "" && !scalar(value) {
		s.fault("${"+name+"}", errors.New("the value is no YAML scalar: put it in quotes within the variable"))
		return ""
	}
	return value
}

func (s *substitution) fault(key string, err error) {
	s.faults = append(s.faults, &KeyError{Key: key, Line: s.line, Err: err})
}

func parseReference(inner string) (name, otherwise string, ok bool) {
	return strings.Cut(strings.TrimPrefix(inner, "env:"), ":-")
}

func validName(name string) bool {
	for i := range len(name) {
		if !nameByte(name[i], i == 0) {
			return false
		}
	}
	return name != ""
}

func nameByte(b byte, first bool) bool {
	return b == '_' || 'a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || !first && '0' <= b && b <= '9'
}

func scalar(text string) bool {
	var v any
	if yaml.Unmarshal([]byte(text), &v) != nil {
		return false
	}
	switch v.(type) {
	case int, int64, float64, bool, string, time.Time:
		return true
	}
	return false
}
