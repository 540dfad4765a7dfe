// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// output is one output of a query.
type output struct {
	id   string
	expr expression
}

// expression selects the series of a metric, downsampled if every is greater than 0.
type expression struct {
	metric    string
	every     int64 // seconds
	aggregate string
}

// queryError says why a query is rejected.
type queryError struct {
	text    string // the query
	at      int    // byte of the query
	problem string
}

// Error returns the position, in characters from 1, and the problem.
func (e *queryError) Error() string {
	return fmt.Sprintf("at character %d: %s", utf8.RuneCountInString(e.text[:e.at])+1, e.problem)
}

func aggregates() []string { return []string{"avg", "sum", "min", "max", "count"} }

type tokenKind int

const (
	symbolToken tokenKind = iota // one character
	wordToken                    // letters, digits and _
	stringToken                  // quoted; its text is what the quotes enclose
	endToken
)

type token struct {
	kind tokenKind
	text string
	at   int // position of its first byte
}

func (t token) is(symbol string) bool { return t.kind == symbolToken && t.text == symbol }

// parser reads a query once, with one token of lookahead. Its grammar:
//
//	query      = statement { ";" statement } [ ";" ]
//	statement  = expression | name "=" expression | "output" "(" name { "," name } ")"
//	expression = "fetch" "(" string ")" [ "." "downsample" "(" string "," string ")" ]
type parser struct {
	text string
	end  int   // position of the byte after tok
	tok  token // the next token
	err  *queryError

	values  map[string]expression // assigned, by name
	outputs []output
	ids     map[string]bool // ids of the outputs
	unnamed int             // number of outputs of bare expressions
}

