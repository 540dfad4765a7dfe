// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/collector/consumer/consumererror"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.uber.org/zap/zapcore"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// names returns the sorted names of the data points: the metric and the attribute i, for example
// "shop 3".
func names(md pmetric.Metrics) []string {
	var names []string
	for _, rm := range md.ResourceMetrics().All() {
		for _, sm := range rm.ScopeMetrics().All() {
			for _, m := range sm.Metrics().All() {
				if m.Type() != pmetric.MetricTypeGauge {
					continue
				}
				for _, dp := range m.Gauge().DataPoints().All() {
					i, _ := dp.Attributes().Get("i")
					names = append(names, fmt.Sprintf("%s %d", m.Name(), i.Int()))
				}
			}
		}
	}
	slices.Sort(names)
	return names
}

// numbered returns two resources with a metric of n data points each.
func numbered(n int) pmetric.Metrics {
	md := pmetric.NewMetrics()
	for _, service := range []string{"shop", "bank"} {
		ms := from(md, "service.name", service)
		m := ms.AppendEmpty()
		m.SetName(service)
		m.SetUnit("s")
		points := m.SetEmptyGauge().DataPoints()
		for i := range n {
			dp := points.AppendEmpty()
			dp.SetIntValue(int64(i))
			dp.SetTimestamp(second(now))
			dp.Attributes().PutInt("i", int64(i))
		}
		ms.AppendEmpty().SetName("without points")
	}
	return md
}

// asked returns the delay that an error requests from exporterhelper. Only its text contains it.
func asked(err error) string {
	if _, after, ok := strings.Cut(err.Error(), "Throttle ("); ok {
		d, _, _ := strings.Cut(after, ")")
		return d
	}
	return ""
}

