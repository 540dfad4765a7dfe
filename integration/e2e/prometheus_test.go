// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/query"
)

// sample is a data point in OTLP JSON.
type sample map[string]any

func sampleAt(at time.Time, fields sample) sample {
	s := sample{"timeUnixNano": fmt.Sprint(at.UnixNano()), "attributes": []sample{{"key": "k", "value": sample{"stringValue": "v"}}}}
	maps.Copy(s, fields)
	return s
}

func gauge(name string, points ...sample) sample {
	return sample{"name": name, "gauge": sample{"dataPoints": points}}
}

// nativeHistogram returns a histogram with the observations 1.5, 3 and 6, each n times.
func nativeHistogram(name string, at time.Time, n int) sample {
	counts := []string{fmt.Sprint(n), fmt.Sprint(n), fmt.Sprint(n)}
	return sample{"name": name, "exponentialHistogram": sample{"aggregationTemporality": 2, "dataPoints": []sample{sampleAt(at, sample{
		"count": fmt.Sprint(3 * n), "sum": 10.5 * float64(n), "scale": 0, "positive": sample{"offset": 0, "bucketCounts": counts},
	})}}}
}

func receive(t *testing.T, p *servers.Prometheus, metrics ...sample) {
	t.Helper()
	text, err := json.Marshal(sample{"resourceMetrics": []sample{{"scopeMetrics": []sample{{"metrics": metrics}}}}})
	if err != nil {
		t.Fatal(err)
	}
	p.Receive(t, text)
}

// asksPrometheus returns a client for queries without retries.
func asksPrometheus(t *testing.T, endpoint string, w *wire, opts ...query.Option) *query.Client {
	t.Helper()
	c := newClient(t, endpoint, w.client(), apptuitclient.WithRetry(apptuitclient.RetryConfig{}))
	return query.New(c, append([]query.Option{query.WithPrometheusPath("")}, opts...)...)
}

// fillPrometheus stores the fixture of TestPrometheus_ReturnsKnownPoints: samples at each tick.
func fillPrometheus(t *testing.T, p *servers.Prometheus, start time.Time) {
	t.Helper()
	at := func(i int) time.Time { return start.Add(time.Duration(i) * tick) }
	var values, ends []sample
	for i, v := range []any{1.5, "NaN", "Infinity", "-Infinity", 1e-300, 9007199254740993, -0.1} {
		values = append(values, sampleAt(at(i), sample{"asDouble": v}))
	}
	values = append(values, sampleAt(at(7), sample{"flags": 1})) // no recorded value: stale
	ends = append(ends, sampleAt(at(0), sample{"asInt": "7"}))
	two := gauge("two", sampleAt(at(0), sample{"asInt": "1"}))
	other := gauge("two", sampleAt(at(0), sample{"asInt": "2", "attributes": []sample{{"key": "k", "value": sample{"stringValue": "w"}}}}))
	receive(t, p, gauge("values", values...), gauge("ends", ends...), two, other,
		nativeHistogram("spread", at(0), 1), nativeHistogram("spread", at(1), 2),
		gauge("mixed", sampleAt(at(0), sample{"asInt": "3"})), nativeHistogram("mixed", at(1), 1))
}

