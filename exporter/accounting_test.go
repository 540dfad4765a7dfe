// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// inBubble runs a test in simulated time, with a server in memory.
func inBubble(t *testing.T, test func(t *testing.T, srv *apptuittest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := apptuittest.NewMemoryServer()
		defer srv.Close()
		test(t, srv)
	})
}

// odd refuses points whose attribute k is odd.
func odd(reason string) func(apptuittest.Point) string {
	return func(p apptuittest.Point) string {
		if n, err := strconv.Atoi(p.Tags["k"]); err == nil && n%2 == 1 {
			return reason
		}
		return ""
	}
}

// Thirty points are sent in batches of ten, followed by a batch with the self metrics,
// which are not counted.
func TestExport_AccountsForPointsAfterEachFault(t *testing.T) {
	const minute = time.Minute
	for name, c := range map[string]struct {
		faults  []apptuittest.Fault
		noRetry bool
		timeout time.Duration // of the context
		want    Stats
	}{
		"none":                        {want: Stats{Accepted: 30}},
		"503, retried":                {faults: []apptuittest.Fault{{Status: 503, Times: 3}}, want: Stats{Accepted: 30}},
		"503, not retried":            {faults: []apptuittest.Fault{{Status: 503}}, noRetry: true, want: Stats{Accepted: 20, Dropped: 10}},
		"503 of the second":           {faults: []apptuittest.Fault{{}, {Status: 503}}, noRetry: true, want: Stats{Accepted: 20, Dropped: 10}},
		"503 for ever":                {faults: []apptuittest.Fault{{Status: 503, Times: 1e6}}, timeout: 10 * minute, want: Stats{Dropped: 30}},
		"503, till the deadline":      {faults: []apptuittest.Fault{{Status: 503, Times: 1e6}}, timeout: 5 * time.Second, want: Stats{Dropped: 30}},
		"429, retried":                {faults: []apptuittest.Fault{apptuittest.TooManyRequests("7")}, want: Stats{Accepted: 30}},
		"429, beyond the deadline":    {faults: []apptuittest.Fault{apptuittest.TooManyRequests("7")}, timeout: 5 * time.Second, want: Stats{Accepted: 20, Dropped: 10}},
		"400":                         {faults: []apptuittest.Fault{{Status: 400, Body: "no"}}, want: Stats{Accepted: 20, Rejected: 10}},
		"400, HTML":                   {faults: []apptuittest.Fault{{Status: 400, Body: "<html>", ContentType: "text/html"}}, want: Stats{Accepted: 20, Rejected: 10}},
		"400, some unnamed":           {faults: []apptuittest.Fault{{Status: 400, Body: `{"success":3,"failed":7}`}}, want: Stats{Accepted: 23, Rejected: 7}},
		"200, some unnamed":           {faults: []apptuittest.Fault{{Status: 200, Body: `{"success":3,"failed":6,"timeouts":1}`}}, want: Stats{Accepted: 23, Rejected: 7}},
		"200, a login page":           {faults: []apptuittest.Fault{{Status: 200, Body: "<html>Log in</html>"}}, want: Stats{Accepted: 20, Rejected: 10}},
		"401":                         {faults: []apptuittest.Fault{{Status: 401}}, want: Stats{Accepted: 20, Rejected: 10}},
		"404":                         {faults: []apptuittest.Fault{{Status: 404, Times: 2}}, want: Stats{Accepted: 10, Rejected: 20}},
		"501":                         {faults: []apptuittest.Fault{{Status: 501}}, want: Stats{Accepted: 20, Rejected: 10}},
		"302":                         {faults: []apptuittest.Fault{{Status: 302, Header: http.Header{"Location": {"/login"}}}}, want: Stats{Accepted: 20, Rejected: 10}},
		"307":                         {faults: []apptuittest.Fault{{Status: 307, Header: http.Header{"Location": {"/api/put?details"}}}}, want: Stats{Accepted: 30}},
		"413 once":                    {faults: []apptuittest.Fault{{Status: 413}}, want: Stats{Accepted: 30}},
		"413 before the body":         {faults: []apptuittest.Fault{{Status: 413, BeforeBody: true, Times: 3}}, want: Stats{Accepted: 30}},
		"413 always":                  {faults: []apptuittest.Fault{{Status: 413, Times: 1e6}}, want: Stats{Rejected: 30}},
		"points refused":              {faults: []apptuittest.Fault{{Reject: odd("bad")}}, want: Stats{Accepted: 25, Rejected: 5}},
		"points refused with a 200":   {faults: []apptuittest.Fault{{Reject: odd("bad"), Status: 200}}, want: Stats{Accepted: 25, Rejected: 5}},
		"points throttled, retried":   {faults: []apptuittest.Fault{{Reject: odd("Please throttle")}}, want: Stats{Accepted: 30}},
		"points throttled, dropped":   {faults: []apptuittest.Fault{{Reject: odd("Please throttle")}}, noRetry: true, want: Stats{Accepted: 25, Dropped: 5}},
		"points timed out, retried":   {faults: []apptuittest.Fault{{Reject: odd("Write timedout"), Times: 2}}, want: Stats{Accepted: 30}},
		"reset, retried":              {faults: []apptuittest.Fault{{Reset: true}}, want: Stats{Accepted: 30}},
		"reset, stored, retried":      {faults: []apptuittest.Fault{{Reset: true, Apply: true, Times: 2}}, want: Stats{Accepted: 30}},
		"reset, stored, not retried":  {faults: []apptuittest.Fault{{Reset: true, Apply: true}}, noRetry: true, want: Stats{Accepted: 20, Dropped: 10}},
		"an answer cut short":         {faults: []apptuittest.Fault{{Truncate: true}}, noRetry: true, want: Stats{Accepted: 20, Dropped: 10}},
		"late":                        {faults: []apptuittest.Fault{{Delay: 10 * time.Second}}, want: Stats{Accepted: 30}},
		"no answer, retried":          {faults: []apptuittest.Fault{{Hang: true}}, timeout: 10 * minute, want: Stats{Accepted: 30}},
		"no answer till the deadline": {faults: []apptuittest.Fault{{Hang: true}}, timeout: 5 * time.Second, want: Stats{Dropped: 30}},
		"the second has no answer":    {faults: []apptuittest.Fault{{}, {Hang: true}}, timeout: 5 * time.Second, want: Stats{Accepted: 10, Dropped: 20}},
	} {
		t.Run(name, func(t *testing.T) {
			inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
				srv.Fail(c.faults...)
				w := newWatch()
				opts := []Option{toServer(srv, apptuitclient.WithMaxBatchPoints(10), apptuitclient.WithTimeout(30*time.Second)), WithMeterProvider(w)}
				if c.noRetry {
					opts = append(opts, withoutRetry())
				}
				e := newExporter(t, opts...)
				ctx, cancel := context.WithTimeout(t.Context(), cmp.Or(c.timeout, minute))
				defer cancel()
				err := e.Export(ctx, points(30))
				c.want.Produced = 30
				wantStats(t, e, c.want)
				w.wantCounts(t, int64(c.want.Accepted), int64(c.want.Rejected+c.want.Dropped)) // one data point is one wire point here
				if failed := c.want.Rejected + c.want.Dropped; failed > 0 {
					send := sendErrorOf(t, err)
					if send.Successful != int(c.want.Accepted) || send.Failed != int(failed) {
						t.Errorf("the error counts %d sent and %d failed: %v", send.Successful, send.Failed, err)
					}
				} else if err != nil {
					t.Errorf("Export: %v", err)
				}
				stored := map[string]bool{}
				for _, p := range srv.Points() {
					if p.Metric == "n" {
						stored[p.Tags["k"]] = true
					}
				}
				if len(stored) < int(c.want.Accepted) && !strings.Contains(name, "unnamed") { // such an answer is wrong about the number of stored points
					t.Errorf("%d points are said to be accepted, %d are stored", c.want.Accepted, len(stored))
				}
			})
		})
	}
}

