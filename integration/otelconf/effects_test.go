// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// resourceOfShop takes the place of "meter_provider:" in a document.
const resourceOfShop = `resource:
  attributes:
    - {name: service.name, value: shop}
    - {name: host.name, value: web1}
    - {name: team.name, value: blue}
    - {name: team.size, value: 7, type: int}
meter_provider:`

// arrived is what a document with these keys, and no others but the endpoint,
// has sent to a server.
func arrived(t *testing.T, keys string, server ...apptuittest.Option) ([]apptuittest.Point, []apptuittest.Request) {
	t.Helper()
	srv := newServer(t, server...)
	doc := strings.Replace(documentWith("apptuit: {endpoint: "+srv.URL+", "+keys+"}"), "meter_provider:", resourceOfShop, 1)
	exportOnce(t, doc)
	return srv.Points(), srv.Requests()
}

// One key each, and what a server sees of it. Without any, a point is
// requests{host=web1, otel_scope_name=test, service_name=shop}.
func TestEffectsOnPoints(t *testing.T) {
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

func TestEffectsOnRequests(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	header := func(name, want string) func(apptuittest.Request) error {
		return func(r apptuittest.Request) error {
			if got := r.Header.Get(name); got != want {
				return fmt.Errorf("%s is %q, want %q", name, got, want)
			}
			return nil
		}
	}
	for _, test := range []struct {
		keys  string
		check func(apptuittest.Request) error
	}{
		{"token: abc", header("Authorization", "Bearer abc")},
		{"token: 0x10", header("Authorization", "Bearer 0x10")},
		{"token_file: " + file, header("Authorization", "Bearer from-file")},
		{"token: abc, user_id: ann", header("Authorization", "Basic YW5uOmFiYw==")},
		{"compression: deflate", header("Content-Encoding", "deflate")},
		{"compression: NONE", header("Content-Encoding", "")},
		{"headers: [{name: x-a, value: 1}, {name: x-b, value: }]", header("X-A", "1")},
		{"headers: [{name: x-a, value: 1}, {name: x-b, value: }]", header("X-B", "")},
		{"headers_list: 'x-a=b%20c,x-d=e'", header("X-A", "b c")},
		{"headers_list: 'x-a=b,X-D=e', headers: [{name: X-A, value: over}]", header("X-A", "over")},
		{"headers_list: 'x-a=b,X-D=e', headers: [{name: X-A, value: over}]", header("X-D", "e")},
		{"sync_timeout: 1500", func(r apptuittest.Request) error {
			if got := r.Query.Get("sync_timeout"); got != "1500" {
				return fmt.Errorf("sync_timeout is %q", got)
			}
			return nil
		}},
	} {
		_, requests := arrived(t, test.keys)
		if len(requests) != 1 {
			t.Errorf("%s: %d requests", test.keys, len(requests))
			continue
		}
		if err := test.check(requests[0]); err != nil {
			t.Errorf("%s: %v", test.keys, err)
		}
	}
	for _, keys := range []string{"max_batch_points: 2", "max_batch_bytes: 250"} {
		if _, requests := arrived(t, keys); len(requests) < 3 {
			t.Errorf("%s: %d requests for 6 points, want at least 3", keys, len(requests))
		}
	}
}

// A list of headers, even if it is empty, replaces the variable.
func TestHeadersReplaceTheVariable(t *testing.T) {
	t.Setenv("APPTUIT_HEADERS", "X-A=variable")
	for keys, want := range map[string]string{"prefix: p": "variable", "headers: []": "", "headers: [{name: X-B, value: b}]": "", "headers_list: X-A=list": "list"} {
		_, requests := arrived(t, keys)
		if got := requests[0].Header.Get("X-A"); got != want {
			t.Errorf("%s: %q, want %q", keys, got, want)
		}
	}
}

// What instruments cost is sent with the next export, and an instrument with many series is
// reported.
func TestEffectsOnCardinality(t *testing.T) {
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
		time.Sleep(5 * time.Millisecond) // self metrics are sent once a timestamp
		shutdown(t, sdk)
		usage := slices.ContainsFunc(srv.Points(), func(p apptuittest.Point) bool {
			return p.Metric == "apptuit_reporter_usage_series" && p.Tags["instrument"] == "carts" && p.Value == "3"
		})
		mu.Lock()
		warned := len(reported) == 1 && strings.Contains(reported[0], `"carts" (scope "test") has 3 series`)
		if usage != test.usage || warned != test.warnsOnce || len(reported) > 1 {
			t.Errorf("%s: usage is sent: %v, reported %q", test.keys, usage, reported)
		}
		reported = nil
		mu.Unlock()
	}
}

