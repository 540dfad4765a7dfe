// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"slices"
	"time"
)

// Layout says which series the points of an instrument become. The zero value is
// the default layout.
type Layout struct {
	// Histograms says what the default layout makes of a histogram's distribution.
	Histograms Form
	// Quantiles are the quantiles of histograms in the default layout: ascending,
	// between 0 and 1. Nil stands for [DefaultQuantiles].
	Quantiles []float64
	// Reporter is the layout of apptuit-py's reporter, nil for the default one.
	Reporter *Reporter
}

// Form is what the distribution of a histogram becomes.
type Form uint8

// The forms. As recorded, explicit buckets stay buckets, and exponential ones
// become quantiles.
const (
	AsRecorded Form = iota
	AsBuckets
	AsQuantiles
	AsBoth
)

// Reporter configures the reporter layout.
type Reporter struct {
	// Unit is that of the values of timers.
	Unit time.Duration
	// Timers says which histograms are timers.
	Timers Timers
	// Meters makes meters of monotonic sums.
	Meters bool
}

// Timers says which histograms are timers.
type Timers uint8

// By their unit: those whose unit is one of time.
const (
	TimersByUnit Timers = iota
	AllTimers
	NoTimers
)

// DefaultQuantiles returns the percentiles that apptuit-py's reporter gives.
func DefaultQuantiles() []float64 { return []float64{0.5, 0.75, 0.95, 0.99, 0.999} }

// The suffixes of names, and so the kinds of series a point can have.
const (
	plain = iota
	count
	sum
	minimum
	maximum
	bucket
	// Of the reporter layout only.
	gaugeValue
	average
	deviation
	percentile50
	percentile75
	percentile95
	percentile99
	percentile999
	meanRate
	rate1
	rate5
	rate15
	suffixes
)

// suffixTexts returns the suffixes as they are joined to a name.
func suffixTexts() [suffixes]string {
	return [...]string{
		plain: "", count: ".count", sum: ".sum", minimum: ".min", maximum: ".max", bucket: ".bucket",
		gaugeValue: ".value", average: ".avg", deviation: ".std_dev",
		percentile50: ".50_percentile", percentile75: ".75_percentile", percentile95: ".95_percentile",
		percentile99: ".99_percentile", percentile999: ".999_percentile",
		meanRate: ".mean_rate", rate1: ".1m_rate", rate5: ".5m_rate", rate15: ".15m_rate",
	}
}

// shape is what an instrument's points are made of.
type shape struct {
	fixed    []int            // the suffixes of the series that have no tag of ours
	labels   [labelKinds]bool // the tags of ours that other series have
	observed bool             // made of readings, see memory.go, whatever the temporality is
	rated    bool             // with rates
	unit     scale            // to which values are brought
}

// single reports whether a point is one series.
func (s *shape) single() bool { return len(s.fixed) == 1 && s.labels == [labelKinds]bool{} }

// first is the first of the tags of ours, in the order of their keys.
func (s *shape) first() int {
	if s.labels[le] {
		return le
	}
	return quantile
}

// shape returns what the points of an instrument are made of.
func (l *Layout) shape(spec InstrumentSpec) shape {
	switch {
	case spec.Kind == Summary:
		return shape{fixed: []int{count, sum}, labels: [labelKinds]bool{quantile: true}}
	case l.Reporter != nil:
		return l.Reporter.shape(spec)
	case spec.Kind.number():
		return shape{fixed: []int{plain}}
	}
	form := l.Histograms
	if form == AsRecorded {
		form = AsBuckets
		if spec.Kind == Exponential {
			form = AsQuantiles
		}
	}
	return shape{
		fixed:  []int{count, sum, minimum, maximum},
		labels: [labelKinds]bool{le: form != AsQuantiles, quantile: form != AsBuckets},
	}
}

func (r *Reporter) shape(spec InstrumentSpec) shape {
	rates := []int{meanRate, rate1, rate5, rate15}
	switch {
	case spec.Kind == Gauge:
		return shape{fixed: []int{gaugeValue}}
	case spec.Kind == Sum && r.Meters && spec.Monotonic:
		return shape{fixed: append([]int{count}, rates...), observed: true, rated: true}
	case spec.Kind == Sum:
		return shape{fixed: []int{count}}
	}
	statistics := []int{average, minimum, maximum, deviation}
	percentiles := []int{percentile50, percentile75, percentile95, percentile99, percentile999}
	unit, timed := UnitOf(spec.Unit)
	if r.Timers == NoTimers || r.Timers == TimersByUnit && !timed {
		return shape{fixed: slices.Concat([]int{count}, statistics, percentiles[1:]), observed: true}
	}
	s := shape{fixed: slices.Concat([]int{count, sum}, statistics, percentiles, rates), observed: true, rated: true}
	if timed {
		s.unit = scaleOf(unit, r.Unit)
	}
	return s
}

// UnitOf returns the duration that a unit stands for (UCUM, as OpenTelemetry's
// instruments have it), if it is one of time.
func UnitOf(unit string) (time.Duration, bool) {
	switch unit {
	case "ns":
		return time.Nanosecond, true
	case "us", "µs", "μs": // both of Unicode's
		return time.Microsecond, true
	case "ms":
		return time.Millisecond, true
	case "s":
		return time.Second, true
	case "min":
		return time.Minute, true
	case "h":
		return time.Hour, true
	case "d":
		return 24 * time.Hour, true
	}
	return 0, false
}

// scale brings values from one unit to another. The zero value changes nothing.
type scale struct{ times, by float64 }

// scaleOf returns the scale that rounds once, where one of the units is a
// multiple of the other.
func scaleOf(from, to time.Duration) scale {
	switch {
	case from%to == 0:
		return scale{times: float64(from / to), by: 1}
	case to%from == 0:
		return scale{times: 1, by: float64(to / from)}
	}
	return scale{times: float64(from), by: float64(to)}
}

func (s scale) of(v float64) float64 {
	if s == (scale{}) {
		return v
	}
	return v * s.times / s.by
}
