// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	// A reference is ${ and } with printable characters or white space between them. Without a
	// closing brace, ${ is text, as in the specification's example ${UNDEFINED_KEY:-$${UNDEFINED_KEY}}.
	reference = regexp.MustCompile(`\$\{([^}\x00-\x08\x0a-\x1f\x7f]+)\}`)
	// variable matches the text of a valid reference: a name, optionally after env: and with a default.
	variable = regexp.MustCompile(`^(?:env:)?([a-zA-Z_][a-zA-Z0-9_]*)(?::-(.*))?$`)
)

// maxFaults is the limit of the invalid references that are reported.
const maxFaults = 100

// substitute replaces the references to environment variables in a parsed document, by the
// rules of OpenTelemetry's configuration data model: in scalar values, never in keys or
// comments. A value cannot change the structure of the document, whatever its characters. The
// type of an unquoted scalar follows from its text after the replacement.
//
// substitute returns the names of the variables, and a fault for each invalid reference.
func substitute(document *yaml.Node) (names []string, faults []error) {
	s := &substitution{seen: make(map[*yaml.Node]bool), names: make(map[string]bool), room: maxDocument}
	s.walk(document, nil)
	return slices.Sorted(maps.Keys(s.names)), s.faults
}

type substitution struct {
	seen   map[*yaml.Node]bool // visited nodes with an anchor, to which aliases can lead back
	names  map[string]bool     // variables that the document refers to
	room   int                 // limit of the values of further references, in bytes
	faults []error
}

func (s *substitution) walk(n *yaml.Node, at *place) {
	if n.Anchor != "" {
		if s.seen[n] {
			return
		}
		s.seen[n] = true
	}
	switch n.Kind {
	case yaml.DocumentNode:
		for _, c := range n.Content {
			s.walk(c, at)
		}
	case yaml.SequenceNode:
		for i, c := range n.Content {
			s.walk(c, &place{within: at, index: i})
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			s.walk(n.Content[i+1], &place{within: at, key: n.Content[i]})
		}
	case yaml.AliasNode:
		s.walk(n.Alias, at)
	case yaml.ScalarNode:
		s.scalar(n, at)
	}
}

func (s *substitution) scalar(n *yaml.Node, at *place) {
	if strings.Contains(n.Value, "$") {
		text, err := s.expand(n.Value)
		if err != nil {
			text = ""
			if len(s.faults) < maxFaults {
				s.faults = append(s.faults, &KeyError{Key: at.String(), Line: n.Line, Err: err})
			}
		}
		n.Value = text
	}
	const notPlain = yaml.TaggedStyle | yaml.DoubleQuotedStyle | yaml.SingleQuotedStyle | yaml.LiteralStyle | yaml.FoldedStyle
	if n.Style&notPlain == 0 {
		n.Tag = plainTag(n.Value)
	}
}

// plainTag returns the type of an unquoted scalar. A date is a string, as in the core schema
// of YAML 1.2. So is <<, which is a merge only as a key.
func plainTag(text string) string {
	n := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	switch tag := n.ShortTag(); tag {
	case "!!null", "!!bool", "!!int", "!!float":
		return tag
	}
	return "!!str"
}

// expand replaces $$ by $, and each reference by its value. A $ that comes from $$ or from a
// value does not begin a reference.
func (s *substitution) expand(text string) (string, error) {
	var out strings.Builder
	for i, part := range strings.Split(text, "$$") {
		if i > 0 {
			out.WriteByte('$')
		}
		end := 0
		for _, m := range reference.FindAllStringSubmatchIndex(part, -1) {
			value, err := s.lookup(part[m[2]:m[3]])
			if err != nil {
				return "", err
			}
			if s.room -= len(value); s.room < 0 {
				return "", fmt.Errorf("the values of all variables in the document have more than %d bytes", maxDocument)
			}
			out.WriteString(part[end:m[0]] + value)
			end = m[1]
		}
		out.WriteString(part[end:])
	}
	return out.String(), nil
}

// lookup returns the value of a reference, given the text between its braces: NAME, env:NAME
// or NAME:-default.
func (s *substitution) lookup(text string) (string, error) {
	m := variable.FindStringSubmatch(text)
	if m == nil {
		return "", errors.New("invalid reference: must be ${NAME}, ${env:NAME} or ${NAME:-default}; write $${ for the text ${")
	}
	s.names[m[1]] = true
	if value := os.Getenv(m[1]); value != "" {
		return value, nil
	}
	return m[2], nil
}

// place is the path to a node. Only faults need its text.
type place struct {
	within *place
	key    *yaml.Node // in a mapping
	index  int        // in a list
}

func (p *place) String() string {
	var steps []string
	for ; p != nil; p = p.within {
		if p.key != nil {
			steps = append(steps, "."+harmless(resolve(p.key).Value))
		} else {
			steps = append(steps, fmt.Sprintf("[%d]", p.index))
		}
	}
	if len(steps) == 0 {
		return "the document"
	}
	slices.Reverse(steps)
	return strings.TrimPrefix(strings.Join(steps, ""), ".")
}
