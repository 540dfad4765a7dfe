// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"
	"strconv"
	"strings"

	"github.com/prometheus/otlptranslator"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// Names holds the rules for the names of metrics, tag keys and tag values.
type Names struct {
	Mode       encoding.SanitizeMode
	Prefix     string // before each metric's name
	Prometheus bool   // OpenTelemetry's rules for Prometheus; requires SanitizePrometheus
	Values     encoding.TagValueRule
}

// relevant returns the parts of a specification that determine the names, and zeros for the
// other parts.
func (n Names) relevant(spec InstrumentSpec) InstrumentSpec {
	if !n.Prometheus {
		spec.Unit, spec.Monotonic = "", false
	}
	return spec
}

// metric returns a function that returns the metric names of an instrument by suffix.
func (n Names) metric(spec InstrumentSpec) func(suffix string) string {
	if n.Prometheus {
		if name := prometheusMetric(n.Prefix+spec.Name, spec); name != "" {
			return func(suffix string) string { return name + strings.Replace(suffix, ".", "_", 1) }
		}
	}
	return func(suffix string) string { return n.Mode.Sanitize(n.Prefix + spec.Name + suffix) }
}

// key returns the tag key of an attribute. In sanitize mode none it may be invalid.
func (n Names) key(attribute string) string {
	if n.Prometheus {
		if key := prometheusLabel(attribute); key != "" {
			return n.Values.Key(key)
		}
	}
	return n.Values.Key(n.Mode.Sanitize(attribute))
}

// join joins the values of tags whose keys have become equal.
func (n Names) join(tags []model.Tag) []model.Tag {
	if n.Prometheus {
		return model.JoinTags(tags, joinSorted)
	}
	return model.JoinTags(tags, model.JoinValues)
}

// Layer is [model.TagRules.Layer] with these names.
func (n Names) Layer(tags []model.Tag) ([]model.Tag, error) {
	return model.SanitizeTagsFunc(tags, n.key, n.join)
}

// scope returns the tags of a scope as a layer. The attributes must be sorted by key.
func (n Names) scope(name, version, schema string, attributes []model.Tag) []model.Tag {
	tags := []model.Tag{{Key: "otel_scope_name", Value: name}, {Key: "otel_scope_version", Value: version}}
	if !n.Prometheus {
		return tags
	}
	tags = append(tags, model.Tag{Key: "otel_scope_schema_url", Value: schema})
	for _, t := range attributes {
		switch key := n.key(t.Key); key {
		case "", "name", "version", "schema_url": // not valid, or in tags already
		default:
			tags = append(tags, model.Tag{Key: "otel_scope_" + key, Value: t.Value})
		}
	}
	return n.join(tags)
}

// BaseTags merges the tags with a lower precedence than the attributes of points, see
// [BaseLayers].
func BaseTags(names Names, shared [][]model.Tag, resource, lowest []model.Tag) []model.Tag {
	return mergeLayers(BaseLayers(names, shared, resource, lowest))
}

// BaseLayers returns the tags with a lower precedence than the attributes of points, as layers.
// These are, highest first, the layers that all resources share, the attributes of the
// resource, and the lowest tags. In mode none, attributes and lowest tags with an invalid key
// are left out, since otherwise every point would be invalid.
func BaseLayers(names Names, shared [][]model.Tag, resource, lowest []model.Tag) [][]model.Tag {
	return append(slices.Clone(shared), names.validTags(resource), names.validTags(lowest))
}

// mergeLayers returns the union of layers. The first one with a key has its value.
func mergeLayers(layers [][]model.Tag) []model.Tag {
	var merged []model.Tag
	for _, layer := range layers {
		merged = model.MergeTags(nil, merged, layer)
	}
	return merged
}

// validTags returns the tags with a valid key, as a layer.
func (n Names) validTags(tags []model.Tag) []model.Tag {
	valid := slices.DeleteFunc(slices.Clone(tags), func(t model.Tag) bool {
		return model.CheckName(encoding.FieldTagKey, n.key(t.Key)) != nil
	})
	model.SortTags(valid)
	layer, _ := n.Layer(valid)
	return layer
}

// prometheusMetric returns the name that OpenTelemetry's Prometheus exporters give a
// metric: with its unit, and with _total for a monotonic sum (specification, Prometheus and
// OpenMetrics compatibility). It returns "" for a name that they refuse.
func prometheusMetric(name string, spec InstrumentSpec) string {
	namer := otlptranslator.MetricNamer{WithMetricSuffixes: true}
	translated, err := namer.Build(otlptranslator.Metric{Name: name, Unit: spec.Unit, Type: prometheusType(spec)})
	switch {
	case err != nil:
		return ""
	case !encoding.ValidName(translated): // it has a colon, which is reserved for recording rules
		return encoding.SanitizePrometheus.Sanitize(translated)
	}
	return translated
}

func prometheusType(spec InstrumentSpec) otlptranslator.MetricType {
	switch spec.Kind {
	case Sum:
		if spec.Monotonic {
			return otlptranslator.MetricTypeMonotonicCounter
		}
		return otlptranslator.MetricTypeNonMonotonicCounter
	case Gauge:
		return otlptranslator.MetricTypeGauge
	case Histogram, Exponential:
		return otlptranslator.MetricTypeHistogram
	case Summary:
		return otlptranslator.MetricTypeSummary
	}
	return otlptranslator.MetricTypeUnknown
}

// prometheusLabel returns the label name of an attribute. It returns "" if there is none,
// and for a name that begins with two underscores, which Prometheus reserves, as in
// __name__.
func prometheusLabel(attribute string) string {
	namer := otlptranslator.LabelNamer{}
	label, err := namer.Build(attribute)
	if err != nil || strings.HasPrefix(label, "__") {
		return ""
	}
	return label
}

// joinSorted joins values in the order of the values, as OpenTelemetry's Prometheus exporter
// does. The specification requires the order of their keys.
func joinSorted(values []string) string {
	slices.Sort(values)
	return strings.Join(values, ";")
}

// attributeCache keeps the tag keys of the attributes of the last data point, since the
// next one usually has the same attributes in the same order, and the texts of integers.
// Without the keys, a first export of sums takes 45 % more time, without the integers 5 %.
type attributeCache struct {
	names    Names
	keys     []tagKey         // by the position of the attribute
	integers map[int64]string // at most maxIntegers
}

const maxIntegers = 4096

// tagKey is the tag key that an attribute becomes. err says why it is invalid.
type tagKey struct {
	attribute, text string
	err             error
}

// key returns the tag key of the attribute at a position.
func (c *attributeCache) key(i int, attribute string) (string, error) {
	if i < len(c.keys) && c.keys[i].attribute == attribute {
		return c.keys[i].text, c.keys[i].err
	}
	k := tagKey{attribute: strings.Clone(attribute), text: c.names.key(attribute)}
	k.err = model.CheckName(encoding.FieldTagKey, k.text)
	if i < 2*encoding.MaxTags {
		c.keys = append(c.keys[:min(i, len(c.keys))], k)
	}
	return k.text, k.err
}

// integer returns the text of an integer.
func (c *attributeCache) integer(v int64) string {
	text, ok := c.integers[v]
	if !ok {
		if len(c.integers) == maxIntegers {
			clear(c.integers)
		}
		text = strconv.FormatInt(v, 10)
		c.integers[v] = text
	}
	return text
}
