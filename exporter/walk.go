// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/reporter"
)

type (
	converter  = convert.Converter[attribute.Distinct]
	instrument = convert.Instrument[attribute.Distinct]
	point      = convert.Point[attribute.Distinct]
)

// export is one walk over collected metrics, or in the reporter layout two. It is
// the converter's sink.
type export struct {
	out          *client.Writer
	conv         *converter
	observer     *reporter.Observer[attribute.Distinct] // nil unless the layout is the reporter's
	milliseconds bool
	filter       attribute.Filter
	operation    *operation // nil if nobody observes it

	observing  bool          // this walk is the first of two, see report.go
	delta      bool          // the temporality of the metric
	produced   int           // wire points, the exporter's own apart
	source     uint32        // which data point the wire points are of, from 1
	newest     int64         // timestamp of a data point
	found      []*instrument // of all metrics, in order
	at         int           // of them
	attributes []model.Tag
	histogram  convert.HistogramPoint
	exp        convert.ExponentialPoint
	summary    convert.SummaryPoint
}

// Append passes a point on.
func (x *export) Append(s *put.Series, ts int64, v model.Value) {
	if x.source != put.Uncounted {
		x.produced++
	}
	x.out.Append(s, ts, v, x.source)
}

// AppendPart passes a point on.
func (x *export) AppendPart(p *put.Part, ts int64, v model.Value) {
	if x.source != put.Uncounted {
		x.produced++
	}
	x.out.AppendPart(p, ts, v, x.source)
}

// AppendParts passes points on.
func (x *export) AppendParts(p *put.Part, labels []string, ts int64, values []model.Value) {
	if x.source != put.Uncounted {
		x.produced += len(values)
	}
	x.out.AppendParts(p, labels, ts, values, x.source)
}

// Repeats passes on that a series may come more than once.
func (x *export) Repeats() { x.out.Repeats() }

// Reject passes a rejection on, unless it is of a metric of our own.
func (x *export) Reject(r convert.Rejection) {
	if x.source == put.Uncounted {
		return
	}
	x.produced++
	reason := errorInvalid
	if r.Collision {
		reason = errorCollision
	}
	x.operation.reject(x.source, reason)
	switch {
	case r.Known:
		x.out.Reject(client.Point{}, nil)
	default:
		tags := make(map[string]string, len(r.Tags))
		for _, t := range r.Tags {
			tags[t.Key] = t.Value
		}
		x.out.Reject(client.Point{
			Metric: r.Metric, Tags: tags,
			Timestamp: model.Time(r.Timestamp, x.milliseconds), Value: r.Value.Float64(),
		}, r.Err)
	}
}

// metrics walks over metrics whose instruments were found in the same order.
func (x *export) metrics(scopes []metricdata.ScopeMetrics) {
	for i := range scopes {
		for j := range scopes[i].Metrics {
			x.metric(x.found[x.at], scopes[i].Metrics[j].Data)
			x.at++
		}
	}
	x.conv.Settle()
}

// instruments finds the instruments of metrics; nil is one that has no data.
func (x *export) instruments(scopes []metricdata.ScopeMetrics) {
	all := 0
	for i := range scopes {
		sm := &scopes[i]
		scope := x.conv.Scope(sm.Scope.Name, sm.Scope.Version, sm.Scope.SchemaURL, sm.Scope.Attributes.Equivalent(),
			func() []model.Tag { return tagsOf(nil, &sm.Scope.Attributes) })
		for j := range sm.Metrics {
			m := &sm.Metrics[j]
			var found *instrument
			if spec, n, ok := specOf(m); ok {
				found = scope.Instrument(spec)
				found.Expect(n)
				all += n
			}
			x.found = append(x.found, found)
		}
	}
	x.conv.Expect(all)
}

