// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// The functions below pass the data points of a metric to the converter or, in the reporter
// layout, to the observer.

func numbers[N int64 | float64](x *export, m *collected, do pass, points []metricdata.DataPoint[N]) {
	if do == passSkip {
		return
	}
	for i := range points {
		dp := &points[i]
		if do == passObserve {
			x.observer.Number(m.instrument, dp.Attributes.Equivalent(), m.span(dp.StartTime, dp.Time), value(dp.Value))
			continue
		}
		p, t, source := x.point(m, &dp.Attributes, &dp.StartTime, &dp.Time)
		if do == passEmit {
			p.Values(t, x.observer.Next(), source)
		} else {
			p.Number(t, value(dp.Value), source)
		}
	}
}

func histograms[N int64 | float64](x *export, m *collected, do pass, points []metricdata.HistogramDataPoint[N]) {
	if do == passSkip {
		return
	}
	for i := range points {
		dp := &points[i]
		if do == passObserve {
			x.observer.Explicit(m.instrument, dp.Attributes.Equivalent(), m.span(dp.StartTime, dp.Time), &histogram.Explicit{
				Count: dp.Count, Sum: float64(dp.Sum), Extremes: extremes(dp.Min, dp.Max),
				Bounds: dp.Bounds, Counts: dp.BucketCounts,
			})
			continue
		}
		p, t, source := x.point(m, &dp.Attributes, &dp.StartTime, &dp.Time)
		if do == passEmit {
			p.Values(t, x.observer.Next(), source)
			continue
		}
		x.histogram = convert.HistogramPoint{
			Cumulative: !m.delta, Count: dp.Count,
			Sum: convert.Optional{Value: value(dp.Sum), Set: true},
			Min: extremum(dp.Min), Max: extremum(dp.Max),
			Bounds: dp.Bounds, Buckets: dp.BucketCounts,
		}
		p.Histogram(t, &x.histogram, source)
	}
}

func exponentials[N int64 | float64](x *export, m *collected, do pass, points []metricdata.ExponentialHistogramDataPoint[N]) {
	if do == passSkip {
		return
	}
	for i := range points {
		dp := &points[i]
		positive, negative := histogram.Buckets(dp.PositiveBucket), histogram.Buckets(dp.NegativeBucket)
		if do == passObserve {
			x.observer.Exponential(m.instrument, dp.Attributes.Equivalent(), m.span(dp.StartTime, dp.Time), &histogram.Exponential{
				Count: dp.Count, ZeroCount: dp.ZeroCount, Sum: float64(dp.Sum), Extremes: extremes(dp.Min, dp.Max),
				Scale: dp.Scale, ZeroThreshold: dp.ZeroThreshold, Positive: positive, Negative: negative,
			})
			continue
		}
		p, t, source := x.point(m, &dp.Attributes, &dp.StartTime, &dp.Time)
		if do == passEmit {
			p.Values(t, x.observer.Next(), source)
			continue
		}
		x.exp = convert.ExponentialPoint{
			Count: dp.Count, ZeroCount: dp.ZeroCount,
			Sum: convert.Optional{Value: value(dp.Sum), Set: true},
			Min: extremum(dp.Min), Max: extremum(dp.Max),
			Scale: dp.Scale, ZeroThreshold: dp.ZeroThreshold, Positive: positive, Negative: negative,
		}
		p.Exponential(t, &x.exp, source)
	}
}

func summaries(x *export, m *collected, do pass, points []metricdata.SummaryDataPoint) {
	if do != passConvert {
		return
	}
	for i := range points {
		dp := &points[i]
		p, t, source := x.point(m, &dp.Attributes, &dp.StartTime, &dp.Time)
		s := &x.summary
		*s = convert.SummaryPoint{
			Count: dp.Count, Sum: convert.Optional{Value: model.Float(dp.Sum), Set: true},
			Quantiles: s.Quantiles[:0], Values: s.Values[:0],
		}
		for _, q := range dp.QuantileValues {
			s.Quantiles = append(s.Quantiles, q.Quantile)
			s.Values = append(s.Values, q.Value)
		}
		p.Summary(t, s, source)
	}
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

// extremes returns the minimum and the maximum as floats. They are NaN if they were not recorded.
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