// A key beats its variable; without the key the variable is in force.
func TestVariables(t *testing.T) {
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
	// What the key beats is not even read.
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
			t.Errorf("%s is not told of: %v", name, err)
		}
	}
}

// selected exports one histogram and two counters twice.
func TestTemporalityAndAggregation(t *testing.T) {
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
			t.Errorf("%s: there are buckets", keys)
		}
	}
}

// inMemory runs a test in simulated time against a server in memory.
func inMemory(t *testing.T, test func(t *testing.T, srv *apptuittest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := apptuittest.NewMemoryServer()
		defer srv.Close()
		test(t, srv)
	})
}

func readerWith(srv *apptuittest.Server, reader, keys string) string {
	return "file_format: '1.0'\nmeter_provider:\n  readers:\n    - periodic: {" + reader +
		" exporter: {apptuit: {endpoint: '" + srv.URL + "', self_metrics: false, " + keys + "}}}\n"
}

func TestInterval(t *testing.T) {
	inMemory(t, func(t *testing.T, srv *apptuittest.Server) {
		sdk := newSDK(t, readerWith(srv, "interval: 1500,", ""), through(srv))
		count(t, sdk, "requests", 1)
		for _, want := range []int{0, 1, 2} {
			if got := srv.Total(); got != want {
				t.Errorf("after %d intervals: %d points", want, got)
			}
			time.Sleep(1501 * time.Millisecond)
			synctest.Wait()
		}
		shutdown(t, sdk)
	})
}

// failure is the time after which an export to a server that never answers fails.
func failure(t *testing.T, srv *apptuittest.Server, reader, keys string) time.Duration {
	t.Helper()
	srv.Fail(apptuittest.Fault{Hang: true, Times: 1000})
	start := time.Now()
	var took time.Duration
	sdk := newSDK(t, readerWith(srv, reader, keys), through(srv),
		WithExporterOptions(exporter.WithErrorHandler(func(*apptuitclient.SendError) { took = time.Since(start) })))
	count(t, sdk, "requests", 1)
	_ = sdk.MeterProvider().(*sdkmetric.MeterProvider).ForceFlush(t.Context())
	srv.Reset()
	shutdown(t, sdk)
	return took
}

func TestTimeouts(t *testing.T) {
	for _, test := range []struct {
		reader, keys string
		want         time.Duration
	}{
		{"timeout: 700,", "", 700 * time.Millisecond}, // of the reader
		{"timeout: 0,", "", 30 * time.Second},         // as otelconf's readers have it
		{"", "timeout: 800, retry: {enabled: false}", 800 * time.Millisecond},
		{"timeout: 100000,", "retry: {enabled: false}", time.Minute},
		{"timeout: 100000,", "timeout: 0, retry: {enabled: false}", 100 * time.Second},
	} {
		inMemory(t, func(t *testing.T, srv *apptuittest.Server) {
			if got := failure(t, srv, test.reader, test.keys); got != test.want {
				t.Errorf("%s %s: failed after %v, want %v", test.reader, test.keys, got, test.want)
			}
		})
	}
}

