// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"strings"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// Names says how metrics and tags are called.
type Names struct {
	Mode       encoding.SanitizeMode
	Prefix     string // before each metric's name
	Prometheus bool   // by the rules from OpenTelemetry to Prometheus; the mode is SanitizePrometheus then
}

// essence is what of a spec the names depend on.
func (n Names) essence(spec InstrumentSpec) InstrumentSpec {
	if !n.Prometheus {
		spec.Unit, spec.Monotonic = "", false
	}
	return spec
}

// metric returns how the series of an instrument are called, by the texts of
// their suffixes.
func (n Names) metric(spec InstrumentSpec) func(suffix string) string {
	if n.Prometheus {
		if name := prometheusMetric(n.Prefix+spec.Name, spec); name != "" {
			return func(suffix string) string { return name + strings.Replace(suffix, ".", "_", 1) }
		}
	}
	return func(suffix string) string { return n.Mode.Sanitize(n.Prefix + spec.Name + suffix) }
}

// key returns the key of the tag that an attribute becomes. In mode none it may
// be invalid.
func (n Names) key(attribute string) string {
	if n.Prometheus {
		if key := prometheusLabel(attribute); key != "" {
			return key
		}
	}
	return n.Mode.Sanitize(attribute)
}

// join joins the tags of attributes whose keys have become one.
func (n Names) join(tags []model.Tag) []model.Tag {
	if n.Prometheus {
		return model.JoinTags(tags, joinSorted)
	}
	return model.JoinTags(tags, model.JoinValues)
}

// Layer is model.SanitizeTags with these names.
func (n Names) Layer(tags []model.Tag) ([]model.Tag, error) {
	for i := range tags {
		key := n.key(tags[i].Key)
		if err := model.CheckName(encoding.FieldTagKey, key); err != nil {
			return nil, err
		}
		tags[i].Key = key
	}
	return n.join(tags), nil
}

// scope returns the tags that tell of a scope, as a layer. Its attributes are
// sorted by key.
func (n Names) scope(name, version, schema string, attributes []model.Tag) []model.Tag {
	tags := []model.Tag{{Key: "otel_scope_name", Value: name}, {Key: "otel_scope_version", Value: version}}
	if !n.Prometheus {
		return tags
	}
	tags = append(tags, model.Tag{Key: "otel_scope_schema_url", Value: schema})
	for _, t := range attributes {
		switch key := n.key(t.Key); key {
		case "", "name", "version", "schema_url": // not valid, or what is there already
		default:
			tags = append(tags, model.Tag{Key: "otel_scope_" + key, Value: t.Value})
		}
	}
	return n.join(tags)
}