// parseQuery returns the outputs of a query, in order. An error is a *queryError.
func parseQuery(text string) ([]output, error) {
	p := &parser{text: text, values: map[string]expression{}, ids: map[string]bool{}}
	p.checkEncoding()
	p.advance()
	if p.tok.kind == endToken {
		p.fail(p.tok.at, "it is empty")
	}
	for p.err == nil && p.tok.kind != endToken {
		p.statement()
		if p.tok.kind != endToken {
			p.symbol(";", `";" or the end`)
		}
	}
	if p.err == nil && len(p.outputs) == 0 {
		p.fail(p.tok.at, "it ends without an output")
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.outputs, nil
}

func (p *parser) statement() {
	first := p.word("fetch(…), output(…) or a name and =")
	switch {
	case p.tok.is("="):
		p.assignment(first)
	case first.text == "output":
		p.outputStatement()
	case first.text == "fetch":
		expr := p.expression()
		p.output(first, fmt.Sprintf("out%d", p.unnamed), expr)
		p.unnamed++
	default:
		p.unsupported(first, "fetch(…), output(…) or a name and =")
	}
}

func (p *parser) assignment(name token) {
	_, assigned := p.values[name.text]
	switch first, _ := utf8.DecodeRuneInString(name.text); {
	case unicode.IsDigit(first):
		p.fail(name.at, fmt.Sprintf("a name that begins with a digit is not supported: %s", name.text))
	case name.text == "fetch" || name.text == "output":
		p.fail(name.at, fmt.Sprintf("%s is a function, not a name to assign to", name.text))
	case assigned:
		p.fail(name.at, fmt.Sprintf("%s is assigned twice", name.text))
	}
	p.symbol("=", `"="`)
	if function := p.word("fetch(…)"); function.text != "fetch" {
		p.unsupported(function, "fetch(…)")
	}
	p.values[name.text] = p.expression()
}

func (p *parser) outputStatement() {
	p.symbol("(", `"("`)
	for p.err == nil {
		name := p.word("an assigned name")
		expr, assigned := p.values[name.text]
		if !assigned {
			p.fail(name.at, fmt.Sprintf("%s is not assigned", name.text))
		}
		p.output(name, name.text, expr)
		if p.tok.is(")") {
			break
		}
		p.symbol(",", `"," or ")"`)
	}
	p.symbol(")", `")"`)
}

// expression reads the rest of an expression, after fetch.
func (p *parser) expression() expression {
	p.symbol("(", `"("`)
	metric := p.quoted("a quoted metric")
	if metric.text == "" {
		p.fail(metric.at, "the metric is empty")
	}
	p.symbol(")", `")"`)
	expr := expression{metric: metric.text}
	if !p.tok.is(".") {
		return expr
	}
	p.symbol(".", `"."`)
	if method := p.word("downsample(…)"); method.text != "downsample" {
		p.unsupported(method, "downsample(…)")
	}
	p.symbol("(", `"("`)
	interval := p.quoted("a quoted interval")
	every, ok := parseInterval(interval.text)
	if !ok {
		p.fail(interval.at, fmt.Sprintf("the interval %q is not supported, only a count and one of s, m, h, d", interval.text))
	}
	p.symbol(",", `","`)
	aggregate := p.quoted("a quoted aggregator")
	if !slices.Contains(aggregates(), aggregate.text) {
		p.fail(aggregate.at, fmt.Sprintf("the aggregator %q is not supported, only %s", aggregate.text, strings.Join(aggregates(), ", ")))
	}
	p.symbol(")", `")"`)
	expr.every, expr.aggregate = every, aggregate.text
	return expr
}

// parseInterval returns the number of seconds of an interval such as 15m.
func parseInterval(text string) (int64, bool) {
	count, unit := text, int64(0)
	if text != "" {
		count = text[:len(text)-1]
		switch text[len(text)-1] {
		case 's':
			unit = 1
		case 'm':
			unit = 60
		case 'h':
			unit = 60 * 60
		case 'd':
			unit = 24 * 60 * 60
		}
	}
	n, err := strconv.ParseUint(count, 10, 31) // so that the product fits
	return int64(n) * unit, err == nil && n > 0 && unit > 0
}

// output adds an output. An error is reported at the token.
func (p *parser) output(at token, id string, expr expression) {
	if p.ids[id] {
		p.fail(at.at, fmt.Sprintf("a second output with the id %s is not supported", id))
	}
	p.ids[id] = true
	p.outputs = append(p.outputs, output{id: id, expr: expr})
}

// symbol reads the symbol. If another token follows, it fails with a message that says which symbols are supported.
func (p *parser) symbol(symbol, want string) {
	if !p.tok.is(symbol) {
		p.unsupported(p.tok, want)
	}
	p.advance()
}

func (p *parser) word(want string) token { return p.expect(wordToken, want) }

func (p *parser) quoted(want string) token { return p.expect(stringToken, want) }

func (p *parser) expect(kind tokenKind, want string) token {
	t := p.tok
	if t.kind != kind {
		p.unsupported(t, want)
	}
	p.advance()
	return t
}

func (p *parser) unsupported(t token, want string) {
	switch t.kind {
	case endToken:
		p.fail(t.at, "it ends where only "+want+" is supported")
	case stringToken:
		p.fail(t.at, "a string is not supported here, only "+want)
	default:
		p.fail(t.at, fmt.Sprintf("%q is not supported here, only %s", t.text, want))
	}
}

// fail records the first error, and moves to the end of the query, so that parsing ends.
func (p *parser) fail(at int, problem string) {
	if p.err == nil {
		p.err = &queryError{text: p.text, at: at, problem: problem}
	}
	p.end = len(p.text)
	p.tok = token{kind: endToken, at: p.end}
}

// checkEncoding fails at the first byte that is not UTF-8.
func (p *parser) checkEncoding() {
	for at, c := range p.text {
		if c != utf8.RuneError {
			continue
		}
		if _, size := utf8.DecodeRuneInString(p.text[at:]); size == 1 {
			p.fail(at, "it is not UTF-8")
			return
		}
	}
}

// advance reads the next token into tok.
func (p *parser) advance() {
	rest := strings.TrimLeftFunc(p.text[p.end:], unicode.IsSpace)
	at := len(p.text) - len(rest)
	if rest == "" {
		p.end, p.tok = at, token{kind: endToken, at: at}
		return
	}
	first, size := utf8.DecodeRuneInString(rest)
	switch {
	case first == '\'' || first == '"':
		length := strings.IndexRune(rest[size:], first)
		if length < 0 {
			p.fail(at, "the string does not end")
			return
		}
		text := rest[size : size+length]
		if backslash := strings.IndexByte(text, '\\'); backslash >= 0 {
			p.fail(at+size+backslash, "a backslash in a string is not supported")
			return
		}
		p.tok = token{kind: stringToken, text: text, at: at}
		size += length + 1
	case isWord(first):
		size = len(rest) - len(strings.TrimLeftFunc(rest, isWord))
		p.tok = token{kind: wordToken, text: rest[:size], at: at}
	default:
		p.tok = token{kind: symbolToken, text: rest[:size], at: at}
	}
	p.end = at + size
}

func isWord(c rune) bool { return c == '_' || unicode.IsLetter(c) || unicode.IsDigit(c) }