func TestRetry(t *testing.T) {
	for keys, want := range map[string]struct {
		least, most int
		lasts       time.Duration // at most
	}{
		"retry: {enabled: false}":                                                     {1, 1, 0},
		"retry: {enabled: false, max_elapsed_time: 1000000}":                          {1, 1, 0},
		"retry: {max_elapsed_time: 1000, initial_interval: 50, max_interval: 50}":     {10, 1000, time.Second},
		"retry: {max_elapsed_time: 0, initial_interval: 100000}":                      {1, 1000, 1000 * time.Second},
		"retry: {enabled: true}":                                                      {3, 1000, time.Minute},
		"retry: {initial_interval: 100, max_interval: 100, max_elapsed_time: 600000}": {1000, 100_000, 10 * time.Minute},
	} {
		inMemory(t, func(t *testing.T, srv *apptuittest.Server) {
			srv.Fail(apptuittest.Fault{Status: 503, Times: 100_000})
			sdk := newSDK(t, readerWith(srv, "timeout: 1000000,", keys), through(srv))
			count(t, sdk, "requests", 1)
			start := time.Now()
			_ = sdk.MeterProvider().(*sdkmetric.MeterProvider).ForceFlush(t.Context())
			if n, d := len(srv.Requests()), time.Since(start); n < want.least || n > want.most || d > want.lasts {
				t.Errorf("%s: %d requests in %v, want %+v", keys, n, d, want)
			}
			srv.Reset()
			shutdown(t, sdk)
		})
	}
}

// What cannot be delivered is kept, and delivered by the next exporter.
func TestSpool(t *testing.T) {
	srv := newServer(t)
	dir := t.TempDir()
	doc := documentWith("apptuit: {endpoint: " + srv.URL + ", self_metrics: false, retry: {enabled: false}, " +
		"spool: {directory: '" + dir + "', max_bytes: 1000000, max_age: 60000, rate: 1000.5, instances: true}}")
	srv.Fail(apptuittest.Fault{Status: 503, Times: 1000})
	exportOnce(t, doc)
	if srv.Total() != 0 {
		t.Fatal("the server was to refuse everything")
	}
	srv.Reset()
	sdk := newSDK(t, doc)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := srv.WaitPoints(ctx, 1); err != nil {
		t.Error(err)
	}
	shutdown(t, sdk)
}

func TestCardinalityLimits(t *testing.T) {
	for limits, want := range map[string]int{ // of the points of a counter with 9 routes, and a gauge with 9
		"default: 4":             4 + 4,
		"default: 4, counter: 6": 6 + 4,
		"gauge: 3":               9 + 3,
	} {
		srv := newServer(t)
		sdk := newSDK(t, readerWith(srv, "cardinality_limits: {"+limits+"},", ""))
		gauge, err := sdk.MeterProvider().Meter("test").Int64Gauge("gauge")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 9 {
			route := metric.WithAttributes(attribute.Int("route", i))
			count(t, sdk, "requests", 1, route)
			gauge.Record(t.Context(), 1, route)
		}
		shutdown(t, sdk)
		if got := srv.Total(); got != want {
			t.Errorf("%s: %d points, want %d", limits, got, want)
		}
	}
}

// pointsOf are what some instruments become, without timestamps, and the number of requests.
func pointsOf(t *testing.T, reader, keys string) (points []string, requests int) {
	t.Helper()
	inMemory(t, func(t *testing.T, srv *apptuittest.Server) {
		sdk := newSDK(t, readerWith(srv, reader, keys), through(srv))
		gauge, err := sdk.MeterProvider().Meter("other").Int64Gauge("gauge")
		histogram, err2 := sdk.MeterProvider().Meter("other").Float64Histogram("histogram", metric.WithUnit("s"))
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			route := metric.WithAttributes(attribute.Int("route", i))
			count(t, sdk, "requests", int64(i+1), route)
			gauge.Record(t.Context(), int64(i), route)
			histogram.Record(t.Context(), float64(i), route)
		}
		time.Sleep(1501 * time.Millisecond)
		synctest.Wait()
		requests = len(srv.Requests())
		for _, p := range srv.Points() {
			p.Timestamp = ""
			points = append(points, p.String())
		}
		shutdown(t, sdk)
	})
	slices.Sort(points)
	return points, requests
}

