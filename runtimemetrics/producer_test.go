// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"context"
	"errors"
	"math"
	"runtime"
	"runtime/metrics"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

var _ metric.Producer = (*Producer)(nil)

// produced returns the data points of p by name.
func produced(t *testing.T, p *Producer) map[string]metricdata.HistogramDataPoint[float64] {
	t.Helper()
	scopes, err := p.Produce(t.Context())
	if err != nil {
		t.Fatalf("Produce: %v", err)
	}
	if len(scopes) != 1 || scopes[0].Scope.Name != ScopeName {
		t.Fatalf("scopes: %+v", scopes)
	}
	points := make(map[string]metricdata.HistogramDataPoint[float64])
	for _, m := range scopes[0].Metrics {
		data, ok := m.Data.(metricdata.Histogram[float64])
		if !ok || data.Temporality != metricdata.CumulativeTemporality || len(data.DataPoints) != 1 {
			t.Fatalf("%s is %+v", m.Name, m.Data)
		}
		points[m.Name] = data.DataPoints[0]
	}
	return points
}

const (
	scheduleDuration = "go.schedule.duration"
	pauseDuration    = "go.memory.gc.pause.duration"
)

func TestProducer_HistogramsEqualTheRuntimes(t *testing.T) {
	runtime.GC()
	p := NewProducer()
	before := readHistograms()
	got := produced(t, p)
	after := readHistograms()
	if len(got) != 2 {
		t.Fatalf("%d histograms", len(got))
	}
	for name, sample := range map[string]string{scheduleDuration: "/sched/latencies:seconds", pauseDuration: "/sched/pauses/total/gc:seconds"} {
		point, low, high := got[name], before[sample], after[sample]
		if len(point.BucketCounts) != len(point.Bounds)+1 {
			t.Errorf("%s: %d counts, %d bounds", name, len(point.BucketCounts), len(point.Bounds))
		}
		if !slices.IsSorted(point.Bounds) || slices.ContainsFunc(point.Bounds, func(b float64) bool { return math.IsInf(b, 0) || math.IsNaN(b) }) {
			t.Errorf("%s: bounds %v", name, point.Bounds)
		}
		// The count of every bucket lies between the runtime's counts before and after.
		var total uint64
		for i, low := range low.Counts {
			at := slices.Index(point.Bounds, high.Buckets[i+1])
			if at < 0 && math.IsInf(high.Buckets[i+1], 1) {
				at = len(point.Bounds)
			}
			if at < 0 {
				t.Fatalf("%s: there is no bucket up to %v", name, high.Buckets[i+1])
			}
			n := point.BucketCounts[at]
			if n < low || n > high.Counts[i] {
				t.Errorf("%s: %d in the bucket up to %v, want %d to %d", name, n, high.Buckets[i+1], low, high.Counts[i])
			}
			total += n
		}
		if point.Count != total || total == 0 {
			t.Errorf("%s: the count is %d, the sum of the buckets %d", name, point.Count, total)
		}
		if point.Sum <= 0 {
			t.Errorf("%s: sum %v", name, point.Sum)
		}
		if age := point.Time.Sub(point.StartTime); age <= 0 || age > time.Hour {
			t.Errorf("%s: from %v to %v", name, point.StartTime, point.Time)
		}
	}
}

func readHistograms() map[string]metrics.Float64Histogram {
	samples := []metrics.Sample{{Name: "/sched/latencies:seconds"}, {Name: "/sched/pauses/total/gc:seconds"}}
	metrics.Read(samples)
	all := make(map[string]metrics.Float64Histogram)
	for _, s := range samples {
		all[s.Name] = *s.Value.Float64Histogram()
	}
	return all
}

func TestProducer_HistogramsAreCumulative(t *testing.T) {
	p := NewProducer()
	first := produced(t, p)
	kept := slices.Clone(first[pauseDuration].BucketCounts)
	runtime.GC()
	second := produced(t, p)
	if a, b := first[pauseDuration].Count, second[pauseDuration].Count; b <= a {
		t.Errorf("%d pauses, after another GC %d", a, b)
	}
	if diff := cmp.Diff(kept, first[pauseDuration].BucketCounts); diff != "" {
		t.Errorf("a collection changed the result of the one before:\n%s", diff)
	}
	if !first[pauseDuration].StartTime.Equal(second[pauseDuration].StartTime) {
		t.Error("the start time changed")
	}
}

func TestProducer_ResultBelongsToTheCaller(t *testing.T) {
	p := NewProducer()
	first := produced(t, p)[pauseDuration]
	want := slices.Clone(first.Bounds)
	clear(first.Bounds)
	clear(first.BucketCounts)
	second := produced(t, p)[pauseDuration]
	if diff := cmp.Diff(want, second.Bounds); diff != "" {
		t.Errorf("bounds:\n%s", diff)
	}
}

