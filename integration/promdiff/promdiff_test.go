// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package promdiff_test

import (
	"context"
	"fmt"
	"maps"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	otelprom "go.opentelemetry.io/otel/exporters/prometheus"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// A program runs with both exporters. The names, labels and values of all series in the two servers are
// compared.
func TestSeries_AreTheSame(t *testing.T) {
	for name, c := range map[string]struct {
		prefix, namespace string
	}{
		"without a prefix": {"", ""},
		"with a prefix":    {"shop.", "shop"},
	} {
		t.Run(name, func(t *testing.T) {
			before := c.namespace
			if before != "" {
				before += "_"
			}
			left := differences(before)
			if before != "" { // the prefix gives each name letters
				left = slices.DeleteFunc(left, func(d *difference) bool { return strings.HasPrefix(d.reason, "a name without letters") })
			}
			sent, scraped, stats := run(t, c.namespace, exporter.WithPrefix(c.prefix), exporter.WithPrometheusNames(), exporter.WithTargetInfo(nil))
			if stats.Rejected != 2 {
				t.Errorf("%d points are rejected, want the two that collide, which the Prometheus exporter loses as well", stats.Rejected)
			}
			want, got := take(t, theirs, scraped, left), take(t, ours, sent, left)
			for _, line := range compare(want, got) {
				t.Error(line)
			}
			for _, d := range left {
				if !d.used {
					t.Errorf("a difference of %s does not occur: %s", d.side, d.reason)
				}
			}
			if len(want) < 5000 {
				t.Errorf("only %d series", len(want))
			}
			t.Logf("%d series are the same", len(want))
		})
	}
}

// The comparison finds differences when the options are not set.
func TestSeries_DifferWithoutTheOptions(t *testing.T) {
	left := differences("")
	sent, scraped, _ := run(t, "")
	differ := compare(take(t, theirs, scraped, left), take(t, ours, sent, left))
	for _, part := range []string{"theirs only: target_info{", "_total{", "_seconds{", "otel_scope_schema_url", "key_2nd"} {
		if !slices.ContainsFunc(differ, func(line string) bool { return strings.Contains(line, part) }) {
			t.Errorf("no difference is about %s", part)
		}
	}
}

// OpenTelemetry's exporter shows NaN and infinities. Ours rejects them, since JSON cannot represent them.
// VictoriaMetrics does not export them in a readable form, so that the test works without it.
func TestSeries_NotFiniteAreRejected(t *testing.T) {
	registry := prometheus.NewRegistry()
	theirs, err := otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithoutScopeInfo())
	if err != nil {
		t.Fatal(err)
	}
	srv := apptuittest.NewServer()
	defer srv.Close()
	ours, err := exporter.New(t.Context(), exporter.WithPrometheusNames(), exporter.WithoutSelfMetrics(),
		exporter.WithoutEnvironment(), exporter.WithEndpoint(srv.URL))
	if err != nil {
		t.Fatal(err)
	}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(theirs), sdkmetric.WithReader(sdkmetric.NewPeriodicReader(ours)))
	values := map[string]float64{"infinite": math.Inf(1), "negative": math.Inf(-1), "none": math.NaN()}
	for name, v := range values {
		i, err := provider.Meter("main").Float64Gauge(name)
		if err != nil {
			t.Fatal(err)
		}
		i.Record(t.Context(), v)
	}
	defer func() { _ = provider.Shutdown(context.Background()) }()
	err = provider.ForceFlush(t.Context())
	if s := ours.Stats(); err == nil || s.Rejected != 3 || s.Produced != 3 {
		t.Errorf("stats %+v, error %v", s, err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Error(err)
	}
	for _, f := range families {
		if v, ok := values[f.GetName()]; ok && fmt.Sprint(v) != fmt.Sprint(f.GetMetric()[0].GetGauge().GetValue()) {
			t.Errorf("%s is %v, want %v", f.GetName(), f.GetMetric(), v)
		}
	}
	if len(families) != 4 { // with target_info
		t.Errorf("%d families", len(families))
	}
}