// An Export has as many data points as the key says, and together they have all
// points that one Export has.
func TestMaxExportBatchSize(t *testing.T) {
	for _, keys := range []string{"", "layout: reporter", "layout: reporter, meters: true", "prometheus_names: true"} {
		want, one := pointsOf(t, "interval: 1500,", keys)
		if one != 1 || len(want) < 15 {
			t.Fatalf("%q: %d points in %d requests", keys, len(want), one)
		}
		for size, requests := range map[string]int{"1": 15, "4": 4, "5": 3, "14": 2, "15": 1, "1000000": 1, "null": 1, "${UNSET}": 1, "${UNSET:-4}": 4} {
			got, n := pointsOf(t, "interval: 1500, max_export_batch_size/development: "+size+",", keys)
			if diff := cmp.Diff(want, got); diff != "" || n != requests {
				t.Errorf("%q, %s: %d requests, want %d; want -, got +:\n%s", keys, size, n, requests, diff)
			}
		}
	}
}

func TestEveryKindHasItsLimit(t *testing.T) {
	c := parse(t, "file_format: '1.0'\nmeter_provider:\n  readers:\n    - periodic:\n        exporter: {apptuit: }\n        cardinality_limits:\n"+
		"          {counter: 1, up_down_counter: 2, histogram: 3, observable_counter: 4, observable_up_down_counter: 5, observable_gauge: 6, gauge: 7}\n")
	limit := cardinalityLimit(c.readers[0].limits)
	for kind, want := range map[sdkmetric.InstrumentKind]int{
		sdkmetric.InstrumentKindCounter: 1, sdkmetric.InstrumentKindUpDownCounter: 2, sdkmetric.InstrumentKindHistogram: 3,
		sdkmetric.InstrumentKindObservableCounter: 4, sdkmetric.InstrumentKindObservableUpDownCounter: 5,
		sdkmetric.InstrumentKindObservableGauge: 6, sdkmetric.InstrumentKindGauge: 7,
	} {
		if got, fallback := limit(kind); got != want || fallback {
			t.Errorf("%v: %d, %v", kind, got, fallback)
		}
	}
	if _, fallback := limit(0); !fallback {
		t.Error("an unknown kind does not have the SDK's limit")
	}
}

// one produces one gauge.
type one struct{}

func (one) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	return []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{{
		Name: "produced", Data: metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{{Value: 1, Time: time.Now()}}},
	}}}}, nil
}

func TestProducers(t *testing.T) {
	bridged := prometheus.NewCounter(prometheus.CounterOpts{Name: "bridged_total"})
	prometheus.MustRegister(bridged)
	defer prometheus.Unregister(bridged)
	srv, without := newServer(t), newServer(t)
	exportOnce(t, readerWith(srv, "producers: [{prometheus: }],", ""), WithProducers(one{}))
	exportOnce(t, readerWith(without, "producers: [],", ""))
	if got := metrics(srv); !slices.Contains(got, "bridged_total") || !slices.Contains(got, "produced") {
		t.Errorf("got %v", got)
	}
	if diff := cmp.Diff([]string{"requests"}, metrics(without)); diff != "" {
		t.Error(diff)
	}
}

