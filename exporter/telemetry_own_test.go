// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// inProcess runs a test in a process of its own, because the global MeterProvider can be
// set only once, and reports whether it is that process. A process that deadlocks is killed
// after a minute.
func inProcess(t *testing.T) bool {
	t.Helper()
	const mark = "TEST_IN_PROCESS"
	if os.Getenv(mark) != "" {
		return true
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), mark+"=1")
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "--- PASS: "+t.Name()) {
		t.Errorf("%v:\n%s", err, out)
	}
	return false
}

// sdkMetrics returns the exporter's own counters that have arrived, without tags.
func sdkMetrics(srv *apptuittest.Server) map[string]string {
	got := map[string]string{}
	for _, p := range srv.Take() {
		name := strings.TrimPrefix(strings.TrimPrefix(p.Metric, "otel_sdk_exporter_"), "metric_data_point_")
		if name == "orders" || name == "inflight" || name == "exported" || name == "operation_duration_count" {
			got[name] = p.Value.String()
		}
	}
	return got
}

// The exporter records with the provider that it serves, through the global provider.
func TestTelemetry_OfTheProviderThatIsExported(t *testing.T) {
	if inProcess(t) {
		exportOwnTelemetry(t, 4, WithMeterProvider(otel.GetMeterProvider()))
	}
}

// OTEL_GO_X_OBSERVABILITY has the same effect. The SDK's reader honours it as well: each Export
// but the first has the duration of its collections in addition.
func TestTelemetry_OfTheProviderThatIsExportedByVariable(t *testing.T) {
	if inProcess(t) {
		t.Setenv("OTEL_GO_X_OBSERVABILITY", "True")
		exportOwnTelemetry(t, 5)
	}
}

// exportOwnTelemetry sends several Exports of an exporter that records with the global
// provider, which is set after the exporter is created and which the exporter serves. The
// first Export has one data point, and each later one has as many as given.
func exportOwnTelemetry(t *testing.T, dataPoints int, opts ...Option) {
	t.Helper()
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, append(opts, toServer(srv), WithoutSelfMetrics())...)
		reader := sdkmetric.NewPeriodicReader(e, sdkmetric.WithInterval(10*time.Second))
		provider := newProvider(reader, "shop")
		otel.SetMeterProvider(provider)
		orders, err := provider.Meter("app").Int64Counter("orders")
		if err != nil {
			t.Fatal(err)
		}
		orders.Add(t.Context(), 1)
		step := func(name string, flush func(context.Context) error, before int) {
			t.Helper()
			want := map[string]string{"orders": "1"}
			if before > 0 {
				want["inflight"], want["operation_duration_count"] = "0", strconv.Itoa(before)
				want["exported"] = strconv.Itoa(1 + (before-1)*dataPoints)
			}
			if err := flush(t.Context()); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			synctest.Wait()
			if diff := cmp.Diff(want, sdkMetrics(srv)); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
		tick := func(context.Context) error { time.Sleep(10 * time.Second); return nil }
		// Each Export contains the measurements of the previous ones.
		step("first", tick, 0)
		step("second", tick, 1)
		step("third", tick, 2)
		step("ForceFlush", provider.ForceFlush, 3)
		step("Shutdown", provider.Shutdown, 4)
		if got := e.Stats().Exports; got != 5 {
			t.Errorf("%d Exports: what they record has caused others", got)
		}
	})
}

// The variable has the values that the OTLP exporters accept, and an option overrides it.
func TestTelemetry_Variable(t *testing.T) {
	if !inProcess(t) {
		return
	}
	global := newWatch()
	otel.SetMeterProvider(global)
	srv := memoryServer(t)
	want := int64(0) // data points
	export := func(value string, recorded bool, opts ...Option) {
		t.Helper()
		t.Setenv("OTEL_GO_X_OBSERVABILITY", value)
		mustExport(t, newExporter(t, append(opts, toServer(srv))...), points(3))
		if recorded {
			want += 3
		}
		got, failed, inflight := global.counts(t)
		if got != want || failed != 0 || inflight != 0 {
			t.Errorf("%q: %d data points are recorded as exported, %d as failed and %d as in flight, want %d", value, got, failed, inflight, want)
		}
	}
	for _, value := range []string{"true", "TRUE", "True"} {
		export(value, true)
	}
	for _, value := range []string{"", "false", "1", "yes", "on", " true", "true ", "nonsense"} {
		export(value, false)
	}
	own := newWatch()
	export("true", false, WithMeterProvider(own))
	own.wantCounts(t, 3, 0)
	export("true", false, WithMeterProvider(noop.NewMeterProvider()))
}

// An exporter records with its own provider during concurrent Exports and collections, and while
// the global provider is being set.
func TestTelemetry_OfTheProviderThatIsExportedConcurrently(t *testing.T) {
	if !inProcess(t) {
		return
	}
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), withoutRetry(), WithMeterProvider(otel.GetMeterProvider()))
	provider := newProvider(sdkmetric.NewPeriodicReader(e), "shop", sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e)))
	srv.Fail(apptuittest.Fault{Status: 503, Times: 20}, apptuittest.Fault{Reject: odd("bad"), Times: 20})
	orders, err := provider.Meter("app").Int64Counter("orders")
	if err != nil {
		t.Fatal(err)
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(error) {}))
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			if i == 0 {
				otel.SetMeterProvider(provider) // during Exports
			}
			for range 20 {
				orders.Add(t.Context(), 1)
				_ = provider.ForceFlush(t.Context())
			}
		})
	}
	wg.Wait()
	_ = provider.Shutdown(t.Context()) // the second reader finds the exporter shut down
	if got := e.Stats(); got.Exports < 40 || got.Produced != got.Accepted+got.Rejected+got.Dropped {
		t.Errorf("%+v", got)
	}
}
