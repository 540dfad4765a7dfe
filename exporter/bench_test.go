// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"runtime"
	"strconv"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

const benchPoints = 10_000

// sixAttributes returns the attributes of a typical series.
func sixAttributes(i int) attribute.Set {
	return attribute.NewSet(
		attribute.String("http.request.method", []string{"GET", "POST", "PUT"}[i%3]), attribute.String("http.route", "/api/v1/orders/"+strconv.Itoa(i%100)),
		attribute.Int("http.response.status_code", 200+i%5), attribute.String("server.address", "shop-"+strconv.Itoa(i%20)+".example.com"),
		attribute.String("network.protocol.version", "1.1"), attribute.Int("shard", i),
	)
}

// benchData returns n data points with six attributes each, and the number of their wire
// points.
func benchData(kind string, n int) (rm *metricdata.ResourceMetrics, wirePoints int) {
	switch kind {
	case "sum":
		data := make([]metricdata.DataPoint[int64], n)
		for i := range data {
			data[i] = metricdata.DataPoint[int64]{Attributes: sixAttributes(i), Time: at(), Value: int64(i * i)}
		}
		return metricsOf(counter("http.server.requests", data...)), n
	case "gauge":
		data := make([]metricdata.DataPoint[float64], n)
		for i := range data {
			data[i] = metricdata.DataPoint[float64]{Attributes: sixAttributes(i), Time: at(), Value: 1 / float64(i+3)}
		}
		return metricsOf(gauge("http.server.load", data...)), n
	case "histogram":
		bounds := []float64{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000}
		data := make([]metricdata.HistogramDataPoint[float64], n)
		for i := range data {
			counts := make([]uint64, len(bounds)+1)
			for j := range counts {
				counts[j] = uint64(i * j % 17)
			}
			data[i] = metricdata.HistogramDataPoint[float64]{
				Attributes: sixAttributes(i), Count: uint64(i), Sum: float64(i) / 3, Min: metricdata.NewExtrema(0.25), Max: metricdata.NewExtrema(8000.5),
				Bounds: bounds, BucketCounts: counts,
			}
		}
		return metricsOf(explicitHistogram(data...)), n * (len(bounds) + 1 + 4)
	default: // exponential
		data := make([]metricdata.ExponentialHistogramDataPoint[float64], n)
		for i := range data {
			counts := make([]uint64, 160)
			for j := range counts {
				counts[j] = uint64(i * j % 17)
			}
			data[i] = metricdata.ExponentialHistogramDataPoint[float64]{
				Attributes: sixAttributes(i), Count: uint64(i), Sum: float64(i) / 3, Min: metricdata.NewExtrema(0.25), Max: metricdata.NewExtrema(8000.5),
				Scale: 3, PositiveBucket: metricdata.ExponentialBucket{Offset: -10, Counts: counts},
			}
		}
		return metricsOf(exponential(data...)), n * (5 + 4)
	}
}

// next changes the values of sums and gauges, as in the next collection.
func next(rm *metricdata.ResourceMetrics) {
	switch data := rm.ScopeMetrics[0].Metrics[0].Data.(type) {
	case metricdata.Sum[int64]:
		for i := range data.DataPoints {
			data.DataPoints[i].Value += int64(i)
		}
	case metricdata.Gauge[float64]:
		for i := range data.DataPoints {
			data.DataPoints[i].Value *= 1.0625
		}
	}
}

// BenchmarkExport exports 10,000 data points with six attributes to a sink in the process.
// In the warm variant, each series is cached from a previous Export; in the cold one, the
// exporter is new. The metrics are per wire point.
func BenchmarkExport(b *testing.B) {
	for _, kind := range []string{"sum", "gauge", "histogram", "exponential"} {
		rm, wirePoints := benchData(kind, benchPoints)
		b.Run(kind+"/warm", func(b *testing.B) {
			e := newExporter(b, toSink(), WithCacheBytes(1<<30))
			for range 3 {
				mustExport(b, e, rm)
			}
			perPoint(b, wirePoints, func() {
				mustExport(b, e, rm)
				next(rm)
			})
		})
		b.Run(kind+"/cold", func(b *testing.B) {
			perPoint(b, wirePoints, func() {
				e, err := New(b.Context(), toSink(), WithCacheBytes(1<<30))
				if err != nil {
					b.Fatal(err)
				}
				mustExport(b, e, rm)
				_ = e.Shutdown(b.Context())
			})
		})
	}
}

// timers returns exponential histograms for the reporter layout, and a function that
// changes them to those of the next interval.
func timers(n int) (rm *metricdata.ResourceMetrics, next func()) {
	rm, _ = benchData("exponential", n)
	m := &rm.ScopeMetrics[0].Metrics[0]
	data, _ := m.Data.(metricdata.ExponentialHistogram[float64])
	data.Temporality = metricdata.DeltaTemporality
	m.Unit, m.Data = "s", data
	step := 0
	return rm, func() {
		for i := range data.DataPoints {
			data.DataPoints[i].StartTime, data.DataPoints[i].Time = interval(step)
		}
		step++
	}
}

// BenchmarkReporter exports timers of 160 buckets, with 15 series each, in the reporter
// layout.
func BenchmarkReporter(b *testing.B) {
	rm, next := timers(benchPoints / 4)
	e := newExporter(b, toSink(), WithCacheBytes(1<<30), WithLayout(LayoutReporter))
	export := func() {
		next()
		mustExport(b, e, rm)
	}
	for range 3 {
		export()
	}
	perPoint(b, benchPoints/4*15, export)
}

func perPoint(b *testing.B, points int, run func()) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	n := 0
	for b.Loop() {
		run()
		n++
	}
	runtime.ReadMemStats(&after)
	all := float64(n) * float64(points)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/all, "ns/point")
	b.ReportMetric(float64(after.Mallocs-before.Mallocs)/all, "allocs/point")
	b.ReportMetric(0, "ns/op")
}

// Limits of the allocations of an Export, per wire point.
func TestExport_Allocations(t *testing.T) {
	for kind, bound := range map[string]struct {
		n          int // data points
		warm, cold float64
	}{
		"sum":         {n: 10_000, warm: 0.02, cold: 7},
		"gauge":       {n: 10_000, warm: 0.02, cold: 7},
		"histogram":   {n: 500, warm: 0.02, cold: 1},
		"exponential": {n: 500, warm: 0.02, cold: 1},
	} {
		t.Run(kind, func(t *testing.T) {
			rm, wirePoints := benchData(kind, bound.n)
			few, fewWirePoints := benchData(kind, 500)
			e := newExporter(t, toSink())
			for range 3 {
				mustExport(t, e, rm)
			}
			warm := testing.AllocsPerRun(30, func() { mustExport(t, e, rm) }) / float64(wirePoints)
			cold := testing.AllocsPerRun(1, func() {
				e, err := New(t.Context(), toSink())
				if err != nil {
					t.Fatal(err)
				}
				mustExport(t, e, few)
				_ = e.Shutdown(t.Context())
			}) / float64(fewWirePoints)
			t.Logf("%.4f allocations a point warm, %.2f cold", warm, cold)
			if warm > bound.warm || cold > bound.cold {
				t.Errorf("%.4f allocations a point warm, %.2f cold, want at most %v and %v", warm, cold, bound.warm, bound.cold)
			}
		})
	}
}
