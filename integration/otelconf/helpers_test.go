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

// secret is a value in documents and variables. No error may contain it.
const secret = "s3cret-4711"

// leaks reports whether an error contains the secret or its beginning.
func leaks(err error) bool { return strings.Contains(err.Error(), secret[:6]) }

// TestMain removes variables of the exporter and of OpenTelemetry from the environment.
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

// newServer starts a server, which is closed at the end of the test.
func newServer(t testing.TB, opts ...apptuittest.Option) *apptuittest.Server {
	t.Helper()
	srv := apptuittest.NewServer(opts...)
	t.Cleanup(srv.Close)
	return srv
}

// documentWith returns a document with a reader for each exporter. An exporter is YAML in flow style,
// or in block style with all lines after the first indented by more than 10 spaces.
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

// newSDK creates the SDK of a document.
func newSDK(t testing.TB, doc string, opts ...ConfigurationOption) SDK {
	t.Helper()
	sdk, err := NewSDK(append(opts, WithOpenTelemetryConfiguration(*parse(t, doc)))...)
	if err != nil {
		t.Fatal(err)
	}
	return sdk
}

// shutdown shuts an SDK down, with a last export.
func shutdown(t testing.TB, sdk SDK) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := sdk.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// count adds n to a counter.
func count(t testing.TB, sdk SDK, name string, n int64, opts ...metric.AddOption) {
	t.Helper()
	c, err := sdk.MeterProvider().Meter("test").Int64Counter(name)
	if err != nil {
		t.Fatal(err)
	}
	c.Add(t.Context(), n, opts...)
}

// exportOnce creates the SDK of a document, increments the counter requests, and shuts down
// the SDK.
func exportOnce(t testing.TB, doc string, opts ...ConfigurationOption) {
	t.Helper()
	sdk := newSDK(t, doc, opts...)
	count(t, sdk, "requests", 1)
	shutdown(t, sdk)
}

// through returns an option with which exporters connect to a server in memory.
func through(srv *apptuittest.Server) ConfigurationOption {
	return WithExporterOptions(exporter.WithHTTPClient(srv.Client()))
}

// metrics returns the sorted names of the metrics that the server has received.
func metrics(srv *apptuittest.Server) []string {
	var names []string
	for _, p := range srv.Points() {
		names = append(names, p.Metric)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
