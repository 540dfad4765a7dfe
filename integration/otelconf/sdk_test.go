// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	contrib "go.opentelemetry.io/contrib/otelconf"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdklog "go.opentelemetry.io/otel/sdk/log"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/metric/metricdata/metricdatatest"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/sdk/trace/tracetest"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
)

// writeFile writes a document to a file, and sets OTEL_CONFIG_FILE to its name.
func writeFile(t *testing.T, doc string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "otel.yaml")
	if err := os.WriteFile(name, []byte(doc), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("OTEL_CONFIG_FILE", name)
}

func TestNewSDK_ExportsPoints(t *testing.T) {
	srv := newServer(t)
	t.Setenv("ZONE", "eu")
	sdk := newSDK(t, `
file_format: "1.0"
resource:
  attributes:
    - {name: service.name, value: shop}
    - {name: host.name, value: web1}
    - {name: team, value: blue}
meter_provider:
  readers:
    - periodic:
        interval: 3600000
        exporter:
          apptuit:
            endpoint: `+srv.URL+`
            prefix: "pre."
            sanitize_mode: apptuit
            tags:
              zone: ${ZONE}
              empty: ${NOTHING}
            self_metrics: false
  views:
    - selector: {instrument_name: requests}
      stream:
        name: served
        attribute_keys: {included: [route]}
`)
	count(t, sdk, "requests", 5, metric.WithAttributes(attribute.String("route", "/cart"), attribute.String("user", "ann")))
	if srv.Total() != 0 {
		t.Error("points arrived before the interval and before Shutdown")
	}
	shutdown(t, sdk)
	points := srv.Points()
	if len(points) != 1 {
		t.Fatalf("points: %v", points)
	}
	points[0].Timestamp = ""
	want := "pre.served{host=web1, otel_scope_name=test, route=/cart, service.name=shop, zone=eu}  5"
	if got := points[0].String(); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Shutdown of the SDK ends all exports and goroutines.
func TestSDK_ShutdownEndsExporter(t *testing.T) {
	srv := newServer(t)
	before := runtime.NumGoroutine()
	sdk := newSDK(t, documentWith("apptuit: {endpoint: "+srv.URL+"}"))
	mp, ok := sdk.MeterProvider().(*sdkmetric.MeterProvider)
	if !ok {
		t.Fatalf("the provider is a %T", sdk.MeterProvider())
	}
	count(t, sdk, "requests", 1)
	shutdown(t, sdk)
	total := srv.Total()
	if total == 0 {
		t.Error("Shutdown exports no points")
	}
	if err := mp.ForceFlush(t.Context()); !errors.Is(err, sdkmetric.ErrReaderShutdown) {
		t.Errorf("ForceFlush after Shutdown: %v", err)
	}
	if srv.Total() != total {
		t.Error("points arrived after Shutdown")
	}
	srv.Close()
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

func TestNewSDK_SeveralReaders(t *testing.T) {
	one, two, other := newServer(t), newServer(t), newOTLPServer(t)
	sdk := newSDK(t, documentWith(
		"apptuit: {endpoint: "+one.URL+", prefix: one., self_metrics: false}",
		"otlp_http: {endpoint: "+other.URL+"/v1/metrics}",
		"apptuit: {endpoint: "+two.URL+", prefix: two., self_metrics: false}",
	))
	count(t, sdk, "requests", 3)
	shutdown(t, sdk)
	if diff := cmp.Diff([][]string{{"one_requests"}, {"two_requests"}}, [][]string{metrics(one), metrics(two)}); diff != "" {
		t.Error(diff)
	}
	if got := other.requests(); got != 1 {
		t.Errorf("%d OTLP requests, want 1", got)
	}
}

func TestNewSDK_ConsoleBesideApptuit(t *testing.T) {
	srv := newServer(t)
	written := console(t)
	sdk := newSDK(t, documentWith("console:", "apptuit: {endpoint: "+srv.URL+", self_metrics: false}"))
	count(t, sdk, "requests", 3)
	shutdown(t, sdk)
	if text := written(); !strings.Contains(text, `"requests"`) {
		t.Errorf("the console shows %q", text)
	}
	if diff := cmp.Diff([]string{"requests"}, metrics(srv)); diff != "" {
		t.Error(diff)
	}
}

// A reader of the program collects the same metrics as with otelconf. The document's resource and
// views apply to it, and the document's limits for readers of the program.
func TestNewSDK_CollectsAsOtelconf(t *testing.T) {
	doc, written := plain(t), console(t)
	defer written()
	collect := func(mp metric.MeterProvider, reader sdkmetric.Reader) metricdata.ResourceMetrics {
		c, err := mp.Meter("test").Int64Counter("requests")
		if err != nil {
			t.Fatal(err)
		}
		c.Add(t.Context(), 2, metric.WithAttributes(attribute.String("route", "/"), attribute.String("user", "ann")))
		var rm metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &rm); err != nil {
			t.Fatal(err)
		}
		return rm
	}
	cfg, err := contrib.ParseYAML([]byte(doc))
	if err != nil {
		t.Fatal(err)
	}
	reader := sdkmetric.NewManualReader()
	theirs, err := contrib.NewSDK(contrib.WithOpenTelemetryConfiguration(*cfg), contrib.WithMeterProviderOptions(sdkmetric.WithReader(reader)))
	if err != nil {
		t.Fatal(err)
	}
	want := collect(theirs.MeterProvider(), reader)
	end(theirs)

	srv := newServer(t)
	with := strings.Replace(doc, "  views:\n", "    - periodic: {exporter: {apptuit: {endpoint: "+srv.URL+"}}}\n  views:\n", 1)
	for name, doc := range map[string]string{"without apptuit": doc, "with apptuit": with} {
		reader := sdkmetric.NewManualReader()
		sdk := newSDK(t, doc, WithMeterProviderOptions(sdkmetric.WithReader(reader)), WithContext(t.Context()))
		got := collect(sdk.MeterProvider(), reader)
		metricdatatest.AssertEqual(t, want, got, metricdatatest.IgnoreTimestamp(), metricdatatest.IgnoreExemplars())
		if a, b := typeOf(sdk), typeOf(theirs); a != b {
			t.Errorf("%s: providers are %s, otelconf's %s", name, a, b)
		}
		end(sdk)
	}
	if got := metrics(srv); len(got) == 0 || got[len(got)-1] != "served" {
		t.Errorf("Apptuit's server received %v", got)
	}
}

// end shuts an SDK down, but does not wait for exporters without a server.
func end(sdk SDK) {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	_ = sdk.Shutdown(ctx)
}

func TestNewSDK_ConfigFileWithApptuit(t *testing.T) {
	srv, beaten := newServer(t), newServer(t)
	writeFile(t, documentWith("apptuit: {endpoint: "+srv.URL+", self_metrics: false}"))
	name := os.Getenv("OTEL_CONFIG_FILE")
	sdk, err := NewSDK(WithOpenTelemetryConfiguration(*parse(t, documentWith("apptuit: {endpoint: "+beaten.URL+"}"))))
	if err != nil {
		t.Fatal(err)
	}
	count(t, sdk, "requests", 1)
	shutdown(t, sdk)
	if diff := cmp.Diff([]string{"requests"}, metrics(srv)); diff != "" {
		t.Error(diff)
	}
	if beaten.Total() != 0 {
		t.Error("the document in the code was also used")
	}
	if got := os.Getenv("OTEL_CONFIG_FILE"); got != name {
		t.Errorf("OTEL_CONFIG_FILE is %q afterwards", got)
	}
}

// The file overrides the document of the program. Its references are replaced by the same rules.
func TestNewSDK_ConfigFileOverridesDocument(t *testing.T) {
	srv, other := newServer(t), newOTLPServer(t)
	t.Setenv("URL", other.URL)
	writeFile(t, documentWith("otlp_http: {endpoint: ${URL}/v1/metrics}")) // otelconf alone cannot parse this reference
	exportOnce(t, documentWith("apptuit: {endpoint: "+srv.URL+"}"))
	if srv.Total() != 0 || other.requests() != 1 {
		t.Errorf("%d points and %d requests of OTLP, want 0 and 1", srv.Total(), other.requests())
	}
}

func TestNewSDK_UnusableConfigFile(t *testing.T) {
	for name, doc := range map[string]string{
		"an unknown key":                documentWith("apptuit: {tokn: " + secret + "}"),
		"no token":                      documentWith("apptuit:"),
		"a fault that otelconf reports": "file_format: 1\nmeter_provider: 7\n",
		"too large":                     "file_format: '1.0'\n#" + strings.Repeat("x", maxDocument),
	} {
		writeFile(t, doc)
		file := os.Getenv("OTEL_CONFIG_FILE")
		sdk, err := NewSDK()
		if err == nil || leaks(err) {
			t.Errorf("%s: %v", name, err)
		}
		if os.Getenv("OTEL_CONFIG_FILE") != file {
			t.Errorf("%s: NewSDK has changed OTEL_CONFIG_FILE", name)
		}
		doesNothing(t, name, sdk)
	}
	for _, file := range []string{"testdata/none.yaml", ""} {
		t.Setenv("OTEL_CONFIG_FILE", file)
		sdk, err := NewSDK()
		if !errors.Is(err, os.ErrNotExist) || !strings.Contains(err.Error(), "OTEL_CONFIG_FILE") {
			t.Errorf("%q: %v", file, err)
		}
		doesNothing(t, file, sdk)
	}
}

func doesNothing(t *testing.T, name string, sdk SDK) {
	t.Helper()
	if _, ok := sdk.MeterProvider().(noop.MeterProvider); !ok {
		t.Errorf("%s: the provider is a %T", name, sdk.MeterProvider())
	}
	shutdown(t, sdk)
}

func TestNewSDK_RefusesExperimentalConfigFile(t *testing.T) {
	t.Setenv("OTEL_EXPERIMENTAL_CONFIG_FILE", "testdata/plain.yaml")
	sdk, err := NewSDK(WithOpenTelemetryConfiguration(*parse(t, documentWith("apptuit: {token: x}"))))
	if err == nil || !strings.Contains(err.Error(), "OTEL_CONFIG_FILE") {
		t.Errorf("got %v, want otelconf's error", err)
	}
	doesNothing(t, "refused", sdk)
}

func TestNewSDK_DisabledCreatesNoExporter(t *testing.T) {
	t.Setenv("OTEL_SDK_DISABLED", "true")
	doc := "disabled: ${OTEL_SDK_DISABLED:-false}\n" + documentWith("apptuit: {tags: {a: ${B}}}")
	sdk, err := NewSDK(WithOpenTelemetryConfiguration(*parse(t, doc))) // a disabled SDK needs no token
	if err != nil {
		t.Error(err)
	}
	doesNothing(t, "in code", sdk)
	writeFile(t, doc)
	sdk, err = NewSDK()
	if err != nil {
		t.Error(err)
	}
	doesNothing(t, "file", sdk)
}

func TestNewSDK_WithoutDocument(t *testing.T) {
	sdk, err := NewSDK(nil, WithContext(nil)) //nolint:staticcheck // a nil context is the same as no context
	if err != nil {
		t.Error(err)
	}
	doesNothing(t, "none", sdk)
}

// If otelconf refuses the document, NewSDK shuts down the readers that export to Apptuit. They send
// nothing.
func TestNewSDK_ErrorOfOtelconfEndsReaders(t *testing.T) {
	srv := newServer(t)
	before := runtime.NumGoroutine()
	doc := documentWith("apptuit: {endpoint: "+srv.URL+"}", "otlp_http: {endpoint: ':'}")
	for range 5 {
		sdk, err := NewSDK(WithOpenTelemetryConfiguration(*parse(t, doc)))
		if err == nil {
			t.Fatal("NewSDK returns no error")
		}
		doesNothing(t, "other fault", sdk)
	}
	if len(srv.Requests()) > 0 {
		t.Error("points were sent")
	}
	for range 100 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Errorf("%d goroutines, %d before", runtime.NumGoroutine(), before)
}

// A parsed document can be changed before NewSDK, and used several times.
func TestNewSDK_UsesChangedRest(t *testing.T) {
	srv := newServer(t)
	c := parse(t, documentWith("apptuit: {endpoint: "+srv.URL+", self_metrics: false}"))
	c.Rest.MeterProvider = nil
	for range 2 {
		sdk, err := NewSDK(WithOpenTelemetryConfiguration(*c))
		if err != nil {
			t.Fatal(err)
		}
		count(t, sdk, "requests", 1)
		shutdown(t, sdk)
	}
	if got := srv.Total(); got != 2 {
		t.Errorf("%d points, want 2", got)
	}
}

func TestNewSDK_Concurrent(t *testing.T) {
	srv := newServer(t)
	writeFile(t, documentWith("apptuit: {endpoint: "+srv.URL+", self_metrics: false}"))
	var group sync.WaitGroup
	const n = 8
	for range n {
		group.Go(func() {
			sdk, err := NewSDK()
			if err != nil {
				t.Error(err)
				return
			}
			count(t, sdk, "requests", 1)
			shutdown(t, sdk)
		})
	}
	group.Wait()
	if got := srv.Total(); got != n {
		t.Errorf("%d points, want %d", got, n)
	}
}

// Keys of the document override options of the program. Other options of the program apply.
func TestWithExporterOptions_KeysOverride(t *testing.T) {
	srv := newServer(t)
	var failed []*apptuitclient.SendError
	handler := exporter.WithErrorHandler(func(err *apptuitclient.SendError) { failed = append(failed, err) })
	srv.Fail(refuseAll())
	options := WithExporterOptions(handler, exporter.WithPrefix("code."), exporter.WithTags(map[string]string{"from": "code"}),
		exporter.WithEndpoint("http://127.0.0.1:1"), exporter.WithCompression(apptuitclient.CompressionNone))
	doc := documentWith("apptuit: {endpoint: " + srv.URL + ", prefix: doc., self_metrics: false}")
	sdk := newSDK(t, doc, options)
	count(t, sdk, "requests", 1)
	_ = sdk.Shutdown(t.Context())
	exportOnce(t, doc, options)
	if len(failed) != 1 {
		t.Errorf("the error handler got %v", failed)
	}
	if points := srv.Points(); len(points) != 1 || points[0].Metric != "doc_requests" || points[0].Tags["from"] != "code" {
		t.Errorf("points: %v", points)
	}
	if got := srv.Requests()[0].Encoding; got != "" {
		t.Errorf("the encoding is %q, want none, as the option of the program", got)
	}
}

// A document needs no token if the program has a token source.
func TestWithExporterOptions_TokenSource(t *testing.T) {
	source := exporter.WithTokenSource(func(context.Context) (string, error) { return "x", nil })
	sdk := newSDK(t, documentWith("apptuit: {endpoint: https://api.apptuit.ai}"), WithExporterOptions(source))
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // nothing is sent
	_ = sdk.Shutdown(ctx)
}

// With OTEL_GO_X_OBSERVABILITY=true, the exporters of a document record the metrics
// otel.sdk.exporter.* with the global MeterProvider.
func TestNewSDK_ExportersReportObservability(t *testing.T) {
	reader := sdkmetric.NewManualReader()
	before := otel.GetMeterProvider()
	otel.SetMeterProvider(sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)))
	t.Cleanup(func() { otel.SetMeterProvider(before) })
	for value, want := range map[string]bool{"true": true, "": false} {
		t.Setenv("OTEL_GO_X_OBSERVABILITY", value)
		srv := newServer(t)
		exportOnce(t, documentWith("apptuit: {endpoint: "+srv.URL+"}"))
		var collected metricdata.ResourceMetrics
		if err := reader.Collect(t.Context(), &collected); err != nil {
			t.Fatal(err)
		}
		endpoint, got := strings.TrimPrefix(srv.URL, "http://"), false
		for _, sm := range collected.ScopeMetrics {
			for _, m := range sm.Metrics {
				sum, _ := m.Data.(metricdata.Sum[int64])
				for _, p := range sum.DataPoints {
					host, _ := p.Attributes.Value("server.address")
					port, _ := p.Attributes.Value("server.port")
					got = got || m.Name == "otel.sdk.exporter.metric_data_point.exported" && p.Value == 1 && host.String()+":"+port.String() == endpoint
				}
			}
		}
		if got != want {
			t.Errorf("with the value %q, the exported data point is recorded: %t, want %t", value, got, want)
		}
	}
}

