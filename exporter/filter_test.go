// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// The filter applies to the attributes of data points only, by their keys before
// sanitizing.
func TestWithAttributeFilter_AppliesToDataPointsOnly(t *testing.T) {
	text := attribute.String
	res := []attribute.KeyValue{text("service.name", "shop"), text("user.id", "resource")}
	point := []attribute.KeyValue{text("http.route", "/cart"), attribute.Int("user.id", 7), text("host", "point")}
	for name, c := range map[string]struct {
		filter  attribute.Filter
		options []Option
		want    string
	}{
		"none":       {nil, nil, "host=point, http_route=/cart, service_name=shop, user_id=7"},
		"allow":      {attribute.NewAllowKeysFilter("http.route", "host"), nil, "host=point, http_route=/cart, service_name=shop"},
		"deny":       {attribute.NewDenyKeysFilter("user.id"), nil, "host=point, http_route=/cart, service_name=shop"},
		"by value":   {func(kv attribute.KeyValue) bool { return kv.Value.Type() == attribute.STRING }, nil, "host=point, http_route=/cart, service_name=shop"},
		"sanitized":  {attribute.NewDenyKeysFilter("user_id"), nil, "host=point, http_route=/cart, service_name=shop, user_id=7"},
		"everything": {attribute.NewAllowKeysFilter(), []Option{WithoutHostTag()}, "service_name=shop"},
		"what is below comes up": {
			attribute.NewAllowKeysFilter(),
			[]Option{WithTags(map[string]string{"host": "exporter", "http.route": "exporter"}), WithResourceAttributes(nil)},
			"host=exporter, http_route=exporter, service_name=shop, user_id=resource",
		},
		"not of other sources": {
			attribute.NewDenyKeysFilter("service.name", "env"),
			[]Option{WithTags(map[string]string{"env": "test"})},
			"env=test, host=point, http_route=/cart, service_name=shop, user_id=7",
		},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tagsOfPoint(t, res, point, append(c.options, WithAttributeFilter(c.filter))...); got != c.want {
				t.Errorf("tags %s, want %s", got, c.want)
			}
		})
	}
}

// eachKind returns one data point of each kind of aggregation with the given attributes.
func eachKind(attributes ...attribute.KeyValue) *metricdata.ResourceMetrics {
	set := attribute.NewSet(attributes...)
	return metricsOf(
		counter("sum", metricdata.DataPoint[int64]{Attributes: set, Time: at()}),
		gauge("gauge", metricdata.DataPoint[float64]{Attributes: set, Time: at()}),
		metricOf("histogram", metricdata.Histogram[float64]{DataPoints: []metricdata.HistogramDataPoint[float64]{{Attributes: set, Time: at(), Bounds: []float64{1}, BucketCounts: []uint64{1, 0}}}}),
		metricOf("exponential", metricdata.ExponentialHistogram[int64]{DataPoints: []metricdata.ExponentialHistogramDataPoint[int64]{{Attributes: set, Time: at()}}}),
		metricOf("summary", metricdata.Summary{DataPoints: []metricdata.SummaryDataPoint{{Attributes: set, Time: at(), QuantileValues: []metricdata.QuantileValue{{Quantile: 0.5, Value: 1}}}}}),
	)
}

// A data point with more attributes than a point can have tags is rejected, unless a filter
// removes some.
func TestWithAttributeFilter_MakesRoomForTags(t *testing.T) {
	var many []attribute.KeyValue
	for i := range 30 {
		many = append(many, attribute.Int(fmt.Sprintf("k%02d", i), i))
	}
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	if err := e.Export(t.Context(), eachKind(many...)); err == nil || !strings.Contains(err.Error(), "at most 25 tags") || srv.Total() != 0 {
		t.Errorf("without a filter %d points arrive: %v", srv.Total(), err)
	}
	e = newExporter(t, toServer(srv), WithoutSelfMetrics(), WithAttributeFilter(func(kv attribute.KeyValue) bool { return kv.Key < "k20" }))
	for i := range 3 {
		mustExport(t, e, eachKind(many...))
		got := srv.Take()
		if len(got) != 11 || len(got[0].Tags) != 22 {
			t.Errorf("%d points of %d tags arrive", len(got), len(got[0].Tags))
		}
		wantStats(t, e, Stats{Produced: uint64(11 * (i + 1)), Accepted: uint64(11 * (i + 1)), Filtered: uint64(5 * (i + 1))})
	}
}

