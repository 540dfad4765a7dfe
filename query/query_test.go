// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/query"
)

func TestClient_Query_Request(t *testing.T) {
	for _, c := range []struct {
		name       string
		start, end time.Time
		want       string
	}{
		{"whole seconds", at(100), at(200), "/api/query?start=100&end=200&q=fetch%28%27m%27%29"},
		{"an open end", at(100), time.Time{}, "/api/query?start=100&q=fetch%28%27m%27%29"},
		{"one moment", at(100), at(100), "/api/query?start=100&end=100&q=fetch%28%27m%27%29"},
		{"1970", at(0), at(1), "/api/query?start=0&end=1&q=fetch%28%27m%27%29"},
		{"before 1970", at(-100), at(-50), "/api/query?start=-100&end=-50&q=fetch%28%27m%27%29"},
		{
			"fractions: the whole seconds around", time.UnixMilli(100_999), time.UnixMilli(200_001),
			"/api/query?start=100&end=201&q=fetch%28%27m%27%29",
		},
		{
			"fractions before 1970", time.UnixMilli(-100_999), time.UnixMilli(-100_001),
			"/api/query?start=-101&end=-100&q=fetch%28%27m%27%29",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, reply{body: `{"outputs":[]}`})
			q := query.New(f.core(apptuitclient.WithToken("secret"), apptuitclient.WithHeaders(map[string]string{"X-Scope": "a"})))
			if _, err := q.Query(t.Context(), "fetch('m')", c.start, c.end); err != nil {
				t.Fatal(err)
			}
			r := f.all()[0]
			same(t, r.URL.RequestURI(), c.want)
			same(t, r.Method, http.MethodGet)
			same(t, r.Header.Get("Authorization"), "Bearer secret")
			same(t, r.Header.Get("Accept"), "application/json")
			same(t, r.Header.Get("X-Scope"), "a")
			if r.Body != nil {
				t.Error("a GET with a body")
			}
		})
	}
}

func TestClient_Query_DoesNotChangeText(t *testing.T) {
	for _, q := range []string{
		"fetch('a b').downsample('1m', 'avg')", "  x  ", "a+b", "a%20b", "a/b?c=d&e#f", "~-_.!*'()", "ä€😀", "a\tb\r\nc\x00", "<&>\"\\",
		"start=5&end=6", ";;",
	} {
		f := newFake(t, reply{body: `{"outputs":[]}`})
		if _, err := f.client().Query(t.Context(), q, at(1), time.Time{}); err != nil {
			t.Fatal(err)
		}
		same(t, f.all()[0].URL.Query().Get("q"), q)
		same(t, f.all()[0].URL.Query().Get("start"), "1")
	}
}

func TestClient_Query_DropsPointsOutsideRange(t *testing.T) {
	body := native("[999,1],[999.999,2],[1000,3],[1000.001,4],[1500,5],[2000,6],[2000.001,7],[2001,8],[99999999999,9]")
	for _, c := range []struct {
		name       string
		start, end time.Time
		want       []float64
	}{
		{"whole seconds", at(1000), at(2000), []float64{3, 4, 5, 6}},
		{"milliseconds", time.UnixMilli(999_999), time.UnixMilli(2000_001), []float64{2, 3, 4, 5, 6, 7}},
		{"a nanosecond less", at(1000).Add(1), at(2000).Add(-1), []float64{4, 5}},
		{"an open end", at(1000), time.Time{}, []float64{3, 4, 5, 6, 7, 8, 9}},
		{"none", at(1001), at(1002), nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := newFake(t, reply{body: body}).client().Query(t.Context(), "q", c.start, c.end)
			s := succeeds(t, r, err).Outputs[0].Series[0]
			same(t, append([]float64(nil), s.Values...), c.want)
			same(t, s.Len(), len(s.Timestamps))
		})
	}
}

