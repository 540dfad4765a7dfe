// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package autoexport_test

import (
	"context"
	"errors"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"go.opentelemetry.io/contrib/exporters/autoexport"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	apptuit "github.com/apptuitai/apptuit-go/integration/autoexport"
)

// newSharedReader creates the reader of "otlp,apptuit" in this process.
func newSharedReader(t *testing.T) (sdkmetric.Reader, *target) {
	t.Helper()
	s := newTarget(t)
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	t.Setenv("APPTUIT_API_TOKEN", token)
	t.Setenv("OTEL_EXPORTER_OTLP_ENDPOINT", s.otlp.URL)
	t.Setenv("OTEL_METRICS_EXPORTER", "otlp,apptuit")
	apptuit.Register()
	reader, err := autoexport.NewMetricReader(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return reader, s
}

// ForceFlush and Shutdown call both exporters of a list. Both export the cumulative values of a
// counter and an observable counter, whose callback runs once for each export.
func TestSharedReader_FlushAndShutdown(t *testing.T) {
	reader, s := newSharedReader(t)
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	meter := provider.Meter("shop")
	orders, err := meter.Int64Counter("orders")
	if err != nil {
		t.Fatal(err)
	}
	var callbacks atomic.Int64
	if _, err := meter.Int64ObservableCounter("visits", metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		callbacks.Add(1)
		o.Observe(7)
		return nil
	})); err != nil {
		t.Fatal(err)
	}

	exported := func(want, calls int64, when string) {
		t.Helper()
		if got := s.otlp.orders(); got != want {
			t.Errorf("after %s the OTLP server has %d orders, want %d", when, got, want)
		}
		names, _ := s.otlp.metrics()
		if points := names["visits"].GetSum().GetDataPoints(); len(points) != 1 || points[0].GetAsInt() != 7 {
			t.Errorf("after %s the OTLP server has the visits %v", when, points)
		}
		if got := s.value("orders"); got != strconv.FormatInt(want, 10) || s.value("visits") != "7" {
			t.Errorf("after %s Apptuit's server has %q orders and %q visits, want %d and 7", when, got, s.value("visits"), want)
		}
		if got := callbacks.Load(); got != calls {
			t.Errorf("after %s the callback has run %d times, want %d", when, got, calls)
		}
	}
	orders.Add(t.Context(), 3)
	if err := provider.ForceFlush(t.Context()); err != nil {
		t.Fatal(err)
	}
	exported(3, 2, "ForceFlush")
	orders.Add(t.Context(), 2)
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	exported(5, 4, "Shutdown")

	n := len(s.Requests()) + len(s.otlp.received())
	if err := reader.Shutdown(t.Context()); !errors.Is(err, sdkmetric.ErrReaderShutdown) {
		t.Errorf("the second Shutdown returns %v", err)
	}
	if err := reader.(interface{ ForceFlush(context.Context) error }).ForceFlush(t.Context()); !errors.Is(err, sdkmetric.ErrReaderShutdown) {
		t.Errorf("ForceFlush after Shutdown returns %v", err)
	}
	if err := reader.Collect(t.Context(), &metricdata.ResourceMetrics{}); !errors.Is(err, sdkmetric.ErrReaderShutdown) {
		t.Errorf("Collect after Shutdown returns %v", err)
	}
	if after := len(s.Requests()) + len(s.otlp.received()); after != n {
		t.Errorf("%d requests after Shutdown", after-n)
	}
}

// The reader uses the default aggregation that its exporters have in common.
func TestSharedReader_Aggregation(t *testing.T) {
	t.Setenv("OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram")
	t.Setenv("APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION", "base2_exponential_bucket_histogram")
	reader, s := newSharedReader(t)
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	duration, err := provider.Meter("shop").Float64Histogram("duration")
	if err != nil {
		t.Fatal(err)
	}
	duration.Record(t.Context(), 1)
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	names, _ := s.otlp.metrics()
	if points := names["duration"].GetExponentialHistogram().GetDataPoints(); len(points) != 1 {
		t.Errorf("the OTLP server has %v", names["duration"])
	}
}

// A reader without a provider can be shut down, as a PeriodicReader can.
func TestSharedReader_ShutdownUnregistered(t *testing.T) {
	reader, s := newSharedReader(t)
	if err := reader.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
	if n := len(s.Requests()) + len(s.otlp.received()); n > 0 {
		t.Errorf("%d requests", n)
	}
}

// If one exporter hangs, ForceFlush returns an error with its name at the deadline. The other
// exporter has exported by then.
func TestSharedReader_FlushNamesExporterThatHangs(t *testing.T) {
	for _, hangs := range []string{"otlp", "apptuit"} {
		t.Run(hangs, func(t *testing.T) {
			reader, s := newSharedReader(t)
			if hangs == "otlp" {
				s.otlp.hang.Store(true)
			} else {
				s.Fail(apptuittest.Fault{Hang: true})
			}
			provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
			orders, err := provider.Meter("shop").Int64Counter("orders")
			if err != nil {
				t.Fatal(err)
			}
			orders.Add(t.Context(), 3)
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			err = provider.ForceFlush(ctx)
			if want := "apptuit autoexport: " + hangs + ": context deadline exceeded"; err == nil || err.Error() != want {
				t.Errorf("ForceFlush returns %v, want %s", err, want)
			}
			if hangs == "otlp" && s.value("orders") != "3" || hangs == "apptuit" && s.otlp.orders() != 3 {
				t.Error("the other exporter has not exported")
			}
			ended, cancel := context.WithCancel(t.Context())
			cancel()
			_ = provider.Shutdown(ended)
		})
	}
}
