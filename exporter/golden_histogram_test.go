// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"math"
	"slices"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func explicitHistogram[N int64 | float64](points ...metricdata.HistogramDataPoint[N]) metricdata.Metrics {
	for i := range points {
		points[i].Time = at()
		if points[i].Attributes.Len() == 0 {
			points[i].Attributes = attribute.NewSet(k("v"))
		}
	}
	return metricOf("latency", metricdata.Histogram[N]{Temporality: metricdata.CumulativeTemporality, DataPoints: points})
}

func histogramConversions() []conversion {
	type ints = metricdata.HistogramDataPoint[int64]
	type floats = metricdata.HistogramDataPoint[float64]
	nan, inf := math.NaN(), math.Inf(1)
	extrema := metricdata.NewExtrema[float64]
	bounds := []float64{0.005, 0.01, 2.5, 10, 1e6}
	return []conversion{
		one("int64", explicitHistogram(ints{
			Count: 6, Sum: 60, Min: metricdata.NewExtrema[int64](-4), Max: metricdata.NewExtrema[int64](40),
			Bounds: []float64{0, 5, 10}, BucketCounts: []uint64{1, 2, 0, 3},
		})),
		one("float64", explicitHistogram(floats{
			Count: 6, Sum: 60.25, Min: extrema(0.001), Max: extrema(4e6), Bounds: bounds, BucketCounts: []uint64{1, 0, 2, 0, 0, 3},
		})),
		one("no buckets", explicitHistogram(floats{Count: 2, Sum: 3})),
		one("one bucket", explicitHistogram(floats{Count: 2, Sum: 3, BucketCounts: []uint64{2}})),
		one("empty", explicitHistogram(floats{Bounds: []float64{1, 2}, BucketCounts: []uint64{0, 0, 0}})),
		one("an explicit last bound", explicitHistogram(floats{Count: 3, Sum: 3, Bounds: []float64{1, inf}, BucketCounts: []uint64{2, 1, 0}})),
		one("bucket counts that do not match", explicitHistogram(floats{Count: 2, Sum: 3, Bounds: []float64{1, 2}, BucketCounts: []uint64{2}})),
		one("buckets without bounds", explicitHistogram(floats{Count: 2, Sum: 3, BucketCounts: []uint64{1, 1}})),
		one("bounds without buckets", explicitHistogram(floats{Count: 2, Sum: 3, Bounds: []float64{1}})),
		one("bounds that do not ascend", explicitHistogram(floats{Count: 2, Sum: 3, Bounds: []float64{1, 3, 2}, BucketCounts: []uint64{2, 0, 0, 0}})),
		one("bounds that are not numbers", explicitHistogram(floats{Count: 2, Sum: 3, Bounds: []float64{nan}, BucketCounts: []uint64{2, 0}})),
		one("sum, min and max that are NaN", explicitHistogram(floats{Count: 2, Sum: nan, Min: extrema(nan), Max: extrema(nan)})),
		one("sum, min and max that are infinite", explicitHistogram(floats{Count: 2, Sum: inf, Min: extrema(-inf), Max: extrema(inf)})),
		one("counts beyond int64", explicitHistogram(floats{
			Count: math.MaxUint64, Sum: 1, Bounds: []float64{1}, BucketCounts: []uint64{math.MaxInt64, math.MaxInt64 + 1},
		})),
		one("extremes of int64", explicitHistogram(ints{
			Count: 1, Sum: math.MinInt64, Min: metricdata.NewExtrema[int64](math.MinInt64), Max: metricdata.NewExtrema[int64](math.MaxInt64),
		})),
		one("an attribute le", explicitHistogram(floats{
			Attributes: attribute.NewSet(attribute.String("le", "mine"), attribute.String("quantile", "stays")),
			Count:      1, Bounds: []float64{1}, BucketCounts: []uint64{1, 0},
		})),
		one("an attribute le, and exported_le", explicitHistogram(floats{
			Attributes: attribute.NewSet(attribute.String("le", "mine"), attribute.String("exported_le", "too")),
			Count:      1, BucketCounts: []uint64{1},
		})),
		one("exemplars are ignored", explicitHistogram(floats{
			Count: 1, BucketCounts: []uint64{1}, Exemplars: []metricdata.Exemplar[float64]{{Value: nan}},
		})),
		one("25 tags with le, and 26", explicitHistogram(
			floats{Attributes: attribute.NewSet(many(22)...), Count: 1, BucketCounts: []uint64{1}},
			floats{Attributes: attribute.NewSet(many(23)...), Count: 1, BucketCounts: []uint64{1}},
		)),
		{
			name: "totals do not carry over: between points, and between Exports", exports: []*metricdata.ResourceMetrics{
				metricsOf(explicitHistogram(
					floats{Attributes: attribute.NewSet(k("a")), Count: 4, Sum: 9, Bounds: []float64{1}, BucketCounts: []uint64{3, 1}},
					floats{Attributes: attribute.NewSet(k("b")), Count: 1, Sum: 1, Bounds: []float64{1}, BucketCounts: []uint64{0, 1}},
				)),
				metricsOf(explicitHistogram(
					floats{Attributes: attribute.NewSet(k("b")), Count: 2, Sum: 1, Bounds: []float64{2}, BucketCounts: []uint64{1, 1}},
					floats{Attributes: attribute.NewSet(k("a")), Count: 4, Sum: 9, Bounds: []float64{1}, BucketCounts: []uint64{3, 1}},
				)),
			},
		},
	}
}