// By OpenTSDB's rule, timestamps up to 9,999,999,999 are in seconds, and larger ones in milliseconds.
func TestClient_Query_TimestampUnits(t *testing.T) {
	r, err := answered(t, native("[1700000000,1],[1700000001000,2],[1700000002.5,3],[1.700000003e9,4],[1.700000004e12,5],[9999999999,6],[10000000000,7]"))
	s := succeeds(t, r, err).Outputs[0].Series[0]
	same(t, s.Timestamps, []int64{
		1700000000_000, 1700000001_000, 1700000002_500, 1700000003_000, 1700000004_000, 9_999_999_999_000, 10_000_000_000,
	})
	same(t, s.Time(2), time.Date(2023, 11, 14, 22, 13, 22, 500_000_000, time.UTC))
}

func TestClient_Query_KeepsOrder(t *testing.T) {
	r, err := answered(t, `{"hints":[{"x":[1,null,true]}],"outputs":[
		{"id":"z","result":[{"metric":"b","tags":{},"dps":[]},{"metric":"a","dps":[[2,20],[1,10]]}]},
		{"id":"a","result":[]},
		{"result":[{"dps":[[1,null]],"aggregatedTags":["q"],"tags":{"y":"1","x":"2"},"metric":"c"}],"id":"m"},
		{"id":"z","result":null},
		{}
	],"query":{"querytext":"fetch('x')"}}`)
	succeeds(t, r, err)
	var got []string
	for _, o := range r.Outputs {
		got = append(got, o.ID+":")
		for _, s := range o.Series {
			got = append(got, s.Name(), fmt.Sprint(s.Timestamps, s.Values))
		}
	}
	same(t, got, []string{"z:", "b{}", "[] []", "a{}", "[2000 1000] [20 10]", "a:", "m:", "c{x:2, y:1}", "[1000] [NaN]", "z:", ":"})

	z, ok := r.Output("z")
	same(t, ok, true)
	same(t, len(z.Series), 2, "the first of an id")
	if a, ok := r.Output("a"); !ok || len(a.Series) != 0 {
		t.Errorf("an output without series: %v, %v", a, ok)
	}
	if o, ok := r.Output("b"); ok || o.ID != "" || o.Series != nil {
		t.Errorf("an output that is not there: %v", o)
	}
}

func TestClient_Query_EmptyResult(t *testing.T) {
	for _, body := range []string{`{"outputs":[]}`, `{"outputs":null}`, " {\n\"outputs\" :\t[ ] }\r\n", `{"outputs":[],"hints":[]}`} {
		r, err := answered(t, body)
		if succeeds(t, r, err); len(r.Outputs) != 0 || len(r.Warnings) != 0 {
			t.Errorf("%s: %v", body, r)
		}
	}
}

// The query returns the points that the client has sent.
func TestClient_Query_ReturnsThePointsThatWereSent(t *testing.T) {
	server := apptuittest.NewServer(apptuittest.WithToken("secret"))
	defer server.Close()
	core := newCore(t, apptuitclient.WithEndpoint(server.URL), apptuitclient.WithToken("secret"))
	var points []apptuitclient.DataPoint
	for i := range 5 {
		for _, host := range []string{"web1", "web2"} {
			points = append(points, apptuitclient.DataPoint{
				Metric: "cpu", Tags: map[string]string{"host": host}, Timestamp: at(epoch + int64(i)*30), Value: float64(i) + 0.5,
			})
		}
	}
	if err := core.Send(t.Context(), points); err != nil {
		t.Fatal(err)
	}
	r, err := query.New(core).Query(t.Context(),
		"raw = fetch('cpu'); none = fetch('x'); minutes = fetch('cpu').downsample('1m','avg'); output(minutes, none, raw)",
		at(epoch), at(epoch+90))
	succeeds(t, r, err)
	raw, _ := r.Output("raw")
	same(t, len(raw.Series), 2)
	same(t, raw.Series[1].Tags, map[string]string{"host": "web2"})
	same(t, raw.Series[1].Values, []float64{0.5, 1.5, 2.5, 3.5})
	if none, ok := r.Output("none"); !ok || len(none.Series) != 0 {
		t.Errorf("%v, %v", none, ok)
	}
	// The first minute begins before the start of the range, so that its point is dropped.
	minutes, _ := r.Output("minutes")
	same(t, minutes.Series[0].Timestamps, []int64{(epoch + 40) * 1000})
	same(t, minutes.Series[0].Values, []float64{3})

	_, err = query.New(core).Query(t.Context(), "fetch('cpu').rate()", at(epoch), time.Time{})
	contains(t, statusOf(t, err, http.StatusBadRequest), "not supported")
}

