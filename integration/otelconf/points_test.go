// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// resourceOfShop replaces "meter_provider:" in a document, to add a resource.
const resourceOfShop = `resource:
  attributes:
    - {name: service.name, value: shop}
    - {name: host.name, value: web1}
    - {name: team.name, value: blue}
    - {name: team.size, value: 7, type: int}
meter_provider:`

// arrived exports a counter with a document that has these keys of the exporter. It returns the points
// and requests that the server has received.
func arrived(t *testing.T, keys string, server ...apptuittest.Option) ([]apptuittest.Point, []apptuittest.Request) {
	t.Helper()
	srv := newServer(t, server...)
	doc := strings.Replace(documentWith("apptuit: {endpoint: "+srv.URL+", "+keys+"}"), "meter_provider:", resourceOfShop, 1)
	exportOnce(t, doc)
	return srv.Points(), srv.Requests()
}

// Without keys, the point is requests{host=web1, otel_scope_name=test, service_name=shop}.
func TestKeys_ChangePoints(t *testing.T) {
	for _, test := range []struct{ keys, want string }{
		{"token: null", "requests{host=web1, otel_scope_name=test, service_name=shop}"},
		{"prefix: a-", "a_requests{host=web1, otel_scope_name=test, service_name=shop}"},
		{"prefix: a-, sanitize_mode: apptuit", "a-requests{host=web1, otel_scope_name=test, service.name=shop}"},
		{"tags: {zone: eu, n: 1, b: true, host: '', none: }", "requests{b=true, n=1, otel_scope_name=test, service_name=shop, zone=eu}"},
		{"tags: {zone: eu, team: doc}", "requests{host=web1, otel_scope_name=test, service_name=shop, team=doc, zone=eu}"},
		{"host_tag: false", "requests{otel_scope_name=test, service_name=shop}"},
		{"host_tag: true", "requests{host=web1, otel_scope_name=test, service_name=shop}"},
		{"scope_tags: true", "requests{host=web1, otel_scope_name=test, service_name=shop}"},
		{"scope_tags: false", "requests{host=web1, service_name=shop}"},
		{"scope_tags: true, layout: reporter", "requests_count{host=web1, service_name=shop}"},
		{"prometheus_names: true", "requests_total{host=web1, otel_scope_name=test, service_name=shop}"},
		{"prometheus_names: false", "requests{host=web1, otel_scope_name=test, service_name=shop}"},
		{"resource_attributes: {}", "team_name=blue, team_size=7, telemetry_sdk_language=go"},
		{"resource_attributes: {included: ['team.*']}", "requests{host=web1, otel_scope_name=test, team_name=blue, team_size=7}"},
		{"resource_attributes: {included: ['team.????', service.name], excluded: ['*size']}", "requests{host=web1, otel_scope_name=test, service_name=shop, team_name=blue}"},
		{"resource_attributes: {excluded: ['*']}", "requests{host=web1, otel_scope_name=test}"},
	} {
		points, _ := arrived(t, test.keys+", self_metrics: false")
		if len(points) != 1 || !strings.Contains(points[0].String(), test.want) {
			t.Errorf("%s: got %v, want %s", test.keys, points, test.want)
		}
	}
	for _, test := range []struct{ keys, want string }{
		{"attributes: {}", "carts{host=web1, http_route=/cart, otel_scope_name=test, service_name=shop, user_id=7, user_name=ann}"},
		{"attributes: {included: ['user.*', host]}", "carts{host=web1, otel_scope_name=test, service_name=shop, user_id=7, user_name=ann}"},
		{"attributes: {included: ['user.*'], excluded: ['*.??']}", "carts{host=web1, otel_scope_name=test, service_name=shop, user_name=ann}"},
		{"attributes: {excluded: ['*']}", "carts{host=web1, otel_scope_name=test, service_name=shop}"},
	} {
		srv := newServer(t)
		sdk := newSDK(t, strings.Replace(documentWith("apptuit: {endpoint: "+srv.URL+", self_metrics: false, "+test.keys+"}"), "meter_provider:", resourceOfShop, 1))
		carts, err := sdk.MeterProvider().Meter("test").Int64Counter("carts")
		if err != nil {
			t.Fatal(err)
		}
		carts.Add(t.Context(), 1, metric.WithAttributes(
			attribute.Int("user.id", 7), attribute.String("user.name", "ann"), attribute.String("http.route", "/cart")))
		shutdown(t, sdk)
		if points := srv.Points(); len(points) != 1 || !strings.HasPrefix(points[0].String(), test.want+" ") {
			t.Errorf("%s: got %v, want %s", test.keys, points, test.want)
		}
	}
	for keys, want := range map[string]string{
		"target_info: {}, resource_attributes: {excluded: ['*']}, tags: {telemetry.sdk.version: ''}": "target_info{host=web1, host_name=web1, service_name=shop, team_name=blue, team_size=7, telemetry_sdk_language=go, telemetry_sdk_name=opentelemetry}",
		"target_info: {included: [team.*], excluded: [team.size]}":                                   "target_info{host=web1, service_name=shop, team_name=blue}",
	} {
		if points, _ := arrived(t, keys+", self_metrics: false"); len(points) != 2 || !strings.HasPrefix(points[1].String(), want) {
			t.Errorf("%s: got %v, want %s", keys, points, want)
		}
	}
	if points, _ := arrived(t, "self_metrics: false, layout: reporter"); len(points) != 1 || points[0].Metric != "requests_count" {
		t.Errorf("layout: %v", points)
	}
	if points, _ := arrived(t, "self_metrics: false, layout: reporter, meters: true"); len(points) != 5 {
		t.Errorf("meters: %v", points)
	}
	for meters, want := range map[string]int{
		"{}": 5, "{included: [requests]}": 5, "{included: ['re*', orders]}": 5, "{included: [orders]}": 1,
		"{excluded: ['req*']}": 1, "{included: ['*'], excluded: [requests]}": 1, "{excluded: [orders]}": 5, "false": 1,
	} {
		if points, _ := arrived(t, "self_metrics: false, layout: reporter, meters: "+meters); len(points) != want {
			t.Errorf("meters: %s: %v", meters, points)
		}
	}
	t.Setenv("APPTUIT_METERS", "yes")
	if points, _ := arrived(t, "self_metrics: false, layout: reporter, meters: {included: [orders]}"); len(points) != 1 {
		t.Errorf("meters over the variable: %v", points)
	}
	if points, _ := arrived(t, "instance_tag: true"); points[0].Tags["service_instance_id"] == "" {
		t.Errorf("instance_tag: %v", points[0])
	}
	if points, _ := arrived(t, "timestamp_resolution: ms"); len(points[0].Timestamp) != 13 {
		t.Errorf("timestamp_resolution: %v", points[0])
	}
	if points, _ := arrived(t, "server: victoriametrics"); len(points[0].Timestamp) != 13 {
		t.Errorf("server: %v", points[0])
	}
	if points, _ := arrived(t, "server: victoriametrics, timestamp_resolution: s"); len(points[0].Timestamp) != 10 {
		t.Errorf("timestamp_resolution over server: %v", points[0])
	}
	if points, _ := arrived(t, "server: opentsdb, tags: {zone: a b}"); points[0].Tags["zone"] != "a_b" {
		t.Errorf("server: %v", points[0])
	}
	if points, _ := arrived(t, "server: opentsdb, tag_values: any, tags: {zone: a b}"); points[0].Tags["zone"] != "a b" {
		t.Errorf("tag_values over server: %v", points[0])
	}
	t.Setenv("APPTUIT_TAG_VALUES", "any")
	if points, _ := arrived(t, `tag_values: influxdb, tags: {zone: 'a\'}`); points[0].Tags["zone"] != "a_" {
		t.Errorf("tag_values over the variable: %v", points[0])
	}
	if points, _ := arrived(t, "self_metrics: false, server: opentsdb, max_tags: 9, tags: {a: 1, b: 1, c: 1, d: 1, e: 1, f: 1}"); len(points) != 1 {
		t.Errorf("max_tags: %v", points)
	}
	if points, _ := arrived(t, "self_metrics: true"); len(points) < 2 {
		t.Errorf("self_metrics: %v", points)
	}
}

