// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/query"
)

// stored returns a Prometheus-compatible server with metrics, which does not support Apptuit's language.
func stored(t *testing.T, metrics ...string) *fake {
	t.Helper()
	return &fake{t: t, answer: func(r *asked) reply {
		switch r.URL.Path {
		case "/prometheus/api/v1/label/__name__/values":
			var quoted []string
			for _, m := range metrics {
				quoted = append(quoted, strconv.Quote(m))
			}
			return reply{body: `{"status":"success","data":[` + strings.Join(quoted, ",") + `]}`}
		case "/prometheus/api/v1/query":
			return reply{body: `{"status":"success","data":{"resultType":"vector","result":[]}}`}
		}
		return reply{code: 404, body: "404 page not found"}
	}}
}

func hintTexts(hints []query.Hint) string {
	var all []string
	for _, h := range hints {
		all = append(all, h.String())
	}
	return strings.Join(all, "\n")
}

func TestHints(t *testing.T) {
	const promql, apptuit = query.LanguagePromQL, query.LanguageApptuit
	metrics := []string{
		"http_server_duration_bucket", "http_server_duration_count", "http_server_duration_sum", "http_server_requests",
		"process_cpu_time_seconds_total", "room.temperature", "up",
	}
	for _, c := range []struct {
		language query.Language
		q        string
		want     string
	}{
		{promql, "sum(up)", `the metric "up" exists: check the tags and the range of the query`},
		{promql, "rate(http.server.requests[5m])", `the metric "http.server.requests" is stored as "http_server_requests"`},
		{promql, `{"http.server.requests"}`, `the metric "http.server.requests" is stored as "http_server_requests"`},
		{promql, "http.server.duration", `the metric "http.server.duration" is stored as "http_server_duration_bucket", "http_server_duration_count", "http_server_duration_sum"`},
		{promql, "process.cpu.time", `the metric "process.cpu.time" is stored as "process_cpu_time_seconds_total"`},
		{promql, "http_servr_requests", `there is no metric "http_servr_requests" in the last 30 days: did you mean "http_server_requests"?`},
		{promql, "nothing_like_it", `there is no metric "nothing_like_it" in the last 30 days`},
		{promql, "up / http_server_reqests", "the metric \"up\" exists: check the tags and the range of the query\n" +
			`there is no metric "http_server_reqests" in the last 30 days: did you mean "http_server_requests"?`},
		{promql, "vector(1)", ""},
		{promql, "fetch('up')", "the query is in Apptuit's language: send it as such instead of as PromQL"},
		{apptuit, "fetch('room temperature')", `there is no metric "room temperature" in the last 30 days: did you mean "room.temperature"?`},
		{apptuit, "fetch('room.temperature{room=x}').downsample('1m','avg')", `the metric "room.temperature" exists: check the tags and the range of the query`},
		{apptuit, "a=fetch('http server requests'); output(a)", `the metric "http server requests" is stored as "http_server_requests"`},
		{apptuit, "rate(up[5m])", "the query is PromQL, or the server supports only PromQL: use PromQL instead of Apptuit's language"},
	} {
		f := stored(t, metrics...)
		hints, err := f.client().Hints(t.Context(), c.language, c.q, nil)
		is(t, err, nil)
		same(t, hintTexts(hints), c.want, c.q)
		if len(f.all()) > 1 {
			t.Errorf("%s: %d requests", c.q, len(f.all()))
		}
	}
}

func TestHints_ListRecentMetrics(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := stored(t)
		hints, err := f.client().Hints(t.Context(), query.LanguagePromQL, "up", nil)
		is(t, err, nil)
		same(t, hints, []query.Hint{{Kind: query.HintUnknown, Metric: "up"}})
		start := time.Now().Add(-30 * 24 * time.Hour).Unix()
		same(t, f.all()[0].URL.RawQuery, "limit=50001&start="+strconv.FormatInt(start, 10))
	})
}

// Queries in Apptuit's language are a common mistake with VictoriaMetrics.
func TestHints_ServerSupportsOnlyPromQL(t *testing.T) {
	for _, refusal := range []reply{
		{code: 400, body: `unsupported path requested: "/api/query"`},
		{code: 404, body: "404 page not found"},
		{code: 405},
		{code: 501},
		{body: page},
		{body: `{"status":"success"}`},
	} {
		f := &fake{t: t, answer: func(r *asked) reply {
			if r.URL.Path == "/api/query" {
				return refusal
			}
			return reply{body: `{"status":"success","data":{"resultType":"vector","result":[]}}`}
		}}
		q := f.client()
		_, err := q.Query(t.Context(), "fetch('x')", at(1), at(2))
		if err == nil {
			t.Fatal("no error")
		}
		hints, err := q.Hints(t.Context(), query.LanguageApptuit, "fetch('x')", err)
		is(t, err, nil)
		same(t, hints, []query.Hint{{Kind: query.HintPromQL}})
		same(t, f.methods(), "GET POST")
	}
	f := newFake(t, reply{code: 404})
	q := f.client()
	_, err := q.Query(t.Context(), "fetch('x')", at(1), at(2))
	hints, err := q.Hints(t.Context(), query.LanguageApptuit, "fetch('x')", err)
	statusOf(t, err, 404)
	same(t, len(hints), 0, "hints of a server that answers neither")
}

