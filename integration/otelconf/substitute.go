// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"fmt"
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

var (
	// A reference is ${ and } with printable characters or white space between.
	reference = regexp.MustCompile(`\$\{([^}\x00-\x08\x0a-\x1f\x7f]+)\}`)
	// The text of a reference: a name, perhaps after env:, perhaps with a default.
	variable = regexp.MustCompile(`^(?:env:)?([a-zA-Z_][a-zA-Z0-9_]*)(?::-(.*))?$`)
)

// maxFaults bounds the reported invalid references of a document.
const maxFaults = 100

// substitute replaces the references to environment variables in a parsed
// document, by the rules of OpenTelemetry's configuration data model:
// in scalar values, never in keys or comments. A variable's value is data, whatever
// its characters. The type of an unquoted scalar follows from its text after
// the replacement. It returns the names of the variables, and a fault for each invalid
// reference.
func substitute(document *yaml.Node) (names []string, faults []error) {
	s := &substitution{seen: make(map[*yaml.Node]bool), names: make(map[string]bool), room: maxDocument}
	s.walk(document, nil)
	return slices.Sorted(maps.Keys(s.names)), s.faults
}

type substitution struct {
	seen   map[*yaml.Node]bool // nodes with an anchor: aliases lead to them again
	names  map[string]bool     // variables that the document refers to
	room   int                 // bytes that the values of further references may have
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

// plainTag returns the type of an unquoted scalar. The core schema of YAML 1.2 has
// no times, and only a key can be a merge.
func plainTag(text string) string {
	n := yaml.Node{Kind: yaml.ScalarNode, Value: text}
	switch tag := n.ShortTag(); tag {
	case "!!null", "!!bool", "!!int", "!!float":
		return tag
	}
	return "!!str"
}

// expand replaces $$ by $, and the references in the text between. A $ that comes
// from either begins no reference.
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

// lookup returns the value for NAME, env:NAME or NAME:-default.
func (s *substitution) lookup(text string) (string, error) {
	m := variable.FindStringSubmatch(text)
	if m == nil {
		return "", fmt.Errorf("${…} is no reference to a variable: it must be ${NAME} or ${NAME:-default}; $${ is the text ${")
	}
	s.names[m[1]] = true
	if value := os.Getenv(m[1]); value != "" {
		return value, nil
	}
	return m[2], nil
}

// place is the way to a node. Its text is made only for faults.
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
