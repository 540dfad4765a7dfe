// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"crypto/tls"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/google/go-cmp/cmp"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// oneRequest serves a request, and returns the only data point of http.server.request.duration.
func oneRequest(t *testing.T, pattern string, handler http.HandlerFunc, r *http.Request) metricdata.HistogramDataPoint[float64] {
	t.Helper()
	reader := sdkmetric.NewManualReader()
	mux := http.NewServeMux()
	mux.HandleFunc(pattern, handler)
	measured, err := measure(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), mux)
	if err != nil {
		t.Fatal(err)
	}
	func() {
		defer func() { _ = recover() }() // as net/http does
		measured.ServeHTTP(httptest.NewRecorder(), r)
	}()
	var collected metricdata.ResourceMetrics
	if err := reader.Collect(t.Context(), &collected); err != nil {
		t.Fatal(err)
	}
	for _, scope := range collected.ScopeMetrics {
		for _, m := range scope.Metrics {
			if h, ok := m.Data.(metricdata.Histogram[float64]); ok && len(h.DataPoints) == 1 &&
				m.Name == "http.server.request.duration" && m.Unit == "s" {
				return h.DataPoints[0]
			}
		}
	}
	t.Fatal("no point of http.server.request.duration in s")
	return metricdata.HistogramDataPoint[float64]{}
}

func TestMeasure_AttributesFollowTheConventions(t *testing.T) {
	answerWith := func(statuses ...int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			for _, s := range statuses {
				w.WriteHeader(s)
			}
		}
	}
	secure := httptest.NewRequest("GET", "/", nil)
	secure.TLS = &tls.ConnectionState{}
	for name, test := range map[string]struct {
		pattern string
		handler http.HandlerFunc
		request *http.Request
		want    map[string]string
	}{
		"nothing written": {
			"/{$}", answerWith(), httptest.NewRequest("GET", "/", nil),
			map[string]string{"http.request.method": "GET", "http.route": "/", "http.response.status_code": "200", "url.scheme": "http"},
		},
		"first final status": {
			"GET /a/{id}", answerWith(103, 201), httptest.NewRequest("HEAD", "/a/7", nil),
			map[string]string{"http.request.method": "HEAD", "http.route": "/a/{id}", "http.response.status_code": "201", "url.scheme": "http"},
		},
		"server's fault": {
			"/", answerWith(502), secure,
			map[string]string{"http.request.method": "GET", "http.route": "/", "http.response.status_code": "502", "url.scheme": "https", "error.type": "502"},
		},
		"client's fault, made-up method, no route": {
			"GET /a", answerWith(), httptest.NewRequest("BREW", "/a", nil),
			map[string]string{"http.request.method": "_OTHER", "http.response.status_code": "405", "url.scheme": "http"},
		},
		"panic": {
			"/a/", func(http.ResponseWriter, *http.Request) { panic("oh") }, httptest.NewRequest("PUT", "/a/b", nil),
			map[string]string{"http.request.method": "PUT", "http.route": "/a/", "url.scheme": "http", "error.type": "panic"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			point := oneRequest(t, test.pattern, test.handler, test.request)
			got := map[string]string{}
			for _, a := range point.Attributes.ToSlice() {
				got[string(a.Key)] = a.Value.String()
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("attributes, want (-), got (+):\n%s", diff)
			}
		})
	}
}

func TestMeasure_UsesTheRecommendedBounds(t *testing.T) {
	point := oneRequest(t, "/", greet, httptest.NewRequest("GET", "/", nil))
	want := []float64{0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10}
	if diff := cmp.Diff(want, point.Bounds); diff != "" {
		t.Errorf("bounds, want (-), got (+):\n%s", diff)
	}
	if point.Count != 1 {
		t.Errorf("%d requests, want 1", point.Count)
	}
}
