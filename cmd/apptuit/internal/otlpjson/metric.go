// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otlpjson

import (
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	metrics "go.opentelemetry.io/proto/otlp/metrics/v1"
)

// metric returns a metric in the SDK's types. If it has integers and floats, it becomes two metrics.
func (d *Reader) metric(m *metrics.Metric) (all []metricdata.Metrics) {
	add := func(data metricdata.Aggregation, n int) {
		if n > 0 {
			all = append(all, metricdata.Metrics{Name: m.GetName(), Unit: m.GetUnit(), Description: m.GetDescription(), Data: data})
		}
	}
	missing := len(d.noValue)
	switch {
	case m.GetSum() != nil:
		t, monotonic := temporality(m.GetSum().GetAggregationTemporality()), m.GetSum().GetIsMonotonic()
		integers, floats := d.numbers(m.GetName(), m.GetSum().GetDataPoints())
		add(metricdata.Sum[int64]{DataPoints: integers, Temporality: t, IsMonotonic: monotonic}, len(integers))
		add(metricdata.Sum[float64]{DataPoints: floats, Temporality: t, IsMonotonic: monotonic}, len(floats))
	case m.GetGauge() != nil:
		integers, floats := d.numbers(m.GetName(), m.GetGauge().GetDataPoints())
		add(metricdata.Gauge[int64]{DataPoints: integers}, len(integers))
		add(metricdata.Gauge[float64]{DataPoints: floats}, len(floats))
	case m.GetHistogram() != nil:
		points := d.histograms(m.GetName(), m.GetHistogram().GetDataPoints())
		add(metricdata.Histogram[float64]{DataPoints: points, Temporality: temporality(m.GetHistogram().GetAggregationTemporality())}, len(points))
	case m.GetExponentialHistogram() != nil:
		points := d.exponentials(m.GetName(), m.GetExponentialHistogram().GetDataPoints())
		add(metricdata.ExponentialHistogram[float64]{DataPoints: points, Temporality: temporality(m.GetExponentialHistogram().GetAggregationTemporality())}, len(points))
	case m.GetSummary() != nil:
		points := d.summaries(m.GetName(), m.GetSummary().GetDataPoints())
		add(metricdata.Summary{DataPoints: points}, len(points))
	}
	if len(all) == 0 && missing == len(d.noValue) {
		d.empty = append(d.empty, m.GetName())
	}
	return all
}

func temporality(t metrics.AggregationTemporality) metricdata.Temporality {
	if t == metrics.AggregationTemporality_AGGREGATION_TEMPORALITY_DELTA {
		return metricdata.DeltaTemporality
	}
	return metricdata.CumulativeTemporality
}

// recorded reports whether a data point has a value, and notes a data point that has none.
func (d *Reader) recorded(name string, p interface {
	GetFlags() uint32
	GetTimeUnixNano() uint64
},
) bool {
	if p.GetFlags()&uint32(metrics.DataPointFlags_DATA_POINT_FLAGS_NO_RECORDED_VALUE_MASK) == 0 {
		return true
	}
	d.noValue = append(d.noValue, NoValue{name, at(p.GetTimeUnixNano())})
	return false
}

func (d *Reader) numbers(name string, points []*metrics.NumberDataPoint) (integers []metricdata.DataPoint[int64], floats []metricdata.DataPoint[float64]) {
	for _, p := range points {
		if !d.recorded(name, p) {
			continue
		}
		set, start, end := attribute.NewSet(attributesOf(p.GetAttributes())...), at(p.GetStartTimeUnixNano()), at(p.GetTimeUnixNano())
		if v, ok := p.GetValue().(*metrics.NumberDataPoint_AsInt); ok {
			integers = append(integers, metricdata.DataPoint[int64]{Attributes: set, StartTime: start, Time: end, Value: v.AsInt})
			continue
		}
		floats = append(floats, metricdata.DataPoint[float64]{Attributes: set, StartTime: start, Time: end, Value: p.GetAsDouble()})
	}
	return integers, floats
}

func (d *Reader) histograms(name string, points []*metrics.HistogramDataPoint) (all []metricdata.HistogramDataPoint[float64]) {
	for _, p := range points {
		if d.recorded(name, p) {
			all = append(all, metricdata.HistogramDataPoint[float64]{
				Attributes: attribute.NewSet(attributesOf(p.GetAttributes())...), StartTime: at(p.GetStartTimeUnixNano()), Time: at(p.GetTimeUnixNano()),
				Count: p.GetCount(), Sum: p.GetSum(), Bounds: p.GetExplicitBounds(), BucketCounts: p.GetBucketCounts(), Min: extremum(p.Min), Max: extremum(p.Max),
			})
		}
	}
	return all
}

func (d *Reader) exponentials(name string, points []*metrics.ExponentialHistogramDataPoint) (all []metricdata.ExponentialHistogramDataPoint[float64]) {
	buckets := func(b *metrics.ExponentialHistogramDataPoint_Buckets) metricdata.ExponentialBucket {
		return metricdata.ExponentialBucket{Offset: b.GetOffset(), Counts: b.GetBucketCounts()}
	}
	for _, p := range points {
		if d.recorded(name, p) {
			all = append(all, metricdata.ExponentialHistogramDataPoint[float64]{
				Attributes: attribute.NewSet(attributesOf(p.GetAttributes())...), StartTime: at(p.GetStartTimeUnixNano()), Time: at(p.GetTimeUnixNano()),
				Count: p.GetCount(), Sum: p.GetSum(), Min: extremum(p.Min), Max: extremum(p.Max), Scale: p.GetScale(),
				ZeroCount: p.GetZeroCount(), ZeroThreshold: p.GetZeroThreshold(), PositiveBucket: buckets(p.GetPositive()), NegativeBucket: buckets(p.GetNegative()),
			})
		}
	}
	return all
}

func (d *Reader) summaries(name string, points []*metrics.SummaryDataPoint) (all []metricdata.SummaryDataPoint) {
	for _, p := range points {
		if !d.recorded(name, p) {
			continue
		}
		one := metricdata.SummaryDataPoint{
			Attributes: attribute.NewSet(attributesOf(p.GetAttributes())...), StartTime: at(p.GetStartTimeUnixNano()), Time: at(p.GetTimeUnixNano()),
			Count: p.GetCount(), Sum: p.GetSum(),
		}
		for _, v := range p.GetQuantileValues() {
			one.QuantileValues = append(one.QuantileValues, metricdata.QuantileValue{Quantile: v.GetQuantile(), Value: v.GetValue()})
		}
		all = append(all, one)
	}
	return all
}

func extremum(v *float64) (e metricdata.Extrema[float64]) {
	if v != nil {
		e = metricdata.NewExtrema(*v)
	}
	return e
}

// at returns a time. In OTLP, 0 is an unknown time, for which it returns the zero time.
func at(ns uint64) time.Time {
	if ns == 0 {
		return time.Time{}
	}
	return time.Unix(0, int64(ns)).UTC()
}
