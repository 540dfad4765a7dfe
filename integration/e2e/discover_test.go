// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
	"github.com/apptuitai/apptuit-go/query"
)

// discover compares the lists of a server with the series a{k="v"}, a{k="w"} and b{l="v"}, which have
// points after start. The server adds the labels own.
func discover(t *testing.T, q *query.Client, start time.Time, own ...string) {
	t.Helper()
	ctx := within(t, 30*time.Second)
	all := query.Selection{Match: []string{`{__name__=~"a|b"}`}, Start: start, End: start.Add(time.Hour)}
	check := func(what string, want []string, truncated bool, l *query.Listing[string], err error) {
		t.Helper()
		if err != nil {
			t.Errorf("%s: %v", what, err)
			return
		}
		slices.Sort(l.Items)
		if diff := cmp.Diff(want, l.Items); diff != "" || l.Truncated != truncated {
			t.Errorf("%s: truncated %v (-want +got):\n%s", what, l.Truncated, diff)
		}
	}
	with := func(change func(*query.Selection)) query.Selection {
		s := all
		change(&s)
		return s
	}
	first := with(func(s *query.Selection) { s.Limit = 1 })
	second := with(func(s *query.Selection) { s.Match = []string{"b"} })
	never := with(func(s *query.Selection) { s.Match = []string{`a{k="none"}`} })

	l, err := q.Metrics(ctx, all)
	check("metrics", []string{"a", "b"}, false, l, err)
	l, err = q.Metrics(ctx, first)
	check("one metric", []string{"a"}, true, l, err)
	l, err = q.Metrics(ctx, never)
	check("no metrics", nil, false, l, err)
	labels := slices.Sorted(slices.Values(slices.Concat([]string{"__name__", "k", "l"}, own)))
	l, err = q.Labels(ctx, all)
	check("labels", labels, false, l, err)
	l, err = q.Labels(ctx, second)
	check("labels of b", slices.DeleteFunc(labels, func(s string) bool { return s == "k" }), false, l, err)
	l, err = q.LabelValues(ctx, "k", all)
	check("values", []string{"v", "w"}, false, l, err)
	l, err = q.LabelValues(ctx, "k", second)
	check("values of b", nil, false, l, err)
	l, err = q.LabelValues(ctx, "k", first)
	check("one value", []string{"v"}, true, l, err)

	series, err := q.Series(ctx, with(func(s *query.Selection) { s.Match = []string{`a{k="w"}`, "b"} }))
	if err != nil {
		t.Fatal(err)
	}
	names := &query.Listing[string]{Truncated: series.Truncated}
	for _, s := range series.Items {
		names.Items = append(names.Items, s.Name())
	}
	check("series", []string{"a{k:w}", "b{l:v}"}, false, names, nil)
	if series, err = q.Series(ctx, first); err != nil || len(series.Items) != 1 || !series.Truncated {
		t.Errorf("one series: %v, %v", series, err)
	}
	_, err = q.Series(ctx, query.Selection{Match: []string{"{"}})
	if status := statusOf(t, err); status.StatusCode/100 != 4 || status.Message == "" {
		t.Errorf("error %v", err)
	}
}

// fillABC stores the series of discover, with the values 1, 2, … from start on, one value per tick.
func fillABC(t *testing.T, endpoint string, start time.Time) {
	t.Helper()
	var all []apptuitclient.TimeSeries
	for _, s := range []apptuitclient.TimeSeries{
		{Metric: "a", Tags: map[string]string{"k": "v"}}, {Metric: "a", Tags: map[string]string{"k": "w"}}, {Metric: "b", Tags: map[string]string{"l": "v"}},
	} {
		for i := range ticks {
			s.AddPoint(start.Add(time.Duration(i)*tick), float64(i+1))
		}
		all = append(all, s)
	}
	if err := newClient(t, endpoint).SendTimeSeries(within(t, 20*time.Second), all); err != nil {
		t.Fatal(err)
	}
}

