// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"math"
	"testing"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap/zapcore"
)

func TestNumbers(t *testing.T) {
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

func TestHistograms(t *testing.T) {
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

func TestExponentialHistograms(t *testing.T) {
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

func TestHistogramsInOtherForms(t *testing.T) {
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

func TestSummaries(t *testing.T) {
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

func TestTimestamps(t *testing.T) {
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
		if got := timestamp(tt.in, tt.milliseconds); got != tt.want {
			t.Errorf("timestamp(%d, %v) = %d, want %d", uint64(tt.in), tt.milliseconds, got, tt.want)
		}
	}
}

// Tags come from the point, the scope, the configuration, the resource and the
// host, the highest first.
func TestPrecedence(t *testing.T) {
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

// A name that is a gauge's in one scope and a histogram's in another is sent
// once, from the first push on.
func TestCollision(t *testing.T) {
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
	r.want("h_count{service_name=shop} 1700000000 5")
	logged := r.lines(zapcore.WarnLevel)
	if len(logged) != 1 {
		t.Fatalf("logged %q", logged)
	}
	contains(t, logged[0], `"h"`, `"h.count" (scope "another")`)
}

// Only host.name of the resource makes the host tag: a Collector's own host says
// nothing.
func TestHostTag(t *testing.T) {
	for _, tt := range []struct {
		name       string
		change     func(*Config)
		attributes []any
		want       string
	}{
		{"none", nil, []any{"service.name", "shop"}, "service_name=shop"},
		{"of the resource", nil, []any{"host.name", "web1"}, "host=web1"},
		{"empty", nil, []any{"host.name", "", "service.name", "shop"}, "service_name=shop"},
		{"off", func(cfg *Config) { cfg.HostTag = false }, []any{"host.name", "web1", "service.name", "shop"}, "service_name=shop"},
		{"configured", func(cfg *Config) { cfg.Tags = map[string]string{"host": "x"} }, []any{"host.name", "web1"}, "host=x"},
		{"hidden", func(cfg *Config) { cfg.Tags = map[string]string{"host": "", "k": "v"} }, []any{"host.name", "web1"}, "k=v"},
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

// Data points that differ in the kind of an attribute only have the same tags.
func TestAttributesAreTexts(t *testing.T) {
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

// A second push finds the series that the first one rendered, in whatever order
// points and attributes come.
func TestOrderOfAttributes(t *testing.T) {
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

// Two resources of one push do not mix, whatever of them becomes tags.
func TestResources(t *testing.T) {
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

func TestDeflateAndMilliseconds(t *testing.T) {
	r := newRig(t, func(cfg *Config) {
		cfg.ClientConfig.Compression = "deflate"
		cfg.MillisecondTimestamps = true
	})
	md := pmetric.NewMetrics()
	gauge(from(md), "m", 1)
	r.mustPush(md)
	if e := r.srv.Requests()[0].Encoding; e != "deflate" {
		t.Errorf("encoding %q", e)
	}
	r.want("m{service_name=shop} 1700000000000 1.0")
}
