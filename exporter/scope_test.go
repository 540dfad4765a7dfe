// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestScopeTags(t *testing.T) {
	const tags, none = "n{host=web1, k=v, otel_scope_name=scope, otel_scope_version=1.0, service_name=shop} 1700000000 1", "n{host=web1, k=v, service_name=shop} 1700000000 1"
	for name, c := range map[string]struct {
		variable string
		options  []Option
		want     string
	}{
		"by default":                       {want: tags},
		"disabled":                         {options: []Option{WithoutScopeTags()}, want: none},
		"disabled by the variable":         {variable: "no", want: none},
		"enabled by the variable":          {variable: "yes", want: tags},
		"the option overrides it":          {variable: "yes", options: []Option{WithoutScopeTags()}, want: none},
		"nor is the variable parsed then":  {variable: "perhaps", options: []Option{WithoutScopeTags()}, want: none},
		"over other tags":                  {options: []Option{WithTags(map[string]string{"otel.scope.name": "mine"})}, want: tags},
		"an attribute filter has no say":   {options: []Option{WithAttributeFilter(attribute.NewAllowKeysFilter("k"))}, want: tags},
		"reporter layout":                  {options: []Option{WithLayout(LayoutReporter)}, want: strings.Replace(none, "n{", "n_count{", 1)},
		"reporter layout and the variable": {variable: "yes", options: []Option{WithLayout(LayoutReporter)}, want: strings.Replace(tags, "n{", "n_count{", 1)},
		"reporter layout and the option": {
			variable: "yes", options: []Option{WithLayout(LayoutReporter), WithoutScopeTags()}, want: strings.Replace(none, "n{", "n_count{", 1),
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("APPTUIT_SCOPE_TAGS", c.variable)
			srv := memoryServer(t)
			e := newExporter(t, append(c.options, toServer(srv), WithoutSelfMetrics())...)
			mustExport(t, e, resourceMetrics(scopeMetrics("scope", counter("n", number[int64](1, k("v"))))))
			wantArrived(t, srv, c.want)
		})
	}
}

func TestScopeTags_FaultOfTheVariable(t *testing.T) {
	t.Setenv("APPTUIT_SCOPE_TAGS", "perhaps")
	if _, err := New(t.Context(), toServer(memoryServer(t))); err == nil || !strings.Contains(err.Error(), `APPTUIT_SCOPE_TAGS: `) {
		t.Errorf("error %v", err)
	}
}

// Two libraries can have the same instruments with the same attributes, for example otelhttp and
// otelgin. Their points differ in the scope tags.
func TestScopeTags_SeparateLibrariesWithEqualInstruments(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	reader := sdkmetric.NewManualReader()
	provider := newProvider(reader, "shop")
	for i, library := range []string{
		"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp",
		"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin",
	} {
		h, err := provider.Meter(library, metric.WithInstrumentationVersion("0.64.0")).Float64Histogram("http.server.request.duration", metric.WithUnit("s"))
		if err != nil {
			t.Fatal(err)
		}
		for range i + 1 {
			h.Record(t.Context(), 0.1, metric.WithAttributes(
				attribute.String("http.request.method", "GET"), attribute.Int("http.response.status_code", 200), attribute.String("http.route", "/cart/{id}"),
				attribute.String("network.protocol.name", "http"), attribute.String("network.protocol.version", "1.1"),
				attribute.String("server.address", "shop.example.com"), attribute.Int("server.port", 8080), attribute.String("url.scheme", "https"),
			))
		}
	}
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &rm); err != nil {
		t.Fatal(err)
	}
	mustExport(t, e, &rm)
	counts := map[string]string{}
	for _, p := range srv.Take() {
		if p.Metric == "http_server_request_duration_count" {
			counts[p.Tags["otel_scope_name"]] = p.Value.String()
		}
		// 8 attributes, scope name and version, service.name and host, and le in buckets.
		if want := 12; len(p.Tags) != want && p.Tags["le"] == "" || len(p.Tags) > want+1 {
			t.Errorf("%v has %d tags, want %d", p, len(p.Tags), want)
		}
	}
	want := map[string]string{
		"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp":                "1",
		"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin": "2",
	}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts by scope (-want +got):\n%s", diff)
	}
	if s := e.Stats(); s.Rejected != 0 {
		t.Errorf("stats %+v", s)
	}
}

func TestScopeTags_NotOnSelfMetrics(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv))
	own := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: selfScope}, Metrics: []metricdata.Metrics{counter("n", number[int64](1))}}
	mustExport(t, e, resourceMetrics(own))
	for _, p := range srv.Take() {
		if _, tagged := p.Tags["otel_scope_name"]; tagged != (p.Metric == "n") {
			t.Errorf("tags %v of %s", p.Tags, p.Metric)
		}
	}
}
