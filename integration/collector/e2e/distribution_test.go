// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// scrapeTarget starts a server whose metrics the Collector's prometheus receiver reads.
func scrapeTarget(t *testing.T) {
	t.Helper()
	target := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/plain; version=0.0.4")
		_, _ = io.WriteString(w, "# TYPE shop_orders_total counter\nshop_orders_total{shop=\"web\",secret=\"x\"} 42\n# TYPE dropped gauge\ndropped 1\n")
	}))
	t.Cleanup(target.Close)
	t.Setenv("PROMETHEUS_TARGET", strings.TrimPrefix(target.URL, "http://"))
}

// listenAt sets a variable of the configuration to a free address, and returns the URL.
func listenAt(t *testing.T, variable string) string {
	t.Helper()
	addr := servers.FreeAddr(t)
	t.Setenv(variable, addr)
	return "http://" + addr
}

// answers checks that a URL answers 200 to a request with a JSON body.
func answers(t *testing.T, method, url, body string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		t.Fatalf("%s answers %s", url, response.Status)
	}
}

// arrivals waits until a server has a point of each metric, and returns the first of each.
func arrivals(t *testing.T, srv *apptuittest.Server, metrics ...string) map[string]apptuittest.Point {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		first := make(map[string]apptuittest.Point)
		for _, p := range srv.Points() {
			if _, ok := first[p.Metric]; !ok {
				first[p.Metric] = p
			}
		}
		var missing []string
		for _, m := range metrics {
			if _, ok := first[m]; !ok {
				missing = append(missing, m)
			}
		}
		if missing == nil {
			return first
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing of %q has arrived among %d points", missing, srv.Total())
		}
	}
}

// tagged checks tags of a point.
func tagged(t *testing.T, p apptuittest.Point, tags ...string) {
	t.Helper()
	for i := 0; i < len(tags); i += 2 {
		if p.Tags[tags[i]] != tags[i+1] {
			t.Errorf("%v: the tag %s is %q, want %q", p, tags[i], p.Tags[tags[i]], tags[i+1])
		}
	}
}

// The configuration agent.yaml sends the metrics of programs, of the machine and of a Prometheus
// endpoint.
func TestAgent_DeliversOTLPHostMetricsAndScrapes(t *testing.T) {
	srv := apptuittest.NewServer()
	defer srv.Close()
	scrapeTarget(t)
	health := listenAt(t, "HEALTH_CHECK_ENDPOINT")
	c := startCollector(t, example("agent.yaml"), srv.URL,
		"receivers.host_metrics.collection_interval=1s", "receivers.prometheus.config.global.scrape_interval=1s")
	answers(t, http.MethodGet, health, "")
	if err := otlp(t, c).Export(t.Context(), collect(t, sdkmetric.DefaultTemporalitySelector)); err != nil {
		t.Fatal(err)
	}

	first := arrivals(t, srv, "http_server_requests", "shop_orders_total", "system_cpu_time", "system_memory_usage", "system_network_io")
	machine, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	tagged(t, first["http_server_requests"], "service_name", "shop", "host", "web1", "deployment_environment_name", "production")
	tagged(t, first["system_cpu_time"], "host", machine, "deployment_environment_name", "production")
	tagged(t, first["shop_orders_total"], "service_name", "agent", "service_instance_id", os.Getenv("PROMETHEUS_TARGET"), "shop", "web")
	if v := first["shop_orders_total"].Float(); v != 42 {
		t.Errorf("the scraped value is %v", v)
	}
	for _, p := range srv.Points() {
		if p.Tags["device"] == "lo" && strings.HasPrefix(p.Metric, "system_network_") {
			t.Errorf("%v has passed the filter", p)
		}
	}
	c.stop()
}

// Each component of the distribution starts, and does its work.
func TestDistribution_RunsEveryComponent(t *testing.T) {
	srv := apptuittest.NewServer(apptuittest.WithToken("t0k3n"))
	defer srv.Close()
	scrapeTarget(t)
	listenAt(t, "AUTHENTICATED_ENDPOINT")
	health, pprof, zpages := listenAt(t, "HEALTH_CHECK_ENDPOINT"), listenAt(t, "PPROF_ENDPOINT"), listenAt(t, "ZPAGES_ENDPOINT")
	c := startCollector(t, "testdata/components.yaml", srv.URL)
	answers(t, http.MethodGet, health, "")
	answers(t, http.MethodGet, pprof+"/debug/pprof/cmdline", "")
	answers(t, http.MethodGet, zpages+"/debug/servicez", "")
	sendSpan(t, c)

	first := arrivals(t, srv, "system_cpu_load_average_1m", "shop_orders_total", "trace_span_count", "traces_span_metrics_calls")
	tagged(t, first["shop_orders_total"], "shop", "web", "secret", "", "transformed", "yes", "service_namespace", "e2e")
	tagged(t, first["trace_span_count"], "service_name", "checkout", "transformed", "yes")
	tagged(t, first["traces_span_metrics_calls"], "service_name", "checkout", "span_name", "pay")
	if _, ok := first["dropped"]; ok {
		t.Error("the metric dropped has passed the filter")
	}
	c.stop()
}

// sendSpan sends a span by OTLP over HTTP.
func sendSpan(t *testing.T, c *collector) {
	t.Helper()
	now := time.Now()
	body := fmt.Sprintf(`{"resourceSpans": [{
		"resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "checkout"}}]},
		"scopeSpans": [{"spans": [{
			"traceId": "0102030405060708090a0b0c0d0e0f10", "spanId": "0102030405060708", "name": "pay", "kind": 2,
			"startTimeUnixNano": "%d", "endTimeUnixNano": "%d"
		}]}]
	}]}`, now.Add(-time.Second).UnixNano(), now.UnixNano())
	answers(t, http.MethodPost, "http://"+c.addr+"/v1/traces", body)
}
