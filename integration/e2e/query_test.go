// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"math"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/query"
)

// asked returns a client for queries to a server, with further options.
func asked(t *testing.T, endpoint string) *query.Client {
	t.Helper()
	return query.New(newClient(t, endpoint))
}

// rows returns the values of a frame by the names of its columns. The frame must have the index start,
// start+step, ….
func rows(t *testing.T, r *query.Result, start time.Time, step time.Duration, n int) map[string][]float64 {
	t.Helper()
	if len(r.Outputs) != 1 {
		t.Fatalf("%d outputs", len(r.Outputs))
	}
	f := r.Outputs[0].Frame()
	if len(f.Index) != n {
		t.Errorf("%d times, want %d", len(f.Index), n)
	}
	for i, at := range f.Index {
		if want := start.Add(time.Duration(i) * step); !at.Equal(want) {
			t.Fatalf("time %d is %v, want %v", i, at, want)
		}
	}
	got := map[string][]float64{}
	for _, c := range f.Columns {
		got[c.Name] = c.Values
	}
	return got
}

// same compares values within the precision of VictoriaMetrics.
func same(t *testing.T, what string, want, got map[string][]float64) {
	t.Helper()
	about := cmp.Comparer(func(a, b float64) bool {
		return math.Abs(a-b) <= servers.VictoriaMetricsTolerance*max(math.Abs(a), math.Abs(b))
	})
	if diff := cmp.Diff(want, got, about); diff != "" {
		t.Errorf("%s: %s", what, diff)
	}
}

// Package query returns the history that was exported.
func TestQueryRange_ReturnsTheHistory(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t, "-search.disableCache=false")
	start := time.Now().Add(-ticks * tick).Truncate(tick).Add(-tick)
	exportHistory(t, v.Endpoint(), start)
	v.Points(t) // flushes the points, so that queries find them
	q := asked(t, v.URL())
	ctx := within(t, 30*time.Second)
	all := routes()
	from, n := start.Add(ticks/2*tick), ticks/2+1

	over := func(f func(i int) float64) []float64 {
		var values []float64
		for i := ticks / 2; i <= ticks; i++ {
			values = append(values, f(i))
		}
		return values
	}
	f := func(promql string, want map[string][]float64) {
		t.Helper()
		r, err := q.QueryRange(ctx, promql, from, start.Add(ticks*tick), tick)
		if err != nil {
			t.Fatal(err)
		}
		same(t, promql, want, rows(t, r, from, tick, n))
	}
	f(`http_server_requests{http_route="/steady"}`, map[string][]float64{
		"http_server_requests{host:h1, http_method:GET, http_route:/steady, service_name:web}": over(func(i int) float64 { return float64(30 * (i + 1)) }),
	})
	f(`sum by (http_route) (rate(http_server_requests[1m]))`, map[string][]float64{
		"{http_route:/steady}":    over(all[0].requestRate),
		"{http_route:/growing}":   over(all[1].requestRate),
		"{http_route:/restarted}": over(all[2].requestRate),
	})
	if r, err := q.QueryRange(ctx, "nothing_of_this_name", from, start.Add(ticks*tick), tick); err != nil || len(rows(t, r, from, tick, 0)) != 0 {
		t.Errorf("a metric that is not there: %v, %v", r, err)
	}
}

// The range has more points than servers return for one query, and its start is not a multiple of the
// step.
func TestQueryRange_InParts(t *testing.T) {
	t.Parallel()
	const n = 25_000
	v := servers.StartVictoriaMetrics(t, "-search.disableCache=false")
	start := time.Now().Add(-n*time.Second - time.Hour).Truncate(time.Second)
	series := apptuitclient.TimeSeries{Metric: "steps", Tags: map[string]string{"k": "v"}}
	want := make([]float64, n)
	for i := range n {
		want[i] = float64(i)
		series.AddPoint(start.Add(time.Duration(i)*time.Second), want[i])
	}
	ctx := within(t, time.Minute)
	if err := newClient(t, v.Endpoint()).SendTimeSeries(ctx, []apptuitclient.TimeSeries{series}); err != nil {
		t.Fatal(err)
	}
	v.Points(t)
	q := asked(t, v.URL())
	for _, step := range []time.Duration{time.Second, 2 * time.Second} {
		from := start.Add(7 * time.Second)
		r, err := q.QueryRange(ctx, "steps", from, start.Add((n-1)*time.Second), step)
		if err != nil {
			t.Fatal(err)
		}
		var expected []float64
		for i := 7; i < n; i += int(step / time.Second) {
			expected = append(expected, want[i])
		}
		same(t, step.String(), map[string][]float64{"steps{k:v}": expected}, rows(t, r, from, step, len(expected)))
	}
}

// VictoriaMetrics cannot answer these queries.
func TestQuery_ReportsErrorsOfTheServer(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t, "-search.disableCache=false")
	ctx := within(t, 10*time.Second)
	now := time.Now()
	_, err := asked(t, v.URL()).QueryRange(ctx, "sum(", now.Add(-time.Hour), now, 0)
	if status := statusOf(t, err); status.StatusCode != 422 && status.StatusCode != 400 || status.Message == "" { // by release
		t.Errorf("error %v", err)
	}
	_, err = asked(t, v.URL()).Query(ctx, "fetch('m')", now.Add(-time.Hour), now)
	if status := statusOf(t, err); status.StatusCode != 400 {
		t.Errorf("error %v", err)
	}
}

// The same program is tested with Apptuit's own API.
func TestQuery_ByApptuitsAPI(t *testing.T) {
	t.Parallel()
	s := apptuittest.NewServer()
	defer s.Close()
	start := time.Now().Add(-ticks * tick).Truncate(time.Minute).Add(-time.Minute)
	exportHistory(t, s.URL, start)
	ctx := within(t, 10*time.Second)
	r, err := asked(t, s.URL).Query(ctx, "a=fetch('http_server_requests').downsample('1m','max'); b=fetch('none'); output(a,b)",
		start, start.Add(ticks*tick-time.Second))
	if err != nil {
		t.Fatal(err)
	}
	a, _ := r.Output("a")
	f := a.Frame()
	if len(f.Index) != ticks*int(tick/time.Second)/60 || len(f.Columns) != 3 {
		t.Fatalf("frame:\n%v", f)
	}
	for i, at := range f.Index {
		if want := start.Add(time.Duration(i) * time.Minute); !at.Equal(want) {
			t.Errorf("time %d is %v, want %v", i, at, want)
		}
	}
	for _, c := range f.Columns {
		if c.Tags["http_route"] == "/steady" {
			for i, got := range c.Values {
				if want := float64(30 * (4*i + 4)); got != want {
					t.Errorf("minute %d: %v, want %v", i, got, want)
				}
			}
		}
	}
	if b, ok := r.Output("b"); !ok || len(b.Series) != 0 {
		t.Errorf("output b: %v, %v", b, ok)
	}
}
