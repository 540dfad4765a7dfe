// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// The history that is queried: ten minutes, in ticks of 15 s.
const (
	tick  = 15 * time.Second
	ticks = 40
)

// route has the requests of one route of a web service.
type route struct {
	method, path string
	// requests says how many come in the tick before time i.
	requests func(i int) int64
	// durations says how many of them fall into each bucket.
	durations func(i int) []uint64
	// restart is the tick at which its counters start from 0 again, if any.
	restart int
}

var bounds = []float64{0.1, 0.2, 0.4, 0.8}

func routes() []route {
	return []route{
		{"GET", "/steady", func(int) int64 { return 30 }, func(int) []uint64 { return []uint64{40, 30, 15, 10, 5} }, 0},
		{"GET", "/growing", func(i int) int64 { return int64(i * i) }, func(i int) []uint64 {
			return []uint64{uint64(i), 3, uint64(2 * i), 7, uint64(i % 5)}
		}, 0},
		{"POST", "/restarted", func(i int) int64 { return int64(100 + i%3) }, func(i int) []uint64 {
			return []uint64{1, uint64(i % 7), 1, 4, 9}
		}, 25},
	}
}

// web returns a collection of a web service.
func web(metrics ...metricdata.Metrics) *metricdata.ResourceMetrics {
	return &metricdata.ResourceMetrics{
		Resource:     resource.NewSchemaless(attribute.String("service.name", "web"), attribute.String("host.name", "h1")),
		ScopeMetrics: []metricdata.ScopeMetrics{{Metrics: metrics}},
	}
}

func cumulative(points []metricdata.DataPoint[int64]) metricdata.Sum[int64] {
	return metricdata.Sum[int64]{DataPoints: points, Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}
}

func cumulativeHistogram[N int64 | float64](points []metricdata.HistogramDataPoint[N]) metricdata.Histogram[N] {
	return metricdata.Histogram[N]{DataPoints: points, Temporality: metricdata.CumulativeTemporality}
}