// The producer runtime is all that a document needs for every instrument of the process
// and the Go runtime, in every export and once, however often it is named.
func TestRuntimeProducer(t *testing.T) {
	scopes, err := runtimemetrics.NewCompleteProducer().Produce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, scope := range scopes {
		for _, m := range scope.Metrics {
			name := strings.ReplaceAll(m.Name, ".", "_")
			if _, ok := m.Data.(metricdata.Histogram[float64]); ok {
				name += "_count"
			}
			want = append(want, name)
		}
	}
	if len(want) < 14 {
		t.Fatalf("there are only %d instruments", len(want))
	}

	srv := newServer(t)
	sdk := newSDK(t, readerWith(srv, "interval: 3600000, producers: [{runtime: }, {runtime: {}}],", ""))
	provider, ok := sdk.MeterProvider().(*sdkmetric.MeterProvider)
	if !ok {
		t.Fatalf("the provider is a %T", sdk.MeterProvider())
	}
	for export := range 2 {
		srv.Reset()
		if err := provider.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := metrics(srv)
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("export %d has no %s", export, name)
			}
		}
		points := 0
		for _, p := range srv.Points() {
			switch p.Metric {
			case "process_uptime", "process_memory_usage", "go_goroutine_count":
				if v, err := p.Value.Float64(); err != nil || v <= 0 {
					t.Errorf("%s is %s", p.Metric, p.Value)
				}
			}
			if p.Metric == "go_goroutine_count" {
				points++
			}
		}
		if points != 1 {
			t.Errorf("export %d has %d points of one series", export, points)
		}
	}
	shutdown(t, sdk)
}

func TestProxy(t *testing.T) {
	var asked []string
	proxy := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		asked = append(asked, r.URL.Host+" "+r.Header.Get("Proxy-Authorization"))
	}))
	defer proxy.Close()
	exportOnce(t, documentWith("apptuit: {endpoint: http://apptuit.invalid, proxy_url: '"+strings.Replace(proxy.URL, "//", "//u:p@", 1)+"'}"))
	if diff := cmp.Diff([]string{"apptuit.invalid Basic dTpw"}, asked); diff != "" {
		t.Error(diff)
	}
}

func TestTLS(t *testing.T) {
	handler := apptuittest.NewHandler()
	defer handler.Close()
	srv := httptest.NewUnstartedServer(handler)
	srv.Config.ErrorLog = log.New(io.Discard, "", 0)
	srv.StartTLS()
	defer srv.Close()
	ca := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(ca, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	sdk := newSDK(t, documentWith("apptuit: {endpoint: "+srv.URL+"}"))
	count(t, sdk, "requests", 1)
	if err := sdk.Shutdown(t.Context()); err == nil || handler.Total() > 0 {
		t.Errorf("without ca_file: %v", err)
	}
	exportOnce(t, documentWith("apptuit: {endpoint: "+srv.URL+", tls: {ca_file: "+ca+"}}"))
	if handler.Total() == 0 {
		t.Error("with ca_file nothing has arrived")
	}
}

func TestClientCertificate(t *testing.T) {
	var common []string
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		common = append(common, r.TLS.PeerCertificates[0].Subject.CommonName)
	}))
	srv.TLS = &tls.Config{ClientAuth: tls.RequireAnyClientCert}
	srv.StartTLS()
	defer srv.Close()
	dir := t.TempDir()
	t.Setenv("DIR", dir)
	write := func(name string) {
		t.Helper()
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name}, NotAfter: time.Now().Add(time.Hour)}
		certificate, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
		private, err2 := x509.MarshalPKCS8PrivateKey(key)
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for name, block := range map[string]*pem.Block{
			"ca": {Type: "CERTIFICATE", Bytes: srv.Certificate().Raw}, "cert": {Type: "CERTIFICATE", Bytes: certificate}, "key": {Type: "PRIVATE KEY", Bytes: private},
		} {
			if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	write("ann")
	sdk := newSDK(t, documentWith("apptuit: {endpoint: "+srv.URL+", tls: {ca_file: ${DIR}/ca, cert_file: ${DIR}/cert, key_file: ${DIR}/key}}"))
	count(t, sdk, "requests", 1)
	if err := sdk.MeterProvider().(*sdkmetric.MeterProvider).ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	write("bob") // the files are read again
	shutdown(t, sdk)
	if diff := cmp.Diff([]string{"ann", "bob"}, common); diff != "" {
		t.Error(diff)
	}
}