// Under random faults, each point is accounted for once.
func TestExport_AccountsForPointsAfterRandomFaults(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
				random := rand.New(rand.NewPCG(seed, 7))
				retry := apptuitclient.RetryConfig{Enabled: random.IntN(2) == 0, MaxElapsedTime: time.Minute}
				w := newWatch()
				e := newExporter(t, WithMeterProvider(w), toServer(srv,
					apptuitclient.WithMaxBatchPoints(1+random.IntN(40)), apptuitclient.WithTimeout(10*time.Second), apptuitclient.WithRetry(retry),
				))
				want, exports := Stats{}, 1+random.IntN(4)
				dataPointsSoFar := int64(0)
				for range exports {
					srv.Fail(randomFaults(random)...)
					rm, produced, rejected := randomMetrics(random)
					dataPointsSoFar += dataPoints(rm)
					fine, failedBefore, _ := w.counts(t)
					before := e.Stats()
					ctx, cancel := context.WithTimeout(t.Context(), time.Duration(1+random.IntN(60))*time.Second)
					err := e.Export(ctx, rm)
					cancel()
					want.Produced += produced
					want.Rejected += rejected // by the exporter; the server may reject more
					got := e.Stats()
					failed := got.Rejected + got.Dropped - before.Rejected - before.Dropped
					accepted, failedNow, inflight := w.counts(t)
					if accepted+failedNow != dataPointsSoFar || inflight != 0 {
						t.Errorf("%d data points are accepted, %d failed and %d in flight, of %d", accepted, failedNow, inflight, dataPointsSoFar)
					}
					if n := failedNow - failedBefore; n > int64(failed) || (n == 0) != (failed == 0) || accepted-fine > int64(got.Accepted-before.Accepted) {
						t.Errorf("%d data points have failed and %d not, of %d points and %d", n, accepted-fine, failed, got.Accepted-before.Accepted)
					}
					if err != nil {
						if send := sendErrorOf(t, err); send.Failed != int(failed) || send.Successful != int(got.Accepted-before.Accepted) {
							t.Errorf("the error counts %d sent and %d failed, the stats %+v after %+v", send.Successful, send.Failed, got, before)
						}
					}
					time.Sleep(time.Second)
				}
				got := e.Stats()
				if got.Produced != want.Produced || got.Accepted+got.Rejected+got.Dropped != want.Produced || got.Rejected < want.Rejected || got.Exports != uint64(exports) {
					t.Errorf("stats %+v, want %d produced, and at least %d rejected, in %d exports", got, want.Produced, want.Rejected, exports)
				}
				var stored uint64
				for _, p := range srv.Points() {
					if !strings.HasPrefix(p.Metric, "apptuit_reporter") {
						stored++
					}
				}
				if stored < got.Accepted {
					t.Errorf("%d points are said to be accepted, %d are stored", got.Accepted, stored)
				}
			})
		})
	}
}