func TestPush_ErrorAndOutcomes(t *testing.T) {
	refuse := func(reasons map[string]string) apptuittest.Fault {
		return apptuittest.Reject(func(p apptuittest.Point) string { return reasons[p.Metric+" "+p.Tags["i"]] })
	}
	for _, tt := range []struct {
		name   string
		faults []apptuittest.Fault // of batches of 4 points
		md     pmetric.Metrics

		again     []string // data points to be pushed again
		wait      string
		permanent bool
		tally     tally
		logged    string // part of the one warning, or none
	}{
		{name: "accepted", tally: tally{Accepted: 8}},
		{name: "nothing", md: pmetric.NewMetrics()},
		{
			name: "503 for all batches", faults: []apptuittest.Fault{{Status: 503, Times: 2}},
			again: []string{"bank 0", "bank 1", "bank 2", "bank 3", "shop 0", "shop 1", "shop 2", "shop 3"}, tally: tally{Returned: 8},
		},
		{
			name: "a delay for the second batch", faults: []apptuittest.Fault{{}, apptuittest.TooManyRequests("7")},
			again: []string{"bank 0", "bank 1", "bank 2", "bank 3"}, wait: "7s", tally: tally{Accepted: 4, Returned: 4},
		},
		{
			name: "the longest delay applies", faults: []apptuittest.Fault{apptuittest.TooManyRequests("9"), apptuittest.TooManyRequests("7")},
			again: []string{"bank 0", "bank 1", "bank 2", "bank 3", "shop 0", "shop 1", "shop 2", "shop 3"}, wait: "9s", tally: tally{Returned: 8},
		},
		{
			name: "a delay beyond the limit", faults: []apptuittest.Fault{apptuittest.TooManyRequests("999999")},
			again: []string{"shop 0", "shop 1", "shop 2", "shop 3"}, wait: "1h0m0s", tally: tally{Accepted: 4, Returned: 4},
		},
		{
			name: "points that OpenTSDB could not store at the moment", faults: []apptuittest.Fault{
				refuse(map[string]string{"shop 1": "Please throttle writes"}), refuse(map[string]string{"bank 3": "Timeout exception"}),
			},
			again: []string{"bank 3", "shop 1"}, tally: tally{Accepted: 6, Returned: 2},
		},
		{
			name: "rejected points are not returned", faults: []apptuittest.Fault{
				refuse(map[string]string{"shop 1": "Please throttle writes", "shop 2": "Unknown metric"}), {Status: 400, Body: "cannot parse"},
			},
			again: []string{"shop 1"}, tally: tally{Accepted: 2, Rejected: 5, Returned: 1}, logged: "Unknown metric",
		},
		{
			name: "some points rejected, the others accepted", faults: []apptuittest.Fault{refuse(map[string]string{"shop 2": "Unknown metric"})},
			tally: tally{Accepted: 7, Rejected: 1}, logged: "Unknown metric",
		},
		{
			name: "all points rejected", faults: []apptuittest.Fault{{Status: 400, Body: "cannot parse", Times: 2}},
			permanent: true, tally: tally{Rejected: 8},
		},
		{
			name: "a batch rejected, another returned", faults: []apptuittest.Fault{{Status: 422, Body: "cannot parse"}, {Status: 503}},
			again: []string{"bank 0", "bank 1", "bank 2", "bank 3"}, tally: tally{Rejected: 4, Returned: 4}, logged: "422",
		},
		{
			name: "a partial write of InfluxDB", faults: []apptuittest.Fault{
				{Status: 500, Body: "write series error: partial write: points beyond retention policy dropped=3", Apply: true}, {},
			},
			tally: tally{Accepted: 5, Rejected: 3}, logged: "points beyond retention policy",
		},
		{
			name: "not an ingest endpoint, then unauthorized", faults: []apptuittest.Fault{{Status: 404}, {Status: 401}},
			again: []string{"bank 0", "bank 1", "bank 2", "bank 3", "shop 0", "shop 1", "shop 2", "shop 3"}, tally: tally{Returned: 8},
		},
		{
			name: "a page, then a redirect", faults: []apptuittest.Fault{{Status: 200, Body: "<html>"}, {Status: 302, Header: http.Header{"Location": {"/login"}}}},
			again: []string{"bank 0", "bank 1", "bank 2", "bank 3", "shop 0", "shop 1", "shop 2", "shop 3"}, tally: tally{Returned: 8},
		},
		{
			name: "403, then an unknown 5xx", faults: []apptuittest.Fault{{Status: 403}, {Status: 530}},
			again: []string{"bank 0", "bank 1", "bank 2", "bank 3", "shop 0", "shop 1", "shop 2", "shop 3"}, tally: tally{Returned: 8},
		},
		{
			name: "too large, sent in halves", faults: []apptuittest.Fault{{Status: 413}, {}, {Status: 503}},
			again: []string{"shop 2", "shop 3"}, tally: tally{Accepted: 6, Returned: 2},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t, func(cfg *Config) { cfg.MaxBatchPoints = 4 })
			r.srv.Fail(tt.faults...)
			md := tt.md
			if md == (pmetric.Metrics{}) {
				md = numbered(4)
			}
			before := numbers(t, md)
			md.MarkReadOnly()
			err := r.e.push(t.Context(), md)
			if numbers(t, md) != before {
				t.Error("the data has changed")
			}
			if got := consumererror.IsPermanent(err); got != tt.permanent {
				t.Errorf("permanent: %v (%v)", got, err)
			}
			var partial consumererror.Metrics
			if errors.As(err, &partial) != (tt.again != nil) {
				t.Errorf("error %v", err)
			}
			if tt.again != nil {
				if diff := cmp.Diff(tt.again, names(partial.Data())); diff != "" {
					t.Errorf("to be pushed again: %s", diff)
				}
				if got := asked(err); got != tt.wait {
					t.Errorf("asks to wait for %q, want %q", got, tt.wait)
				}
			} else if err != nil && !tt.permanent {
				t.Error(err)
			}
			if diff := cmp.Diff(tt.tally, r.tally(t)); diff != "" {
				t.Error(diff)
			}
			logged := r.lines(zapcore.WarnLevel)
			if len(logged) != len(slices.DeleteFunc([]string{tt.logged}, func(s string) bool { return s == "" })) {
				t.Fatalf("logged %q", logged)
			}
			if tt.logged != "" {
				contains(t, logged[0], tt.logged)
			}
		})
	}
}