// logged is a processor that counts log records.
type logged struct{ n int }

func (l *logged) OnEmit(context.Context, *sdklog.Record) error         { l.n++; return nil }
func (*logged) Enabled(context.Context, sdklog.EnabledParameters) bool { return true }
func (*logged) Shutdown(context.Context) error                         { return nil }
func (*logged) ForceFlush(context.Context) error                       { return nil }

// Options for all providers are passed to otelconf.
func TestNewSDK_PassesProviderOptions(t *testing.T) {
	srv := newServer(t)
	spans, logs := tracetest.NewSpanRecorder(), new(logged)
	doc := documentWith("apptuit: {endpoint: "+srv.URL+"}") + "tracer_provider: {processors: []}\nlogger_provider: {processors: []}\n"
	sdk := newSDK(t, doc, WithTracerProviderOptions(sdktrace.WithSpanProcessor(spans)), WithLoggerProviderOptions(sdklog.WithProcessor(logs)))
	_, span := sdk.TracerProvider().Tracer("test").Start(t.Context(), "span")
	span.End()
	sdk.LoggerProvider().Logger("test").Emit(t.Context(), log.Record{})
	shutdown(t, sdk)
	if len(spans.Ended()) != 1 || logs.n != 1 {
		t.Errorf("%d spans and %d records, want one each", len(spans.Ended()), logs.n)
	}
}
