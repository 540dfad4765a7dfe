// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"go.yaml.in/yaml/v3"

	"github.com/apptuitai/apptuit-go/exporter"
)

// Exporter is an exporter apptuit of a document.
type Exporter struct {
	// Options are the options that the keys of the exporter set. NewSDK passes them to
	// exporter.New after the options of [WithExporterOptions], which they override.
	Options []exporter.Option
	// Keys are the keys of the exporter whose values are scalars and neither null nor empty,
	// in the order of the document. Keys from a merge (<<) come after the exporter's own.
	Keys []Key
}

// Key is a key of an exporter.
type Key struct {
	Name  string // as in docs/settings.md, for example endpoint or spool.directory
	Line  int    // from 1
	Value string // after the replacement of variables; it may be a secret
}

// Exporters returns the exporters apptuit of the document, in the order of their readers.
// NewSDK creates none of them if the document is disabled.
func (c *OpenTelemetryConfiguration) Exporters() []Exporter {
	var all []Exporter
	for _, r := range c.readers {
		e := Exporter{Options: r.settings.options()}
		e.add("", value{d: &decoding{}, node: r.at.node})
		all = append(all, e)
	}
	return all
}

// add adds the scalar keys of a mapping, and those of the mappings in it, for example retry.
func (e *Exporter) add(prefix string, mapping value) {
	for _, f := range mapping.fields(nil) {
		switch {
		case f.null():
		case f.node.Kind == yaml.ScalarNode && f.node.Value != "":
			e.Keys = append(e.Keys, Key{prefix + f.name, f.line, f.node.Value})
		case prefix == "":
			e.add(f.name+".", f)
		}
	}
}