// numbers returns metrics as bytes, to compare them.
func numbers(t testing.TB, md pmetric.Metrics) string {
	t.Helper()
	b, err := (&pmetric.ProtoMarshaler{}).MarshalMetrics(md)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// A selected data point keeps everything of its metric, scope and resource except other points.
func TestRetrySet_KeepsMetricScopeAndResource(t *testing.T) {
	md := numbered(4)
	rm := md.ResourceMetrics().At(1)
	rm.SetSchemaUrl("https://schema")
	putAttributes(rm.Resource().Attributes(), "k", []any{"v"})
	sm := rm.ScopeMetrics().At(0)
	sm.SetSchemaUrl("https://schema/2")
	sm.Scope().SetName("scope")
	sum := sm.Metrics().AppendEmpty()
	sum.SetName("sum")
	sum.SetEmptySum().SetIsMonotonic(true)
	sum.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
	sum.Sum().DataPoints().AppendEmpty().SetStartTimestamp(5)
	sum.Sum().DataPoints().AppendEmpty().SetStartTimestamp(6)

	var s retrySet
	s.add(10) // the last of the sum
	s.add(10)
	s.add(7)
	part := s.selectFrom(md)
	if part.DataPointCount() != 2 || part.ResourceMetrics().Len() != 1 {
		t.Fatalf("%d points of %d resources", part.DataPointCount(), part.ResourceMetrics().Len())
	}
	want := pmetric.NewMetrics()
	md.CopyTo(want)
	want.ResourceMetrics().RemoveIf(func(rm pmetric.ResourceMetrics) bool { return rm.SchemaUrl() == "" })
	ms := want.ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics()
	ms.At(0).Gauge().DataPoints().RemoveIf(func(dp pmetric.NumberDataPoint) bool { return dp.IntValue() != 2 })
	ms.RemoveIf(func(m pmetric.Metric) bool { return m.Name() == "without points" })
	ms.At(1).Sum().DataPoints().RemoveIf(func(dp pmetric.NumberDataPoint) bool { return dp.StartTimestamp() != 6 })
	if numbers(t, part) != numbers(t, want) {
		t.Error("something is missing, or more than wanted is there")
	}
}

// Data points without a value, and points that the exporter rejects, are numbered, too.
func TestRetrySet_NumbersSkippedDataPoints(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	ms := from(md)
	gauge(ms, "stale", 1, "i", 0).SetFlags(pmetric.DefaultDataPointFlags.WithNoRecordedValue(true))
	gauge(ms, "nan", math.NaN(), "i", 1)
	ms.AppendEmpty().SetName("without a type")
	empty := ms.AppendEmpty().SetEmptyGauge().DataPoints().AppendEmpty()
	empty.SetTimestamp(second(now))
	gauge(ms, "good", 1, "i", 2)
	gauge(ms, "busy", 1, "i", 3)
	r.srv.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Metric == "busy" {
			return "Please throttle"
		}
		return ""
	}))
	var partial consumererror.Metrics
	if err := r.e.push(t.Context(), md); !errors.As(err, &partial) {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"busy 3"}, names(partial.Data())); diff != "" {
		t.Error(diff)
	}
}

