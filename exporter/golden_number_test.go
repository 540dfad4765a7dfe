// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/encoding"
)

func sum[N int64 | float64](temporality metricdata.Temporality, monotonic bool, values ...N) metricdata.Sum[N] {
	return metricdata.Sum[N]{Temporality: temporality, IsMonotonic: monotonic, DataPoints: numbersOf(values...)}
}

func numbersOf[N int64 | float64](values ...N) []metricdata.DataPoint[N] {
	points := make([]metricdata.DataPoint[N], len(values))
	for i, v := range values {
		points[i] = number(v, attribute.Int("i", i))
	}
	return points
}

func numberConversions() []conversion {
	const cumulative, delta = metricdata.CumulativeTemporality, metricdata.DeltaTemporality
	nan, inf := math.NaN(), math.Inf(1)
	exemplars := []metricdata.Exemplar[int64]{{
		FilteredAttributes: []attribute.KeyValue{attribute.String("secret", "x")}, Time: at(), Value: 4, SpanID: []byte{1}, TraceID: []byte{2},
	}}
	point := func(when time.Time) metricdata.DataPoint[int64] {
		return metricdata.DataPoint[int64]{Attributes: attribute.NewSet(k("v")), Time: when, Value: 1, Exemplars: exemplars}
	}
	return []conversion{
		one("sum of int64", metricOf("http.requests", sum[int64](cumulative, true, 0, 7, math.MaxInt64))),
		one("sum of int64, delta", metricOf("http.requests", sum[int64](delta, true, 3))),
		one("sum of int64, up and down", metricOf("queue.length", sum[int64](cumulative, false, -1, math.MinInt64))),
		one("sum of float64", metricOf("cpu.time", sum(cumulative, true, 0, 1.5, 3, 1e-7, 123456789.25, 1e16, math.MaxFloat64, math.SmallestNonzeroFloat64))),
		one("sum of float64, up and down, delta", metricOf("energy", sum(delta, false, -0.1, math.Copysign(0, -1)))),
		one("gauge of int64", metricOf("goroutines", metricdata.Gauge[int64]{DataPoints: numbersOf[int64](12, -1, math.MaxInt64)})),
		one("gauge of float64", metricOf("temperature", metricdata.Gauge[float64]{DataPoints: numbersOf(21.5, -273.15, 20)})),
		{
			name: "not finite: reported once a series", exports: []*metricdata.ResourceMetrics{
				metricsOf(gauge("g", numbersOf(nan, inf, -inf, 1)...), metricOf("s", sum(cumulative, true, nan, 2))),
				metricsOf(gauge("g", numbersOf(nan, inf, -inf, 1)...), metricOf("s", sum(cumulative, true, nan, 2))),
			},
		},
		one("exemplars are ignored", counter("n", point(at()))),
		one("timestamps", counter("fraction", point(at().Add(999*time.Millisecond))), counter("zero", point(time.Time{})),
			counter("epoch", point(time.Unix(0, 1))), counter("first", point(time.Unix(1, 0))), counter("before", point(time.Unix(-5, 0))),
			counter("last", point(time.Unix(9_999_999_999, 0))), counter("after", point(time.Unix(10_000_000_000, 0)))),
		{
			name: "timestamps in milliseconds", options: []Option{WithTimestampResolution(time.Millisecond)},
			exports: []*metricdata.ResourceMetrics{metricsOf(counter("fraction", point(at().Add(999*time.Millisecond))), counter("zero", point(time.Time{})))},
		},
		one("names", counter("", number[int64](1, k("v"))), counter("2xx", number[int64](1, k("v"))),
			counter("a..b--c", number[int64](1, k("v"))), counter("größe", number[int64](1, k("v")))),
		{
			name: "names in mode none, with a prefix", options: []Option{WithSanitizeMode(encoding.SanitizeNone), WithPrefix("apr.")},
			exports: []*metricdata.ResourceMetrics{metricsOf(
				counter("a.b", number[int64](1, k("v"))), counter("a b", number[int64](1, k("v"))), counter("", number[int64](1, k("v"))),
			)},
		},
		{
			name: "the overflow attribute", exports: []*metricdata.ResourceMetrics{metricsOf(
				counter("n", number[int64](1, k("v")), number[int64](2, attribute.Bool("otel.metric.overflow", true))),
			)},
		},
		{
			name: "nothing", exports: []*metricdata.ResourceMetrics{
				nil,
				{},
				{Resource: resource.Empty()},
				resourceMetrics(), metricsOf(), metricsOf(metricdata.Metrics{Name: "no data"}),
				metricsOf(counter("no points"), metricOf("none", metricdata.Gauge[int64]{})),
			},
		},
		{
			name: "without a resource", options: []Option{WithoutHostTag()}, exports: []*metricdata.ResourceMetrics{
				{ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{counter("n", number[int64](1, k("v")), number[int64](2))}}}},
			},
		},
	}
}