// The filter is called when a data point is new, and not while it is cached. Data points
// with removed attributes are counted each time.
func TestWithAttributeFilter_IsCalledOncePerSeries(t *testing.T) {
	for name, c := range map[string]struct {
		cache int64
		asked int64 // calls of the filter in three Exports of five points with two attributes
	}{
		"remembered":     {1 << 20, 10},
		"not remembered": {0, 30},
	} {
		t.Run(name, func(t *testing.T) {
			srv := memoryServer(t)
			var asked atomic.Int64
			e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithCacheBytes(c.cache), WithAttributeFilter(func(kv attribute.KeyValue) bool {
				asked.Add(1)
				return kv.Key != "b"
			}))
			for range 3 {
				mustExport(t, e, eachKind(attribute.Int("a", 1), attribute.Int("b", 2)))
			}
			if asked.Load() != c.asked {
				t.Errorf("asked %d times, want %d", asked.Load(), c.asked)
			}
			if got := e.Stats().Filtered; got != 15 {
				t.Errorf("%d data points have lost attributes, want 15", got)
			}
		})
	}
}

// Data points that differ only in removed attributes collide: the first is sent, and the
// errors of the others name the filter.
func TestWithAttributeFilter_DataPointsCollide(t *testing.T) {
	for name, c := range map[string]struct {
		rm       *metricdata.ResourceMetrics
		arrived  []string
		rejected uint64
		who      string
	}{
		"of one instrument": {
			metricsOf(counter("n", number(int64(1), k("v"), attribute.Int("id", 1)), number(int64(2), k("v"), attribute.Int("id", 2)), number(int64(3), k("w"), attribute.Int("id", 3)))),
			[]string{"n{host=web1, k=v, service_name=shop} 1700000000 1", "n{host=web1, k=w, service_name=shop} 1700000000 3"},
			1,
			`two points of "n" (scope "")`,
		},
		"the first has lost some": {
			metricsOf(counter("n", number(int64(1), k("v"), attribute.Int("id", 1)), number(int64(2), k("v")))),
			[]string{"n{host=web1, k=v, service_name=shop} 1700000000 1"},
			1, `two points of "n" (scope "")`,
		},
		"the second has lost some": {
			metricsOf(counter("n", number(int64(1), k("v")), number(int64(2), k("v"), attribute.Int("id", 1)))),
			[]string{"n{host=web1, k=v, service_name=shop} 1700000000 1"},
			1, `two points of "n" (scope "")`,
		},
		"of two instruments": {
			metricsOf(counter("a.b", number(int64(1), k("v"), attribute.Int("id", 1))), counter("a_b", number(int64(2), k("v")))),
			[]string{"a_b{host=web1, k=v, service_name=shop} 1700000000 1"},
			1, `"a.b" (scope "") and "a_b" (scope "")`,
		},
		"histograms": {
			metricsOf(metricOf("h", metricdata.Histogram[int64]{DataPoints: []metricdata.HistogramDataPoint[int64]{
				{Attributes: attribute.NewSet(attribute.Int("id", 1)), Time: at(), Count: 1}, {Attributes: attribute.NewSet(attribute.Int("id", 2)), Time: at(), Count: 2},
			}})),
			[]string{"h_count{host=web1, service_name=shop} 1700000000 1", "h_bucket{host=web1, le=+Inf, service_name=shop} 1700000000 1", "h_sum{host=web1, service_name=shop} 1700000000 0"},
			3,
			`two points of "h" (scope "")`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			srv := memoryServer(t)
			e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithAttributeFilter(attribute.NewDenyKeysFilter("id")))
			err := e.Export(t.Context(), c.rm)
			wantArrived(t, srv, c.arrived...)
			which := "the first is sent"
			if strings.Contains(c.who, " and ") {
				which = "only the former is sent"
			}
			want := c.who + " render to one series and timestamp, without the attributes that the attribute filter leaves out: " + which
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("error %v, want %s", err, want)
			}
			mustExport(t, e, c.rm) // the series is cached now
			if got := e.Stats(); got.Rejected != 2*c.rejected {
				t.Errorf("%d points are rejected, want %d", got.Rejected, 2*c.rejected)
			}
		})
	}
}

