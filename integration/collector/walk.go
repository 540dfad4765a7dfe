// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/pattern"
)

type (
	instrument = convert.Instrument[identity]
	point      = convert.Point[identity]
	export     = convert.Export[identity, struct{}]
)

// walk passes the data points of a push to the converters of their resources.
type walk struct {
	export      *export
	conv        *convert.Converter[identity] // of the resource
	resolution  convert.Resolution
	startPoints bool
	selected    *pattern.Selection // attributes of data points; nil selects all

	points       uint32             // number of data points so far, with skipped ones; identifies the last of them
	newest       uint64             // latest time of a data point of the resource, in nanoseconds
	newestSource uint32             // number of the data point with that time
	targets      map[identity]int64 // latest timestamp of target_info in this push by resource; nil without target_info

	tally      convert.Tally // sum of all resources so far
	metrics    []found       // of the resource
	shared     attributes    // of resources and scopes
	attributes attributes    // of data points
	histogram  convert.HistogramPoint
	exp        convert.ExponentialPoint
	summary    convert.SummaryPoint
}

// found is a metric with its instrument.
type found struct {
	pmetric.Metric
	*instrument
	starts bool // its new series get start points
}

// resource walks over the metrics of one resource. It skips data of unknown types.
func (w *walk) resource(rm pmetric.ResourceMetrics) {
	w.newest = 0
	w.find(rm)
	for i := range w.metrics {
		m := &w.metrics[i]
		switch m.Type() {
		case pmetric.MetricTypeGauge:
			w.numbers(m, m.Gauge().DataPoints())
		case pmetric.MetricTypeSum:
			w.numbers(m, m.Sum().DataPoints())
		case pmetric.MetricTypeHistogram:
			w.histograms(m, m.Histogram())
		case pmetric.MetricTypeExponentialHistogram:
			w.exponentials(m, m.ExponentialHistogram().DataPoints())
		case pmetric.MetricTypeSummary:
			w.summaries(m, m.Summary().DataPoints())
		}
		m.Done()
	}
	clear(w.metrics)
}

// target adds target_info with the timestamp of the newest data point of the resource. It has
// the number of this data point, so that a retry pushes both. A push may contain a resource in
// several parts; only a later timestamp adds another point.
func (w *walk) target(resource identity) {
	ts := w.resolution.Timestamp(w.newest)
	if w.targets == nil || ts <= w.targets[resource] {
		return
	}
	w.targets[resource] = ts
	w.conv.Target(w.newest, w.newestSource)
}

// find looks up the instruments of all metrics of a resource, before any of its data points is
// converted.
func (w *walk) find(rm pmetric.ResourceMetrics) {
	w.metrics = w.metrics[:0]
	for _, sm := range rm.ScopeMetrics().All() {
		s := sm.Scope()
		scope := w.conv.Scope(s.Name(), s.Version(), sm.SchemaUrl(), w.shared.identify(s.Attributes()), w.shared.all)
		for _, m := range sm.Metrics().All() {
			if spec, n, ok := describe(m); ok {
				w.metrics = append(w.metrics, found{m, scope.Instrument(spec, n), w.startPoints && fromZero(m)})
			}
		}
	}
}

// describe returns the specification of a metric's instrument and the number of its data
// points. It reports false for data of an unknown type.
func describe(m pmetric.Metric) (spec convert.InstrumentSpec, points int, ok bool) {
	spec = convert.InstrumentSpec{Name: m.Name(), Unit: m.Unit()}
	switch m.Type() {
	case pmetric.MetricTypeSum:
		spec.Kind, spec.Monotonic, points = convert.Sum, m.Sum().IsMonotonic(), m.Sum().DataPoints().Len()
	case pmetric.MetricTypeGauge:
		spec.Kind, points = convert.Gauge, m.Gauge().DataPoints().Len()
	case pmetric.MetricTypeHistogram:
		spec.Kind, points = convert.Histogram, m.Histogram().DataPoints().Len()
	case pmetric.MetricTypeExponentialHistogram:
		spec.Kind, points = convert.Exponential, m.ExponentialHistogram().DataPoints().Len()
	case pmetric.MetricTypeSummary:
		spec.Kind, points = convert.Summary, m.Summary().DataPoints().Len()
	default:
		return spec, 0, false
	}
	return spec, points, true
}

// fromZero reports whether a metric is cumulative and monotonic, so that its series begin at 0.
func fromZero(m pmetric.Metric) bool {
	temporality := pmetric.AggregationTemporalityUnspecified
	switch m.Type() {
	case pmetric.MetricTypeSum:
		if m.Sum().IsMonotonic() {
			temporality = m.Sum().AggregationTemporality()
		}
	case pmetric.MetricTypeHistogram:
		temporality = m.Histogram().AggregationTemporality()
	case pmetric.MetricTypeExponentialHistogram:
		temporality = m.ExponentialHistogram().AggregationTemporality()
	}
	return temporality == pmetric.AggregationTemporalityCumulative
}

