// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/pattern"
	"github.com/apptuitai/apptuit-go/internal/settings"
)

// environment reads the variables of settings that no option has set.
func (c *config) environment() { settings.ReadEnvironment(c.variables()) }

// variables returns the functions that read the variables of the exporter, by the names of
// the settings.
func (c *config) variables() map[string]func(settings.Variable) {
	return map[string]func(settings.Variable){
		"prefix":                        read(c, &c.prefix, parseText),
		"prometheus_names":              read(c, &c.prometheusNames, encoding.ParseBool),
		"host_tag":                      read(c, &c.hostTag, parseNot),
		"instance_tag":                  read(c, &c.instanceTag, encoding.ParseBool),
		"scope_tags":                    read(c, &c.scopeTags, encoding.ParseBool),
		"resource_attributes":           read(c, &c.resource, parseSelection),
		"attributes":                    read(c, &c.filter, parseSelection),
		"target_info":                   read(c, &c.target, parseTarget),
		"temporality_preference":        read(c, &c.temporality, ParseTemporalityPreference),
		"default_histogram_aggregation": read(c, &c.aggregation, ParseHistogramAggregation),
		"histograms":                    read(c, &c.histograms, ParseHistograms),
		"quantiles":                     read(c, &c.quantiles, ParseQuantiles),
		"sparse_buckets":                read(c, &c.sparseBuckets, encoding.ParseBool),
		"start_points":                  read(c, &c.startPoints, encoding.ParseBool),
		"layout":                        read(c, &c.layout, ParseLayout),
		"timers":                        read(c, &c.timers, ParseTimers),
		"duration_unit":                 read(c, &c.durationUnit, ParseDurationUnit),
		"meters":                        read(c, &c.meters, parseMeters),
		"self_metrics":                  read(c, &c.selfMetrics, encoding.ParseBool),
		"usage_metrics":                 read(c, &c.usageMetrics, encoding.ParseBool),
		"meter_provider":                c.observability,
		"cardinality_warning":           read(c, &c.cardinality, parseCardinality),
	}
}

// read returns a function that sets a setting from a variable, unless an option has set it.
func read[T any](c *config, to *client.Optional[T], parse func(string) (T, error)) func(settings.Variable) {
	return func(v settings.Variable) {
		if to.Given() {
			return
		}
		value, err := parse(v.Text)
		if err != nil {
			c.fault("%s: %w", v.Name, err)
		}
		to.Set(v.Name, value)
	}
}

func parseText(text string) (string, error) { return text, nil }

// parseNot parses the opposite of a boolean.
func parseNot(text string) (bool, error) {
	v, err := encoding.ParseBool(text)
	return !v, err
}

// parseSelection parses patterns that select attributes by their keys.
func parseSelection(text string) (attribute.Filter, error) {
	selection, err := pattern.ParseSelection(text)
	if err != nil {
		return nil, err
	}
	return func(kv attribute.KeyValue) bool { return selection.Matches(string(kv.Key)) }, nil
}

// parseTarget parses a boolean that selects all attributes of target_info, or disables it.
func parseTarget(text string) (attribute.Filter, error) {
	if enabled, err := encoding.ParseBool(text); err != nil || !enabled {
		return nil, err
	}
	return all, nil
}

// parseMeters parses a boolean that selects all meters or none, or patterns of the names of
// instruments.
func parseMeters(text string) (func(name string) bool, error) {
	switch enabled, err := encoding.ParseBool(text); {
	case err != nil:
		return metersOf(strings.Split(text, ",")...)
	case enabled:
		return metersOf()
	}
	return nil, nil
}

// observability selects the global provider for the value true. Unlike other variables, the value
// may not have white space around it: OpenTelemetry's OTLP exporters do not accept it either.
func (c *config) observability(v settings.Variable) {
	if !c.meterProvider.Given() && strings.EqualFold(os.Getenv(v.Name), "true") {
		c.meterProvider.Set(v.Name, otel.GetMeterProvider())
	}
}

// parseCardinality parses a number of series.
func parseCardinality(text string) (int, error) {
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q: must be a number of series, or 0 for no warning", text)
	}
	return n, nil
}
