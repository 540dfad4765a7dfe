// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"math"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// A series that is refused for a new reason is reported again.
func TestExport_ReportsASeriesAgainForANewReason(t *testing.T) {
	srv := memoryServer(t)
	reason := "too old"
	srv.Fail(apptuittest.Fault{Reject: func(apptuittest.Point) string { return reason }, Times: 100})
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	for _, reason = range []string{"too old", "too new"} {
		if err := e.Export(t.Context(), points(1)); err == nil || !strings.Contains(err.Error(), reason) {
			t.Errorf("%s: %v", reason, err)
		}
		mustExport(t, e, points(1))
	}
}

// Each of many refused series is reported once. Series beyond the limit of one error are reported with
// the next Export.
func TestExport_ReportsEachOfManyRefusedSeriesOnce(t *testing.T) {
	srv := memoryServer(t)
	srv.Fail(apptuittest.Fault{Reject: func(apptuittest.Point) string { return "no" }, Times: 100})
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	var data []metricdata.DataPoint[int64]
	for i := range 1500 {
		data = append(data, number(int64(i), k(strconv.Itoa(i))))
	}
	named := map[string]bool{}
	for _, want := range []int{1000, 1500} {
		err := sendErrorOf(t, e.Export(t.Context(), metricsOf(counter("n", data...))))
		if err.Failed != 1500 {
			t.Errorf("%d failed", err.Failed)
		}
		for _, p := range err.Errors {
			named[p.Point.Tags["k"]] = true
		}
		if len(named) != want {
			t.Errorf("%d are named, want %d", len(named), want)
		}
	}
	mustExport(t, e, metricsOf(counter("n", data...)))
}

// The series of one histogram are refused and reported separately.
func TestExport_ReportsEachSeriesOfAHistogram(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	export := func(sum float64, most metricdata.Extrema[float64]) error {
		return e.Export(t.Context(), metricsOf(metricOf("h", metricdata.Histogram[float64]{
			DataPoints: []metricdata.HistogramDataPoint[float64]{{Time: at(), Count: 1, Sum: sum, Max: most}},
		})))
	}
	infinite := metricdata.NewExtrema(math.Inf(1))
	for _, tt := range []struct {
		sum  float64
		most metricdata.Extrema[float64]
		want string
	}{
		{math.Inf(1), metricdata.NewExtrema(1.0), "h_sum"},
		{math.Inf(1), metricdata.NewExtrema(1.0), ""},
		{1, infinite, "h_max"},
		{math.Inf(-1), infinite, ""},
	} {
		switch err := export(tt.sum, tt.most); {
		case tt.want == "" && err != nil:
			t.Errorf("reported again: %v", err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("error %v, want one about %s", err, tt.want)
		}
	}
}

// An error handler may panic, or use the exporter.
func TestWithErrorHandler_MayPanicOrUseTheExporter(t *testing.T) {
	for name, handle := range map[string]func(context.Context, *Exporter){
		"panics":   func(context.Context, *Exporter) { panic("handler") },
		"exports":  func(_ context.Context, e *Exporter) { _ = e.Export(context.Background(), points(10)) },
		"flushes":  func(ctx context.Context, e *Exporter) { _ = e.ForceFlush(ctx) },
		"shuts it": func(_ context.Context, e *Exporter) { _ = e.Shutdown(context.Background()) },
		"blocks":   func(ctx context.Context, _ *Exporter) { <-ctx.Done() },
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
				srv.Fail(apptuittest.Fault{Status: 404, Times: 3})
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var e *Exporter
				var calls atomic.Int32
				e = newExporter(t, toServer(srv), WithErrorHandler(func(*apptuitclient.SendError) {
					calls.Add(1)
					handle(ctx, e)
				}))
				start := time.Now()
				sendErrorOf(t, e.Export(ctx, points(10)))
				if took := time.Since(start); took > handlerWait {
					t.Errorf("Export took %v", took)
				}
				if calls.Load() == 0 {
					t.Error("the handler was not called")
				}
				cancel()
				time.Sleep(time.Minute)
				if err := e.Shutdown(t.Context()); err != nil && !errors.Is(err, sdkmetric.ErrExporterShutdown) {
					t.Error(err)
				}
				if used := e.origins.pool.Used(); used != 0 {
					t.Errorf("%d bytes are left", used)
				}
			})
		})
	}
}
