// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
)

func TestExport_AFailedBatchDoesNotStopTheNext(t *testing.T) {
	srv := memoryServer(t)
	srv.Fail(apptuittest.Fault{}, apptuittest.Status(404), apptuittest.Fault{}, apptuittest.Fault{Status: 400, Body: "nothing doing"})
	var handled []*apptuitclient.SendError
	e := newExporter(t, toServer(srv, apptuitclient.WithMaxBatchPoints(10)), WithoutSelfMetrics(),
		WithErrorHandler(func(err *apptuitclient.SendError) { handled = append(handled, err) }))
	err := e.Export(t.Context(), points(45))
	if n := srv.Total(); n != 25 {
		t.Errorf("%d points arrived, want those of three batches, 25", n)
	}
	wantStats(t, e, Stats{Produced: 45, Accepted: 25, Rejected: 20})
	send := sendErrorOf(t, err)
	if send.Successful != 25 || send.Failed != 20 || send.StatusCode != 404 {
		t.Errorf("error %+v", send)
	}
	for _, part := range []string{"25 points sent, 20 failed", "404 Not Found", "400 Bad Request: nothing doing"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("error %q, want %q in it", err, part)
		}
	}
	if len(handled) != 2 || handled[0].StatusCode != 404 || handled[1].StatusCode != 400 ||
		handled[0].Successful != 0 || handled[0].Failed != 10 {
		t.Errorf("the handler got %v, want the two batches", handled)
	}
}

func TestWithErrorHandler_GetsPointsThatAreRejectedBeforeSending(t *testing.T) {
	srv := memoryServer(t)
	var handled []*apptuitclient.SendError
	e := newExporter(t, toServer(srv), WithErrorHandler(func(err *apptuitclient.SendError) { handled = append(handled, err) }))
	rm := metricsOf(gauge("g", number(math.NaN(), k("a")), number(1.0, k("b")), number(math.Inf(1), k("c"))))
	err := e.Export(t.Context(), rm)
	if !errors.Is(err, encoding.ErrNotFinite) || len(handled) != 1 || handled[0].Failed != 2 || len(handled[0].Errors) != 2 ||
		handled[0].Errors[0].Point.Metric != "g" || handled[0].Errors[0].Point.Tags["k"] != "a" {
		t.Errorf("error %v, the handler got %v", err, handled)
	}
	mustExport(t, e, rm) // the refusals were reported
	if len(handled) != 1 {
		t.Errorf("the handler got %v again", handled[1:])
	}
	wantStats(t, e, Stats{Produced: 6, Accepted: 2, Rejected: 4})
}

// A refusal that recurs at every interval is reported once and counted each time. New
// refusals are reported beside it.
func TestExport_ReportsRefusedSeriesOnce(t *testing.T) {
	for name, options := range map[string][]Option{"cached": nil, "without a cache": {WithCacheBytes(0)}} {
		t.Run(name, func(t *testing.T) {
			srv := memoryServer(t)
			srv.Fail(apptuittest.Fault{Reject: odd("bad value"), Times: 100})
			var batches int
			e := newExporter(t, append(options, toServer(srv), WithErrorHandler(func(*apptuitclient.SendError) { batches++ }))...)
			nan := gauge("g", number(math.NaN(), k("0")))
			rm := func(values ...int64) *metricdata.ResourceMetrics {
				return metricsOf(counter("n", numbersK(values...)...), nan)
			}
			send := sendErrorOf(t, e.Export(t.Context(), rm(1, 2, 3)))
			if len(send.Errors) != 3 || send.Failed != 3 || send.Successful != 1 {
				t.Errorf("error %v, want the points 1, 3 and NaN", send)
			}
			mustExport(t, e, rm(1, 2, 3))
			send = sendErrorOf(t, e.Export(t.Context(), rm(1, 2, 3, 4, 5)))
			if len(send.Errors) != 1 || send.Errors[0].Point.Tags["k"] != "5" || send.Errors[0].Reason != "bad value" || send.Failed != 4 {
				t.Errorf("error %v, want the point 5", send)
			}
			wantStats(t, e, Stats{Produced: 14, Accepted: 4, Rejected: 10})
			if batches != 4 { // for three requests, and once for NaN
				t.Errorf("the handler was called %d times, want 4", batches)
			}
		})
	}
}

// numbersK returns a data point for each value, distinguished by the attribute k.
func numbersK(values ...int64) []metricdata.DataPoint[int64] {
	points := make([]metricdata.DataPoint[int64], len(values))
	for i, v := range values {
		points[i] = number(v, k(string(rune('0'+v))))
	}
	return points
}

// All methods return the error of a context that has ended.
func TestExporter_ReturnsTheErrorOfAnEndedContext(t *testing.T) {
	expired, cancel := context.WithDeadline(context.Background(), time.Unix(0, 0))
	defer cancel()
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	for name, call := range map[string]func(*Exporter, context.Context) error{
		"Export":             func(e *Exporter, ctx context.Context) error { return e.Export(ctx, points(30)) },
		"Export of nothing":  func(e *Exporter, ctx context.Context) error { return e.Export(ctx, resourceMetrics()) },
		"Export of nil":      func(e *Exporter, ctx context.Context) error { return e.Export(ctx, nil) },
		"ForceFlush":         (*Exporter).ForceFlush,
		"Shutdown":           (*Exporter).Shutdown,
		"Export, many of it": func(e *Exporter, ctx context.Context) error { return e.Export(ctx, points(2_000)) },
	} {
		t.Run(name, func(t *testing.T) {
			srv := memoryServer(t)
			opts := []Option{toServer(srv, apptuitclient.WithMaxBatchPoints(1_000))}
			if err := call(newExporter(t, opts...), expired); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want DeadlineExceeded", err)
			}
			if err := call(newExporter(t, opts...), cancelled); !errors.Is(err, context.Canceled) {
				t.Errorf("error %v, want Canceled", err)
			}
			if err := call(newExporter(t, opts...), t.Context()); err != nil {
				t.Errorf("error %v with a context that has not ended", err)
			}
		})
	}
}

func TestExport_DropsPointsIfTheContextHasEnded(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	rm := points(30)
	rm.ScopeMetrics[0].Metrics = append(rm.ScopeMetrics[0].Metrics, gauge("g", number(math.NaN(), k("v"))))
	err := e.Export(ctx, rm)
	if send := sendErrorOf(t, err); !errors.Is(err, context.Canceled) || !errors.Is(err, encoding.ErrNotFinite) || send.Failed != 31 {
		t.Errorf("error %v", err)
	}
	wantStats(t, e, Stats{Produced: 31, Rejected: 1, Dropped: 30})
	if len(srv.Requests()) != 0 {
		t.Error("a request was made")
	}
}

func TestExport_CanceledDuringARequest(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		srv.Fail(apptuittest.Fault{}, apptuittest.Fault{Hang: true})
		e := newExporter(t, toServer(srv, apptuitclient.WithMaxBatchPoints(10)))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(3*time.Second, cancel)
		start := time.Now()
		err := e.Export(ctx, points(100))
		if !errors.Is(err, context.Canceled) || time.Since(start) != 3*time.Second {
			t.Errorf("error %v after %v, want Canceled after 3s", err, time.Since(start))
		}
		wantStats(t, e, Stats{Produced: 100, Accepted: 10, Dropped: 90})
	})
}
