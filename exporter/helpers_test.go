// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// TestMain hides the caller's environment from the tests.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "APPTUIT_") || name == "OTEL_GO_X_OBSERVABILITY" {
			_ = os.Unsetenv(name)
		}
	}
	os.Exit(m.Run())
}

// at is the time of data points in tests for which the time does not matter.
func at() time.Time { return time.Unix(1_700_000_000, 0) }

// memoryServer starts a server that is closed at the end of the test.
func memoryServer(t testing.TB, opts ...apptuittest.Option) *apptuittest.Server {
	t.Helper()
	srv := apptuittest.NewMemoryServer(opts...)
	t.Cleanup(srv.Close)
	return srv
}

// toServer configures the exporter's client to send to srv.
func toServer(srv *apptuittest.Server, opts ...apptuitclient.Option) Option {
	return WithClientOptions(append([]apptuitclient.Option{
		apptuitclient.WithEndpoint(srv.URL), apptuitclient.WithHTTPClient(srv.Client()),
		apptuitclient.WithMaxInFlight(1), // so that faults affect the batches in order
	}, opts...)...)
}

// withoutRetry disables retries.
func withoutRetry() Option {
	return WithRetry(apptuitclient.RetryConfig{})
}

// newExporter returns an exporter that is shut down at the end of the test.
func newExporter(t testing.TB, opts ...Option) *Exporter {
	t.Helper()
	e, err := New(t.Context(), opts...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Shutdown(t.Context()) })
	return e
}

// toSink configures the exporter's client to send to a server that accepts everything
// without reading it, and without a network.
func toSink(opts ...apptuitclient.Option) Option {
	return WithClientOptions(append([]apptuitclient.Option{
		apptuitclient.WithEndpoint("http://127.0.0.1:1"),
		apptuitclient.WithHTTPClient(&http.Client{Transport: &sink{buffer: make([]byte, 64<<10)}}),
	}, opts...)...)
}

// sink drains each request and answers 204. It serves one request at a time.
type sink struct{ buffer []byte }

func (s *sink) RoundTrip(r *http.Request) (*http.Response, error) {
	defer r.Body.Close()
	for {
		switch _, err := r.Body.Read(s.buffer); {
		case errors.Is(err, io.EOF):
			return &http.Response{StatusCode: http.StatusNoContent, Body: http.NoBody, Request: r}, nil
		case err != nil:
			return nil, err
		}
	}
}

// metricsOf returns metrics of the service "shop" and the host "web1", and of a scope without
// a name, which gives them no tags.
func metricsOf(metrics ...metricdata.Metrics) *metricdata.ResourceMetrics {
	return resourceMetrics(metricdata.ScopeMetrics{Metrics: metrics})
}

func resourceMetrics(scopes ...metricdata.ScopeMetrics) *metricdata.ResourceMetrics {
	return &metricdata.ResourceMetrics{
		Resource:     resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("host.name", "web1")),
		ScopeMetrics: scopes,
	}
}

func scopeMetrics(scope string, metrics ...metricdata.Metrics) metricdata.ScopeMetrics {
	return metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: scope, Version: "1.0"}, Metrics: metrics}
}

func metricOf(name string, data metricdata.Aggregation) metricdata.Metrics {
	return metricdata.Metrics{Name: name, Data: data}
}

// counter returns a cumulative sum of int64.
func counter(name string, points ...metricdata.DataPoint[int64]) metricdata.Metrics {
	return metricOf(name, metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: points})
}

func gauge(name string, points ...metricdata.DataPoint[float64]) metricdata.Metrics {
	return metricOf(name, metricdata.Gauge[float64]{DataPoints: points})
}

func number[N int64 | float64](v N, attributes ...attribute.KeyValue) metricdata.DataPoint[N] {
	return metricdata.DataPoint[N]{Attributes: attribute.NewSet(attributes...), Time: at(), Value: v}
}

func k(value string) attribute.KeyValue { return attribute.String("k", value) }

// points returns n data points of the counter "n".
func points(n int) *metricdata.ResourceMetrics {
	points := make([]metricdata.DataPoint[int64], n)
	for i := range points {
		points[i] = number(int64(i), attribute.Int("k", i))
	}
	return metricsOf(counter("n", points...))
}

// arrived returns the points that have arrived since the last call, one per line.
func arrived(srv *apptuittest.Server) []string {
	var lines []string
	for _, p := range srv.Take() {
		lines = append(lines, p.String())
	}
	return lines
}

func wantArrived(t testing.TB, srv *apptuittest.Server, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, arrived(srv)); diff != "" {
		t.Errorf("points at the server (-want +got):\n%s", diff)
	}
}

// sendErrorOf requires that err is a *SendError, and returns it.
func sendErrorOf(t testing.TB, err error) *apptuitclient.SendError {
	t.Helper()
	var send *apptuitclient.SendError
	if !errors.As(err, &send) {
		t.Fatalf("error %v, want a *SendError", err)
	}
	return send
}

// wantStats compares all of Stats except the number of Exports.
func wantStats(t testing.TB, e *Exporter, want Stats) {
	t.Helper()
	got := e.Stats()
	got.Exports = 0
	if got != want {
		t.Errorf("stats %+v, want %+v", got, want)
	}
}

func mustExport(t testing.TB, e *Exporter, rm *metricdata.ResourceMetrics) {
	t.Helper()
	if err := e.Export(t.Context(), rm); err != nil {
		t.Errorf("Export: %v", err)
	}
}