// A key overrides its variable. Without a key, the variable applies.
func TestKeys_OverrideVariables(t *testing.T) {
	srv := newServer(t, apptuittest.WithUser("ann", "env"), apptuittest.WithUser("bob", "key"))
	for name, value := range map[string]string{
		"APPTUIT_ENDPOINT": srv.URL, "APPTUIT_API_TOKEN": "env", "APPTUIT_USER_ID": "ann", "APPTUIT_TAGS": "zone: env, rack: env",
		"APPTUIT_SANITIZE_MODE": "apptuit", "APPTUIT_COMPRESSION": "none", "APPTUIT_PREFIX": "e-", "APPTUIT_DISABLE_HOST_TAG": "yes",
		"APPTUIT_TEMPORALITY_PREFERENCE": "delta", "APPTUIT_SCOPE_TAGS": "yes",
	} {
		t.Setenv(name, value)
	}
	const common = "self_metrics: false, resource_attributes: {excluded: ['*']}"
	sent := func(keys string) string {
		srv.Reset()
		exportOnce(t, documentWith("apptuit: {"+keys+", "+common+"}"))
		points, requests := srv.Points(), srv.Requests()
		if len(points) != 1 || len(requests) != 1 {
			t.Fatalf("%s: points %v", keys, points)
		}
		text, _, _ := strings.Cut(points[0].String(), "}")
		return text + "} " + requests[0].Encoding
	}
	for keys, want := range map[string]string{
		"token: null": "e-requests{otel_scope_name=test, rack=env, zone=env} ",
		"user_id: bob, token: key, tags: {zone: key}, sanitize_mode: prometheus, compression: gzip": "e_requests{otel_scope_name=test, rack=env, zone=key} gzip",
		"prefix: ''": "requests{otel_scope_name=test, rack=env, zone=env} ",
		"prefix: k-, environment_tags: false, tags: {zone: key}": "k-requests{otel_scope_name=test, zone=key} ",
		"scope_tags: false": "e-requests{rack=env, zone=env} ",
	} {
		if got := sent(keys); got != want {
			t.Errorf("%s: got %s, want %s", keys, got, want)
		}
	}
	// A variable that a key overrides is not read.
	t.Setenv("APPTUIT_COMPRESSION", "?")
	t.Setenv("APPTUIT_SANITIZE_MODE", "?")
	t.Setenv("APPTUIT_TEMPORALITY_PREFERENCE", "?")
	t.Setenv("APPTUIT_TIMEOUT", "?")
	if got := sent("compression: none, sanitize_mode: none, temporality_preference: cumulative, timeout: 1000"); got != "e-requests{otel_scope_name=test, rack=env, zone=env} " {
		t.Errorf("got %s", got)
	}
	_, err := NewSDK(WithOpenTelemetryConfiguration(*parse(t, documentWith("apptuit:"))))
	for _, name := range []string{"APPTUIT_COMPRESSION", "APPTUIT_SANITIZE_MODE", "APPTUIT_TEMPORALITY_PREFERENCE", "APPTUIT_TIMEOUT"} {
		if err == nil || !strings.Contains(err.Error(), "line 6: meter_provider.readers[0].periodic.exporter.apptuit: "+name) {
			t.Errorf("the error does not name %s: %v", name, err)
		}
	}
}