// specOf returns what the instrument of a metric is, and how many points it has.
func specOf(m *metricdata.Metrics) (spec convert.InstrumentSpec, points int, ok bool) {
	spec = convert.InstrumentSpec{Name: m.Name, Unit: m.Unit}
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		spec.Kind, spec.Monotonic, points = convert.Sum, data.IsMonotonic, len(data.DataPoints)
	case metricdata.Sum[float64]:
		spec.Kind, spec.Monotonic, points = convert.Sum, data.IsMonotonic, len(data.DataPoints)
	case metricdata.Gauge[int64]:
		spec.Kind, points = convert.Gauge, len(data.DataPoints)
	case metricdata.Gauge[float64]:
		spec.Kind, points = convert.Gauge, len(data.DataPoints)
	case metricdata.Histogram[int64]:
		spec.Kind, points = convert.Histogram, len(data.DataPoints)
	case metricdata.Histogram[float64]:
		spec.Kind, points = convert.Histogram, len(data.DataPoints)
	case metricdata.ExponentialHistogram[int64]:
		spec.Kind, points = convert.Exponential, len(data.DataPoints)
	case metricdata.ExponentialHistogram[float64]:
		spec.Kind, points = convert.Exponential, len(data.DataPoints)
	case metricdata.Summary:
		spec.Kind, points = convert.Summary, len(data.DataPoints)
	default:
		return spec, 0, false
	}
	return spec, points, true
}

func (x *export) metric(i *instrument, data metricdata.Aggregation) {
	switch data := data.(type) {
	case metricdata.Sum[int64]:
		numbers(x, i, x.pass(i, data.Temporality), data.DataPoints)
	case metricdata.Sum[float64]:
		numbers(x, i, x.pass(i, data.Temporality), data.DataPoints)
	case metricdata.Gauge[int64]:
		numbers(x, i, x.pass(i, 0), data.DataPoints)
	case metricdata.Gauge[float64]:
		numbers(x, i, x.pass(i, 0), data.DataPoints)
	case metricdata.Histogram[int64]:
		histograms(x, i, x.pass(i, data.Temporality), data.DataPoints)
	case metricdata.Histogram[float64]:
		histograms(x, i, x.pass(i, data.Temporality), data.DataPoints)
	case metricdata.ExponentialHistogram[int64]:
		exponentials(x, i, x.pass(i, data.Temporality), data.DataPoints)
	case metricdata.ExponentialHistogram[float64]:
		exponentials(x, i, x.pass(i, data.Temporality), data.DataPoints)
	case metricdata.Summary:
		if x.pass(i, 0) == passConvert {
			x.summaries(i, data.DataPoints)
		}
	}
}

// point finds the series and the timestamp of a data point.
func (x *export) point(i *instrument, attributes *attribute.Set, at time.Time) (*point, int64) {
	ts := model.Timestamp(at, x.milliseconds)
	if x.source != put.Uncounted {
		x.source++
		x.newest = max(x.newest, ts)
	}
	key := attributes.Equivalent()
	if p := i.Lookup(key); p != nil {
		return p, ts
	}
	x.attributes = x.attributes[:0]
	for it := attributes.Iter(); it.Next(); {
		if kv := it.Attribute(); x.filter == nil || x.passes(kv) {
			x.attributes = append(x.attributes, x.tagOf(&kv))
		}
	}
	return i.Add(key, x.attributes, len(x.attributes) < attributes.Len()), ts
}

// tagOf is tagOf without making a text of each integer, and without copies.
func (x *export) tagOf(kv *attribute.KeyValue) model.Tag {
	tag := model.Tag{Key: string(kv.Key)}
	switch kv.Value.Type() {
	case attribute.STRING:
		tag.Value = kv.Value.AsString()
	case attribute.INT64:
		tag.Value = x.conv.Integer(kv.Value.AsInt64())
	default:
		tag.Value = kv.Value.String()
	}
	return tag
}

// passes asks the filter, which so is asked once about a point that is remembered.
func (x *export) passes(kv attribute.KeyValue) bool {
	return kv.Key == convert.OverflowKey || x.filter(kv)
}

// tagsOf appends a set's attributes, which are sorted by key.
func tagsOf(dst []model.Tag, set *attribute.Set) []model.Tag {
	for it := set.Iter(); it.Next(); {
		dst = append(dst, tagOf(it.Attribute()))
	}
	return dst
}

func tagOf(kv attribute.KeyValue) model.Tag {
	return model.Tag{Key: string(kv.Key), Value: kv.Value.String()}
}

func value[N int64 | float64](v N) model.Value {
	if i, ok := any(v).(int64); ok {
		return model.Int(i)
	}
	return model.Float(float64(v))
}

func extremum[N int64 | float64](e metricdata.Extrema[N]) convert.Optional {
	v, ok := e.Value()
	return convert.Optional{Value: value(v), Set: ok}
}