// many returns n attributes, k00 and so on.
func many(n int) []attribute.KeyValue {
	kvs := make([]attribute.KeyValue, n)
	for i := range kvs {
		kvs[i] = attribute.Int("k"+string(rune('0'+i/10))+string(rune('0'+i%10)), i)
	}
	return kvs
}

func exponential[N int64 | float64](points ...metricdata.ExponentialHistogramDataPoint[N]) metricdata.Metrics {
	for i := range points {
		points[i].Time = at()
		if points[i].Attributes.Len() == 0 {
			points[i].Attributes = attribute.NewSet(k("v"))
		}
	}
	return metricOf("latency", metricdata.ExponentialHistogram[N]{Temporality: metricdata.DeltaTemporality, DataPoints: points})
}

func exponentialConversions() []conversion {
	type ints = metricdata.ExponentialHistogramDataPoint[int64]
	type floats = metricdata.ExponentialHistogramDataPoint[float64]
	type bucket = metricdata.ExponentialBucket
	nan, inf := math.NaN(), math.Inf(1)
	extrema := metricdata.NewExtrema[float64]
	return []conversion{
		one("int64", exponential(ints{
			Count: 4, Sum: 30, Min: metricdata.NewExtrema[int64](2), Max: metricdata.NewExtrema[int64](16), Scale: 0,
			PositiveBucket: bucket{Offset: 0, Counts: []uint64{1, 1, 1, 1}},
		})),
		one("float64, without min and max", exponential(floats{Count: 4, Sum: 30, PositiveBucket: bucket{Offset: 0, Counts: []uint64{1, 1, 1, 1}}})),
		one("empty", exponential(floats{})),
		one("zeros", exponential(floats{Count: 3, ZeroCount: 3, Min: extrema(0), Max: extrema(0)})),
		one("negative buckets", exponential(floats{
			Count: 8, Sum: -30, Min: extrema(-16), Max: extrema(8), ZeroCount: 1,
			PositiveBucket: bucket{Offset: 2, Counts: []uint64{2}}, NegativeBucket: bucket{Offset: 1, Counts: []uint64{2, 0, 3}},
		})),
		one("zero threshold", exponential(floats{
			Count: 8, ZeroCount: 6, ZeroThreshold: 0.5, PositiveBucket: bucket{Offset: 0, Counts: []uint64{1}}, NegativeBucket: bucket{Offset: 0, Counts: []uint64{1}},
		})),
		{
			name: "scale changes", exports: []*metricdata.ResourceMetrics{
				metricsOf(exponential(floats{Count: 1, Sum: 2, Scale: 20, PositiveBucket: bucket{Offset: 1<<20 - 1, Counts: []uint64{1}}})),
				metricsOf(exponential(floats{Count: 2, Sum: 6, Scale: 1, PositiveBucket: bucket{Offset: 1, Counts: []uint64{1, 0, 1}}})),
				metricsOf(exponential(floats{Count: 2, Sum: 6, Scale: -1, PositiveBucket: bucket{Offset: 0, Counts: []uint64{2}}})),
				metricsOf(exponential(floats{})),
			},
		},
		one("the largest scale", exponential(floats{Count: 1, Scale: math.MaxInt32, PositiveBucket: bucket{Counts: []uint64{1}}})),
		one("the lowest scale", exponential(floats{Count: 1, Scale: math.MinInt32, PositiveBucket: bucket{Counts: []uint64{1}}})),
		one("offsets at the ends", exponential(floats{
			Count: 2, PositiveBucket: bucket{Offset: math.MaxInt32, Counts: []uint64{1}}, NegativeBucket: bucket{Offset: math.MinInt32, Counts: []uint64{1}},
		})),
		one("counts beyond int64", exponential(floats{Count: math.MaxUint64, Min: extrema(3), Max: extrema(3), PositiveBucket: bucket{Offset: 1, Counts: []uint64{math.MaxUint64}}})),
		one("sum, min and max that are NaN", exponential(floats{
			Count: 1, Sum: nan, Min: extrema(nan), Max: extrema(nan), Scale: math.MaxInt32, PositiveBucket: bucket{Counts: []uint64{1}},
		})),
		one("sum, min and max that are infinite", exponential(floats{Count: 1, Sum: inf, Min: extrema(-inf), Max: extrema(inf), ZeroCount: 1})),
		one("a threshold that is NaN", exponential(floats{
			Count: 1, ZeroCount: 1, ZeroThreshold: nan, PositiveBucket: bucket{Counts: []uint64{0, 0}}, NegativeBucket: bucket{Counts: []uint64{0}},
		})),
		one("an attribute quantile", exponential(floats{
			Attributes: attribute.NewSet(attribute.String("quantile", "mine"), attribute.String("le", "stays")), Count: 1, ZeroCount: 1,
		})),
		one("exemplars are ignored", exponential(ints{Count: 1, ZeroCount: 1, Exemplars: []metricdata.Exemplar[int64]{{}}})),
		one("overflow", exponential(ints{Attributes: attribute.NewSet(attribute.Bool("otel.metric.overflow", true)), Count: 1, ZeroCount: 1})),
	}
}