// exportHistory exports the history from start on, with one collection per tick.
func exportHistory(t *testing.T, endpoint string, start time.Time) {
	t.Helper()
	exp := newExporter(t, endpoint, exporter.WithoutSelfMetrics())
	ctx := within(t, 30*time.Second)
	all := routes()
	requests := make([]int64, len(all))
	durations := make([][]uint64, len(all))
	for i := range ticks + 1 {
		at := start.Add(time.Duration(i)*tick + 999*time.Millisecond) // sent as whole seconds
		var sums []metricdata.DataPoint[int64]
		var histograms []metricdata.HistogramDataPoint[float64]
		for j, r := range all {
			if i == 0 || i == r.restart {
				requests[j], durations[j] = 0, make([]uint64, len(bounds)+1)
			}
			requests[j] += r.requests(i)
			count := uint64(0)
			for k, n := range r.durations(i) {
				durations[j][k] += n
			}
			for _, n := range durations[j] {
				count += n
			}
			attributes := attribute.NewSet(attribute.String("http.method", r.method), attribute.String("http.route", r.path))
			sums = append(sums, metricdata.DataPoint[int64]{Attributes: attributes, Time: at, Value: requests[j]})
			histograms = append(histograms, metricdata.HistogramDataPoint[float64]{
				Attributes: attributes, Time: at, Count: count, Sum: float64(count) / 4, Bounds: bounds, BucketCounts: durations[j],
			})
		}
		if err := exp.Export(ctx, web(
			metricdata.Metrics{Name: "http.server.requests", Data: cumulative(sums)},
			metricdata.Metrics{Name: "http.server.duration", Data: cumulativeHistogram(histograms)},
		)); err != nil {
			t.Fatal(err)
		}
	}
	if err := exp.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// requestRate returns the number of requests per second in the minute before tick i.
func (r route) requestRate(i int) float64 {
	sum := int64(0)
	for j := i - 3; j <= i; j++ {
		sum += r.requests(j)
	}
	return float64(sum) / 60
}

// observed returns the number of requests of each bucket in the five minutes before tick i.
func (r route) observed(i int) []float64 {
	sums := make([]float64, len(bounds)+1)
	for j := i - 19; j <= i; j++ {
		for k, n := range r.durations(j) {
			sums[k] += float64(n)
		}
	}
	return sums
}

// quantile interpolates as Prometheus documents histogram_quantile: linearly
// within a bucket, from 0 in the first one, and never beyond the last bound.
func quantile(q float64, counts []float64) float64 {
	total := 0.0
	for _, n := range counts {
		total += n
	}
	rank, lower := q*total, 0.0
	for k, bound := range bounds {
		if rank <= counts[k] {
			return lower + (bound-lower)*rank/counts[k]
		}
		rank -= counts[k]
		lower = bound
	}
	return lower
}

// The queries are for the second half of the history.
func TestExport_HistoryForPromQL(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t)
	start := time.Now().Add(-ticks * tick).Truncate(tick).Add(-tick)
	exportHistory(t, v.Endpoint(), start)
	all := routes()

	// f compares the answers from the middle to the end of the history with the measurements.
	f := func(query string, expect func(i int, add func(labels string, value float64))) {
		t.Helper()
		var want []servers.Point
		for i := ticks / 2; i <= ticks; i++ {
			at := start.Add(time.Duration(i) * tick)
			expect(i, func(labels string, value float64) {
				tags := map[string]string{}
				for l := range strings.FieldsSeq(labels) {
					k, v, _ := strings.Cut(l, "=")
					tags[k] = v
				}
				want = append(want, servers.Point{Tags: tags, Time: millis(at), Value: value})
			})
		}
		got := v.QueryRange(t, query, start.Add(ticks/2*tick), start.Add(ticks*tick), tick)
		if diff := servers.Diff(want, got, servers.VictoriaMetricsTolerance); diff != "" {
			t.Errorf("%s: %s", query, diff)
		}
	}
	labels := func(r route) string {
		return "host=h1 service_name=web http_method=" + r.method + " http_route=" + r.path
	}

	f(`rate(http_server_requests[1m])`, func(i int, add func(string, float64)) {
		for _, r := range all {
			add(labels(r), r.requestRate(i))
		}
	})
	f(`sum by (http_method) (rate(http_server_requests[1m]))`, func(i int, add func(string, float64)) {
		add("http_method=GET", all[0].requestRate(i)+all[1].requestRate(i))
		add("http_method=POST", all[2].requestRate(i))
	})
	f(`sum(rate(http_server_requests{http_route=~"/.*ed|/growing"}[1m]))`, func(i int, add func(string, float64)) {
		add("", all[1].requestRate(i)+all[2].requestRate(i))
	})
	f(`histogram_quantile(0.9, rate(http_server_duration_bucket[5m]))`, func(i int, add func(string, float64)) {
		for _, r := range all {
			add(labels(r), quantile(0.9, r.observed(i)))
		}
	})
	f(`histogram_quantile(0.5, sum by (le, http_method) (rate(http_server_duration_bucket[5m])))`, func(i int, add func(string, float64)) {
		get, more := all[0].observed(i), all[1].observed(i)
		for k := range get {
			get[k] += more[k]
		}
		add("http_method=GET", quantile(0.5, get))
		add("http_method=POST", quantile(0.5, all[2].observed(i)))
	})
	f(`sum by (http_route) (rate(http_server_duration_sum[5m])) / sum by (http_route) (rate(http_server_duration_count[5m]))`,
		func(_ int, add func(string, float64)) {
			for _, r := range all {
				add("http_route="+r.path, 0.25)
			}
		})

	// The steady route's distribution is easy by hand: of each 100 requests 85
	// are at or below 0.4 s and 95 at or below 0.8 s, so that the 90th is half way.
	now := v.Query(t, `histogram_quantile(0.9, rate(http_server_duration_bucket{http_route="/steady"}[5m]))`, start.Add(ticks*tick))
	want := []servers.Point{{
		Tags: map[string]string{"host": "h1", "service_name": "web", "http_method": "GET", "http_route": "/steady"},
		Time: millis(start.Add(ticks * tick)), Value: 0.6,
	}}
	if diff := servers.Diff(want, now, servers.VictoriaMetricsTolerance); diff != "" {
		t.Errorf("instant query: %s", diff)
	}
}