// extremes returns both extremes as floats, NaN for one that was not recorded.
func extremes[N int64 | float64](least, most metricdata.Extrema[N]) histogram.Extremes {
	e := histogram.NoExtremes()
	if v, ok := least.Value(); ok {
		e.Min = float64(v)
	}
	if v, ok := most.Value(); ok {
		e.Max = float64(v)
	}
	return e
}

func numbers[N int64 | float64](x *export, i *instrument, do pass, points []metricdata.DataPoint[N]) {
	if do == passSkip {
		return
	}
	for j := range points {
		dp := &points[j]
		if do == passObserve {
			x.observer.Number(i, dp.Attributes.Equivalent(), x.span(dp.StartTime, dp.Time), value(dp.Value))
			continue
		}
		p, ts := x.point(i, &dp.Attributes, dp.Time)
		if do == passEmit {
			x.conv.Values(p, ts, x.observer.Next())
		} else {
			x.conv.Number(p, ts, value(dp.Value))
		}
	}
}

func histograms[N int64 | float64](x *export, i *instrument, do pass, points []metricdata.HistogramDataPoint[N]) {
	for j := range points {
		dp := &points[j]
		if do == passObserve {
			x.observer.Explicit(i, dp.Attributes.Equivalent(), x.span(dp.StartTime, dp.Time), &histogram.Explicit{
				Count: dp.Count, Sum: float64(dp.Sum), Extremes: extremes(dp.Min, dp.Max),
				Bounds: dp.Bounds, Counts: dp.BucketCounts,
			})
			continue
		}
		p, ts := x.point(i, &dp.Attributes, dp.Time)
		if do == passEmit {
			x.conv.Values(p, ts, x.observer.Next())
			continue
		}
		x.histogram = convert.HistogramPoint{
			Count: dp.Count,
			Sum:   convert.Optional{Value: value(dp.Sum), Set: true},
			Min:   extremum(dp.Min), Max: extremum(dp.Max),
			Bounds: dp.Bounds, Buckets: dp.BucketCounts,
		}
		x.conv.Histogram(p, ts, &x.histogram)
	}
}

func exponentials[N int64 | float64](x *export, i *instrument, do pass, points []metricdata.ExponentialHistogramDataPoint[N]) {
	for j := range points {
		dp := &points[j]
		positive, negative := histogram.Buckets(dp.PositiveBucket), histogram.Buckets(dp.NegativeBucket)
		if do == passObserve {
			x.observer.Exponential(i, dp.Attributes.Equivalent(), x.span(dp.StartTime, dp.Time), &histogram.Exponential{
				Count: dp.Count, ZeroCount: dp.ZeroCount, Sum: float64(dp.Sum), Extremes: extremes(dp.Min, dp.Max),
				Scale: dp.Scale, ZeroThreshold: dp.ZeroThreshold, Positive: positive, Negative: negative,
			})
			continue
		}
		p, ts := x.point(i, &dp.Attributes, dp.Time)
		if do == passEmit {
			x.conv.Values(p, ts, x.observer.Next())
			continue
		}
		x.exp = convert.ExponentialPoint{
			Count: dp.Count, ZeroCount: dp.ZeroCount,
			Sum: convert.Optional{Value: value(dp.Sum), Set: true},
			Min: extremum(dp.Min), Max: extremum(dp.Max),
			Scale: dp.Scale, ZeroThreshold: dp.ZeroThreshold, Positive: positive, Negative: negative,
		}
		x.conv.Exponential(p, ts, &x.exp)
	}
}

func (x *export) summaries(i *instrument, points []metricdata.SummaryDataPoint) {
	for j := range points {
		dp := &points[j]
		p, ts := x.point(i, &dp.Attributes, dp.Time)
		s := &x.summary
		*s = convert.SummaryPoint{
			Count: dp.Count, Sum: convert.Optional{Value: model.Float(dp.Sum), Set: true},
			Quantiles: s.Quantiles[:0], Values: s.Values[:0],
		}
		for _, q := range dp.QuantileValues {
			s.Quantiles = append(s.Quantiles, q.Quantile)
			s.Values = append(s.Values, q.Value)
		}
		x.conv.Summary(p, ts, s)
	}
}
