// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// started returns a data point that starts ten seconds before its time.
func started(v int64, attributes ...attribute.KeyValue) metricdata.DataPoint[int64] {
	p := number(v, attributes...)
	p.StartTime = at().Add(-10 * time.Second)
	return p
}

// The variable has the effect of the option, which overrides it. By default there are no
// start points.
func TestWithStartPoints(t *testing.T) {
	plain, start := "n{host=web1, service_name=shop} 1700000000 1", "n{host=web1, service_name=shop} 1699999990 0"
	for _, tt := range []struct {
		variable string
		options  []Option
		want     []string
	}{
		{"", nil, []string{plain}},
		{"no", nil, []string{plain}},
		{"yes", nil, []string{start, plain}},
		{"", []Option{WithStartPoints()}, []string{start, plain}},
		{"no", []Option{WithStartPoints()}, []string{start, plain}},
		{"nonsense", []Option{WithStartPoints()}, []string{start, plain}},
	} {
		t.Setenv("APPTUIT_START_POINTS", tt.variable)
		srv := memoryServer(t)
		e := newExporter(t, append(tt.options, toServer(srv), WithoutSelfMetrics())...)
		mustExport(t, e, metricsOf(counter("n", started(1))))
		wantArrived(t, srv, tt.want...)
		wantStats(t, e, Stats{Produced: uint64(len(tt.want)), Accepted: uint64(len(tt.want))})
	}
}

// Only cumulative monotonic series have start points.
func TestWithStartPoints_Kinds(t *testing.T) {
	begin := at().Add(-10 * time.Second)
	sum := func(temporality metricdata.Temporality, monotonic bool) metricdata.Aggregation {
		return metricdata.Sum[int64]{Temporality: temporality, IsMonotonic: monotonic, DataPoints: []metricdata.DataPoint[int64]{started(1)}}
	}
	histogram := func(temporality metricdata.Temporality) metricdata.Aggregation {
		return metricdata.Histogram[float64]{Temporality: temporality, DataPoints: []metricdata.HistogramDataPoint[float64]{{
			StartTime: begin, Time: at(), Count: 1, Sum: 2, Min: metricdata.NewExtrema(2.), Max: metricdata.NewExtrema(2.), Bounds: []float64{5}, BucketCounts: []uint64{1, 0},
		}}}
	}
	exponential := func(temporality metricdata.Temporality) metricdata.Aggregation {
		return metricdata.ExponentialHistogram[float64]{Temporality: temporality, DataPoints: []metricdata.ExponentialHistogramDataPoint[float64]{{
			StartTime: begin, Time: at(), Count: 1, Sum: 2, PositiveBucket: metricdata.ExponentialBucket{Counts: []uint64{1}},
		}}}
	}
	for name, tt := range map[string]struct {
		data metricdata.Aggregation
		want int
	}{
		"sum":                      {sum(metricdata.CumulativeTemporality, true), 1},
		"delta sum":                {sum(metricdata.DeltaTemporality, true), 0},
		"up-down sum":              {sum(metricdata.CumulativeTemporality, false), 0},
		"gauge":                    {metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{started(1)}}, 0},
		"histogram":                {histogram(metricdata.CumulativeTemporality), 4},
		"delta histogram":          {histogram(metricdata.DeltaTemporality), 0},
		"exponential histogram":    {exponential(metricdata.CumulativeTemporality), 2},
		"delta exponential":        {exponential(metricdata.DeltaTemporality), 0},
		"summary":                  {metricdata.Summary{DataPoints: []metricdata.SummaryDataPoint{{StartTime: begin, Time: at(), Count: 1, Sum: 2}}}, 0},
		"sum without a start time": {metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: []metricdata.DataPoint[int64]{number[int64](1)}}, 0},
	} {
		srv := memoryServer(t)
		e := newExporter(t, toServer(srv), WithStartPoints())
		mustExport(t, e, metricsOf(metricOf("m", tt.data)))
		starts := slices.DeleteFunc(arrived(srv), func(p string) bool { return !strings.Contains(p, " 1699999990 0") })
		if len(starts) != tt.want {
			t.Errorf("%s: start points %q, want %d", name, starts, tt.want)
		}
	}
}

// If the first Export of a series fails, the next Export sends no start point.
func TestWithStartPoints_AfterAFailedExport(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), withoutRetry(), WithStartPoints(), WithoutSelfMetrics())
	srv.Fail(apptuittest.Status(503))
	sendErrorOf(t, e.Export(t.Context(), metricsOf(counter("n", started(1)))))
	later := started(2)
	later.Time = at().Add(time.Minute)
	mustExport(t, e, metricsOf(counter("n", later)))
	wantArrived(t, srv, "n{host=web1, service_name=shop} 1700000060 2")
	wantStats(t, e, Stats{Produced: 3, Accepted: 1, Dropped: 2})
}

func TestWithStartPoints_NotOfSelfMetrics(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithStartPoints())
	mustExport(t, e, metricsOf(counter("n", started(1))))
	points := map[string]int{}
	for _, p := range srv.Take() {
		points[p.Metric]++
	}
	for metric, n := range points {
		if want := map[bool]int{true: 2, false: 1}[metric == "n"]; n != want {
			t.Errorf("%d points of %s, want %d", n, metric, want)
		}
	}
}