// If one bucket of a histogram is not stored, the whole histogram is returned, and no other.
func TestPush_ReturnsWholeHistogram(t *testing.T) {
	r := newRig(t, nil)
	md := pmetric.NewMetrics()
	m := from(md).AppendEmpty()
	m.SetName("h")
	points := m.SetEmptyHistogram().DataPoints()
	for i := range 3 {
		dp := points.AppendEmpty()
		dp.SetTimestamp(second(now))
		dp.Attributes().PutInt("i", int64(i))
		dp.SetCount(2)
		dp.ExplicitBounds().FromRaw([]float64{1})
		dp.BucketCounts().FromRaw([]uint64{1, 1})
	}
	r.srv.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
		if p.Tags["i"] == "1" && p.Tags["le"] == "1" {
			return "Please throttle"
		}
		return ""
	}))
	var partial consumererror.Metrics
	if err := r.e.push(t.Context(), md); !errors.As(err, &partial) {
		t.Fatal(err)
	}
	again := partial.Data().ResourceMetrics().At(0).ScopeMetrics().At(0).Metrics().At(0).Histogram().DataPoints()
	if i, _ := again.At(0).Attributes().Get("i"); again.Len() != 1 || i.Int() != 1 {
		t.Errorf("%d histograms, the first number %d", again.Len(), i.Int())
	}
	r.mustPush(partial.Data())
	seen := map[string]int{}
	for _, p := range r.srv.Points() {
		seen[p.String()]++
	}
	if n := len(seen); n != 9 {
		t.Errorf("%d different points", n)
	}
	if got := slices.Sorted(maps.Values(seen)); !slices.Equal(got, []int{1, 1, 1, 1, 1, 1, 1, 2, 2}) {
		t.Errorf("points arrived so many times: %v", got)
	}
	if got, want := r.tally(t), (tally{Accepted: 11, Returned: 1}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// A point that is invalid in each push, or that the server rejects each time, is logged once and
// counted each time.
func TestPush_LogsRejectedPointsOnce(t *testing.T) {
	r := newRig(t, nil)
	for range 3 {
		r.srv.Fail(apptuittest.Reject(func(p apptuittest.Point) string {
			if p.Metric == "bad" {
				return "Unknown metric"
			}
			return ""
		}))
		md := pmetric.NewMetrics()
		ms := from(md)
		gauge(ms, "good", 1)
		gauge(ms, "bad", 1)
		gauge(ms, "nan", math.NaN())
		gauge(ms, "a.b", 1)
		gauge(ms, "a_b", 2)
		r.mustPush(md)
	}
	logged := r.lines(zapcore.WarnLevel)
	if len(logged) != 1 {
		t.Fatalf("%d lines: %q", len(logged), logged)
	}
	contains(t, logged[0], "Unknown metric", "nan", `"a.b"`, `"a_b"`)
	if got, want := r.tally(t), (tally{Accepted: 6, Rejected: 9}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// exporterhelper gets an error for lost data, even if the reason was reported before.
func TestPush_AllRejectedIsPermanentEachTime(t *testing.T) {
	r := newRig(t, nil)
	for i := range 2 {
		md := pmetric.NewMetrics()
		gauge(from(md), "nan", math.NaN())
		if err := r.e.push(t.Context(), md); !consumererror.IsPermanent(err) {
			t.Errorf("push %d: %v", i, err)
		}
	}
}

// Data points that are not sent when the timeout ends are returned.
func TestPush_ReturnsUnsentDataAfterTimeout(t *testing.T) {
	r := newRig(t, func(cfg *Config) { cfg.MaxBatchPoints = 4 })
	ctx, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	err := r.e.push(ctx, numbered(4))
	var partial consumererror.Metrics
	if !errors.As(err, &partial) || partial.Data().DataPointCount() != 8 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("error %v", err)
	}
}

// A permanent error of an authenticator must not drop data that could be delivered later.
func TestPush_PermanentErrorOfAuthenticatorIsRetried(t *testing.T) {
	cause := fmt.Errorf("auth: %w", consumererror.NewPermanent(errors.New("no ticket")))
	err := retryable(cause, client.Report{}, pmetric.NewMetrics())
	if consumererror.IsPermanent(err) {
		t.Errorf("%v is permanent", err)
	}
	contains(t, err.Error(), "no ticket")
}
