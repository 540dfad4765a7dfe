// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"errors"
	"slices"
	"strings"

	contrib "go.opentelemetry.io/contrib/otelconf"
	"go.yaml.in/yaml/v3"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// exporterName is the key that makes an exporter this one.
const exporterName = "apptuit"

// OpenTelemetryConfiguration is a parsed document. Make it with [ParseYAML].
type OpenTelemetryConfiguration struct {
	// Rest is what otelconf has read of the document, without the readers that
	// export to Apptuit. It may be changed before NewSDK.
	Rest contrib.OpenTelemetryConfiguration

	readers []*reader
}

// ParseYAML parses a document of OpenTelemetry's declarative configuration, in
// which periodic readers may have the exporter apptuit. References to environment
// variables in scalar values are replaced after parsing; the package comment has
// the rules. They are the same with and without apptuit in the document.
//
// The error joins all invalid references, each a [*KeyError], all faults that concern
// apptuit or the names of metric exporters, each a [*KeyError], too, and
// otelconf's error. A document of more than 1 MiB is an error, as are variables of
// more than 1 MiB in it. No file is read, and a missing setting that a variable
// may still give is not reported: NewSDK does both.
func ParseYAML(file []byte) (*OpenTelemetryConfiguration, error) {
	documents, err := parseDocuments(file)
	if err != nil {
		return nil, joined([]error{err})
	}
	names, faults := substitute(documents[0])
	d := &decoding{used: make(map[*yaml.Node]bool), faults: faults}
	c := &OpenTelemetryConfiguration{readers: d.readers(value{d: d, node: content(documents[0])})}
	for _, r := range c.readers {
		r.settings.client = append(r.settings.client, apptuitclient.WithKnownVariables(names...))
	}
	d.misplaced(documents)
	if err := documents[0].Decode(&c.Rest); err != nil {
		d.faults = append(d.faults, withoutValues(err))
	}
	if err := joined(d.faults); err != nil {
		return nil, err
	}
	return c, nil
}

// misplaced makes a fault of each key apptuit that is not the exporter of a
// periodic reader. Otelconf would say nothing: such a key has no effect.
func (d *decoding) misplaced(documents []*yaml.Node) {
	for i, document := range documents {
		root := content(document)
		if root == nil {
			continue
		}
		d.walk(root, func(key *yaml.Node) {
			if !strings.EqualFold(key.Value, exporterName) || d.used[key] {
				return
			}
			v := value{d: d, path: exporterName, line: key.Line}
			switch {
			case i > 0:
				v.fault("only the first document of a file has an effect")
			case key.Value != exporterName:
				v.fault("must be written in small letters")
			default:
				v.fault("has no effect here: it is an exporter of meter_provider.readers[].periodic")
			}
		}, "distribution", "instrumentation/development")
	}
	if d.steps >= maxSteps {
		d.faults = append(d.faults, errors.New("the document has too many merged keys or aliases"))
	}
}

// walk calls visit with each key of a mapping, but for what is under the keys to skip.
func (d *decoding) walk(n *yaml.Node, visit func(key *yaml.Node), skip ...string) {
	if n.Kind != yaml.MappingNode {
		for _, c := range n.Content {
			d.walk(c, visit)
		}
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		if slices.Contains(skip, key.Value) {
			continue
		}
		visit(key)
		d.walk(n.Content[i+1], visit)
	}
}
