// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// completeProducer returns a reader whose only source is a complete producer.
func completeProducer(t *testing.T, opts ...Option) *sdkmetric.ManualReader {
	t.Helper()
	_, reader := newProvider(t, sdkmetric.WithProducer(NewCompleteProducer(opts...)))
	return reader
}

// Scopes, names, units, descriptions, kinds and attributes equal those of Start and
// NewProducer, and so do the values that do not change between two collections.
func TestCompleteProducer_ReportsTheSameAsStart(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 40)) // go.memory.limit exists only with a limit.
	runtime.GC()                                              // Before the first GC, the runtime has no CPU times.
	f := func(name string, opts ...Option) {
		t.Run(name, func(t *testing.T) {
			provider, reader := newProvider(t, sdkmetric.WithProducer(NewProducer(opts...)))
			startOn(t, provider, opts...)
			want := collect(t, reader).ScopeMetrics
			got := collect(t, completeProducer(t, opts...)).ScopeMetrics
			ignore := cmp.Options{
				cmp.Comparer(func(a, b attribute.Set) bool { return a.Equals(&b) }),
				cmpopts.IgnoreFields(metricdata.DataPoint[int64]{}, "StartTime", "Time", "Value"),
				cmpopts.IgnoreFields(metricdata.DataPoint[float64]{}, "StartTime", "Time", "Value"),
				cmpopts.IgnoreFields(metricdata.HistogramDataPoint[float64]{}, "StartTime", "Time", "Count", "Sum", "BucketCounts", "Min", "Max"),
				cmpopts.SortSlices(func(a, b metricdata.DataPoint[int64]) bool { return less(a.Attributes, b.Attributes) }),
				cmpopts.SortSlices(func(a, b metricdata.DataPoint[float64]) bool { return less(a.Attributes, b.Attributes) }),
			}
			if diff := cmp.Diff(byName(t, want), byName(t, got), ignore, cmpopts.EquateEmpty()); diff != "" {
				t.Errorf("the complete producer, against Start and NewProducer (-want +got):\n%s", diff)
			}
		})
	}
	f("everything")
	f("worker id", WithWorkerID())

	started, produced := collectValues(t, start(t)), collectValues(t, completeProducer(t))
	for _, name := range []string{"go.processor.limit", "go.config.gogc", "go.memory.limit"} {
		if want, got := started[name], produced[name]; want <= 0 || got != want {
			t.Errorf("%s is %v, with Start %v", name, got, want)
		}
	}
}

type scopedMetric struct {
	Scope  instrumentation.Scope
	Metric metricdata.Metrics
}

// byName returns the metrics by name, and fails the test if a name occurs twice.
func byName(t *testing.T, scopes []metricdata.ScopeMetrics) map[string]scopedMetric {
	t.Helper()
	all := make(map[string]scopedMetric)
	for _, scope := range scopes {
		for _, m := range scope.Metrics {
			if _, twice := all[m.Name]; twice {
				t.Errorf("%s is reported twice", m.Name)
			}
			all[m.Name] = scopedMetric{scope.Scope, m}
		}
	}
	return all
}

func less(a, b attribute.Set) bool {
	return a.Encoded(attribute.DefaultEncoder()) < b.Encoded(attribute.DefaultEncoder())
}

// Each of two collections contains every instrument of the table, and no counter falls.
func TestCompleteProducer_ReportsEveryRowOfTheTable(t *testing.T) {
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(1 << 40))
	runtime.GC()
	reader := completeProducer(t)
	collected := collect(t, reader)
	if n := len(collected.ScopeMetrics); n != 2 {
		t.Errorf("%d scopes, want 2: ours and contrib's", n)
	}
	first := values(collected)
	runtime.GC()
	second := collectValues(t, reader)
	series := 0
	for _, row := range table() {
		if row.platforms&here() == 0 {
			continue
		}
		points := row.points
		if len(points) == 0 {
			points = []point{{}}
		}
		for _, p := range points {
			name := seriesOf(row.name, p.set(nil))
			a, ok := first[name]
			b, again := second[name]
			if !ok || !again {
				t.Errorf("%s is in the first collection: %t, in the second: %t", name, ok, again)
			}
			if (row.kind == counter || row.kind == histogram) && b < a {
				t.Errorf("%s fell from %v to %v", name, a, b)
			}
			series++
		}
	}
	if len(first) != series || len(second) != series {
		t.Errorf("%d series, then %d, want %d as in the table", len(first), len(second), series)
	}
	if cycles := "go.memory.gc.cycles"; second[cycles] <= first[cycles] {
		t.Errorf("%s stays at %v after another GC", cycles, first[cycles])
	}
}