// The error of a collision that a filter did not cause does not mention the filter.
func TestWithAttributeFilter_OtherCollisionsDoNotNameIt(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithAttributeFilter(attribute.NewDenyKeysFilter("id")))
	err := e.Export(t.Context(), metricsOf(counter("n", number(int64(1), k("v")), number(int64(2), k("v"))), counter("other", number(int64(1), attribute.Int("id", 1)))))
	if err == nil || strings.Contains(err.Error(), "filter") {
		t.Errorf("error %v, want none about the filter", err)
	}
}

// The attribute with which the SDK marks measurements beyond its cardinality limit is never
// removed.
func TestWithAttributeFilter_KeepsTheOverflowAttribute(t *testing.T) {
	overflow := attribute.Bool("otel.metric.overflow", true)
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithAttributeFilter(attribute.NewAllowKeysFilter()))
	mustExport(t, e, metricsOf(counter("n", number(int64(5), overflow), number(int64(1), k("v")))))
	wantArrived(t, srv, "n{host=web1, otel_metric_overflow=true, service_name=shop} 1700000000 5", "n{host=web1, service_name=shop} 1700000000 1")
	wantStats(t, e, Stats{Produced: 2, Accepted: 2, Overflowed: 1, Filtered: 1})
}

// With a filter, the self metrics of each resource include apptuit.reporter.filtered.
func TestWithAttributeFilter_SelfMetric(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), WithAttributeFilter(attribute.NewDenyKeysFilter("k")))
		for _, want := range []string{"0", "5", "10"} {
			rm := eachKind(k("v"), attribute.Int("other", 1))
			mustExport(t, e, rm)
			var got []string
			for _, p := range srv.Take() {
				if p.Metric == "apptuit_reporter_filtered" {
					got = append(got, p.Value.String())
				}
			}
			if diff := cmp.Diff([]string{want}, got); diff != "" {
				t.Errorf("apptuit.reporter.filtered (-want +got):\n%s", diff)
			}
			time.Sleep(time.Minute)
		}
	})
}

// Concurrent Exports, each with its own cache, count each filtered data point.
func TestWithAttributeFilter_ConcurrentExports(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithAttributeFilter(attribute.NewDenyKeysFilter("id")))
	var wg sync.WaitGroup
	const exports, each = 8, 20
	for i := range exports {
		wg.Go(func() {
			for range each {
				mustExport(t, e, metricsOf(counter("n", number(int64(i), attribute.Int("i", i), attribute.Int("id", i)), number(int64(i), attribute.Int("other", i)))))
			}
		})
	}
	wg.Wait()
	if got := e.Stats().Filtered; got != exports*each {
		t.Errorf("%d data points have lost attributes, want %d", got, exports*each)
	}
}

// A warm Export with a filter allocates no more than a warm Export without one.
func TestWithAttributeFilter_Allocations(t *testing.T) {
	const n = 2000
	rm := metricsOf(counter("n", slices.Collect(func(yield func(metricdata.DataPoint[int64]) bool) {
		for i := range n {
			if !yield(number(int64(i), attribute.Int("i", i), attribute.String("user", "x"))) {
				return
			}
		}
	})...))
	warm := func(opts ...Option) float64 {
		e := newExporter(t, append(opts, toSink())...)
		mustExport(t, e, rm)
		// Other goroutines may allocate at the same time, so the smallest measurement counts.
		least := math.Inf(1)
		for range 5 {
			least = min(least, testing.AllocsPerRun(5, func() { mustExport(t, e, rm) })/n)
		}
		return least
	}
	with, without := warm(WithAttributeFilter(attribute.NewDenyKeysFilter("user"))), warm()
	if with > without+0.01 || with > 0.1 {
		t.Errorf("%.3f allocations a point, %.3f without a filter", with, without)
	}
}