// The values and times of the points in Prometheus are known.
func TestPrometheus_ReturnsKnownPoints(t *testing.T) {
	t.Parallel()
	p := servers.StartPrometheus(t, "--query.max-samples=5000")
	start := time.Now().Add(-time.Hour).Truncate(time.Minute)
	fillPrometheus(t, p, start)
	w := newWire()
	q := asksPrometheus(t, p.URL(), w)
	ctx := within(t, time.Minute)

	// ask returns the answer for 20 steps from the start.
	ask := func(t *testing.T, promql string) *query.Result {
		t.Helper()
		r, err := q.QueryRange(ctx, promql, start, start.Add(19*tick), tick)
		if err != nil {
			t.Fatalf("%s: %v", promql, err)
		}
		return r
	}
	// series compares the answer with values from the start on, one a step.
	series := func(t *testing.T, promql string, want map[string][]float64) *query.Result {
		t.Helper()
		r := ask(t, promql)
		got := map[string][]float64{}
		for _, s := range r.Outputs[0].Series {
			got[s.Name()] = s.Values
			for i, at := range s.Timestamps {
				if wanted := start.Add(time.Duration(i) * tick).UnixMilli(); at != wanted {
					t.Errorf("%s: time %d is %d, want %d", promql, i, at, wanted)
				}
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateNaNs()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", promql, diff)
		}
		return r
	}
	constant := func(v float64) []float64 { return slices.Repeat([]float64{v}, 20) }

	t.Run("values, until the series is stale", func(t *testing.T) {
		r := series(t, "values", map[string][]float64{"values{k:v}": {1.5, math.NaN(), math.Inf(1), math.Inf(-1), 1e-300, 9007199254740992, -0.1}})
		if len(r.Warnings) > 0 {
			t.Errorf("warnings %q", r.Warnings)
		}
		if a := w.seen(); len(a) != 1 || a[0].method != "POST" || a[0].path != "/api/v1/query_range" || a[0].status != 200 || !a[0].gzip {
			t.Errorf("requests %+v", a)
		}
	})
	t.Run("a series without a marker goes on for five minutes", func(t *testing.T) {
		series(t, "ends", map[string][]float64{"ends{k:v}": constant(7)})
		r, err := q.QueryRange(ctx, "ends", start.Add(5*time.Minute), start.Add(6*time.Minute), tick)
		if err != nil || len(r.Outputs[0].Series) != 0 {
			t.Errorf("later: %v, error %v", r, err)
		}
	})
	t.Run("expressions", func(t *testing.T) {
		series(t, "42", map[string][]float64{"{}": constant(42)})
		series(t, "0/0", map[string][]float64{"{}": constant(math.NaN())})
		series(t, "vector(-1)/0", map[string][]float64{"{}": constant(math.Inf(-1))})
		series(t, "sum(two)", map[string][]float64{"{}": constant(3)})
		series(t, "nothing_of_this_name", map[string][]float64{})
	})
	t.Run("native histograms", func(t *testing.T) {
		warned := func(r *query.Result) bool {
			return len(r.Warnings) == 1 && strings.HasPrefix(r.Warnings[0], "the native histograms of 1 series are omitted")
		}
		if r := series(t, "spread", map[string][]float64{}); !warned(r) {
			t.Errorf("warnings %q", r.Warnings)
		}
		if r := series(t, "mixed", map[string][]float64{"mixed{k:v}": {3}}); !warned(r) {
			t.Errorf("warnings %q", r.Warnings)
		}
		counts, sums := constant(6), constant(21)
		counts[0], sums[0] = 3, 10.5
		series(t, "histogram_count(spread)", map[string][]float64{"{k:v}": counts})
		series(t, "histogram_sum(spread)", map[string][]float64{"{k:v}": sums})
	})
	t.Run("warnings", func(t *testing.T) {
		r := ask(t, "histogram_quantile(2, spread)")
		if len(r.Warnings) != 1 || !strings.Contains(r.Warnings[0], "quantile value should be between 0 and 1, got 2") {
			t.Errorf("warnings %q", r.Warnings)
		}
	})
	t.Run("errors", func(t *testing.T) {
		for promql, c := range map[string]struct {
			status int
			text   string
		}{
			"sum(":                              {400, "unclosed left parenthesis"},
			"values[1m]":                        {400, `invalid expression type "range vector"`},
			`"text"`:                            {400, `invalid expression type "string"`},
			"two + on () two":                   {422, "duplicate series"},
			"count_over_time(vector(1)[3h:1s])": {422, "too many samples"},
		} {
			_, err := q.QueryRange(ctx, promql, start, start.Add(time.Hour), tick)
			if statusOf(t, err).StatusCode != c.status || !strings.Contains(err.Error(), c.text) || apptuitclient.Retryable(err) {
				t.Errorf("%s: %v, retryable %v; want status %d and %q", promql, err, apptuitclient.Retryable(err), c.status, c.text)
			}
		}
	})
	t.Run("another path", func(t *testing.T) {
		_, err := query.New(newClient(t, p.URL())).QueryRange(ctx, "1", start, start.Add(time.Minute), tick)
		if status := statusOf(t, err); status.StatusCode != 404 {
			t.Errorf("error %v", err)
		}
	})
	t.Run("no answer in time", func(t *testing.T) {
		hasty := asksPrometheus(t, p.URL(), w, query.WithTimeout(200*time.Millisecond))
		var err error
		p.Suspend(t)
		for err == nil && ctx.Err() == nil { // a thread may go on for a moment
			_, err = hasty.QueryRange(ctx, "1", start, start.Add(time.Minute), tick)
		}
		p.Resume(t)
		if !errors.Is(err, context.DeadlineExceeded) || !apptuitclient.Retryable(err) {
			t.Errorf("error %v", err)
		}
		series(t, "42", map[string][]float64{"{}": constant(42)})
	})
}

// Prometheus is asked for lists, and for values at one time.
func TestPrometheus_Lists(t *testing.T) {
	t.Parallel()
	p := servers.StartPrometheus(t)
	start := time.Now().Add(-20 * time.Minute).Truncate(time.Minute)
	labeled := func(key, value string) []sample {
		return []sample{sampleAt(start, sample{"asInt": "1", "attributes": []sample{{"key": key, "value": sample{"stringValue": value}}}})}
	}
	receive(t, p, gauge("a", labeled("k", "v")...), gauge("a", labeled("k", "w")...), gauge("b", labeled("l", "v")...),
		gauge("moves", sampleAt(start, sample{"asInt": "1"}), sampleAt(start.Add(tick), sample{"asInt": "2"})))
	w := newWire()
	q := asksPrometheus(t, p.URL(), w)
	discover(t, q, start)

	ctx := within(t, 30*time.Second)
	r, err := q.QueryInstant(ctx, "sum(a)", start.Add(1500*time.Millisecond))
	want := []query.Series{{Tags: map[string]string{}, Timestamps: []int64{start.UnixMilli() + 1500}, Values: []float64{2}}}
	if err != nil || !cmp.Equal(want, r.Outputs[0].Series) {
		t.Errorf("instant query: %+v, error %v", r, err)
	}
	r, err = q.QueryInstant(ctx, "b[1m]", start.Add(30*time.Second))
	want = []query.Series{{Metric: "b", Tags: map[string]string{"l": "v"}, Timestamps: []int64{start.UnixMilli()}, Values: []float64{1}}}
	if err != nil || !cmp.Equal(want, r.Outputs[0].Series) {
		t.Errorf("range selector: %+v, error %v", r, err)
	}
	if _, err = q.QueryInstant(ctx, `"text"`, start); err == nil || !strings.Contains(err.Error(), `result of type "string"`) {
		t.Errorf("string: error %v", err)
	}
	r, err = q.QueryInstant(ctx, "rate(moves[5m])", start.Add(tick))
	if err != nil || len(r.Warnings) != 0 || len(r.Infos) != 1 || !strings.Contains(r.Infos[0], "metric might not be a counter") {
		t.Errorf("infos: %+v, error %v", r, err)
	}
	// Prometheus does not have Apptuit's API, so that a hint suggests PromQL.
	_, err = q.Query(ctx, "fetch('a')", start, time.Time{})
	hints, failure := q.Hints(ctx, query.LanguageApptuit, "fetch('a')", err)
	if failure != nil || len(hints) != 1 || hints[0].Kind != query.HintPromQL {
		t.Errorf("hints %v, error %v", hints, failure)
	}
	if _, err = q.QueryInstant(ctx, "http.server.duration", start); err == nil {
		t.Error("a name with dots is accepted")
	}
	hints, failure = q.Hints(ctx, query.LanguagePromQL, "http.server.duration", err)
	if failure != nil || len(hints) != 1 || hints[0].Kind != query.HintUnknown {
		t.Errorf("hints %v, error %v", hints, failure)
	}
	for _, a := range w.seen() {
		if list := strings.HasSuffix(a.path, "/values"); list != (a.method == "GET") && a.path != "/api/query" {
			t.Errorf("%s %s", a.method, a.path)
		}
	}
}

// The range has more points than Prometheus returns for one query.
func TestPrometheus_QueriesALongRangeInParts(t *testing.T) {
	t.Parallel()
	const n = 25_000
	p := servers.StartPrometheus(t)
	start := time.Now().Add(-n * time.Second).Truncate(time.Second)
	points := make([]sample, n)
	for i := range n {
		points[i] = sampleAt(start.Add(time.Duration(i)*time.Second), sample{"asInt": fmt.Sprint(i)})
	}
	receive(t, p, gauge("steps", points...))
	for _, c := range []struct{ first, points, requests int }{{0, 11_000, 1}, {0, 11_001, 2}, {7, n - 7, 3}} {
		w := newWire()
		q := asksPrometheus(t, p.URL(), w)
		from := start.Add(time.Duration(c.first) * time.Second)
		r, err := q.QueryRange(within(t, time.Minute), "steps", from, from.Add(time.Duration(c.points-1)*time.Second), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		want := make([]float64, c.points)
		for i := range want {
			want[i] = float64(c.first + i)
		}
		if diff := cmp.Diff(map[string][]float64{"steps{k:v}": want}, rows(t, r, from, time.Second, c.points)); diff != "" {
			t.Errorf("%d points (-want +got):\n%s", c.points, diff)
		}
		if requests := w.seen(); len(requests) != c.requests {
			t.Errorf("%d points: requests %+v, want %d", c.points, requests, c.requests)
		}
	}
}

// The query timeout of Prometheus is so short that it answers 503. The client retries the query.
func TestPrometheus_RetriesA503(t *testing.T) {
	t.Parallel()
	p := servers.StartPrometheus(t, "--query.timeout=1ms")
	now := time.Now()
	slow := "sum_over_time(vector(1)[1d:1s])"
	_, err := asksPrometheus(t, p.URL(), newWire()).QueryRange(within(t, time.Minute), slow, now.Add(-time.Hour), now, tick)
	if status := statusOf(t, err); status.StatusCode != 503 || !strings.Contains(err.Error(), "query timed out") || !apptuitclient.Retryable(err) {
		t.Errorf("error %v, retryable %v", err, apptuitclient.Retryable(err))
	}
	w := newWire()
	q := query.New(newClient(t, p.URL(), hurry(), w.client()), query.WithPrometheusPath(""))
	if _, err := q.QueryRange(within(t, time.Second), slow, now.Add(-time.Hour), now, tick); err == nil {
		t.Error("no error")
	}
	if requests := w.seen(); len(requests) < 2 {
		t.Errorf("requests %+v, want several", requests)
	}
}
