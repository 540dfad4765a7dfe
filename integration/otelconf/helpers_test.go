// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/exporter"
)

// secret is what no error may show, in documents as in variables.
const secret = "s3cret-4711"

// leaks reports whether an error shows the secret, or the beginning of it.
func leaks(err error) bool { return strings.Contains(err.Error(), secret[:6]) }

// TestMain keeps the environment of whoever runs the tests out of them.
func TestMain(m *testing.M) {
	for _, variable := range os.Environ() {
		name, _, _ := strings.Cut(variable, "=")
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") {
			_ = os.Unsetenv(name)
		}
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	os.Exit(m.Run())
}

// newServer starts a server that ends with the test.
func newServer(t testing.TB, opts ...apptuittest.Option) *apptuittest.Server {
	t.Helper()
	srv := apptuittest.NewServer(opts...)
	t.Cleanup(srv.Close)
	return srv
}

// documentWith is a whole one with these exporters, each in a reader of its own, in
// flow style or as lines that are indented by 10.
func documentWith(exporters ...string) string {
	var b strings.Builder
	b.WriteString("file_format: \"1.0\"\nmeter_provider:\n  readers:\n")
	for _, e := range exporters {
		b.WriteString("    - periodic:\n        exporter:\n          " + e + "\n")
	}
	return b.String()
}

func parse(t testing.TB, doc string) *OpenTelemetryConfiguration {
	t.Helper()
	c, err := ParseYAML([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newSDK makes the SDK of a document.
func newSDK(t testing.TB, doc string, opts ...ConfigurationOption) SDK {
	t.Helper()
	sdk, err := NewSDK(append(opts, WithOpenTelemetryConfiguration(*parse(t, doc)))...)
	if err != nil {
		t.Fatal(err)
	}
	return sdk
}

// shutdown ends an SDK, which exports once more.
func shutdown(t testing.TB, sdk SDK) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := sdk.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// count adds to a counter.
func count(t testing.TB, sdk SDK, name string, n int64, opts ...metric.AddOption) {
	t.Helper()
	c, err := sdk.MeterProvider().Meter("test").Int64Counter(name)
	if err != nil {
		t.Fatal(err)
	}
	c.Add(t.Context(), n, opts...)
}

// exportOnce makes the SDK of a document, counts requests once, and ends it.
func exportOnce(t testing.TB, doc string, opts ...ConfigurationOption) {
	t.Helper()
	sdk := newSDK(t, doc, opts...)
	count(t, sdk, "requests", 1)
	shutdown(t, sdk)
}

// through lets exporters use the connections of a server in memory.
func through(srv *apptuittest.Server) ConfigurationOption {
	return WithExporterOptions(exporter.WithHTTPClient(srv.Client()))
}

// metrics are the names of what has arrived, each once.
func metrics(srv *apptuittest.Server) []string {
	var names []string
	for _, p := range srv.Points() {
		names = append(names, p.Metric)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
