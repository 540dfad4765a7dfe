// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.yaml.in/yaml/v3"

	"github.com/apptuitai/apptuit-go/exporter"
)

// attributes is the setter of an option that chooses attributes of the resource.
func attributes(option func(attribute.Filter) exporter.Option) func(*settings, value) {
	return func(s *settings, v value) {
		var included, excluded []string
		for _, f := range v.mapping("included", "excluded") {
			if f.name == "excluded" {
				excluded = f.patterns()
				continue
			}
			if included = f.patterns(); f.node.Kind == yaml.SequenceNode && len(f.node.Content) == 0 {
				f.fault(`is empty: leave it out to include all, or exclude "*" to include none`)
			}
		}
		s.exporter = append(s.exporter, option(chooser(included, excluded)))
	}
}

func (v value) patterns() []string {
	var patterns []string
	for _, item := range v.list() {
		if item.null() {
			item.fault("must be a text")
		} else if text, ok := item.text(); ok {
			patterns = append(patterns, text)
		}
	}
	return patterns
}

// chooser is IncludeExclude of the declarative configuration: without included
// all are, and what is excluded is so in any case.
func chooser(included, excluded []string) attribute.Filter {
	return func(kv attribute.KeyValue) bool {
		matches := func(pattern string) bool { return matchWildcard([]rune(pattern), []rune(kv.Key)) }
		return (len(included) == 0 || slices.ContainsFunc(included, matches)) && !slices.ContainsFunc(excluded, matches)
	}
}

// matchWildcard matches a whole name: ? is any character, * any number of them.
func matchWildcard(pattern, name []rune) bool {
	star, from := -1, 0 // the last *, and where the name goes on behind what it stands for
	p, n := 0, 0
	for n < len(name) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, from = p, n
			p++
		case p < len(pattern) && (pattern[p] == '?' || pattern[p] == name[n]):
			p++
			n++
		case star >= 0:
			from++
			p, n = star+1, from
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}