// compare returns the differences, one per line.
func compare(theirs, ours map[string]float64) []string {
	var lines []string
	for _, series := range slices.Sorted(maps.Keys(theirs)) {
		want := theirs[series]
		got, ok := ours[series]
		switch {
		case !ok:
			lines = append(lines, fmt.Sprintf("theirs only: %s %v", series, want))
		case math.Abs(want-got) > servers.VictoriaMetricsTolerance*math.Abs(want):
			lines = append(lines, fmt.Sprintf("%s is %v, where theirs is %v", series, got, want))
		}
	}
	for _, series := range slices.Sorted(maps.Keys(ours)) {
		if _, ok := theirs[series]; !ok {
			lines = append(lines, fmt.Sprintf("ours only: %s %v", series, ours[series]))
		}
	}
	return lines
}

// run runs a program, and returns the points that were sent to one server and that another server has
// scraped.
func run(t *testing.T, namespace string, options ...exporter.Option) (sent, scraped []servers.Point, stats exporter.Stats) {
	t.Helper()
	registry := prometheus.NewRegistry()
	theirs, err := otelprom.New(otelprom.WithRegisterer(registry), otelprom.WithNamespace(namespace))
	if err != nil {
		t.Fatal(err)
	}
	put := servers.StartVictoriaMetrics(t)
	ours, err := exporter.New(t.Context(), append(options,
		exporter.WithoutSelfMetrics(), exporter.WithoutEnvironment(), exporter.WithEndpoint(put.Endpoint()))...)
	if err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, names: map[string]string{}}
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(shop()), sdkmetric.WithView(p.view),
		sdkmetric.WithReader(theirs), sdkmetric.WithReader(sdkmetric.NewPeriodicReader(ours, sdkmetric.WithInterval(time.Hour))))
	p.instrument(provider)

	err = provider.ForceFlush(t.Context())
	stats = ours.Stats()
	if stats.Accepted == 0 || stats.Produced != stats.Accepted+stats.Rejected {
		t.Fatalf("stats %+v, error %v", stats, err)
	}
	if err := ours.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	return put.Points(t), scrape(t, page(t, registry)), stats
}

// page returns a server with the result of one scrape. The program itself, built for tests, would not
// answer within the second after which VictoriaMetrics gives up.
func page(t *testing.T, registry *prometheus.Registry) *httptest.Server {
	t.Helper()
	// An invalid metric must not fail the whole page.
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError})
	r, answer := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/metrics", nil), httptest.NewRecorder()
	r.Header.Set("Accept", "text/plain;version=0.0.4")
	handler.ServeHTTP(answer, r)
	form := answer.Header().Get("Content-Type")
	if answer.Code != http.StatusOK || !strings.HasPrefix(form, "text/plain") {
		t.Fatalf("status %d, %s", answer.Code, form)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", form)
		w.Write(answer.Body.Bytes())
	}))
	t.Cleanup(server.Close)
	return server
}

// scrape makes a server scrape a page until it has two points of its series up: they are stored after all
// points of the page.
func scrape(t *testing.T, page *httptest.Server) []servers.Point {
	t.Helper()
	config := filepath.Join(t.TempDir(), "scrape.yaml")
	text := fmt.Sprintf("global: {scrape_interval: 1s}\nscrape_configs: [{job_name: program, static_configs: [{targets: [%q]}]}]\n",
		strings.TrimPrefix(page.URL, "http://"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	server := servers.StartVictoriaMetrics(t, "-promscrape.config="+config)
	for range 200 {
		if points := server.Points(t, "up"); len(points) >= 2 {
			if slices.ContainsFunc(points, func(p servers.Point) bool { return p.Value != 1 }) {
				t.Fatalf("a scrape failed: %v", points)
			}
			return server.Points(t)
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatal("nothing was scraped")
	return nil
}
