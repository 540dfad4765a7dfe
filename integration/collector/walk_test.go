// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap/zapcore"

	"github.com/apptuitai/apptuit-go/internal/convert"
)

func TestPush_Numbers(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	ms := from(md)
	gauge(ms, "room.temperature", -21.5, "room", "kitchen")
	sum := ms.AppendEmpty()
	sum.SetName("requests")
	sum.SetEmptySum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
	dp := sum.Sum().DataPoints().AppendEmpty()
	dp.SetIntValue(math.MaxInt64)
	dp.SetTimestamp(second(now) + 999_999_999)
	dp.Exemplars().AppendEmpty().SetIntValue(7)
	dp = sum.Sum().DataPoints().AppendEmpty()
	dp.SetDoubleValue(2)
	dp.SetTimestamp(second(now + 1))
	none := sum.Sum().DataPoints().AppendEmpty() // neither integer nor float
	none.SetTimestamp(second(now + 2))
	stale := gauge(ms, "stale", 5)
	stale.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
	ms.AppendEmpty().SetName("without a type")
	r.mustPush(md)
	r.want(
		"room_temperature{room=kitchen, service_name=shop} 1700000000 -21.5",
		"requests{service_name=shop} 1700000000 9223372036854775807",
		"requests{service_name=shop} 1700000001 2.0",
	)
	if got, want := r.tally(t), (tally{Accepted: 3}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestPush_Histograms(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	m := from(md).AppendEmpty()
	m.SetName("duration")
	points := m.SetEmptyHistogram().DataPoints()
	full := points.AppendEmpty()
	full.SetTimestamp(second(now))
	full.SetCount(6)
	full.SetSum(21.5)
	full.SetMin(0.5)
	full.SetMax(12)
	full.ExplicitBounds().FromRaw([]float64{1, 10})
	full.BucketCounts().FromRaw([]uint64{1, 2, 3})
	bare := points.AppendEmpty() // no sum, min, max or buckets
	bare.SetTimestamp(second(now))
	bare.SetCount(7)
	putAttributes(bare.Attributes(), "bare", true)
	negative := points.AppendEmpty() // a sum that is not a number was not recorded
	negative.SetTimestamp(second(now))
	negative.SetSum(math.NaN())
	putAttributes(negative.Attributes(), "nan", 1)
	stale := points.AppendEmpty()
	stale.SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
	r.mustPush(md)
	r.want(
		"duration_bucket{bare=true, le=+Inf, service_name=shop} 1700000000 7",
		"duration_bucket{le=+Inf, nan=1, service_name=shop} 1700000000 0",
		"duration_bucket{le=1, service_name=shop} 1700000000 1",
		"duration_bucket{le=10, service_name=shop} 1700000000 3",
		"duration_bucket{le=+Inf, service_name=shop} 1700000000 6",
		"duration_count{service_name=shop} 1700000000 6",
		"duration_sum{service_name=shop} 1700000000 21.5",
		"duration_min{service_name=shop} 1700000000 0.5",
		"duration_max{service_name=shop} 1700000000 12.0",
		"duration_count{bare=true, service_name=shop} 1700000000 7",
		"duration_count{nan=1, service_name=shop} 1700000000 0",
	)
}

func TestPush_ExponentialHistograms(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	m := from(md).AppendEmpty()
	m.SetName("latency")
	dp := m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
	dp.SetTimestamp(second(now))
	dp.SetScale(0)
	dp.SetCount(3)
	dp.SetZeroCount(1)
	dp.SetZeroThreshold(0.25)
	dp.Positive().SetOffset(1) // (2, 4]
	dp.Positive().BucketCounts().FromRaw([]uint64{1})
	dp.Negative().SetOffset(0) // [-2, -1)
	dp.Negative().BucketCounts().FromRaw([]uint64{1})
	dp.SetMax(3)
	r.mustPush(md)
	r.want(
		"latency{quantile=0.5, service_name=shop} 1700000000 0.0",
		"latency{quantile=0.75, service_name=shop} 1700000000 2.37841423", // 2^1.25
		fmt.Sprintf("latency{quantile=0.95, service_name=shop} 1700000000 %v", 3.0)+".0",
		"latency{quantile=0.99, service_name=shop} 1700000000 3.0",
		"latency{quantile=0.999, service_name=shop} 1700000000 3.0",
		"latency_count{service_name=shop} 1700000000 3",
		"latency_max{service_name=shop} 1700000000 3.0",
	)
}

func TestPush_HistogramsAsQuantilesOrBoth(t *testing.T) {
	r := newRig(t, func(cfg *Config) { cfg.Histograms, cfg.Quantiles = "both", []float64{0.5} })
	md := pmetric.NewMetrics()
	ms := from(md)
	m := ms.AppendEmpty()
	m.SetName("duration")
	dp := m.SetEmptyHistogram().DataPoints().AppendEmpty()
	dp.SetTimestamp(second(now))
	dp.SetCount(4)
	dp.ExplicitBounds().FromRaw([]float64{1, 10})
	dp.BucketCounts().FromRaw([]uint64{2, 2, 0})
	m = ms.AppendEmpty()
	m.SetName("latency")
	edp := m.SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
	edp.SetTimestamp(second(now))
	edp.SetCount(1)
	edp.SetMin(3)
	edp.SetMax(3)
	edp.Positive().SetOffset(1) // (2, 4]
	edp.Positive().BucketCounts().FromRaw([]uint64{1})
	r.mustPush(md)
	r.want(
		"duration_count{service_name=shop} 1700000000 4",
		"duration_bucket{le=1, service_name=shop} 1700000000 2",
		"duration_bucket{le=10, service_name=shop} 1700000000 4",
		"duration_bucket{le=+Inf, service_name=shop} 1700000000 4",
		"duration{quantile=0.5, service_name=shop} 1700000000 1.0",
		"latency_count{service_name=shop} 1700000000 1",
		"latency_min{service_name=shop} 1700000000 3.0",
		"latency_max{service_name=shop} 1700000000 3.0",
		"latency_bucket{le=2, service_name=shop} 1700000000 0",
		"latency_bucket{le=4, service_name=shop} 1700000000 1",
		"latency_bucket{le=+Inf, service_name=shop} 1700000000 1",
		"latency{quantile=0.5, service_name=shop} 1700000000 3.0",
	)
}

func TestPush_Summaries(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	m := from(md).AppendEmpty()
	m.SetName("rpc.duration")
	dp := m.SetEmptySummary().DataPoints().AppendEmpty()
	dp.SetTimestamp(second(now))
	dp.SetCount(9)
	dp.SetSum(4.5)
	for q, v := range map[float64]float64{0.5: 0.25, 0.99: math.NaN()} {
		at := dp.QuantileValues().AppendEmpty()
		at.SetQuantile(q)
		at.SetValue(v)
	}
	r.mustPush(md)
	r.want(
		"rpc_duration{quantile=0.5, service_name=shop} 1700000000 0.25",
		"rpc_duration_count{service_name=shop} 1700000000 9",
		"rpc_duration_sum{service_name=shop} 1700000000 4.5",
	)
}

func TestPush_Timestamps(t *testing.T) {
	for _, tt := range []struct {
		in           pcommon.Timestamp
		milliseconds bool
		want         int64
	}{
		{second(now) + 999_999_999, false, now},
		{second(now) + 999_999_999, true, now*1000 + 999},
		{0, false, 0},
		{999_999_999, false, 0},
		{999_999_999, true, 999},
		{second(9_999_999_999), false, 9_999_999_999},
		{second(10_000_000_000), false, 0},
		{math.MaxInt64, true, 9_223_372_036_854},
		{math.MaxInt64 + 1, true, 9_223_372_036_854},
		{math.MaxUint64, true, 0},
	} {
		if got := convert.ResolutionOf(tt.milliseconds).Timestamp(nanoseconds(tt.in)); got != tt.want {
			t.Errorf("timestamp(%d, %v) = %d, want %d", uint64(tt.in), tt.milliseconds, got, tt.want)
		}
	}
}

// The sources of tags are, highest priority first: the data point, the scope, the configuration,
// the resource, the host.
func TestPush_PrecedenceOfTags(t *testing.T) {
	r := newRig(t, func(cfg *Config) {
		cfg.Prefix = "apr."
		cfg.Tags = map[string]string{"a": "config", "b": "config", "otel.scope.name": "config", "service.namespace": ""}
		cfg.ResourceAttributes.Excluded = []string{"process.*"}
	})
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	putAttributes(rm.Resource().Attributes(), "a", "resource", "b", "resource", "c", "resource", "process.pid", 1, "service.namespace", "n", "host.name", "web1")
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName("cart")
	sm.Scope().SetVersion("1.2")
	gauge(sm.Metrics(), "m", 1, "a", "point")
	r.mustPush(md)
	r.want("apr_m{a=point, b=config, c=resource, host=web1, host_name=web1, otel_scope_name=cart, otel_scope_version=1.2} 1700000000 1.0")
}

// The first point of a bucket has the value and time of the data point before, also if a push has
// several data points of a series, and again if the push is repeated.
func TestPush_SparseBuckets(t *testing.T) {
	r := newRig(t, func(cfg *Config) { cfg.SparseBuckets = true })
	histogram := func(temporality pmetric.AggregationTemporality, points ...[]uint64) pmetric.Metrics {
		md := pmetric.NewMetrics()
		m := from(md).AppendEmpty()
		m.SetName("h")
		m.SetEmptyHistogram().SetAggregationTemporality(temporality)
		for i, counts := range points {
			dp := m.Histogram().DataPoints().AppendEmpty()
			dp.SetTimestamp(second(now + int64(10*i)))
			dp.ExplicitBounds().FromRaw([]float64{1, 2, 4})
			dp.BucketCounts().FromRaw(counts)
			dp.SetCount(counts[0] + counts[1] + counts[2] + counts[3])
		}
		return md
	}
	buckets := func(md pmetric.Metrics) (got []string) {
		r.mustPush(md)
		for _, p := range r.srv.Take() {
			if p.Metric == "h_bucket" {
				got = append(got, fmt.Sprintf("%s %v @%s", p.Tags["le"], p.Value, p.Timestamp))
			}
		}
		return got
	}
	cumulative := histogram(pmetric.AggregationTemporalityCumulative, []uint64{0, 3, 0, 0}, []uint64{0, 3, 0, 1})
	want := []string{"1 0 @1700000000", "2 3 @1700000000", "+Inf 3 @1700000000", "4 3 @1700000000", "1 0 @1700000010", "2 3 @1700000010", "4 3 @1700000010", "+Inf 4 @1700000010"}
	if diff := cmp.Diff(want, buckets(cumulative)); diff != "" {
		t.Errorf("buckets (-want +got):\n%s", diff)
	}
	for _, b := range want {
		if !slices.Contains(buckets(cumulative), b) {
			t.Errorf("%s is not pushed again", b)
		}
	}
	delta := buckets(histogram(pmetric.AggregationTemporalityDelta, []uint64{0, 3, 0, 0}))
	if len(delta) != 4 {
		t.Errorf("of a delta there are %v, want all buckets", delta)
	}
}

// The SDK for Go has no sum of histograms of gauges and up-down counters. Its OTLP exporter
// sends 0 for it.
func TestPush_OmitsSumThatIsNotRecorded(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	ms := from(md)
	for i, extremes := range [][2]float64{{2, 3}, {-3, 3}, {0, 0}} {
		m := ms.AppendEmpty()
		m.SetName(fmt.Sprint("h", i))
		dp := m.SetEmptyHistogram().DataPoints().AppendEmpty()
		dp.SetTimestamp(second(now))
		dp.SetCount(5)
		dp.SetSum(0)
		dp.SetMin(extremes[0])
		dp.SetMax(extremes[1])
	}
	r.mustPush(md)
	var sums []string
	for _, p := range r.srv.Take() {
		if strings.HasSuffix(p.Metric, "_sum") {
			sums = append(sums, p.Metric)
		}
	}
	if want := []string{"h1_sum", "h2_sum"}; !slices.Equal(sums, want) {
		t.Errorf("sums %q, want %q", sums, want)
	}
}

// If one scope has a gauge and another has a histogram of the same name, the colliding series is
// sent once, from the first push on.
func TestPush_CollisionOfScopes(t *testing.T) {
	r := newRig(t, func(cfg *Config) { cfg.ScopeTags = false })
	md := pmetric.NewMetrics()
	rm := md.ResourceMetrics().AppendEmpty()
	putAttributes(rm.Resource().Attributes(), "service.name", "shop")
	m := rm.ScopeMetrics().AppendEmpty().Metrics().AppendEmpty()
	m.SetName("h")
	dp := m.SetEmptyHistogram().DataPoints().AppendEmpty()
	dp.SetTimestamp(second(now))
	dp.SetCount(5)
	sm := rm.ScopeMetrics().AppendEmpty()
	sm.Scope().SetName("another")
	gauge(sm.Metrics(), "h.count", 6)
	r.mustPush(md)
	r.want("h_count{service_name=shop} 1700000000 5", "h_bucket{le=+Inf, service_name=shop} 1700000000 5")
	logged := r.lines(zapcore.WarnLevel)
	if len(logged) != 1 {
		t.Fatalf("logged %q", logged)
	}
	contains(t, logged[0], `"h"`, `"h.count" (scope "another")`)
}

// The name of the Collector's host does not become the tag host.
func TestPush_HostTagFromResourceOnly(t *testing.T) {
	for _, tt := range []struct {
		name       string
		change     func(*Config)
		attributes []any
		want       string
	}{
		{"none", nil, []any{"service.name", "shop"}, "service_name=shop"},
		{"of the resource", nil, []any{"host.name", "web1"}, "host=web1"},
		{"empty", nil, []any{"host.name", "", "service.name", "shop"}, "service_name=shop"},
		{"off", func(cfg *Config) { cfg.HostTag = false }, []any{"host.name", "web1", "service.name", "shop"}, "host_name=web1, service_name=shop"},
		{"configured", func(cfg *Config) { cfg.Tags = map[string]string{"host": "x"} }, []any{"host.name", "web1"}, "host=x, host_name=web1"},
		{"hidden", func(cfg *Config) { cfg.Tags = map[string]string{"host": "", "k": "v"} }, []any{"host.name", "web1"}, "host_name=web1, k=v"},
		{"an attribute", nil, []any{"host", "x", "host.name", "web1"}, "host=x, host_name=web1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, tt.change)
			md := pmetric.NewMetrics()
			gauge(from(md, tt.attributes...), "m", 1)
			r.mustPush(md)
			r.want("m{" + tt.want + "} 1700000000 1.0")
		})
	}
}

func TestPush_AttributesBecomeText(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	ms := from(md)
	gauge(ms, "m", 1, "b", 1, "a", []any{"x", nil, 2.5, map[string]any{"z": []byte("hi"), "y": true}})
	gauge(ms, "n", 2, "map", map[string]any{}, "bytes", []byte("hi"), "nothing", nil)
	r.mustPush(md)
	r.want(
		`m{a=["x",null,2.5,{"y":true,"z":"aGk="}], b=1, service_name=shop} 1700000000 1.0`,
		`n{bytes=aGk=, map={}, service_name=shop} 1700000000 2.0`,
	)
}

// A second push finds the series of the first one, whatever the order of data points and
// attributes.
func TestPush_OrderDoesNotMatter(t *testing.T) {
	r := newRig(t, nil)
	var first int64
	for i := range 3 {
		md := pmetric.NewMetrics()
		ms := from(md)
		attributes := []any{"a", "1", "b", "2"}
		if i == 1 {
			attributes = []any{"b", "2", "a", "1"}
		}
		gauge(ms, "m", float64(i), attributes...)
		r.mustPush(md)
		r.want(fmt.Sprintf("m{a=1, b=2, service_name=shop} 1700000000 %d.0", i))
		if used := r.e.pool.Used(); i == 0 {
			first = used
		} else if used != first {
			t.Errorf("push %d: %d bytes are kept, %d after the first push", i, used, first)
		}
	}
}

func TestPush_KeepsResourcesApart(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	for i := range 200 {
		gauge(from(md, "service.instance.id", fmt.Sprint(i)), "m", float64(i))
	}
	r.mustPush(md)
	var want []string
	for i := range 200 {
		want = append(want, fmt.Sprintf("m{service_instance_id=%d} 1700000000 %d.0", i, i))
	}
	r.want(want...)
}

func TestPush_DeflateAndMilliseconds(t *testing.T) {
	r := newRig(t, func(cfg *Config) {
		cfg.ClientConfig.Compression = "deflate"
		cfg.TimestampResolution = "ms"
	})
	md := pmetric.NewMetrics()
	gauge(from(md), "m", 1)
	r.mustPush(md)
	if e := r.srv.Requests()[0].Encoding; e != "deflate" {
		t.Errorf("encoding %q", e)
	}
	r.want("m{service_name=shop} 1700000000000 1.0")
}

// Data points of a series within one second get different timestamps, in one push and in two.
// If a push is repeated, they get the same timestamps again.
func TestPush_TimestampsWithinOneSecond(t *testing.T) {
	r := newRig(t, nil)
	push := func(milliseconds ...uint64) {
		md := pmetric.NewMetrics()
		sum := from(md).AppendEmpty()
		sum.SetName("requests")
		sum.SetEmptySum().SetAggregationTemporality(pmetric.AggregationTemporalityDelta)
		for i, ms := range milliseconds {
			dp := sum.Sum().DataPoints().AppendEmpty()
			dp.SetIntValue(int64(i))
			dp.SetTimestamp(second(now) + pcommon.Timestamp(ms*1e6))
		}
		r.mustPush(md)
	}
	point := func(second, value int) string {
		return fmt.Sprintf("requests{service_name=shop} %d %d", now+second, value)
	}
	push(100, 400, 1200)
	r.want(point(0, 0), point(1, 1), point(2, 2))
	push(1300)
	r.want(point(3, 0))
	push(1300)
	r.want(point(3, 0))
}
