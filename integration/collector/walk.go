// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"

	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

type (
	instrument = convert.Instrument[identity]
	point      = convert.Point[identity]
)

// walk is one way through the metrics of a push. It is the converter's sink.
type walk struct {
	out          *client.Writer
	conv         *convert.Converter[identity]
	milliseconds bool
	chosen       *chooser // of the points' attributes; nil for all

	next       uint32             // number of data points so far, skipped ones among them
	source     uint32             // the data point that the wire points are of
	newest     int64              // timestamp of a data point of the resource,
	bearer     uint32             // and which one it is of
	told       map[identity]int64 // the newest timestamps of target_info in this push, by resource; nil if there is none
	tally      convert.Tally      // of the resources so far
	found      []*instrument
	attributes attributes
	histogram  convert.HistogramPoint
	exp        convert.ExponentialPoint
	summary    convert.SummaryPoint
}

// Append passes a point on.
func (w *walk) Append(s *put.Series, ts int64, v model.Value) {
	w.out.Append(s, ts, v, w.source)
}

// AppendPart passes a point on.
func (w *walk) AppendPart(p *put.Part, ts int64, v model.Value) {
	w.out.AppendPart(p, ts, v, w.source)
}

// AppendParts passes points on.
func (w *walk) AppendParts(p *put.Part, labels []string, ts int64, values []model.Value) {
	w.out.AppendParts(p, labels, ts, values, w.source)
}

// Repeats is of no interest: batches are sent one after the other.
func (w *walk) Repeats() {}

// Reject passes a rejection on.
func (w *walk) Reject(r convert.Rejection) {
	if r.Known {
		w.out.Reject(client.Point{}, nil)
		return
	}
	tags := make(map[string]string, len(r.Tags))
	for _, t := range r.Tags {
		tags[t.Key] = t.Value
	}
	w.out.Reject(client.Point{
		Metric: r.Metric, Tags: tags,
		Timestamp: model.Time(r.Timestamp, w.milliseconds), Value: r.Value.Float64(),
	}, r.Err)
}

// resource walks the metrics of one resource.
func (w *walk) resource(rm pmetric.ResourceMetrics) {
	w.newest = 0
	w.instruments(rm)
	at := 0
	for _, sm := range rm.ScopeMetrics().All() {
		for _, m := range sm.Metrics().All() {
			w.metric(w.found[at], m)
			at++
		}
	}
	w.conv.Settle()
}

// target converts target_info at the time of the resource's newest data point. It
// is of that data point: when one has to be pushed again, both are. A resource may
// come in many parts, and is told of once.
func (w *walk) target(resource identity) {
	if w.told == nil || w.newest <= w.told[resource] {
		return
	}
	w.told[resource] = w.newest
	w.source = w.bearer
	w.conv.Target(w.newest)
}

// instruments finds the instruments of all metrics, in order, before any of
// their points is converted. Nil is one that has no data.
func (w *walk) instruments(rm pmetric.ResourceMetrics) {
	w.found = w.found[:0]
	all := 0
	for _, sm := range rm.ScopeMetrics().All() {
		s := sm.Scope()
		scope := w.conv.Scope(s.Name(), s.Version(), sm.SchemaUrl(), w.attributes.read(s.Attributes()), w.attributes.all)
		for _, m := range sm.Metrics().All() {
			var found *instrument
			if spec, n, ok := specOf(m); ok {
				found = scope.Instrument(spec)
				found.Expect(n)
				all += n
			}
			w.found = append(w.found, found)
		}
	}
	w.conv.Expect(all)
}

