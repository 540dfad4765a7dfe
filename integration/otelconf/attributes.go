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

// chosen is the setter of an option that has a filter of attributes.
func chosen(option func(attribute.Filter) exporter.Option) func(*settings, value) {
	return func(s *settings, v value) {
		s.exporter = append(s.exporter, option(v.chooser()))
	}
}

func (v value) chooser() attribute.Filter {
	selection := v.selection()
	return func(kv attribute.KeyValue) bool { return selection.Matches(string(kv.Key)) }
}

// readMeters reads a flag that selects all meters or none, or patterns of the names of
// instruments.
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
	for _, item := range v.list() {
		if item.null() {
			item.fault("must be a text")
		} else if text, ok := item.text(); ok {
			patterns = append(patterns, text)
		}
	}
	return patterns
}
