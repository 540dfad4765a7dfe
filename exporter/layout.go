// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/explain"
	"github.com/apptuitai/apptuit-go/internal/pattern"
	"github.com/apptuitai/apptuit-go/internal/reporter"
)

// Layout determines the series that each data point becomes, and their names. The package
// comment lists them.
type Layout uint8

const (
	// LayoutDefault keeps OpenTelemetry's names, and adds suffixes such as .count for the
	// series of a histogram. It is the default.
	LayoutDefault Layout = iota
	// LayoutReporter uses the names of apptuit-py's reporter.
	LayoutReporter
)

// ParseLayout returns the layout with the given name: default or reporter. It ignores case.
func ParseLayout(name string) (Layout, error) {
	return convert.Named("layout", name, LayoutDefault, "default", "reporter")
}

// Histograms selects buckets or quantiles for histograms in the default layout.
type Histograms uint8

const (
	// HistogramsRecorded sends histograms with explicit buckets as buckets, and exponential
	// histograms as quantiles. It is the default.
	HistogramsRecorded Histograms = iota
	// HistogramsBuckets sends all histograms as buckets: name.bucket with the tag le.
	HistogramsBuckets
	// HistogramsQuantiles sends all histograms as quantiles: name with the tag quantile.
	HistogramsQuantiles
	// HistogramsBoth sends buckets and quantiles for all histograms.
	HistogramsBoth
)

// ParseHistograms returns the value with the given name: recorded, buckets, quantiles or
// both. It ignores case.
func ParseHistograms(name string) (Histograms, error) {
	form, err := convert.ParseForm(name)
	return Histograms(form), err
}

// Timers selects the histograms that are sent as timers in the reporter layout. All other
// histograms are sent as histograms.
type Timers uint8

const (
	// TimersByUnit selects the histograms with a unit of time: ns, us, ms, s, min, h or d.
	// It is the default.
	TimersByUnit Timers = iota
	// TimersAll selects all histograms. The values of histograms with other units are not
	// converted to the unit of timers.
	TimersAll
	// TimersNone selects no histogram. The values of all histograms keep their units.
	TimersNone
)

// ParseTimers returns the value with the given name: unit, all or none. It ignores case.
func ParseTimers(name string) (Timers, error) {
	return convert.Named("timers", name, TimersByUnit, "unit", "all", "none")
}

// metersOf returns the function that selects meters by patterns of the names of instruments. As
// in apptuit-py, the exporter's own metrics are never meters.
func metersOf(patterns ...string) (func(name string) bool, error) {
	selection, err := pattern.NewSelection(patterns...)
	if err != nil {
		return nil, err
	}
	return func(name string) bool { return !strings.HasPrefix(name, selfPrefix) && selection.Matches(name) }, nil
}

// ParseDurationUnit returns the duration of a unit: ns, us, ms, s, min, h or d.
func ParseDurationUnit(name string) (time.Duration, error) {
	if unit, ok := reporter.UnitOf(name); ok {
		return unit, nil
	}
	return 0, fmt.Errorf("duration unit %q: must be ns, us, ms, s, min, h or d", name)
}

// ParseQuantiles parses a list of quantiles such as 0.5,0.99. It returns them sorted and
// without duplicates. The error lists all invalid values.
func ParseQuantiles(list string) ([]float64, error) {
	var quantiles []float64
	var faults []string
	for text := range strings.SplitSeq(list, ",") {
		q, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			faults = append(faults, fmt.Sprintf("quantile %q is not a number", text))
			continue
		}
		quantiles = append(quantiles, q)
	}
	if len(faults) == 0 {
		return convert.CleanQuantiles(quantiles)
	}
	if len(quantiles) > 0 {
		if _, err := convert.CleanQuantiles(quantiles); err != nil {
			faults = append(faults, err.Error())
		}
	}
	return nil, errors.New(strings.Join(faults, "; "))
}

// checkLayout finds settings that have no effect in the layout. If an option sets them, this is
// a fault, except for options that are documented to have no effect. If a variable sets them, it
// is ignored with a warning, because it may be set for several programs.
func (c *config) checkLayout() {
	if c.layout.Value == LayoutReporter {
		if c.startPoints.ByOption() {
			c.fault("%s: the reporter layout (%s) does not support start points", c.startPoints.From, c.layout.From)
		}
		c.warnWithoutEffect(c.startPoints.From, c.startPoints.Value)
		c.warnWithoutEffect(c.histograms.From, c.histograms.Given())
		c.warnWithoutEffect(c.quantiles.From, c.quantiles.Given())
		c.warnWithoutEffect(c.sparseBuckets.From, c.sparseBuckets.Value)
		c.startPoints.Value = false
		return
	}
	for _, o := range []struct {
		from        string
		option, set bool
	}{
		{c.timers.From, c.timers.ByOption(), c.timers.Given()},
		{c.durationUnit.From, c.durationUnit.ByOption(), c.durationUnit.Given()},
		{c.meters.From, c.meters.ByOption(), c.meters.Value != nil},
	} {
		if o.option {
			c.fault("%s: only valid in the reporter layout (WithLayout, APPTUIT_LAYOUT)", o.from)
			continue
		}
		c.warnWithoutEffect(o.from, o.set)
	}
}

// choices returns the settings that decide whether others have an effect.
func (c *config) choices() explain.Choices {
	return explain.Choices{
		"layout":     []string{"default", "reporter"}[c.layout.Value],
		"histograms": []string{"recorded", "buckets", "quantiles", "both"}[c.histograms.Value],
	}
}

// warnWithoutEffect adds a warning about a variable that has no effect in the layout. from is the
// option or variable that sets the setting, and set is false for a value that disables it.
func (c *config) warnWithoutEffect(from string, set bool) {
	if !set || !strings.HasPrefix(from, "APPTUIT_") {
		return
	}
	layout, other := "default", "reporter"
	if c.layout.Value == LayoutReporter {
		layout, other = other, layout
	}
	c.warnings = append(c.warnings, fmt.Errorf(
		"apptuit: the environment variable %s has no effect in the %s layout: remove it, or select the %s layout (APPTUIT_LAYOUT, WithLayout)", from, layout, other))
}

// checkSelfMetrics checks that usage metrics are not enabled without self metrics, which include
// them. The option WithoutSelfMetrics overrides the variable of usage metrics.
func (c *config) checkSelfMetrics() {
	overridden := c.selfMetrics.ByOption() && !c.usageMetrics.ByOption()
	if c.usageMetrics.Value && !c.selfMetrics.Value && !overridden {
		c.fault("%s and %s exclude each other: use one of them", c.usageMetrics.From, c.selfMetrics.From)
	}
}
