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

// Layout says which series data points become, and under which names.
type Layout uint8

const (
	// LayoutDefault has OpenTelemetry's names, and Prometheus' for the parts of
	// histograms.
	LayoutDefault Layout = iota
	// LayoutReporter has the names that apptuit-py's reporter gave.
	LayoutReporter
)

// ParseLayout returns the layout of a name in any case: default or reporter.
func ParseLayout(name string) (Layout, error) {
	return convert.Named("layout", name, LayoutDefault, "default", "reporter")
}

// Histograms says what the default layout makes of the distribution that a
// histogram has recorded.
type Histograms uint8

const (
	// HistogramsRecorded makes buckets of explicit buckets, and quantiles of
	// exponential ones.
	HistogramsRecorded Histograms = iota
	// HistogramsBuckets makes name.bucket with the tag le of all histograms.
	HistogramsBuckets
	// HistogramsQuantiles makes name with the tag quantile of all histograms.
	HistogramsQuantiles
	// HistogramsBoth makes both of all histograms.
	HistogramsBoth
)

// ParseHistograms returns what a name in any case stands for: recorded, buckets,
// quantiles or both.
func ParseHistograms(name string) (Histograms, error) {
	form, err := convert.ParseForm(name)
	return Histograms(form), err
}

// Timers says which histograms are timers in the reporter layout; the others are
// histograms.
type Timers uint8

const (
	// TimersByUnit are the histograms whose unit is one of time: ns, us, ms, s,
	// min, h or d.
	TimersByUnit Timers = iota
	// TimersAll makes timers of all histograms. Only the values of those whose unit
	// is one of time are converted.
	TimersAll
	// TimersNone makes histograms of all, in their own units.
	TimersNone
)

// ParseTimers returns what a name in any case stands for: unit, all or none.
func ParseTimers(name string) (Timers, error) {
	return convert.Named("timers", name, TimersByUnit, "unit", "all", "none")
}

// ParseDurationUnit returns the duration that the name of a unit stands for: ns,
// us, ms, s, min, h or d.
func ParseDurationUnit(name string) (time.Duration, error) {
	if unit, ok := reporter.UnitOf(name); ok {
		return unit, nil
	}
	return 0, fmt.Errorf("duration unit %q: must be ns, us, ms, s, min, h or d", name)
}

// ParseQuantiles returns the quantiles of a list, 0.5,0.99, in order, each once. Its
// error names all that is wrong.
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

// checkLayout judges options that are of another layout. Variables are not: they may
// be there for other programs.
func (c *config) checkLayout() {
	if c.layout == LayoutReporter {
		return
	}
	for _, o := range []struct {
		name string
		set  bool
	}{{"WithTimers", c.timersSet}, {"WithDurationUnit", c.durationUnitSet}, {"WithMeters", c.metersSet}} {
		if o.set {
			c.fault("%s: only the reporter layout (WithLayout, APPTUIT_LAYOUT) has it", o.name)
		}
	}
}

// selectors sets what nobody has chosen, as the layout needs it.
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

// reporterTemporality is that of the reporter layout: of an interval, if it is
// about values, and since the start of all that is counted.
func reporterTemporality(kind sdkmetric.InstrumentKind) metricdata.Temporality {
	if kind == sdkmetric.InstrumentKindHistogram {
		return metricdata.DeltaTemporality
	}
	return metricdata.CumulativeTemporality
}

// exponentialAggregation gives histograms the defaults of the specification
// (Metrics SDK, Base2 Exponential Bucket Histogram Aggregation).
func exponentialAggregation(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
	if kind == sdkmetric.InstrumentKindHistogram {
		return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
	}
	return sdkmetric.DefaultAggregationSelector(kind)
}
