// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
	"unicode"
)

// fetched returns the metrics that a query in Apptuit's language fetches: for fetch('x'), x.
func fetched(q string) []string {
	var names []string
	for rest, found := q, true; found; {
		if _, rest, found = strings.Cut(rest, "fetch"); !found {
			break
		}
		argument, ok := strings.CutPrefix(strings.TrimLeftFunc(rest, unicode.IsSpace), "(")
		argument = strings.TrimLeftFunc(argument, unicode.IsSpace)
		if !ok || argument == "" || argument[0] != '\'' && argument[0] != '"' {
			continue
		}
		name, _, closed := strings.Cut(argument[1:], argument[:1])
		name, _, _ = strings.Cut(name, "{")
		if name = strings.TrimSpace(name); closed && name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}

// selected returns the metrics that a PromQL expression selects. Its result is used for hints
// only. It accepts names with dots, which PromQL allows only in quotes, and finds names in
// expressions that no server accepts.
func selected(promql string) []string {
	p := &promqlNames{rest: promql}
	p.read()
	return p.names
}

// promqlNames is a parser that finds the names of metrics in a PromQL expression.
type promqlNames struct {
	rest  string
	names []string
}

func (p *promqlNames) read() {
	for p.rest != "" {
		switch c := p.rest[0]; {
		case c == '"' || c == '\'' || c == '`':
			p.text()
		case c == '#':
			_, p.rest, _ = strings.Cut(p.rest, "\n")
		case c == '[':
			_, p.rest, _ = strings.Cut(p.rest, "]")
		case c == '{':
			p.rest = p.rest[1:]
			p.matchers()
		case c >= '0' && c <= '9' || c == '.':
			p.word() // a number or a duration
		case startsName(rune(c)):
			p.name()
		default:
			p.rest = p.rest[1:]
		}
	}
}

// name reads a word outside of braces: a metric, a function or a keyword.
func (p *promqlNames) name() {
	word := p.word()
	called := strings.HasPrefix(strings.TrimLeftFunc(p.rest, unicode.IsSpace), "(")
	switch kind := keyword(word); {
	case kind == labelList && called:
		_, p.rest, _ = strings.Cut(p.rest, ")")
	case kind == notKeyword && !called:
		p.add(word)
	}
}

// matchers reads the label matchers of a selector, up to the closing brace. They can contain
// the metric: x in {"x", k="v"} and {__name__="x"}.
func (p *promqlNames) matchers() {
	label := ""
	for p.rest != "" {
		switch c := p.rest[0]; {
		case c == '}':
			p.rest = p.rest[1:]
			return
		case c == '"' || c == '\'' || c == '`':
			text := p.text()
			next := strings.TrimLeftFunc(p.rest, unicode.IsSpace)
			if label == "__name__=" || label == "" && (next == "" || next[0] == ',' || next[0] == '}') {
				p.add(text)
			}
			label = text
		case c == ',':
			p.rest, label = p.rest[1:], ""
		case c <= ' ':
			p.rest = p.rest[1:]
		default:
			label += p.rest[:1]
			p.rest = p.rest[1:]
		}
	}
}

// text reads a quoted string, and returns the text between the quotes.
func (p *promqlNames) text() string {
	quote := p.rest[0]
	for i := 1; i < len(p.rest); i++ {
		switch {
		case p.rest[i] == quote:
			text := p.rest[1:i]
			p.rest = p.rest[i+1:]
			return text
		case p.rest[i] == '\\' && quote != '`':
			i++
		}
	}
	p.rest = ""
	return ""
}

// word reads a run of letters, digits, dots, colons and underscores.
func (p *promqlNames) word() string {
	end := strings.IndexFunc(p.rest, func(r rune) bool { return !startsName(r) && !unicode.IsDigit(r) && r != '.' })
	if end < 0 {
		end = len(p.rest)
	}
	word := p.rest[:end]
	p.rest = p.rest[end:]
	return word
}

// add adds the name of a metric.
func (p *promqlNames) add(name string) {
	if name != "" && !slices.Contains(p.names, name) {
		p.names = append(p.names, name)
	}
}

// startsName reports whether a name can begin with r.
func startsName(r rune) bool { return unicode.IsLetter(r) || r == '_' || r == ':' || r >= 0x80 }

// keywordKind is the kind of a keyword of PromQL or MetricsQL.
type keywordKind uint8

const (
	notKeyword   keywordKind = iota
	plainKeyword             // operators, modifiers, aggregations
	labelList                // a keyword that labels in parentheses follow, such as by
)

// keyword returns the kind of a word.
func keyword(word string) keywordKind {
	switch strings.ToLower(word) {
	case "by", "without", "on", "ignoring", "group_left", "group_right":
		return labelList
	case "and", "or", "unless", "atan2", "bool", "offset", "inf", "nan", "default", "if", "ifnot", "limit", "keep_metric_names", "with",
		"sum", "min", "max", "avg", "group", "stddev", "stdvar", "count", "count_values", "bottomk", "topk", "quantile", "limitk", "limit_ratio":
		return plainKeyword
	}
	return notKeyword
}
