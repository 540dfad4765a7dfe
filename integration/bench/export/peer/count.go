// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package peer

import "go.opentelemetry.io/otel/sdk/metric/metricdata"

// perPoint says how many points of a protocol a data point is.
type perPoint struct {
	number      int
	histogram   func(buckets int, extremes bool) int
	exponential func(extremes bool) int
}

// dataPoints counts data points: what they are in OTLP, and in an exposition
// for Prometheus, where a histogram is one metric.
func dataPoints(rm *metricdata.ResourceMetrics) int {
	return perPoint{1, func(int, bool) int { return 1 }, func(bool) int { return 1 }}.count(rm)
}

// wirePoints counts points of OpenTSDB: an explicit histogram is one for each
// bucket, count, sum, and the extremes if they are recorded; an exponential one
// five quantiles instead of the buckets.
func wirePoints(rm *metricdata.ResourceMetrics) int {
	extremes := func(recorded bool) int {
		if recorded {
			return 2
		}
		return 0
	}
	return perPoint{
		1, func(buckets int, recorded bool) int { return buckets + 2 + extremes(recorded) },
		func(recorded bool) int { return 5 + 2 + extremes(recorded) },
	}.count(rm)
}

// samples counts what is in remote write: an explicit histogram has its buckets,
// count and sum, an exponential one is a native histogram.
func samples(rm *metricdata.ResourceMetrics) int {
	return perPoint{1, func(buckets int, _ bool) int { return buckets + 2 }, func(bool) int { return 1 }}.count(rm)
}

func (per perPoint) count(rm *metricdata.ResourceMetrics) int {
	n := 0
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				n += per.number * len(data.DataPoints)
			case metricdata.Sum[float64]:
				n += per.number * len(data.DataPoints)
			case metricdata.Gauge[int64]:
				n += per.number * len(data.DataPoints)
			case metricdata.Gauge[float64]:
				n += per.number * len(data.DataPoints)
			case metricdata.Histogram[int64]:
				n += explicit(per, data.DataPoints)
			case metricdata.Histogram[float64]:
				n += explicit(per, data.DataPoints)
			case metricdata.ExponentialHistogram[float64]:
				for _, p := range data.DataPoints {
					_, recorded := p.Min.Value()
					n += per.exponential(recorded)
				}
			}
		}
	}
	return n
}

func explicit[N int64 | float64](per perPoint, data []metricdata.HistogramDataPoint[N]) int {
	n := 0
	for _, p := range data {
		_, recorded := p.Min.Value()
		n += per.histogram(len(p.BucketCounts), recorded)
	}
	return n
}

// Sum adds up the values of sums and gauges and the counts of histograms, which
// is what a sink has to come to.
func Sum(rm *metricdata.ResourceMetrics) float64 {
	total := 0.0
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				total += numbers(data.DataPoints)
			case metricdata.Sum[float64]:
				total += numbers(data.DataPoints)
			case metricdata.Gauge[int64]:
				total += numbers(data.DataPoints)
			case metricdata.Gauge[float64]:
				total += numbers(data.DataPoints)
			case metricdata.Histogram[int64]:
				total += counts(data.DataPoints)
			case metricdata.Histogram[float64]:
				total += counts(data.DataPoints)
			case metricdata.ExponentialHistogram[float64]:
				for _, p := range data.DataPoints {
					total += float64(p.Count)
				}
			}
		}
	}
	return total
}

func numbers[N int64 | float64](data []metricdata.DataPoint[N]) (sum float64) {
	for _, p := range data {
		sum += float64(p.Value)
	}
	return sum
}

func counts[N int64 | float64](data []metricdata.HistogramDataPoint[N]) (sum float64) {
	for _, p := range data {
		sum += float64(p.Count)
	}
	return sum
}
