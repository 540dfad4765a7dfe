// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/reporter"
)

// Layout determines the series that each data point becomes, and their names. The package
// comment lists them.
type Layout uint8

const (
	// LayoutDefault keeps OpenTelemetry's names, and adds Prometheus' suffixes for the
	// parts of histograms. It is the default.
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
	// HistogramsBoth sends both for all histograms.
	HistogramsBoth
)

// ParseHistograms returns the value with the given name: recorded, buckets, quantiles or
// both. It ignores case.
func ParseHistograms(name string) (Histograms, error) {
	form, err := convert.ParseForm(name)
	return Histograms(form), err
}

// Timers selects the histograms that are sent as timers in the reporter layout. The others
// are sent as histograms.
type Timers uint8

const (
	// TimersByUnit selects the histograms with a unit of time: ns, us, ms, s, min, h or d.
	// It is the default.
	TimersByUnit Timers = iota
	// TimersAll selects all histograms. The values of histograms with other units are not
	// converted to the unit of timers.
	TimersAll
	// TimersNone selects no histogram. Values keep their units.
	TimersNone
)

// ParseTimers returns the value with the given name: unit, all or none. It ignores case.
func ParseTimers(name string) (Timers, error) {
	return convert.Named("timers", name, TimersByUnit, "unit", "all", "none")
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

// checkLayout checks that options of the reporter layout are not used with another layout, and
// the reverse. It ignores variables of the reporter layout: they may be set for another program.
func (c *config) checkLayout() {
	if c.layout == LayoutReporter {
		c.checkStartPoints()
		return
	}
	for _, o := range []struct {
		name string
		set  bool
	}{{"WithTimers", c.timersSet}, {"WithDurationUnit", c.durationUnitSet}, {"WithMeters", c.metersSet}} {
		if o.set {
			c.fault("%s: only valid in the reporter layout (WithLayout, APPTUIT_LAYOUT)", o.name)
		}
	}
}

// checkStartPoints checks that there are no start points in the reporter layout.
func (c *config) checkStartPoints() {
	source := "APPTUIT_START_POINTS"
	if c.startPointsSet {
		source = "WithStartPoints"
	}
	if c.startPoints {
		c.fault("%s: the reporter layout (WithLayout, APPTUIT_LAYOUT) does not support start points", source)
	}
}

// selectors sets the temporality and the aggregation to the defaults of the layout.
func (c *config) selectors() {
	isReporter := c.layout == LayoutReporter
	if c.temporality == nil {
		c.temporality = sdkmetric.DefaultTemporalitySelector
		if isReporter {
			c.temporality = reporterTemporality
		}
	}
	if c.aggregation == nil {
		c.aggregation = sdkmetric.DefaultAggregationSelector
		if isReporter {
			c.aggregation = exponentialAggregation
		}
	}
}

// reporterTemporality is the temporality of the reporter layout: delta for histograms,
// whose values describe an interval, and cumulative for counts.
func reporterTemporality(kind sdkmetric.InstrumentKind) metricdata.Temporality {
	if kind == sdkmetric.InstrumentKindHistogram {
		return metricdata.DeltaTemporality
	}
	return metricdata.CumulativeTemporality
}

// exponentialAggregation selects exponential histograms with the default parameters of the
// specification (Metrics SDK, Base2 Exponential Bucket Histogram Aggregation).
func exponentialAggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	if kind == sdkmetric.InstrumentKindHistogram {
		return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
	}
	return sdkmetric.DefaultAggregationSelector(kind)
}