// specOf returns what the instrument of a metric is, and how many points it has.
func specOf(m pmetric.Metric) (spec convert.InstrumentSpec, points int, ok bool) {
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

func (w *walk) metric(i *instrument, m pmetric.Metric) {
	switch m.Type() {
	case pmetric.MetricTypeGauge:
		w.numbers(i, m.Gauge().DataPoints())
	case pmetric.MetricTypeSum:
		w.numbers(i, m.Sum().DataPoints())
	case pmetric.MetricTypeHistogram:
		w.histograms(i, m.Histogram().DataPoints())
	case pmetric.MetricTypeExponentialHistogram:
		w.exponentials(i, m.ExponentialHistogram().DataPoints())
	case pmetric.MetricTypeSummary:
		w.summaries(i, m.Summary().DataPoints())
	}
}

// point counts a data point and finds its series and timestamp, unless it has
// no value.
func (w *walk) point(i *instrument, m pcommon.Map, at pcommon.Timestamp, flags pmetric.DataPointFlags) (*point, int64, bool) {
	w.source = w.next
	w.next++
	if flags.NoRecordedValue() {
		return nil, 0, false
	}
	ts := timestamp(at, w.milliseconds)
	if ts > w.newest {
		w.newest, w.bearer = ts, w.source
	}
	key := w.attributes.read(m)
	if p := i.Lookup(key); p != nil {
		return p, ts, true
	}
	tags, filtered := w.attributes.chosen(w.chosen)
	return i.Add(key, tags, filtered), ts, true
}

// timestamp is the wire's, 0 for one that it cannot carry. A time of OTLP
// beyond int64 is one.
func timestamp(ts pcommon.Timestamp, milliseconds bool) int64 {
	return model.Timestamp(time.Unix(int64(ts/1e9), int64(ts%1e9)), milliseconds)
}

func (w *walk) numbers(i *instrument, points pmetric.NumberDataPointSlice) {
	for _, dp := range points.All() {
		p, ts, ok := w.point(i, dp.Attributes(), dp.Timestamp(), dp.Flags())
		if !ok {
			continue
		}
		switch dp.ValueType() {
		case pmetric.NumberDataPointValueTypeInt:
			w.conv.Number(p, ts, model.Int(dp.IntValue()))
		case pmetric.NumberDataPointValueTypeDouble:
			w.conv.Number(p, ts, model.Float(dp.DoubleValue()))
		}
	}
}

func (w *walk) histograms(i *instrument, points pmetric.HistogramDataPointSlice) {
	for _, dp := range points.All() {
		p, ts, ok := w.point(i, dp.Attributes(), dp.Timestamp(), dp.Flags())
		if !ok {
			continue
		}
		h := &w.histogram
		*h = convert.HistogramPoint{
			Count: dp.Count(),
			Sum:   optional(dp.HasSum(), dp.Sum()), Min: optional(dp.HasMin(), dp.Min()), Max: optional(dp.HasMax(), dp.Max()),
			Bounds:  appendAll(h.Bounds[:0], dp.ExplicitBounds()),
			Buckets: appendAll(h.Buckets[:0], dp.BucketCounts()),
		}
		w.conv.Histogram(p, ts, h)
	}
}

func (w *walk) exponentials(i *instrument, points pmetric.ExponentialHistogramDataPointSlice) {
	for _, dp := range points.All() {
		p, ts, ok := w.point(i, dp.Attributes(), dp.Timestamp(), dp.Flags())
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
		w.conv.Exponential(p, ts, h)
	}
}

func (w *walk) summaries(i *instrument, points pmetric.SummaryDataPointSlice) {
	for _, dp := range points.All() {
		p, ts, ok := w.point(i, dp.Attributes(), dp.Timestamp(), dp.Flags())
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
		w.conv.Summary(p, ts, s)
	}
}

func optional(set bool, v float64) convert.Optional {
	return convert.Optional{Value: model.Float(v), Set: set}
}

func buckets(counts []uint64, b pmetric.ExponentialHistogramDataPointBuckets) histogram.Buckets {
	return histogram.Buckets{Offset: b.Offset(), Counts: appendAll(counts[:0], b.BucketCounts())}
}

// appendAll appends a slice of pdata's without another copy of it.
func appendAll[T any, S interface {
	Len() int
	At(int) T
}](dst []T, s S) []T {
	for i := range s.Len() {
		dst = append(dst, s.At(i))
	}
	return dst
}
