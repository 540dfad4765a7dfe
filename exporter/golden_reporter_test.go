// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"math"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// interval is a period of ten seconds; number 0 begins at at().
func interval(n int) (start, end time.Time) {
	return at().Add(time.Duration(n) * 10 * time.Second), at().Add(time.Duration(n+1) * 10 * time.Second)
}

// delta returns an exponential histogram of an interval, with the given numbers of the
// values 1.5, 3, 6 and so on, at scale 0.
func delta(n int, counts ...uint64) metricdata.ExponentialHistogramDataPoint[float64] {
	p := metricdata.ExponentialHistogramDataPoint[float64]{
		Attributes: attribute.NewSet(k("v")), PositiveBucket: metricdata.ExponentialBucket{Counts: counts},
	}
	p.StartTime, p.Time = interval(n)
	for i, c := range counts {
		p.Count += c
		p.Sum += float64(c) * 1.5 * math.Exp2(float64(i))
	}
	p.Min, p.Max = metricdata.NewExtrema(1.5), metricdata.NewExtrema(1.5*math.Exp2(float64(len(counts)-1)))
	return p
}

func deltas(name, unit string, points ...metricdata.ExponentialHistogramDataPoint[float64]) metricdata.Metrics {
	return metricdata.Metrics{Name: name, Unit: unit, Data: metricdata.ExponentialHistogram[float64]{
		Temporality: metricdata.DeltaTemporality, DataPoints: points,
	}}
}

// sumUntil returns a sum with the value v at the end of an interval.
func sumUntil[N int64 | float64](n int, v N) metricdata.Sum[N] {
	start, _ := interval(0)
	_, end := interval(n)
	return metricdata.Sum[N]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: []metricdata.DataPoint[N]{
		{Attributes: attribute.NewSet(k("v")), StartTime: start, Time: end, Value: v},
	}}
}

// explicitUntil returns a cumulative histogram with explicit buckets at the end of an
// interval.
func explicitUntil(n int, least, most, total float64, counts ...uint64) metricdata.Metrics {
	p := metricdata.HistogramDataPoint[float64]{
		Attributes: attribute.NewSet(k("v")), Bounds: []float64{1, 2, 4}, BucketCounts: counts, Sum: total,
		Min: metricdata.NewExtrema(least), Max: metricdata.NewExtrema(most),
	}
	p.StartTime, _ = interval(0)
	_, p.Time = interval(n)
	for _, c := range counts {
		p.Count += c
	}
	return metricdata.Metrics{Name: "wait", Unit: "s", Data: metricdata.Histogram[float64]{
		Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.HistogramDataPoint[float64]{p},
	}}
}

func reporterConversions() []conversion {
	type exports = []*metricdata.ResourceMetrics
	nan, inf := math.NaN(), math.Inf(1)
	heartbeat := func(n int) metricdata.Metrics { return metricOf("beat", sumUntil(n, int64(n))) }
	upDown := metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.DataPoint[int64]{number[int64](-3)}}
	deltaSum := func(n int, v float64) metricdata.Metrics {
		data := sumUntil(n, v)
		data.Temporality = metricdata.DeltaTemporality
		data.DataPoints[0].StartTime, _ = interval(n)
		return metricOf("load", data)
	}
	odd := delta(0, 1)
	odd.Sum, odd.Min, odd.Max = nan, metricdata.NewExtrema(nan), metricdata.NewExtrema(inf)
	noTags := delta(0, 1)
	noTags.Attributes = attribute.NewSet(many(25)...)
	cases := []conversion{
		one("counter, up-down counter, gauge", metricOf("order", sumUntil[int64](0, 7)), metricOf("bytes", sumUntil(0, 0.5)), metricOf("queue", upDown), gauge("temperature", number(21.5))),
		one("a timer and a histogram", deltas("response.time", "s", delta(0, 0, 1, 2)), deltas("size", "By", delta(0, 0, 1, 2))),
		one("a timer in milliseconds", deltas("response.time", "ms", delta(0, 0, 1, 2))),
		one("a timer of one value", deltas("response.time", "s", delta(0, 1))),
		{
			name: "a count goes on, and without observations, an interval later, alone", exports: exports{
				metricsOf(heartbeat(0), deltas("response.time", "s", delta(0, 0, 1, 2))),
				metricsOf(heartbeat(1)), metricsOf(heartbeat(2)), metricsOf(heartbeat(3)),
				metricsOf(heartbeat(4), deltas("response.time", "s", delta(4, 3))),
			},
		},
		{
			name: "meters, and one that begins again", options: []Option{WithMeters()}, exports: exports{
				metricsOf(metricOf("order", sumUntil[int64](0, 50)), metricOf("bytes", sumUntil(0, 0.5))),
				metricsOf(metricOf("order", sumUntil[int64](1, 50))),
				metricsOf(metricOf("order", sumUntil[int64](2, 10))),
			},
		},
		{
			name: "meters by name", options: []Option{WithMeters("order", "b*", "!bytes")}, exports: exports{
				metricsOf(metricOf("order", sumUntil[int64](0, 50)), metricOf("bytes", sumUntil(0, 0.5)), heartbeat(0), gauge("book", number(21.5)), metricOf("backlog", upDown)),
				metricsOf(metricOf("order", sumUntil[int64](1, 70)), metricOf("bytes", sumUntil(1, 1.5)), heartbeat(1)),
			},
		},
		{name: "sums of delta temporality are added up", exports: exports{metricsOf(deltaSum(0, 2)), metricsOf(deltaSum(1, 0.5)), metricsOf(deltaSum(2, nan)), metricsOf(deltaSum(3, 1))}},
		{
			name: "all histograms are timers", options: []Option{WithTimers(TimersAll), WithDurationUnit(time.Millisecond)},
			exports: exports{metricsOf(deltas("response.time", "s", delta(0, 1)), deltas("size", "By", delta(0, 1)))},
		},
		{name: "no histogram is a timer", options: []Option{WithTimers(TimersNone)}, exports: exports{metricsOf(deltas("response.time", "ms", delta(0, 1)))}},
		{
			name: "cumulative histograms: what is new", exports: exports{
				metricsOf(explicitUntil(0, 0.5, 3, 5, 1, 1, 1, 0)), metricsOf(explicitUntil(1, 0.5, 3, 8, 1, 3, 1, 0)),
				metricsOf(explicitUntil(2, 0.5, 9, 17, 1, 3, 1, 1)), metricsOf(explicitUntil(3, 0.25, 0.25, 0.25, 1, 0, 0, 0)),
			},
		},
		one("no buckets", metricdata.Metrics{Name: "wait", Unit: "s", Data: metricdata.Histogram[int64]{Temporality: metricdata.DeltaTemporality, DataPoints: []metricdata.HistogramDataPoint[int64]{
			{Attributes: attribute.NewSet(k("v")), StartTime: at(), Time: at().Add(10 * time.Second), Count: 2, Sum: 6, Min: metricdata.NewExtrema[int64](2), Max: metricdata.NewExtrema[int64](4)},
		}}}),
		one("an empty histogram", deltas("response.time", "s", delta(0))),
		one("values that are not finite", deltas("response.time", "s", odd)),
		one("too many tags", deltas("size", "By", noTags)),
		one("two that render alike", deltas("a.b", "By", delta(0, 1)), deltas("a_b", "By", delta(0, 2))),
		one("a counter and a histogram whose count it is named as", deltas("size", "By", delta(0, 1)), metricOf("size", sumUntil[int64](0, 9))),
		one("one point twice", deltas("size", "By", delta(0, 1), delta(0, 1))),
		one("a summary stays as it is", summary(metricdata.SummaryDataPoint{Count: 3, Sum: 6, QuantileValues: quantiles(0.5, 2)})),
		{name: "a prefix, and names that are not sanitized", options: []Option{WithPrefix("apr."), WithSanitizeMode(2)}, exports: exports{metricsOf(deltas("size", "By", delta(0, 1)))}},
	}
	for i := range cases {
		cases[i].options = append([]Option{WithLayout(LayoutReporter)}, cases[i].options...)
	}
	return cases
}

