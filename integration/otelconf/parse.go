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

// exporterName is the key of this exporter in the exporter of a reader.
const exporterName = "apptuit"

// OpenTelemetryConfiguration is a parsed document. [ParseYAML] returns it.
type OpenTelemetryConfiguration struct {
	// Rest is otelconf's configuration, decoded from the document without the readers that
	// export to Apptuit. A program may change it before it calls NewSDK.
	Rest contrib.OpenTelemetryConfiguration

	readers []*reader
}

// ParseYAML parses a document of OpenTelemetry's declarative configuration, in which
// periodic readers may have the exporter apptuit. It replaces references to environment
// variables in scalar values after it has parsed the document, by the rules in the package
// comment.
//
// The error joins a [*KeyError] for each invalid reference, for each fault of a reader or
// exporter apptuit, and for each unknown metric exporter, and the error of otelconf. The
// document must not exceed 1 MiB, and neither must the values of all variables in it.
//
// ParseYAML checks the document only. [NewSDK] reads the files that the document names, such as
// a token file, and reports a missing setting that a variable could supply, such as the token.
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

// misplaced adds a fault for each key apptuit that is not the exporter of a periodic reader.
// Such a key has no effect, and otelconf would not report it.
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
				v.fault("must be written in lower case")
			default:
				v.fault("has no effect here: it belongs to meter_provider.readers[].periodic.exporter")
			}
		}, "distribution", "instrumentation/development")
	}
	if d.steps >= maxSteps {
		d.faults = append(d.faults, errors.New("the document has too many merged keys or aliases"))
	}
}

// walk calls visit for each key of all mappings, except those under the keys in skip.
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
