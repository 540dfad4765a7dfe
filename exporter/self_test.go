// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// isSelf reports whether a metric is one of the exporter's own metrics.
func isSelf(p apptuittest.Point) bool { return strings.HasPrefix(p.Metric, "apptuit_reporter_") }

// selfMetricsOf returns the self metrics that have arrived since the last call, as "total value".
func selfMetricsOf(t *testing.T, srv *apptuittest.Server) []string {
	t.Helper()
	var got []string
	for _, p := range srv.Take() {
		if !isSelf(p) {
			continue
		}
		tags := 2
		if p.Tags["le"] == "+Inf" {
			tags++
		}
		if p.Tags["host"] != "web1" || p.Tags["service_name"] != "shop" || len(p.Tags) != tags {
			t.Errorf("the tags of %v are not those of the exporter", p)
		}
		name := strings.TrimPrefix(strings.TrimPrefix(p.Metric, "apptuit_reporter_"), "send_")
		got = append(got, name+" "+p.Value.String())
	}
	return got
}

func TestSelfMetrics(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv, apptuitclient.WithMaxBatchPoints(10)), withoutRetry())
		step := func(want ...string) {
			t.Helper()
			_ = e.Export(t.Context(), points(30))
			if diff := cmp.Diff(want, selfMetricsOf(t, srv)); diff != "" {
				t.Errorf("self metrics (-want +got):\n%s", diff)
			}
			time.Sleep(time.Minute)
		}
		srv.Fail(apptuittest.Fault{Delay: 2 * time.Second})
		step("total 0", "successful 0", "failed 0", "time_count 0", "time_bucket 0", "time_sum 0.0", "overflowed 0")
		srv.Fail(apptuittest.Status(503), apptuittest.Fault{Reject: odd("bad"), Delay: 500 * time.Millisecond})
		step("total 30", "successful 30", "failed 0", "time_count 1", "time_bucket 1", "time_sum 2.0", "time_min 2.0", "time_max 2.0", "overflowed 0")
		step("total 60", "successful 46", "failed 14", "time_count 2", "time_bucket 2", "time_sum 2.5", "time_min 0.5", "time_max 2.0", "overflowed 0")
		// Self metrics that were not delivered are not lost: they are totals, and the next values
		// include them.
		srv.Fail(apptuittest.Fault{Status: 404, Times: 4})
		step()
		step("total 120", "successful 76", "failed 44", "time_count 4", "time_bucket 4", "time_sum 2.5", "time_min 0.0", "time_max 2.0", "overflowed 0")
		wantStats(t, e, Stats{Produced: 150, Accepted: 106, Rejected: 34, Dropped: 10})
	})
}

// selfTotals returns the totals that have arrived since the last call, as "service total".
func selfTotals(srv *apptuittest.Server) string {
	var got []string
	for _, p := range srv.Take() {
		if p.Metric == "apptuit_reporter_send_total" {
			got = append(got, p.Tags["service_name"]+" "+p.Value.String())
		}
	}
	slices.Sort(got)
	return strings.Join(got, ", ")
}

// The self metrics get Prometheus names like all other metrics.
func TestSelfMetrics_PrometheusNames(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv, apptuitclient.WithSpool(spoolDir(t))), WithPrometheusNames(), WithPrefix("p."))
		mustExport(t, e, points(1))
		srv.Take()
		time.Sleep(time.Minute)
		mustExport(t, e, resourceMetrics())
		var got []string
		for _, p := range srv.Take() {
			got = append(got, strings.TrimPrefix(p.Metric, "p_apptuit_reporter_"))
		}
		want := []string{
			"send_total", "send_successful_total", "send_failed_total", "send_time_seconds_count", "send_time_seconds_bucket", "send_time_seconds_sum", "send_time_seconds_min", "send_time_seconds_max",
			"overflowed_total",
			"spool_points", "spool_bytes", "spool_spooled_total", "spool_replayed_total", "spool_rejected_total", "spool_dropped_total",
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("self metrics (-want +got):\n%s", diff)
		}
	})
}

func TestWithoutSelfMetrics(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	mustExport(t, e, points(3))
	if got := selfMetricsOf(t, srv); len(got) != 0 {
		t.Errorf("self metrics %v, want none", got)
	}
	mustExport(t, e, resourceMetrics())
	if n := len(srv.Requests()); n != 1 {
		t.Errorf("%d requests, want none for nothing", n)
	}
}

// Self metrics are sent at most once for each timestamp and resource.
func TestSelfMetrics_OncePerTimestamp(t *testing.T) {
	for _, resolution := range []time.Duration{time.Second, time.Millisecond} {
		inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
			e := newExporter(t, toServer(srv, apptuitclient.WithTimestampResolution(resolution)))
			other := points(3)
			other.Resource = resource.NewSchemaless(attribute.String("service.name", "other"))
			for range 3 {
				mustExport(t, e, points(3))
				mustExport(t, e, other)
			}
			if got := selfTotals(srv); got != "other 0, shop 0" {
				t.Errorf("totals %s, want one of each resource", got)
			}
			time.Sleep(resolution)
			mustExport(t, e, points(3))
			if got := selfTotals(srv); got != "shop 9" {
				t.Errorf("totals %s, want them again %v later", got, resolution)
			}
			mustExport(t, e, other)
			if got := selfTotals(srv); got != "other 9" {
				t.Errorf("totals %s, want those of the other resource", got)
			}
		})
	}
}

// If the server refuses only the self metrics, no point of the program is counted as rejected.
func TestSelfMetrics_RefusedByTheServer(t *testing.T) {
	for name, fault := range map[string]apptuittest.Fault{
		"each of them": {Reject: func(p apptuittest.Point) string {
			if isSelf(p) {
				return "bad"
			}
			return ""
		}},
		"one of them": {Reject: func(p apptuittest.Point) string {
			if p.Metric == "apptuit_reporter_send_failed" {
				return "bad"
			}
			return ""
		}},
		"throttled, without end": {Reject: func(p apptuittest.Point) string {
			if isSelf(p) {
				return "Please throttle"
			}
			return ""
		}},
	} {
		for batch, size := range map[string]int{"with the others": 100, "in a batch of their own": 30} {
			t.Run(name+" "+batch, func(t *testing.T) {
				inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
					fault.Times = 1000
					srv.Fail(fault)
					handled := 0
					e := newExporter(t, toServer(srv, apptuitclient.WithMaxBatchPoints(size)),
						WithErrorHandler(func(*apptuitclient.SendError) { handled++ }))
					for range 2 {
						mustExport(t, e, points(30))
						time.Sleep(time.Minute)
					}
					wantStats(t, e, Stats{Produced: 60, Accepted: 60})
					if handled != 0 {
						t.Errorf("the handler was called %d times", handled)
					}
				})
			})
		}
	}
}

// If the program has a metric with the name of a self metric, the program's metric is sent.
func TestSelfMetrics_GiveWayToMetricsOfTheProgram(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv))
		p := number[int64](42)
		p.Time = time.Now()
		mustExport(t, e, metricsOf(counter("apptuit.reporter.send.total", p)))
		if got := selfMetricsOf(t, srv); len(got) != 7 || got[0] != "total 42" {
			t.Errorf("self metrics %v, want the program's total", got)
		}
		wantStats(t, e, Stats{Produced: 1, Accepted: 1})
	})
}
