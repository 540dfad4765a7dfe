// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"errors"
	"testing"

	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap/zapcore"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// instruments makes a metric of each kind, in units.
func instruments(ms pmetric.MetricSlice) {
	add := func(name, unit string) pmetric.Metric {
		m := ms.AppendEmpty()
		m.SetName(name)
		m.SetUnit(unit)
		return m
	}
	number := func(points pmetric.NumberDataPointSlice) {
		dp := points.AppendEmpty()
		dp.SetTimestamp(second(now))
		dp.SetIntValue(1)
	}
	grows := add("http.sent", "By").SetEmptySum()
	grows.SetIsMonotonic(true)
	number(grows.DataPoints())
	number(add("memory", "By").SetEmptySum().DataPoints())
	number(add("utilization", "1").SetEmptyGauge().DataPoints())
	histogram := add("latency", "s").SetEmptyHistogram().DataPoints().AppendEmpty()
	histogram.SetTimestamp(second(now))
	histogram.SetCount(1)
	histogram.BucketCounts().FromRaw([]uint64{1})
	exponential := add("size", "KiBy").SetEmptyExponentialHistogram().DataPoints().AppendEmpty()
	exponential.SetTimestamp(second(now))
	summary := add("wait", "ms").SetEmptySummary().DataPoints().AppendEmpty()
	summary.SetTimestamp(second(now))
}

func TestPush_PrometheusNames(t *testing.T) {
	r := newRig(t, func(cfg *Config) {
		cfg.PrometheusNames, cfg.Prefix = true, "shop."
		cfg.Tags = map[string]string{"2nd": "tag"}
		cfg.ResourceAttributes.Included = []string{"3*"}
	})
	md := pmetric.NewMetrics()
	instruments(from(md, "3rd", "resource"))
	sm := md.ResourceMetrics().At(0).ScopeMetrics().At(0)
	sm.SetSchemaUrl("https://example.com/1")
	sm.Scope().SetName("cart")
	putAttributes(sm.Scope().Attributes(), "a.b", "z", "a_b", "y", "name", "no")
	r.mustPush(md)
	const tags = "key_2nd=tag, key_3rd=resource"
	const scope = ", otel_scope_a_b=y;z, otel_scope_name=cart, otel_scope_schema_url=https://example.com/1}"
	r.want(
		"shop_http_sent_bytes_total{"+tags+scope+" 1700000000 1",
		"shop_memory_bytes{"+tags+scope+" 1700000000 1",
		"shop_utilization_ratio{"+tags+scope+" 1700000000 1",
		"shop_latency_seconds_count{"+tags+scope+" 1700000000 1",
		"shop_latency_seconds_bucket{"+tags+", le=+Inf"+scope+" 1700000000 1",
		"shop_size_kibibytes_count{"+tags+scope+" 1700000000 0",
		"shop_wait_milliseconds_count{"+tags+scope+" 1700000000 0",
		"shop_wait_milliseconds_sum{"+tags+scope+" 1700000000 0.0",
	)
}

// target_info is sent once for each resource of a push, with the time of its newest data point,
// the selected attributes, and the tags of all its points.
func TestTargetInfo_OncePerPush(t *testing.T) {
	f := func(chosen ChosenAttributes, want ...string) {
		t.Helper()
		r := newRig(t, func(cfg *Config) {
			cfg.TargetInfo, cfg.Prefix = configoptional.Some(chosen), "p."
			cfg.Tags = map[string]string{"zone": "eu"}
		})
		md := pmetric.NewMetrics()
		for i, attributes := range [][]any{{"service.name", "shop", "os.type", "linux", "host.name", "web1"}, {}, {"service.name", "bank"}} {
			for range 2 { // in two parts
				ms := md.ResourceMetrics().AppendEmpty()
				putAttributes(ms.Resource().Attributes(), attributes...)
				metrics := ms.ScopeMetrics().AppendEmpty().Metrics()
				gauge(metrics, "m", 1).SetTimestamp(second(now - 1))
				gauge(metrics, "m", 2).SetTimestamp(second(now + int64(i)))
			}
		}
		from(md, "os.type", "nothing of it is there")
		r.mustPush(md)
		var got []string
		for _, p := range r.srv.Points() {
			if p.Metric == "target_info" {
				got = append(got, p.String())
			}
		}
		r.srv.Take()
		if len(got) != len(want) {
			t.Fatalf("%+v: %q, want %q", chosen, got, want)
		}
		for i := range got {
			if got[i] != want[i] {
				t.Errorf("%+v: %s, want %s", chosen, got[i], want[i])
			}
		}
	}
	const bank = "target_info{service_name=bank, zone=eu} 1700000002 1"
	f(ChosenAttributes{}, "target_info{host=web1, host_name=web1, os_type=linux, service_name=shop, zone=eu} 1700000000 1", bank)
	f(ChosenAttributes{Excluded: []string{"host.*"}}, "target_info{host=web1, os_type=linux, service_name=shop, zone=eu} 1700000000 1", bank)
	f(ChosenAttributes{Included: []string{"os.*"}}, "target_info{host=web1, os_type=linux, service_name=shop, zone=eu} 1700000000 1")
	f(ChosenAttributes{Excluded: []string{"*"}})
}

// target_info is pushed again together with the data point whose time it has.
func TestTargetInfo_IsPushedAgain(t *testing.T) {
	r := newRig(t, func(cfg *Config) { cfg.TargetInfo = configoptional.Some(ChosenAttributes{}) })
	md := pmetric.NewMetrics()
	ms := from(md)
	gauge(ms, "old", 1).SetTimestamp(second(now - 1))
	gauge(ms, "new", 2)
	r.srv.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Metric == "target_info" {
			return "Please throttle"
		}
		return ""
	}))
	var partial consumererror.Metrics
	if err := r.e.push(t.Context(), md); !errors.As(err, &partial) {
		t.Fatalf("error %v, want one to push again", err)
	}
	r.want("old{service_name=shop} 1699999999 1.0", "new{service_name=shop} 1700000000 2.0")
	r.mustPush(partial.Data())
	r.want("new{service_name=shop} 1700000000 2.0", "target_info{service_name=shop} 1700000000 1")
	if got, want := r.tally(t), (tally{Accepted: 4, Returned: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// If a resource has too many attributes, only target_info is rejected, and logged once.
func TestTargetInfo_TooManyTagsIsRejected(t *testing.T) {
	r := newRig(t, func(cfg *Config) { cfg.TargetInfo = configoptional.Some(ChosenAttributes{}) })
	for range 2 {
		md := pmetric.NewMetrics()
		ms := from(md, "service.name", "shop")
		for i := range 26 {
			putAttributes(md.ResourceMetrics().At(0).Resource().Attributes(), string(rune('a'+i)), i)
		}
		gauge(ms, "m", 1)
		r.mustPush(md)
	}
	const m = "m{a=0, b=1, c=2, d=3, e=4, f=5, g=6, h=7, i=8, j=9, k=10, l=11, service_name=shop} 1700000000 1.0"
	r.want(m, m)
	if got, want := r.tally(t), (tally{Accepted: 2, Rejected: 2}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	logged := r.lines(zapcore.WarnLevel)
	if len(logged) != 1 {
		t.Fatalf("logged %q", logged)
	}
	contains(t, logged[0], "target_info", "25 tags")
}
