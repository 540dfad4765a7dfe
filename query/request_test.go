// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

// methods returns the methods of the requests that the fake received.
func (f *fake) methods() string {
	var all []string
	for _, r := range f.all() {
		all = append(all, r.Method)
	}
	return strings.Join(all, " ")
}

func TestClient_FallsBackToGet(t *testing.T) {
	for _, code := range []int{403, 405, 501} {
		f := &fake{t: t, answer: func(r *asked) reply {
			if r.Method == http.MethodPost {
				return reply{code: code, body: "POST is not for you"}
			}
			return reply{body: matrix("[1,2]")}
		}}
		q := f.client()
		for range 2 {
			r, err := q.QueryRange(t.Context(), `x{a="&"}`, at(epoch), at(epoch+60), time.Second)
			same(t, succeeds(t, r, err).Outputs[0].Series[0].Values, []float64{2})
		}
		same(t, f.methods(), "POST GET GET", "the client must remember that the server refuses POST", code)
		form := url.Values{"query": {`x{a="&"}`}, "start": {"1700000000"}, "end": {"1700000060"}, "step": {"1"}}
		for _, r := range f.all()[1:] {
			same(t, r.URL.Path, "/prometheus/api/v1/query_range")
			same(t, r.URL.Query(), form)
			same(t, r.Header.Get("Content-Type"), "")
		}
	}
}

func TestClient_KeepsPostIfGetFailsToo(t *testing.T) {
	f := &fake{t: t, answer: func(r *asked) reply {
		if r.Method == http.MethodPost {
			return reply{code: 403, body: "no POST"}
		}
		return reply{code: 403, body: "no token"}
	}}
	q := f.client()
	for range 2 {
		_, err := q.QueryInstant(t.Context(), "x", time.Time{})
		is(t, err, apptuitclient.ErrUnauthorized)
		contains(t, statusOf(t, err, 403), "no token")
	}
	same(t, f.methods(), "POST GET POST GET", "the server does not only refuse POST")
}

func TestClient_DoesNotRepeatOtherErrors(t *testing.T) {
	for _, code := range []int{400, 401, 404, 422} {
		f := newFake(t, reply{code: code})
		_, err := f.client().QueryInstant(t.Context(), "x", time.Time{})
		statusOf(t, err, code)
		same(t, f.methods(), "POST", code)
	}
}

func TestClient_QueryInstant(t *testing.T) {
	for _, c := range []struct {
		at   time.Time
		form url.Values
	}{
		{time.Time{}, url.Values{"query": {"x"}}},
		{at(epoch), url.Values{"query": {"x"}, "time": {"1700000000"}}},
		{time.Unix(epoch, 250_999_999), url.Values{"query": {"x"}, "time": {"1700000000.250"}}},
	} {
		f := newFake(t, reply{body: `{"status":"success","infos":["i","i"],"data":{"resultType":"vector","result":[{"metric":{"__name__":"m","k":"v"},"value":[1700000000.5,"2"]}]}}`})
		r, err := f.client().QueryInstant(t.Context(), "x", c.at)
		succeeds(t, r, err)
		same(t, f.all()[0].URL.String(), "https://fake.test/prometheus/api/v1/query")
		same(t, f.all()[0].form, c.form)
		same(t, r, &query.Result{
			Outputs: []query.Output{{Series: []query.Series{{Metric: "m", Tags: map[string]string{"k": "v"}, Timestamps: []int64{epoch*1000 + 500}, Values: []float64{2}}}}},
			Notes:   query.Notes{Infos: []string{"i"}},
		})
	}
	f := newFake(t, reply{})
	for _, c := range []struct {
		promql string
		at     time.Time
		text   string
	}{
		{" \n", at(1), "the query is empty"},
		{"x", time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC), "not within the years"},
	} {
		_, err := f.client().QueryInstant(t.Context(), c.promql, c.at)
		contains(t, err, "apptuit: instant query: ", c.text)
	}
	same(t, len(f.all()), 0, "requests")
}

// A range selector returns the stored points.
func TestClient_QueryInstant_RangeSelector(t *testing.T) {
	r, err := newFake(t, reply{body: matrix(`[1700000000.5,"1"],[1700000007,"2"]`)}).client().QueryInstant(t.Context(), "m[5m]", at(epoch))
	same(t, succeeds(t, r, err).Outputs[0].Series[0].Timestamps, []int64{epoch*1000 + 500, epoch*1000 + 7000})
}

// nocaches returns, for each request, whether it had the parameter nocache=1.
func (f *fake) nocaches() string {
	var all []string
	for _, r := range f.all() {
		switch value := r.form.Get("nocache") + r.URL.Query().Get("nocache"); value {
		case "":
			all = append(all, "without")
		case "1":
			all = append(all, "with")
		default:
			all = append(all, value)
		}
	}
	return strings.Join(all, " ")
}