func TestClient_RejectsInvalidArguments(t *testing.T) {
	far := at(1 << 60)
	cases := []struct {
		name       string
		q          string
		start, end time.Time
		step       time.Duration
		texts      []string
	}{
		{"empty", "", at(1), at(2), 0, []string{"the query is empty"}},
		{"blank", " \t\n", at(1), at(2), 0, []string{"the query is empty"}},
		{"end before start", "q", at(2), at(1), 0, []string{"the end 1970-01-01T00:00:01Z is before the start 1970-01-01T00:00:02Z"}},
		{"a millisecond before", "q", at(2), at(2).Add(-time.Millisecond), 0, []string{"the end 1970-01-01T00:00:01.999Z is before"}},
		{"no start", "q", time.Time{}, at(1), 0, []string{"the start is missing"}},
		{"for ever", "q", at(1), far, 0, []string{"not within the years 0 to 9999"}},
		{"from ever", "q", at(-1 << 60), at(1), 0, []string{"not within the years 0 to 9999"}},
		{"all at once", "", at(2), at(1), -time.Second, []string{"the query is empty", "is before the start"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, reply{body: `{}`})
			_, err := f.client().Query(t.Context(), c.q, c.start, c.end)
			contains(t, err, append(c.texts, "apptuit: query: ")...)
			_, err = f.client().QueryRange(t.Context(), c.q, c.start, c.end, c.step)
			contains(t, err, append(c.texts, "apptuit: query range: ")...)
			same(t, len(f.all()), 0, "requests")
		})
	}
	for step, text := range map[time.Duration]string{
		-1:                      "the step -1ns is negative",
		-time.Hour:              "the step -1h0m0s is negative",
		1:                       "the step 1ns is not in whole milliseconds",
		1500 * time.Microsecond: "the step 1.5ms is not in whole milliseconds",
	} {
		f := newFake(t, reply{body: `{}`})
		_, err := f.client().QueryRange(t.Context(), "q", at(1), at(2), step)
		contains(t, err, text)
		same(t, len(f.all()), 0, "requests")
	}
}

func TestNew_InvalidOptionsFailEveryQuery(t *testing.T) {
	q := newFake(t, reply{body: `{}`}).client(
		query.WithTimeout(0), query.WithMaxResponseBytes(-1), query.WithPrometheusPath("x"), nil)
	var first string
	for i := range 3 {
		_, err := q.Query(t.Context(), "", at(1), at(2))
		contains(t, err, "WithTimeout: 0s is not positive", "WithMaxResponseBytes: -1 is not positive",
			`WithPrometheusPath: "x" must be empty or a path that begins with /`, "the query is empty")
		if i == 0 {
			first = err.Error()
		}
		same(t, err.Error(), first)
		_, err = q.QueryRange(t.Context(), "q", at(1), at(2), time.Second)
		contains(t, err, "WithTimeout", "WithMaxResponseBytes", "WithPrometheusPath")
	}
	for _, path := range []string{"x", "x/y/", "/a?b", "/a#b", "/%zz", "/a\nb", ":", "http://other.test/x"} {
		_, err := newFake(t, reply{body: `{}`}).client(query.WithPrometheusPath(path)).Query(t.Context(), "q", at(1), at(2))
		contains(t, err, "WithPrometheusPath: ", "must be empty or a path")
	}
	_, err := query.New(nil).Query(t.Context(), "q", at(1), at(2))
	contains(t, err, "the client is nil")
	_, err = query.New(nil, query.WithTimeout(time.Second)).QueryRange(t.Context(), "q", at(1), at(2), 0)
	contains(t, err, "the client is nil")
}

func TestNew_ClientsDoNotShareOptions(t *testing.T) {
	f := newFake(t, reply{body: native("[1,2]")})
	core := f.core()
	small, large := query.New(core, query.WithMaxResponseBytes(5)), query.New(core)
	_, err := small.Query(t.Context(), "q", at(0), time.Time{})
	is(t, err, query.ErrAnswerTooLarge)
	if _, err := large.Query(t.Context(), "q", at(0), time.Time{}); err != nil {
		t.Error(err)
	}
}
