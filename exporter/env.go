// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/env"
)

// environment reads the variables that no option overrides. An empty variable counts as
// unset.
func (c *config) environment() {
	if v := env.Get("APPTUIT_DISABLE_HOST_TAG"); v != "" && !c.noHostTag {
		disable, err := encoding.ParseBool(v)
		c.check("APPTUIT_DISABLE_HOST_TAG", err)
		c.noHostTag = disable
	}
	if v := env.Get("APPTUIT_PREFIX"); v != "" && !c.prefixSet {
		c.names.Prefix = v
	}
	if v := env.Get("APPTUIT_PROMETHEUS_NAMES"); v != "" && !c.names.Prometheus {
		names, err := encoding.ParseBool(v)
		c.check("APPTUIT_PROMETHEUS_NAMES", err)
		c.names.Prometheus = names
	}
	fromName(c, "APPTUIT_START_POINTS", c.startPointsSet, encoding.ParseBool, &c.startPoints)
	if v := env.Get("APPTUIT_TARGET_INFO"); v != "" && c.target == nil {
		target, err := encoding.ParseBool(v)
		c.check("APPTUIT_TARGET_INFO", err)
		if target {
			c.target = all
		}
	}
	if v := env.Get("APPTUIT_TEMPORALITY_PREFERENCE"); v != "" && !c.temporalitySet {
		selector, err := ParseTemporalityPreference(v)
		c.check("APPTUIT_TEMPORALITY_PREFERENCE", err)
		c.temporality = selector
	}
	if v := env.Get("APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION"); v != "" && !c.aggregationSet {
		selector, err := ParseHistogramAggregation(v)
		c.check("APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION", err)
		c.aggregation = selector
	}
	c.layoutEnvironment()
}

// layoutEnvironment reads the variables of the layout.
func (c *config) layoutEnvironment() {
	fromName(c, "APPTUIT_LAYOUT", c.layoutSet, ParseLayout, &c.layout)
	fromName(c, "APPTUIT_HISTOGRAMS", c.histogramsSet, ParseHistograms, &c.histograms)
	fromName(c, "APPTUIT_QUANTILES", c.quantilesSet, ParseQuantiles, &c.quantiles)
	fromName(c, "APPTUIT_TIMERS", c.timersSet, ParseTimers, &c.timers)
	fromName(c, "APPTUIT_DURATION_UNIT", c.durationUnitSet, ParseDurationUnit, &c.durationUnit)
	fromName(c, "APPTUIT_SPARSE_BUCKETS", c.sparseBuckets, encoding.ParseBool, &c.sparseBuckets)
	fromName(c, "APPTUIT_METERS", c.meters, encoding.ParseBool, &c.meters)
}

// fromName parses a variable, unless an option has set its value.
func fromName[T any](c *config, variable string, set bool, parse func(string) (T, error), to *T) {
	if v := env.Get(variable); v != "" && !set {
		t, err := parse(v)
		c.check(variable, err)
		*to = t
	}
}

func (c *config) check(variable string, err error) {
	if err != nil {
		c.fault("%s: %w", variable, err)
	}
}
