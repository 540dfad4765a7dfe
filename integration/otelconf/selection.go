// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"strings"

	"go.opentelemetry.io/otel/attribute"
	"go.yaml.in/yaml/v3"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/internal/pattern"
)

// filtered returns the function that reads a key whose option takes an attribute filter.
func filtered(option func(attribute.Filter) exporter.Option) func(*settings, value) {
	return func(s *settings, v value) {
		selection := v.selection()
		s.exporter = append(s.exporter, option(func(kv attribute.KeyValue) bool { return selection.Matches(string(kv.Key)) }))
	}
}

// readMeters reads the key meters: true for all instruments, false for none, or patterns of
// their names.
func (s *settings) readMeters(v value) {
	var patterns []string
	switch all := false; {
	case v.node.Kind == yaml.MappingNode:
		selection := v.selection()
		for _, name := range selection.Included {
			if strings.HasPrefix(name, "!") {
				v.fault("included: %q begins with an exclamation mark: list it in excluded, without the mark", name)
				return
			}
		}
		patterns = selection.Included
		for _, name := range selection.Excluded {
			patterns = append(patterns, "!"+name)
		}
	case v.node.Kind != yaml.ScalarNode || v.node.Decode(&all) != nil:
		v.fault("must be true, false or a mapping with included and excluded")
		return
	case !all:
		return
	}
	s.exporter = append(s.exporter, exporter.WithMeters(patterns...))
}

// selection decodes the patterns of a mapping with the keys included and excluded.
func (v value) selection() pattern.Selection {
	var selection pattern.Selection
	for _, f := range v.mapping("included", "excluded") {
		if f.name == "excluded" {
			selection.Excluded = f.patterns()
			continue
		}
		if selection.Included = f.patterns(); f.node.Kind == yaml.SequenceNode && len(f.node.Content) == 0 {
			f.fault(`is empty: leave it out to include all, or exclude "*" to include none`)
		}
	}
	return selection
}

func (v value) patterns() []string {
	var patterns []string
	items, _ := v.list("strings")
	for _, item := range items {
		if item.null() {
			item.fault("must be a string")
		} else if text, ok := item.text(); ok {
			patterns = append(patterns, text)
		}
	}
	return patterns
}
