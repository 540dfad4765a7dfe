// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"
	"strings"

	"github.com/prometheus/otlptranslator"

	"github.com/apptuitai/apptuit-go/encoding"
)

// prometheusMetric returns the name that the Prometheus exporters of
// OpenTelemetry give a metric: with its unit, and with _total for what only grows
// (specification, Prometheus and OpenMetrics compatibility). It is empty for a
// name of which they refuse to make one.
func prometheusMetric(name string, spec InstrumentSpec) string {
	namer := otlptranslator.MetricNamer{WithMetricSuffixes: true}
	translated, err := namer.Build(otlptranslator.Metric{Name: name, Unit: spec.Unit, Type: prometheusType(spec)})
	switch {
	case err != nil:
		return ""
	case !encoding.ValidName(translated): // it has a colon, which is for recording rules
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

// prometheusLabel returns the name of the label that an attribute becomes. It is
// empty for a key that gives none, and for one that gives a name with two
// underscores before it: those are Prometheus' own, as __name__.
func prometheusLabel(attribute string) string {
	namer := otlptranslator.LabelNamer{}
	label, err := namer.Build(attribute)
	if err != nil || strings.HasPrefix(label, "__") {
		return ""
	}
	return label
}

// joinSorted joins values as OpenTelemetry's Prometheus exporter does: in their
// own order, where the specification has that of their keys.
func joinSorted(values []string) string {
	slices.Sort(values)
	return strings.Join(values, ";")
}
