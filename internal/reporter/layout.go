// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"slices"
	"time"

	"github.com/apptuitai/apptuit-go/internal/convert"
)

// Layout configures the reporter layout.
type Layout struct {
	// Unit is the unit of the values of timers.
	Unit time.Duration
	// Timers says which histograms are timers.
	Timers Timers
	// Meters selects the monotonic sums that are meters, by the names of their instruments.
	// Nil selects none.
	Meters func(name string) bool
}

// Timers says which histograms are timers.
type Timers uint8

const (
	// TimersByUnit are the histograms with a unit of time, see [UnitOf].
	TimersByUnit Timers = iota
	// TimersAll makes timers of all histograms.
	TimersAll
	// TimersNone makes timers of none.
	TimersNone
)

// metricType is a metric type of apptuit-py.
type metricType uint8

const (
	typeSummary metricType = iota // unknown to apptuit-py: the default layout applies
	typeGauge
	typeCounter
	typeMeter
	typeHistogram
	typeTimer
)

// typeOf returns the metric type of an instrument.
func (l *Layout) typeOf(spec convert.InstrumentSpec) metricType {
	switch spec.Kind {
	case convert.Summary:
		return typeSummary
	case convert.Gauge:
		return typeGauge
	case convert.Sum:
		if spec.Monotonic && l.Meters != nil && l.Meters(spec.Name) {
			return typeMeter
		}
		return typeCounter
	}
	if _, timed := UnitOf(spec.Unit); l.Timers == TimersAll || l.Timers == TimersByUnit && timed {
		return typeTimer
	}
	return typeHistogram
}

// metric is the part of an instrument's layout that its samples depend on.
type metric struct {
	kind  convert.Kind
	rated bool  // has rates
	unit  scale // from the unit of the instrument to the unit in which its values are sent
}

// metricOf returns the metric of an instrument. Only the values of timers with a unit
// of time are converted.
func (l *Layout) metricOf(spec convert.InstrumentSpec) metric {
	m := metric{kind: spec.Kind}
	t := l.typeOf(spec)
	m.rated = t == typeMeter || t == typeTimer
	if unit, timed := UnitOf(spec.Unit); timed && t == typeTimer {
		m.unit = scaleOf(unit, l.Unit)
	}
	return m
}

// observed reports whether the data points of an instrument are observed. A counter
// needs state only to add up deltas.
func (l *Layout) observed(spec convert.InstrumentSpec, delta bool) bool {
	switch l.typeOf(spec) {
	case typeMeter, typeHistogram, typeTimer:
		return true
	case typeCounter:
		return delta
	}
	return false
}

// Shape returns the series of an instrument: it is the Custom layout of
// [convert.Layout].
func (l *Layout) Shape(spec convert.InstrumentSpec) convert.Shape {
	rates := []convert.Suffix{convert.SuffixMeanRate, convert.SuffixRate1, convert.SuffixRate5, convert.SuffixRate15}
	statistics := []convert.Suffix{convert.SuffixAvg, convert.SuffixMin, convert.SuffixMax, convert.SuffixStdDev}
	percentiles := []convert.Suffix{
		convert.SuffixPercentile75, convert.SuffixPercentile95, convert.SuffixPercentile99, convert.SuffixPercentile999,
	}
	suffixes := []convert.Suffix{convert.SuffixCount}
	switch l.typeOf(spec) {
	case typeGauge:
		return convert.Shape{Suffixes: []convert.Suffix{convert.SuffixValue}}
	case typeMeter:
		suffixes = append(suffixes, rates...)
	case typeHistogram:
		suffixes = slices.Concat(suffixes, statistics, percentiles)
	case typeTimer:
		suffixes = append(suffixes, convert.SuffixSum)
		suffixes = append(append(suffixes, statistics...), convert.SuffixPercentile50)
		suffixes = slices.Concat(suffixes, percentiles, rates)
	}
	return convert.Shape{Suffixes: suffixes}
}

// UnitOf returns the duration that a unit of an instrument stands for, and whether it
// is a unit of time: ns, us, ms, s, min, h or d (UCUM).
func UnitOf(unit string) (time.Duration, bool) {
	switch unit {
	case "ns":
		return time.Nanosecond, true
	case "us", "µs", "μs": // Unicode has two characters for micro.
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

// scale converts values from one unit to another. The zero value changes nothing.
type scale struct{ factor, divisor float64 }

// scaleOf returns the scale between two units. If one is a multiple of the other, a
// value is rounded only once.
func scaleOf(from, to time.Duration) scale {
	switch {
	case from%to == 0:
		return scale{factor: float64(from / to), divisor: 1}
	case to%from == 0:
		return scale{factor: 1, divisor: float64(to / from)}
	}
	return scale{factor: float64(from), divisor: float64(to)}
}

func (s scale) of(v float64) float64 {
	if s == (scale{}) {
		return v
	}
	return v * s.factor / s.divisor
}