func TestClient_SendsNocacheToVictoriaMetricsOnly(t *testing.T) {
	type server = apptuitclient.Server
	const victoriaMetrics, other = "X-Server-Hostname", "X-Other"
	for _, c := range []struct {
		name   string
		server []server
		header string
		want   string
	}{
		{"any other server", nil, other, "without without without"},
		{"VictoriaMetrics, not configured", nil, victoriaMetrics, "without with with with"},
		{"VictoriaMetrics, configured", []server{apptuitclient.ServerVictoriaMetrics}, victoriaMetrics, "with with with"},
		{"VictoriaMetrics behind a proxy that removes headers", []server{apptuitclient.ServerVictoriaMetrics}, other, "with with with"},
		{"VictoriaMetrics behind Apptuit", []server{apptuitclient.ServerApptuit}, victoriaMetrics, "without with with with"},
		{"another server, configured", []server{apptuitclient.ServerOpenTSDB}, victoriaMetrics, "without without without"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, reply{body: matrix("[1,2]"), header: []string{c.header, "host-1"}})
			var opts []apptuitclient.Option
			for _, s := range c.server {
				opts = append(opts, apptuitclient.WithServer(s))
			}
			q := query.New(f.core(opts...))
			for i := range 3 {
				r, err := q.QueryRange(t.Context(), "m", at(epoch+2), at(epoch+60), 7*time.Second)
				same(t, succeeds(t, r, err).Outputs[0].Series[0].Len(), 1, "answer", i)
			}
			same(t, f.nocaches(), c.want)
		})
	}
}

// VictoriaMetrics moves the times of ranges to multiples of the step. If they already are
// multiples, the client need not repeat the query.
func TestClient_DoesNotRepeatQueryOnGridOfVictoriaMetrics(t *testing.T) {
	f := newFake(t, reply{body: matrix("[1,2]"), header: []string{"X-Server-Hostname", "host-1"}})
	q := f.client(query.WithAlignedStart())
	for range 2 {
		if _, err := q.QueryRange(t.Context(), "m", at(epoch+2), at(epoch+60), 7*time.Second); err != nil {
			t.Fatal(err)
		}
	}
	same(t, f.nocaches(), "without with")
	f = newFake(t, reply{body: matrix("[1,2]"), header: []string{"X-Server-Hostname", "host-1"}})
	if _, err := f.client().QueryInstant(t.Context(), "m", time.Time{}); err != nil {
		t.Fatal(err)
	}
	same(t, f.nocaches(), "without with", "without nocache, VictoriaMetrics may answer from its cache")
}

func TestClient_VictoriaMetricsRefusesPost(t *testing.T) {
	f := &fake{t: t, answer: func(r *asked) reply {
		if r.Method == http.MethodPost {
			return reply{code: 405}
		}
		return reply{body: matrix("[1,2]"), header: []string{"X-Server-Hostname", "host-1"}}
	}}
	q := f.client()
	for range 2 {
		if _, err := q.QueryInstant(t.Context(), "m", time.Time{}); err != nil {
			t.Fatal(err)
		}
	}
	same(t, f.methods(), "POST GET GET GET")
	same(t, f.nocaches(), "without without with with")
}

func TestWithAlignedStart(t *testing.T) {
	for _, c := range []struct {
		start, end time.Time
		step       time.Duration
		from, to   string
	}{
		{at(epoch + 2), at(epoch + 60), 7 * time.Second, "1700000001", "1700000060"},
		{at(1_700_000_040), at(1_700_000_100), time.Minute, "1700000040", "1700000100"},
		{time.UnixMilli(1_700_000_000_999), at(epoch + 60), time.Second, "1700000000", "1700000060"},
		{time.UnixMilli(1_700_000_000_999), at(epoch + 1), 500 * time.Millisecond, "1700000000.500", "1700000001"},
		{at(-1), at(60), time.Minute, "-60", "60"},
		{at(epoch + 1), at(epoch + 1), time.Hour, "1699999200", "1700000001"},
		{at(epoch + 1), at(epoch + 3601), 0, "1700000000", "1700003601"}, // the client chooses a step of 5 s
	} {
		f := newFake(t, reply{body: matrix("")})
		if _, err := f.client(query.WithAlignedStart()).QueryRange(t.Context(), "q", c.start, c.end, c.step); err != nil {
			t.Fatal(err)
		}
		same(t, f.all()[0].form.Get("start"), c.from)
		same(t, f.all()[0].form.Get("end"), c.to)
	}
}

func TestNew_RejectsEndpointWithAPIPath(t *testing.T) {
	for _, c := range []struct{ endpoint, path, base string }{
		{"https://fake.test/api/put", "/prometheus", "https://fake.test"},
		{"https://fake.test/api/query/", "/prometheus", "https://fake.test"},
		{"https://fake.test/a/api/v1", "", "https://fake.test/a"},
		{"https://fake.test/api/v1/query_range", "", "https://fake.test"},
		{"https://fake.test/prometheus/api/v1", "", "https://fake.test"},
		{"https://fake.test/prometheus/api/v1", "/prometheus", "https://fake.test"},
		{"https://fake.test/select/0/prometheus", "/prometheus", "https://fake.test/select/0"},
		{"https://fake.test/prometheus", "", ""},
		{"https://fake.test/select/0", "/prometheus", ""},
		{"https://fake.test/api", "", ""},
		{"https://fake.test/my-api/v1/x", "", ""},
	} {
		f := newFake(t, reply{body: matrix("")})
		core, err := apptuitclient.New(apptuitclient.WithEndpoint(c.endpoint), apptuitclient.WithHTTPClient(&http.Client{Transport: f}))
		if err == nil {
			t.Cleanup(func() { core.Close() })
			_, err = query.New(core, query.WithPrometheusPath(c.path)).QueryInstant(t.Context(), "q", time.Time{})
		}
		if c.base == "" {
			if err != nil {
				t.Errorf("%s, %q: %v", c.endpoint, c.path, err)
			}
			continue
		}
		if err == nil || !strings.HasSuffix(err.Error(), c.base) {
			t.Errorf("%s, %q: %v, want the base %s", c.endpoint, c.path, err, c.base)
		}
		same(t, len(f.all()), 0, "requests")
	}
}