func TestKeys_SelectTemporalityAndAggregation(t *testing.T) {
	for keys, want := range map[string][]string{
		"token: null":                                                       {"c 3", "o 2", "h.bucket"},
		"temporality_preference: cumulative":                                {"c 3", "o 2", "h.bucket"},
		"temporality_preference: delta":                                     {"c 2", "o 1", "h.bucket"},
		"temporality_preference: low_memory":                                {"c 2", "o 2", "h.bucket"},
		"default_histogram_aggregation: base2_exponential_bucket_histogram": {"c 3", "o 2", "h"},
		"default_histogram_aggregation: explicit_bucket_histogram":          {"c 3", "o 2", "h.bucket"},
		"histograms: quantiles":                                             {"c 3", "o 2", "h"},
		"histograms: quantiles, quantiles: [0.25]":                          {"c 3", "o 2", "h", "h.count 2"},
		"sparse_buckets: false":                                             {"c 3", "o 2", "h.bucket", "16 buckets"},
		"sparse_buckets: true":                                              {"c 3", "o 2", "h.bucket", "3 buckets"},
		"histograms: both":                                                  {"h", "h.bucket", "c 3"},
		"layout: reporter":                                                  {"c.count 3", "o.count 2", "h.avg 1.0", "h.count 2", "h.75_percentile 1.0", "h.min 1.0"},
		"layout: reporter, timers: all":                                     {"h.50_percentile 1.0", "h.mean_rate", "h.sum 2.0"},
		"layout: reporter, timers: all, meters: true":                       {"c.mean_rate", "c.1m_rate", "o.15m_rate"},
	} {
		srv := newServer(t)
		sdk := newSDK(t, documentWith("apptuit: {endpoint: "+srv.URL+", sanitize_mode: apptuit, "+keys+"}"))
		meter := sdk.MeterProvider().Meter("test")
		c, err := meter.Int64Counter("c")
		h, err2 := meter.Float64Histogram("h")
		n := int64(0)
		_, err3 := meter.Int64ObservableCounter("o", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
			n++
			o.Observe(n)
			return nil
		}))
		if err := errors.Join(err, err2, err3); err != nil {
			t.Fatal(err)
		}
		c.Add(t.Context(), 1)
		h.Record(t.Context(), 1)
		if err := sdk.MeterProvider().(*sdkmetric.MeterProvider).ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		srv.Reset()
		c.Add(t.Context(), 2)
		h.Record(t.Context(), 1)
		shutdown(t, sdk)
		var got []string
		buckets := 0
		for _, p := range srv.Points() {
			got = append(got, p.Metric+" "+p.Value.String(), p.Metric)
			if p.Metric == "h.bucket" {
				buckets++
			}
		}
		got = append(got, fmt.Sprint(buckets, " buckets"))
		for _, w := range want {
			if !slices.Contains(got, w) {
				t.Errorf("%s: %s is not among %v", keys, w, got)
			}
		}
		if want[2] == "h" && slices.Contains(got, "h.bucket") {
			t.Errorf("%s: buckets were sent", keys)
		}
	}
}