// VictoriaMetrics answers points and queries at different ports.
func TestHints_PortForPointsOfVictoriaMetrics(t *testing.T) {
	for language, ask := range map[query.Language]func(*query.Client) error{
		query.LanguageApptuit: func(q *query.Client) error {
			_, err := q.Query(t.Context(), "fetch('up')", at(1), at(2))
			return err
		},
		query.LanguagePromQL: func(q *query.Client) error {
			_, err := q.QueryInstant(t.Context(), "up", time.Time{})
			return err
		},
	} {
		f := newFake(t, reply{code: 400, body: `unexpected path requested on HTTP OpenTSDB server: "/api/v1/query"`})
		q := f.client()
		failure := ask(q)
		statusOf(t, failure, 400)
		hints, err := q.Hints(t.Context(), language, "up", failure)
		is(t, err, nil)
		same(t, hintTexts(hints), "the endpoint is VictoriaMetrics' port for points (-opentsdbHTTPListenAddr): send queries to its HTTP port (-httpListenAddr, 8428 by default)")
		same(t, len(f.all()), 1, "requests")
	}
}

// Hints about sanitized names need no answer of the server.
func TestHints_ListFails(t *testing.T) {
	for mode, want := range map[encoding.SanitizeMode]string{
		encoding.SanitizePrometheus: `the metric "room.temperature" is stored as "room_temperature"`,
		encoding.SanitizeApptuit:    "",
	} {
		f := newFake(t, reply{code: 404})
		q := query.New(f.core(apptuitclient.WithSanitizeMode(mode)))
		hints, err := q.Hints(t.Context(), query.LanguageApptuit, "fetch('room.temperature') + fetch('up')", nil)
		statusOf(t, err, 404)
		same(t, hintTexts(hints), want)
	}
}

func TestHints_OfErrors(t *testing.T) {
	ask := func(f *fake, q string) ([]query.Hint, error) {
		c := f.client()
		_, err := c.QueryInstant(t.Context(), q, time.Time{})
		if err == nil {
			t.Fatal("no error")
		}
		n := len(f.all())
		hints, err := c.Hints(t.Context(), query.LanguagePromQL, q, err)
		if len(f.all())-n > 1 {
			t.Errorf("%d requests", len(f.all())-n)
		}
		return hints, err
	}
	refuses := func(r reply) *fake {
		f := stored(t, "http_server_requests", "up")
		answer := f.answer
		f.answer = func(a *asked) reply {
			if a.URL.Path == "/prometheus/api/v1/query" {
				return r
			}
			return answer(a)
		}
		return f
	}
	parse := reply{code: 400, body: `{"status":"error","errorType":"bad_data","error":"unexpected character: '.'"}`}
	hints, err := ask(refuses(parse), "http.server.requests + up")
	is(t, err, nil)
	same(t, hintTexts(hints), `the metric "http.server.requests" is stored as "http_server_requests"`)

	// The server did not process the query.
	for _, r := range []reply{{code: 401}, {code: 403}, {err: errors.New("no route to host")}} {
		f := refuses(r)
		c := query.New(f.core(apptuitclient.WithRetry(apptuitclient.RetryConfig{})))
		_, failure := c.QueryInstant(t.Context(), "http.server.requests", time.Time{})
		n := len(f.all())
		hints, err = c.Hints(t.Context(), query.LanguagePromQL, "http.server.requests", failure)
		is(t, err, nil)
		same(t, len(hints), 0)
		same(t, len(f.all()), n, "requests")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err = stored(t).client().Hints(ctx, query.LanguagePromQL, "up", nil)
	is(t, err, context.Canceled)
}

// If the list is truncated, no metric is reported as unknown.
func TestHints_TruncatedList(t *testing.T) {
	var all []string
	for i := range 50_001 {
		all = append(all, "m"+strconv.Itoa(i))
	}
	hints, err := stored(t, all...).client().Hints(t.Context(), query.LanguagePromQL, "something_else + m77", nil)
	is(t, err, nil)
	same(t, hintTexts(hints), `the metric "m77" exists: check the tags and the range of the query`)
}

func TestHints_LimitsMetrics(t *testing.T) {
	f := stored(t, "aaaa_bucket", "aaaa_count", "aaaa_sum", "aaaa_min", "aaaa_max", "aaaa_total")
	hints, err := f.client().Hints(t.Context(), query.LanguagePromQL, "aaaa + bbbbbbbb + cccccccc + dddddddd + eeeeeeee + ffffffff", nil)
	is(t, err, nil)
	same(t, len(hints), 5)
	same(t, len(hints[0].Suggestions), 5)
	same(t, f.methods(), http.MethodGet)
}