func summary(points ...metricdata.SummaryDataPoint) metricdata.Metrics {
	for i := range points {
		points[i].Time = at()
		if points[i].Attributes.Len() == 0 {
			points[i].Attributes = attribute.NewSet(k("v"))
		}
	}
	return metricOf("gc.pause", metricdata.Summary{DataPoints: points})
}

// quantiles returns pairs of quantiles and their values.
func quantiles(pairs ...float64) []metricdata.QuantileValue {
	var values []metricdata.QuantileValue
	for pair := range slices.Chunk(pairs, 2) {
		values = append(values, metricdata.QuantileValue{Quantile: pair[0], Value: pair[1]})
	}
	return values
}

func summaryConversions() []conversion {
	type point = metricdata.SummaryDataPoint
	nan, inf := math.NaN(), math.Inf(1)
	return []conversion{
		one("quantiles", summary(point{Count: 10, Sum: 5.5, QuantileValues: quantiles(0, 0.1, 0.25, 0.2, 0.5, 1, 0.999, 2, 1, 2.5)})),
		one("none", summary(point{Count: 10, Sum: 5})),
		one("values and sum that are not finite", summary(point{Count: 1, Sum: nan, QuantileValues: quantiles(0.5, nan, 0.9, inf, 0.99, 3)})),
		one("quantiles that are not numbers", summary(point{Count: 1, Sum: -inf, QuantileValues: quantiles(nan, 1, 0.5, 2)})),
		one("the same quantile twice", summary(point{Count: 1, Sum: 1, QuantileValues: quantiles(0.5, 1, 0.5, 2)})),
		one("an attribute quantile, and exported_quantile", summary(point{
			Attributes: attribute.NewSet(attribute.String("quantile", "mine"), attribute.String("exported_quantile", "too")),
			Count:      1, Sum: 1, QuantileValues: quantiles(0.5, 1),
		})),
		{
			name: "quantiles change", exports: []*metricdata.ResourceMetrics{
				metricsOf(summary(point{Count: 1, Sum: 1, QuantileValues: quantiles(0.5, 1, 0.9, 2)})),
				metricsOf(summary(point{Count: 2, Sum: 4, QuantileValues: quantiles(0.9, 3)})),
			},
		},
	}
}