func TestDataPoint_ConvertsBoundsAndCounts(t *testing.T) {
	inf := math.Inf(1)
	f := func(about string, buckets []float64, counts []uint64, bounds []float64, bucketCounts []uint64, sum float64) {
		t.Run(about, func(t *testing.T) {
			h := &metrics.Float64Histogram{Buckets: slices.Clone(buckets), Counts: slices.Clone(counts)}
			got := dataPoint(h)
			if !slices.Equal(got.Bounds, bounds) || !slices.Equal(got.BucketCounts, bucketCounts) {
				t.Errorf("bounds %v and counts %v, want %v and %v", got.Bounds, got.BucketCounts, bounds, bucketCounts)
			}
			if got.Sum != sum {
				t.Errorf("sum %v, want %v", got.Sum, sum)
			}
			var total uint64
			for _, n := range counts {
				total += n
			}
			if got.Count != total {
				t.Errorf("count %d, want %d", got.Count, total)
			}
			if !slices.Equal(h.Buckets, buckets) || !slices.Equal(h.Counts, counts) {
				t.Error("the runtime's histogram was changed")
			}
		})
	}
	f("infinite at both ends", []float64{-inf, 0, 1, 2, inf}, []uint64{3, 4, 5, 6}, []float64{0, 1, 2}, []uint64{3, 4, 5, 6}, 0+2+7.5+12)
	f("finite at both ends", []float64{0, 1, 2}, []uint64{4, 5}, []float64{0, 1, 2}, []uint64{0, 4, 5, 0}, 2+7.5)
	f("infinite below", []float64{-inf, 1, 2}, []uint64{4, 5}, []float64{1, 2}, []uint64{4, 5, 0}, 4+7.5)
	f("infinite above", []float64{0, 1, inf}, []uint64{4, 5}, []float64{0, 1}, []uint64{0, 4, 5}, 2+5)
	f("one bucket", []float64{1, 3}, []uint64{4}, []float64{1, 3}, []uint64{0, 4, 0}, 8)
	f("one bucket without bounds", []float64{-inf, inf}, []uint64{4}, []float64{}, []uint64{4}, 0)
	f("no bucket", nil, nil, []float64{}, []uint64{0}, 0)
	f("empty buckets with infinite bounds", []float64{-inf, 1, inf}, []uint64{0, 0}, []float64{1}, []uint64{0, 0}, 0)
}

func TestProducer_RepeatsValuesWithinMinimumInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewProducer(WithMinimumInterval(time.Minute))
		count := func() uint64 {
			runtime.GC()
			return produced(t, p)[pauseDuration].Count
		}
		first, second := count(), count()
		time.Sleep(time.Minute)
		third := count()
		if first != second || third <= second {
			t.Errorf("%d pauses, then within the interval %d, and after it %d", first, second, third)
		}
	})
}

func TestProducer_Produce_ReturnsErrors(t *testing.T) {
	if _, err := NewProducer(WithMinimumInterval(-1)).Produce(t.Context()); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Errorf("with a negative interval: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewProducer().Produce(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}

	c, err := newConfig(nil)
	if err != nil {
		t.Fatal(err)
	}
	rows := producerInstruments()
	rows[0].points[0].source = "/no/such/histogram:seconds"
	scopes, err := newProducer(rows, c, nil).Produce(t.Context())
	if err == nil || !strings.Contains(err.Error(), "go.schedule.duration is omitted") {
		t.Errorf("without a histogram: %v", err)
	}
	if len(scopes) != 1 || len(scopes[0].Metrics) != 1 || scopes[0].Metrics[0].Name != pauseDuration {
		t.Errorf("the other histogram is missing: %+v", scopes)
	}
	rows[1].points[0].source = "/gc/heap/live:bytes" // Not a histogram.
	if scopes, err := newProducer(rows, c, nil).Produce(t.Context()); err == nil || len(scopes) != 0 {
		t.Errorf("without histograms: %v, %v", scopes, err)
	}
}

func TestProducer_ServesSeveralReaders(t *testing.T) {
	p := NewProducer()
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				scopes, err := p.Produce(t.Context())
				if err != nil {
					t.Error(err)
					return
				}
				for _, m := range scopes[0].Metrics {
					point := m.Data.(metricdata.Histogram[float64]).DataPoints[0]
					var total uint64
					for _, n := range point.BucketCounts {
						total += n
					}
					if total != point.Count {
						t.Errorf("%s: the count is %d, the sum of the buckets %d", m.Name, point.Count, total)
					}
				}
			}
		})
		wg.Go(func() {
			for range 5 {
				runtime.GC()
			}
		})
	}
	wg.Wait()
}

func TestProducer_SeriesStartWithTheProcess(t *testing.T) {
	want := processStart(t)
	half := want.Add(time.Since(want) / 2)
	for name, point := range produced(t, NewProducer()) {
		if off := point.StartTime.Sub(want).Abs(); off > time.Second || point.StartTime.After(half) {
			t.Errorf("%s: the start time is %v off the start of the process", name, off)
		}
	}
}