// randomFaults returns faults whose answers are true about the stored points.
func randomFaults(random *rand.Rand) []apptuittest.Fault {
	kinds := []apptuittest.Fault{
		{},
		{Status: 503},
		{Status: 500},
		{Status: 400, Body: "no"},
		{Status: 413},
		{Status: 401},
		{Status: 501},
		apptuittest.TooManyRequests("3"),
		{Reset: true},
		{Reset: true, Apply: true},
		{Hang: true},
		{Delay: 4 * time.Second},
		{Truncate: true},
		{Status: 200, Body: "<html>"},
		{Reject: odd("bad")},
		{Reject: odd("Please throttle")},
		{Reject: func(p apptuittest.Point) string {
			if strings.HasPrefix(p.Metric, "apptuit_reporter") {
				return "bad"
			}
			return ""
		}},
	}
	faults := make([]apptuittest.Fault, random.IntN(8))
	for i := range faults {
		faults[i] = kinds[random.IntN(len(kinds))]
		faults[i].Times = 1 + random.IntN(3)
	}
	return faults
}

// randomMetrics returns metrics, the number of their wire points, and the number of these
// that cannot be sent.
func randomMetrics(random *rand.Rand) (rm *metricdata.ResourceMetrics, produced, rejected uint64) {
	var metrics []metricdata.Metrics
	for i := range random.IntN(6) {
		n := random.IntN(30)
		produced += uint64(n)
		gauges := make([]metricdata.DataPoint[float64], n)
		for j := range gauges {
			gauges[j] = number(random.Float64(), attribute.Int("k", j))
			if random.IntN(5) == 0 {
				gauges[j].Value = math.NaN()
				rejected++
			}
		}
		metrics = append(metrics, gauge(fmt.Sprintf("g%d", i), gauges...))
	}
	for i := range random.IntN(3) {
		produced += 5
		h := metricdata.HistogramDataPoint[int64]{Count: 3, Sum: 4, Bounds: []float64{1, 2}, BucketCounts: []uint64{1, 1, 1}}
		if random.IntN(3) == 0 {
			h.BucketCounts = h.BucketCounts[:2]
			rejected += 3
		}
		m := explicitHistogram(h)
		m.Name = fmt.Sprintf("h%d", i)
		metrics = append(metrics, m)
	}
	if random.IntN(3) == 0 {
		produced, rejected = produced+2, rejected+1
		metrics = append(metrics, counter("twice", number[int64](1, k("1"))), counter("twice", number[int64](2, k("1"))))
	}
	return metricsOf(metrics...), produced, rejected
}