// formConversions are histograms as buckets, quantiles and both.
func formConversions() []conversion {
	type floats = metricdata.HistogramDataPoint[float64]
	extrema := metricdata.NewExtrema[float64]
	explicit := explicitHistogram(floats{
		Count: 6, Sum: 60.25, Min: extrema(0.5), Max: extrema(40), Bounds: []float64{1, 10, 20}, BucketCounts: []uint64{1, 2, 0, 3},
	})
	open := explicitHistogram(floats{Count: 6, Sum: 60.25, Bounds: []float64{1, 10, 20}, BucketCounts: []uint64{1, 2, 0, 3}})
	broken := explicitHistogram(floats{Count: 2, Sum: 3, Bounds: []float64{1, 2}, BucketCounts: []uint64{2}})
	tagged := explicitHistogram(floats{
		Attributes: attribute.NewSet(attribute.String("a", `"\`), attribute.String("m", "1"), attribute.String("z", "2")), Count: 1, Sum: 1, Bounds: []float64{1}, BucketCounts: []uint64{1, 0},
	})
	exp := exponential(metricdata.ExponentialHistogramDataPoint[float64]{
		Count: 9, Sum: 30, Min: extrema(-3), Max: extrema(16), ZeroCount: 1, Scale: 3,
		PositiveBucket: metricdata.ExponentialBucket{Offset: 6, Counts: []uint64{1, 2, 0, 0, 1}}, NegativeBucket: metricdata.ExponentialBucket{Offset: 9, Counts: []uint64{4}},
	})
	exp.Name = "size"
	wide := exponential(metricdata.ExponentialHistogramDataPoint[float64]{
		Count: 2, Sum: 30, Scale: 0, PositiveBucket: metricdata.ExponentialBucket{Offset: -40, Counts: append(append([]uint64{1}, make([]uint64, 90)...), 1)},
	})
	var cases []conversion
	for _, c := range []struct {
		name string
		as   Histograms
	}{{"recorded", HistogramsRecorded}, {"buckets", HistogramsBuckets}, {"quantiles", HistogramsQuantiles}, {"both", HistogramsBoth}} {
		all := one("as "+c.name, explicit, exp)
		all.options = []Option{WithHistograms(c.as), WithQuantiles(0.9, 0.5, 0.5)}
		cases = append(cases, all)
		if c.as < HistogramsQuantiles {
			continue
		}
		for _, more := range []conversion{one("as "+c.name+", without extremes", open), one("as "+c.name+", malformed", broken), one("as "+c.name+", among other tags", tagged)} {
			more.options = all.options
			cases = append(cases, more)
		}
	}
	far := one("buckets of 27 decades", wide)
	far.options = []Option{WithHistograms(HistogramsBuckets)}
	return append(cases, far)
}