// point returns the converter's point for the next data point, its time, and its number in the
// push. It returns false if the data point has no value.
func (w *walk) point(m *found, attributes pcommon.Map, start, at pcommon.Timestamp, flags pmetric.DataPointFlags) (p point, t convert.Time, source uint32, ok bool) {
	w.points++
	source = w.points
	if flags.NoRecordedValue() {
		return p, t, source, false
	}
	if t.At = nanoseconds(at); t.At > w.newest {
		w.newest, w.newestSource = t.At, source
	}
	if m.starts {
		t.Start = nanoseconds(start)
	}
	key := w.attributes.identify(attributes)
	if p, ok = m.Lookup(key); !ok {
		tags, filtered := w.attributes.selected(w.selected)
		p = m.Add(key, tags, filtered)
	}
	return p, t, source, true
}

// nanoseconds returns the time of a data point, or 0 if it cannot be sent. OTLP allows times
// that int64 nanoseconds cannot hold.
func nanoseconds(ts pcommon.Timestamp) uint64 {
	return model.Nanoseconds(time.Unix(int64(ts/1e9), int64(ts%1e9)))
}

func (w *walk) numbers(m *found, points pmetric.NumberDataPointSlice) {
	for _, dp := range points.All() {
		p, t, source, ok := w.point(m, dp.Attributes(), dp.StartTimestamp(), dp.Timestamp(), dp.Flags())
		if !ok {
			continue
		}
		switch dp.ValueType() {
		case pmetric.NumberDataPointValueTypeInt:
			p.Number(t, model.Int(dp.IntValue()), source)
		case pmetric.NumberDataPointValueTypeDouble:
			p.Number(t, model.Float(dp.DoubleValue()), source)
		}
	}
}

func (w *walk) histograms(m *found, data pmetric.Histogram) {
	cumulative := data.AggregationTemporality() == pmetric.AggregationTemporalityCumulative
	for _, dp := range data.DataPoints().All() {
		p, t, source, ok := w.point(m, dp.Attributes(), dp.StartTimestamp(), dp.Timestamp(), dp.Flags())
		if !ok {
			continue
		}
		h := &w.histogram
		*h = convert.HistogramPoint{
			Cumulative: cumulative, Count: dp.Count(),
			Sum: optional(dp.HasSum(), dp.Sum()), Min: optional(dp.HasMin(), dp.Min()), Max: optional(dp.HasMax(), dp.Max()),
			Bounds:  appendAll(h.Bounds[:0], dp.ExplicitBounds()),
			Buckets: appendAll(h.Buckets[:0], dp.BucketCounts()),
		}
		p.Histogram(t, h, source)
	}
}

func (w *walk) exponentials(m *found, points pmetric.ExponentialHistogramDataPointSlice) {
	for _, dp := range points.All() {
		p, t, source, ok := w.point(m, dp.Attributes(), dp.StartTimestamp(), dp.Timestamp(), dp.Flags())
		if !ok {
			continue
		}
		h := &w.exp
		*h = convert.ExponentialPoint{
			Count: dp.Count(), ZeroCount: dp.ZeroCount(),
			Sum: optional(dp.HasSum(), dp.Sum()), Min: optional(dp.HasMin(), dp.Min()), Max: optional(dp.HasMax(), dp.Max()),
			Scale: dp.Scale(), ZeroThreshold: dp.ZeroThreshold(),
			Positive: buckets(h.Positive.Counts, dp.Positive()),
			Negative: buckets(h.Negative.Counts, dp.Negative()),
		}
		p.Exponential(t, h, source)
	}
}

func (w *walk) summaries(m *found, points pmetric.SummaryDataPointSlice) {
	for _, dp := range points.All() {
		p, t, source, ok := w.point(m, dp.Attributes(), dp.StartTimestamp(), dp.Timestamp(), dp.Flags())
		if !ok {
			continue
		}
		s := &w.summary
		*s = convert.SummaryPoint{
			Count: dp.Count(), Sum: optional(true, dp.Sum()),
			Quantiles: s.Quantiles[:0], Values: s.Values[:0],
		}
		for _, q := range dp.QuantileValues().All() {
			s.Quantiles = append(s.Quantiles, q.Quantile())
			s.Values = append(s.Values, q.Value())
		}
		p.Summary(t, s, source)
	}
}

func optional(set bool, v float64) convert.Optional {
	return convert.Optional{Value: model.Float(v), Set: set}
}

func buckets(counts []uint64, b pmetric.ExponentialHistogramDataPointBuckets) histogram.Buckets {
	return histogram.Buckets{Offset: b.Offset(), Counts: appendAll(counts[:0], b.BucketCounts())}
}

// appendAll appends a pdata slice without an intermediate copy.
func appendAll[T any, S interface {
	Len() int
	At(int) T
}](dst []T, s S) []T {
	for i := range s.Len() {
		dst = append(dst, s.At(i))
	}
	return dst
}
