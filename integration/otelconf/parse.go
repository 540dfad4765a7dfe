// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"bytes"
	"errors"
	"io"
	"slices"
	"strings"

	contrib "go.opentelemetry.io/contrib/otelconf"
	"go.yaml.in/yaml/v3"
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
// variables are replaced before, in all of it. A document without apptuit is
// otelconf.ParseYAML's alone.
//
// The error joins all faults in what concerns apptuit, each a [*KeyError], and
// otelconf's. No file is read, and what a variable of ours could still give is
// not missed: NewSDK does both.
func ParseYAML(file []byte) (*OpenTelemetryConfiguration, error) {
	d := &decoding{doc: substitute(file), used: make(map[*yaml.Node]bool)}
	documents, err := parseDocuments(d.doc)
	if err != nil {
		return nil, joined(append(d.doc.faults, err))
	}
	readers := d.readers(value{d: d, node: content(documents[0])})
	shared := len(d.faults) > 0 // otelconf looks at what these are about, too
	for _, r := range readers {
		r.settings.read(r.at)
	}
	d.misplaced(documents)
	if len(readers) == 0 && len(d.faults) == 0 {
		rest, err := contrib.ParseYAML(file)
		if err != nil {
			return nil, err
		}
		return &OpenTelemetryConfiguration{Rest: *rest}, nil
	}
	c := &OpenTelemetryConfiguration{readers: readers}
	faults := slices.Concat(d.doc.faults, d.faults)
	if !shared {
		// What otelconf.ParseYAML does after its substitution.
		if err := yaml.Unmarshal(d.doc.text, &c.Rest); err != nil {
			faults = append(faults, errors.New(withoutValues(err.Error())))
		}
	}
	if len(faults) == 0 {
		faults = append(faults, c.takeReaders(d)...)
	}
	if err := joined(faults); err != nil {
		return nil, err
	}
	return c, nil
}

// parseDocuments returns at least one, of which otelconf knows the first. It is
// the only one that has to be good YAML.
func parseDocuments(doc *document) ([]*yaml.Node, error) {
	first := new(yaml.Node)
	decoder := yaml.NewDecoder(bytes.NewReader(doc.text))
	if err := decoder.Decode(first); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.New(withoutQuotes(err.Error()))
	}
	documents := []*yaml.Node{first}
	for next := new(yaml.Node); decoder.Decode(next) == nil; next = new(yaml.Node) {
		documents = append(documents, next)
	}
	return documents, nil
}

// withoutQuotes takes out what a parser's error quotes of the document, for
// example the secret of which the first character is *.
func withoutQuotes(text string) string {
	first, last := strings.IndexAny(text, "'\"`"), strings.LastIndexAny(text, "'\"`")
	if first < 0 || first == last || strings.Contains(text, "did not find expected") {
		return text
	}
	return text[:first] + "…" + text[last+1:]
}

// withoutValues takes out what yaml.v3 quotes of values with the wrong type.
func withoutValues(text string) string {
	parts := strings.Split(text, "`")
	for i := 1; i < len(parts)-1; i += 2 {
		parts[i] = "…"
	}
	return strings.Join(parts, "`")
}

func content(document *yaml.Node) *yaml.Node {
	if len(document.Content) == 0 {
		return nil
	}
	return resolve(document.Content[0])
}

// takeReaders takes the readers that are ours out of otelconf's, by their place.
func (c *OpenTelemetryConfiguration) takeReaders(d *decoding) []error {
	mp := c.Rest.MeterProvider
	last := c.readers[len(c.readers)-1]
	if mp == nil || len(mp.Readers) != last.of {
		return []error{last.at.errorf("otelconf has not found as many readers in the document: this version of it is not supported")}
	}
	for _, r := range c.readers {
		if periodic := mp.Readers[r.index].Periodic; periodic != nil {
			r.limits = periodic.CardinalityLimits
		}
	}
	for _, r := range slices.Backward(c.readers) {
		mp.Readers = slices.Delete(mp.Readers, r.index, r.index+1)
	}
	return nil
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
			v := value{d: d, path: exporterName, line: d.doc.line(key.Line)}
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
		d.faults = append(d.faults, errors.New("the document has too many merged keys"))
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