func TestCompleteProducer_SeriesStartWithTheProcess(t *testing.T) {
	began := processStart(t)
	reader := completeProducer(t)
	starts := make(map[time.Time]int)
	check := func(name string, start, end time.Time) {
		starts[start]++
		if off := start.Sub(began).Abs(); off > time.Second || !end.After(start) {
			t.Errorf("%s goes from %v to %v; the process started at %v", name, start, end, began)
		}
	}
	for range 2 {
		for _, scope := range collect(t, reader).ScopeMetrics {
			for _, m := range scope.Metrics {
				switch data := m.Data.(type) {
				case metricdata.Sum[int64]:
					eachTime(data.DataPoints, m.Name, check)
				case metricdata.Sum[float64]:
					eachTime(data.DataPoints, m.Name, check)
				case metricdata.Gauge[int64]:
					eachTime(data.DataPoints, m.Name, check)
				case metricdata.Gauge[float64]:
					eachTime(data.DataPoints, m.Name, check)
				case metricdata.Histogram[float64]:
					check(m.Name, data.DataPoints[0].StartTime, data.DataPoints[0].Time)
				default:
					t.Errorf("%s is a %T", m.Name, data)
				}
			}
		}
	}
	if len(starts) != 1 {
		t.Errorf("%d different start times", len(starts))
	}
}

func eachTime[N int64 | float64](points []metricdata.DataPoint[N], name string, check func(string, time.Time, time.Time)) {
	for _, p := range points {
		check(name, p.StartTime, p.Time)
	}
}

func TestCompleteProducer_WithoutProcessOrGoRuntime(t *testing.T) {
	reportsOnly(t, completeProducer(t, WithoutProcess()), "go.schedule.duration", "process.")
	if here()&onUnix != 0 {
		reportsOnly(t, completeProducer(t, WithoutGoRuntime()), "process.", "go.")
	}
}

func TestCompleteProducer_Produce_ReturnsErrors(t *testing.T) {
	_, err := NewCompleteProducer(WithMinimumInterval(-1), WithoutProcess(), WithoutGoRuntime()).Produce(t.Context())
	if err == nil || !strings.Contains(err.Error(), "negative") || !strings.Contains(err.Error(), "omit every instrument") {
		t.Errorf("with two invalid options: %v", err)
	}
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := NewCompleteProducer().Produce(ended); !errors.Is(err, context.Canceled) {
		t.Errorf("with a context that has ended: %v", err)
	}
}

// Concurrent readers do not share the metrics that a call returns.
func TestCompleteProducer_ServesSeveralReaders(t *testing.T) {
	p := NewCompleteProducer()
	first, err := p.Produce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	before := values(metricdata.ResourceMetrics{ScopeMetrics: first})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 20 {
				scopes, err := p.Produce(t.Context())
				if err != nil {
					t.Error(err)
				}
				if got := len(values(metricdata.ResourceMetrics{ScopeMetrics: scopes})); got != len(before) {
					t.Errorf("%d series, want %d", got, len(before))
				}
				clear(scopes[0].Metrics)
			}
		})
	}
	wg.Wait()
	if diff := cmp.Diff(before, values(metricdata.ResourceMetrics{ScopeMetrics: first})); diff != "" {
		t.Errorf("later calls changed the first result:\n%s", diff)
	}
}

func TestCompleteProducer_Allocations(t *testing.T) {
	const limit = 300 // Most of them are the SDK's and the returned metrics.
	p := NewCompleteProducer()
	got := testing.AllocsPerRun(50, func() {
		if _, err := p.Produce(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	if got > limit {
		t.Errorf("%v allocations in a collection, at most %d expected", got, limit)
	}
}