// VictoriaMetrics is asked for lists, for values at one time, and for the metadata of hints.
func TestLists_OfVictoriaMetrics(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t, "-search.disableCache=false")
	start := time.Now().Add(-20 * time.Minute).Truncate(time.Minute)
	fillABC(t, v.Endpoint(), start)
	v.Points(t)
	ctx := within(t, 30*time.Second)
	t.Run("lists", func(t *testing.T) { discover(t, asked(t, v.URL()), start) })

	t.Run("instant", func(t *testing.T) {
		q := asked(t, v.URL())
		for i := range 3 {
			at := start.Add(time.Duration(i)*tick + time.Second)
			r, err := q.QueryInstant(ctx, `sum(a)`, at)
			if err != nil {
				t.Fatal(err)
			}
			want := []query.Series{{Tags: map[string]string{}, Timestamps: []int64{at.UnixMilli()}, Values: []float64{float64(2 * (i + 1))}}}
			if diff := cmp.Diff(want, r.Outputs[0].Series); diff != "" || r.Partial {
				t.Errorf("partial %v (-want +got):\n%s", r.Partial, diff)
			}
		}
	})

	t.Run("stream", func(t *testing.T) {
		q := asked(t, v.URL())
		r, err := q.QueryRange(ctx, "a", start, start.Add(9*time.Minute), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		var got []query.Output
		for p, err := range q.StreamRange(ctx, "a", start, start.Add(9*time.Minute), time.Second).Pieces() {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, query.Output{Series: []query.Series{p.Series}})
		}
		if diff := cmp.Diff(r.Outputs[0].Series, query.Merge(got...).Series); diff != "" || len(r.Outputs[0].Series) != 2 {
			t.Errorf("(-query +stream):\n%s", diff)
		}
	})

	t.Run("hints", func(t *testing.T) {
		q := asked(t, v.URL())
		hint := func(want string, language query.Language, text string, err error) {
			t.Helper()
			hints, failure := q.Hints(ctx, language, text, err)
			if failure != nil || len(hints) != 1 || !strings.Contains(hints[0].String(), want) {
				t.Errorf("%s: hints %v, error %v, want %s", text, hints, failure, want)
			}
		}
		_, err := q.Query(ctx, "fetch('a')", start, time.Time{})
		hint("PromQL", query.LanguageApptuit, "fetch('a')", err)
		hint(`"a" exists`, query.LanguagePromQL, `a{k="x"}`, nil)
		hint(`no metric "nothing.like.it"`, query.LanguagePromQL, "nothing.like.it", nil)
		q = asked(t, v.Endpoint())
		_, err = q.QueryInstant(ctx, "a", time.Time{})
		hint("-httpListenAddr", query.LanguagePromQL, "a", err)
	})
}

// The query is for the present time. Without nocache=1, VictoriaMetrics would return the values of half a
// minute ago (-search.latencyOffset).
func TestQueryRange_SendsNocacheToVictoriaMetrics(t *testing.T) {
	t.Parallel()
	v := servers.StartVictoriaMetrics(t, "-search.latencyOffset=30s", "-search.disableCache=false")
	now := time.Now().Truncate(time.Second)
	c := newClient(t, v.Endpoint())
	for i, at := range []time.Time{now.Add(-time.Minute), now} {
		p := apptuitclient.DataPoint{Metric: "fresh", Tags: map[string]string{"k": "v"}, Timestamp: at, Value: float64(i + 1)}
		if err := c.Send(within(t, 10*time.Second), []apptuitclient.DataPoint{p}); err != nil {
			t.Fatal(err)
		}
	}
	v.Points(t)
	for _, server := range []apptuitclient.Server{apptuitclient.ServerGeneric, apptuitclient.ServerVictoriaMetrics} {
		w := newWire()
		q := query.New(newClient(t, v.URL(), w.client(), apptuitclient.WithServer(server)))
		r, err := q.QueryInstant(within(t, 10*time.Second), "fresh", now)
		if err != nil || len(r.Outputs[0].Series) != 1 || r.Outputs[0].Series[0].Values[0] != 2 {
			t.Errorf("%v: %+v, error %v", server, r, err)
		}
		requests := 2 // the first answer says who it is
		if server == apptuitclient.ServerVictoriaMetrics {
			requests = 1
		}
		if got := w.seen(); len(got) != requests {
			t.Errorf("%v: requests %+v, want %d", server, got, requests)
		}
	}
}
