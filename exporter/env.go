// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"os"

	"github.com/apptuitai/apptuit-go/encoding"
)

// environment reads what no option has set. An empty variable is an unset one.
func (c *config) environment() {
	if v := os.Getenv("APPTUIT_DISABLE_HOST_TAG"); v != "" && !c.noHostTag {
		disable, err := encoding.ParseBool(v)
		c.check("APPTUIT_DISABLE_HOST_TAG", err)
		c.noHostTag = disable
	}
	if v := os.Getenv("APPTUIT_PREFIX"); v != "" && !c.prefixSet {
		c.names.Prefix = v
	}
	if v := os.Getenv("APPTUIT_PROMETHEUS_NAMES"); v != "" && !c.names.Prometheus {
		names, err := encoding.ParseBool(v)
		c.check("APPTUIT_PROMETHEUS_NAMES", err)
		c.names.Prometheus = names
	}
	if v := os.Getenv("APPTUIT_TARGET_INFO"); v != "" && c.target == nil {
		target, err := encoding.ParseBool(v)
		c.check("APPTUIT_TARGET_INFO", err)
		if target {
			c.target = all
		}
	}
	if v := os.Getenv("APPTUIT_TEMPORALITY_PREFERENCE"); v != "" && !c.temporalitySet {
		selector, err := ParseTemporalityPreference(v)
		c.check("APPTUIT_TEMPORALITY_PREFERENCE", err)
		c.temporality = selector
	}
	if v := os.Getenv("APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION"); v != "" && !c.aggregationSet {
		selector, err := ParseHistogramAggregation(v)
		c.check("APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION", err)
		c.aggregation = selector
	}
}

func (c *config) check(variable string, err error) {
	if err != nil {
		c.fault("%s: %w", variable, err)
	}
}
