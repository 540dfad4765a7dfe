// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
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
	return func(kv attribute.KeyValue) bool { return selection.Matches(string(kv.Key)) }
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