// The usage metrics of an instrument are sent with the next export. An instrument with many series is
// reported once.
func TestKeys_ReportCardinality(t *testing.T) {
	var mu sync.Mutex
	var reported []string
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) {
		mu.Lock()
		defer mu.Unlock()
		reported = append(reported, err.Error())
	}))
	for _, test := range []struct {
		keys             string
		usage, warnsOnce bool
	}{
		{"token: null", false, false},
		{"usage_metrics: true", true, false},
		{"usage_metrics: false, cardinality_warning: 0", false, false},
		{"cardinality_warning: 3", false, false},
		{"cardinality_warning: 2", false, true},
	} {
		srv := newServer(t)
		sdk := newSDK(t, documentWith("apptuit: {endpoint: "+srv.URL+", timestamp_resolution: ms, "+test.keys+"}"))
		carts, err := sdk.MeterProvider().Meter("test").Int64Counter("carts")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			carts.Add(t.Context(), 1, metric.WithAttributes(attribute.Int("k", i)))
		}
		if err := sdk.MeterProvider().(interface{ ForceFlush(context.Context) error }).ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * time.Millisecond) // self metrics are sent at most once for each timestamp
		shutdown(t, sdk)
		usage := slices.ContainsFunc(srv.Points(), func(p apptuittest.Point) bool {
			return p.Metric == "apptuit_reporter_usage_series" && p.Tags["instrument"] == "carts" && p.Value == "3"
		})
		mu.Lock()
		warned := len(reported) == 1 && strings.Contains(reported[0], `"carts" (scope "test") has 3 series`)
		if usage != test.usage || warned != test.warnsOnce || len(reported) > 1 {
			t.Errorf("%s: usage metrics were sent: %v, reported %q", test.keys, usage, reported)
		}
		reported = nil
		mu.Unlock()
	}
}
