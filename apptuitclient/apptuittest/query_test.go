// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// queryReply is the answer to a query. Numbers keep the text in which they were sent.
type queryReply struct {
	Outputs []struct {
		ID     string
		Result []struct {
			Metric         string
			Tags           map[string]string
			AggregatedTags []string
			Dps            [][]any
		}
	}
	Hints []string
	Query struct{ Querytext string }
}

// lines returns the outputs as "id: metric{key=value} time=value …", one line per series, or "id:" for an output without
// series.
func (r queryReply) lines() []string {
	var lines []string
	for _, o := range r.Outputs {
		if len(o.Result) == 0 {
			lines = append(lines, o.ID+":")
		}
		for _, s := range o.Result {
			p := apptuittest.Point{Metric: s.Metric, Tags: s.Tags}
			line := o.ID + ": " + strings.TrimSpace(p.String())
			for _, dp := range s.Dps {
				line += fmt.Sprintf(" %v=%v", dp[0], dp[1])
			}
			lines = append(lines, line)
		}
	}
	return lines
}

func get(t *testing.T, s *apptuittest.Server, query string, headers ...string) reply {
	t.Helper()
	r, err := do(t, s.Client(), "GET", s.URL+"/api/query?"+query, "", headers...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask sends a query from start to end, and fails the test if its status is not 200. end may be empty.
func ask(t *testing.T, s *apptuittest.Server, start, end, text string) queryReply {
	t.Helper()
	parameters := url.Values{"start": {start}, "q": {text}}
	if end != "" {
		parameters.Set("end", end)
	}
	got := get(t, s, parameters.Encode())
	if got.status != 200 {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
	return decodeQuery(t, got.body)
}

func decodeQuery(t *testing.T, body string) queryReply {
	t.Helper()
	dec := json.NewDecoder(bytes.NewReader([]byte(body)))
	dec.UseNumber()
	dec.DisallowUnknownFields()
	var r queryReply
	if err := dec.Decode(&r); err != nil {
		t.Fatalf("the answer %q: %v", body, err)
	}
	return r
}

// receive sends points to the server. A point is the text "metric host timestamp value", whose value may
// be quoted.
func receive(t *testing.T, s *apptuittest.Server, points ...string) {
	t.Helper()
	var body strings.Builder
	for i, p := range points {
		fields := strings.Fields(p)
		if i > 0 {
			body.WriteByte(',')
		}
		fmt.Fprintf(&body, `{"metric":%q,"tags":{"host":%q},"timestamp":%s,"value":%s}`, fields[0], fields[1], fields[2], fields[3])
	}
	if got := put(t, s, "?details", "["+body.String()+"]"); got.status != 200 {
		t.Fatalf("answered %d %s", got.status, got.body)
	}
}

func TestQuery_CompleteAnswer(t *testing.T) {
	s := newServer(t)
	receive(t, s, "cpu web2 1700000060 2", "cpu web1 1700000000 1.50", "mem web1 1700000000 7", "cpu web1 1700000060 3")
	got := get(t, s, "start=1700000000&end=1700000060&q=fetch%28%27cpu%27%29")
	want := `{"outputs":[{"id":"out0","result":[` +
		`{"metric":"cpu","tags":{"host":"web1"},"aggregatedTags":[],"dps":[[1700000000,1.50],[1700000060,3]]},` +
		`{"metric":"cpu","tags":{"host":"web2"},"aggregatedTags":[],"dps":[[1700000060,2]]}` +
		`]}],"hints":[],"query":{"querytext":"fetch('cpu')"}}`
	if got.status != 200 || got.header.Get("Content-Type") != "application/json; charset=UTF-8" {
		t.Errorf("answered %d with %v", got.status, got.header)
	}
	if diff := cmp.Diff(want, strings.ReplaceAll(got.body, `\u0027`, "'")); diff != "" {
		t.Error(diff)
	}
	if s.Total() != 4 || len(s.Points()) != 4 {
		t.Error("the query has changed the stored points")
	}
}

func TestQuery_MetricWithoutPoints(t *testing.T) {
	s := newServer(t)
	got := get(t, s, "start=0&q=fetch('cpu')")
	want := `{"outputs":[{"id":"out0","result":[]}],"hints":[],"query":{"querytext":"fetch('cpu')"}}`
	if got.status != 200 || got.body != want {
		t.Errorf("answered %d %s, want %s", got.status, got.body, want)
	}
}

func TestQuery(t *testing.T) {
	for _, tt := range []struct {
		name       string
		points     []string
		start, end string
		text       string
		want       []string
	}{
		{
			"start and end are included",
			[]string{"m a 99 1", "m a 100 2", "m a 150 3", "m a 200 4", "m a 201 5"},
			"100", "200", "fetch('m')",
			[]string{"out0: m{host=a} 100=2 150=3 200=4"},
		},
		{
			"without an end",
			[]string{"m a 99 1", "m a 100 2", "m a 9999999999 3", "m a 9999999999999 4"},
			"100", "", "fetch('m')",
			[]string{"out0: m{host=a} 100=2 9999999999=4"},
		},
		{
			"a start before 1970",
			[]string{"m a 1 1"},
			"-62135596800", "1", "fetch('m')",
			[]string{"out0: m{host=a} 1=1"},
		},
		{
			"a series without points in the range",
			[]string{"m a 99 1", "m b 100 2"},
			"100", "100", "fetch('m')",
			[]string{"out0: m{host=b} 100=2"},
		},
		{
			"sorted by time",
			[]string{"m a 300 3", "m a 100 1", "m a 200 2"},
			"0", "", "fetch('m')",
			[]string{"out0: m{host=a} 100=1 200=2 300=3"},
		},
		{
			"the last point of a second",
			[]string{"m a 100 1", "m a 200 9", "m b 100 7", "m a 100 2", "m a 100 3"},
			"0", "", "fetch('m')",
			[]string{"out0: m{host=a} 100=3 200=9", "out0: m{host=b} 100=7"},
		},
		{
			"milliseconds",
			[]string{"m a 1700000000999 1", "m a 1700000001000 2", "m a 1700000000 3", "m a 1700000001001 4"},
			"1700000000", "1700000001", "fetch('m')",
			[]string{"out0: m{host=a} 1700000000=3 1700000001=4"},
		},
		{
			"text of values",
			[]string{
				"m a 1 1", "m a 2 1.0", "m a 3 1.50e0", "m a 4 9223372036854775807", "m a 5 -0", "m a 6 5E-324",
				`m a 7 "2.50"`, `m a 8 "+5"`, `m a 9 "007"`, `m a 10 "+.5e1"`, `m a 11 "-1."`,
			},
			"0", "", "fetch('m')",
			[]string{
				"out0: m{host=a} 1=1 2=1.0 3=1.50e0 4=9223372036854775807 5=-0 6=5E-324 " +
					"7=2.50 8=5 9=7 10=5 11=-1",
			},
		},
		{
			"several outputs",
			[]string{"x a 100 1", "y a 100 2"},
			"0", "", "a = fetch('x'); b = fetch('y'); c = fetch('z');\noutput(b, c, a); fetch('x'); fetch('y')",
			[]string{"b: y{host=a} 100=2", "c:", "a: x{host=a} 100=1", "out0: x{host=a} 100=1", "out1: y{host=a} 100=2"},
		},
		{
			"the same metric with and without downsampling",
			[]string{"m a 100 1", "m a 110 2"},
			"0", "", "a = fetch('m').downsample('1m', 'sum'); b = fetch('m'); output(a, b)",
			[]string{"a: m{host=a} 60=3", "b: m{host=a} 100=1 110=2"},
		},
		{
			"average",
			[]string{"m a 60 1", "m a 119 2", "m a 120 5", "m a 240 -7.5", "m b 61 4"},
			"0", "", "fetch('m').downsample('1m', 'avg')",
			[]string{"out0: m{host=a} 60=1.5 120=5 240=-7.5", "out0: m{host=b} 60=4"},
		},
		{
			"sum",
			[]string{"m a 60 1000000", "m a 119 2", "m a 120 5"},
			"0", "", "fetch('m').downsample('60s', 'sum')",
			[]string{"out0: m{host=a} 60=1000002 120=5"},
		},
		{
			"minimum",
			[]string{"m a 3600 3", "m a 3601 1.50", "m a 7199 2", "m a 7200 9"},
			"0", "", "fetch('m').downsample('1h', 'min')",
			[]string{"out0: m{host=a} 3600=1.5 7200=9"},
		},
		{
			"maximum",
			[]string{"m a 86399 3", "m a 86400 1", "m a 172799 2"},
			"0", "", "fetch('m').downsample('1d', 'max')",
			[]string{"out0: m{host=a} 0=3 86400=2"},
		},
		{
			"count of seconds with points",
			[]string{"m a 60 1", "m a 60 2", "m a 61 3", "m a 130 4"},
			"0", "", "fetch('m').downsample('1m', 'count')",
			[]string{"out0: m{host=a} 60=2 120=1"},
		},
		{
			"a bucket that begins before the range",
			[]string{"m a 60 1", "m a 90 2", "m a 119 3", "m a 120 4", "m a 121 5"},
			"90", "120", "fetch('m').downsample('1m', 'sum')",
			[]string{"out0: m{host=a} 60=5 120=4"},
		},
		{
			"a sum above the largest float64",
			[]string{"m a 60 1.7e308", "m a 61 1.7e308", "m a 120 1"},
			"0", "", "fetch('m').downsample('1m', 'sum')",
			[]string{"out0: m{host=a} 60=<nil> 120=1"},
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := newServer(t)
			for _, p := range tt.points { // in separate requests, so that the points arrive in this order
				receive(t, s, p)
			}
			got := ask(t, s, tt.start, tt.end, tt.text)
			if diff := cmp.Diff(tt.want, got.lines()); diff != "" {
				t.Error(diff)
			}
			if got.Query.Querytext != tt.text {
				t.Errorf("the answer has the query %q", got.Query.Querytext)
			}
		})
	}
}

// Series are different even if the joined texts of their tags are equal. They are sorted by keys and values.
func TestQuery_DistinguishesSeriesByTags(t *testing.T) {
	s := newServer(t)
	for i, tags := range []string{
		`{"a":"x","b":"y"}`, `{"b":"y","a":"x"}`, `{"a":"x\u0000b\u0000y"}`, `{"a":"x b"}`, `{"a":"x","b":"x"}`, `{"a":"x"}`,
		`{"a":"x, b=y"}`, `{"A":"z"}`, `{"b":"a"}`, `{"a":"東"}`, `{"a":"x:b:y"}`,
	} {
		put(t, s, "", fmt.Sprintf(`{"metric":"m","tags":%s,"timestamp":1,"value":%d}`, tags, i))
	}
	want := []string{
		"out0: m{A=z} 1=7",
		"out0: m{a=x} 1=5",
		"out0: m{a=x, b=x} 1=4",
		"out0: m{a=x, b=y} 1=1",
		"out0: m{a=x\x00b\x00y} 1=2",
		"out0: m{a=x b} 1=3",
		"out0: m{a=x, b=y} 1=6",
		"out0: m{a=x:b:y} 1=10",
		"out0: m{a=東} 1=9",
		"out0: m{b=a} 1=8",
	}
	if diff := cmp.Diff(want, ask(t, s, "0", "", "fetch('m')").lines()); diff != "" {
		t.Error(diff)
	}
}

func TestQuery_ReturnsLastValueOfSecond(t *testing.T) {
	s := newServer(t)
	var points, want []string
	for i := range 300 {
		points = append(points, fmt.Sprintf("m a %d %d", 100-i%3, i))
	}
	for i := range 3 {
		want = append(want, fmt.Sprintf("%d=%d", 98+i, 299-i))
	}
	receive(t, s, points...)
	lines := []string{"out0: m{host=a} " + strings.Join(want, " ")}
	if diff := cmp.Diff(lines, ask(t, s, "0", "", "fetch('m')").lines()); diff != "" {
		t.Error(diff)
	}
}

func TestQuery_SeesOnlyKeptPoints(t *testing.T) {
	s := newServer(t, apptuittest.WithMaxPoints(2))
	receive(t, s, "m a 1 1", "m a 2 2", "m a 3 3")
	if diff := cmp.Diff([]string{"out0: m{host=a} 1=1 2=2"}, ask(t, s, "0", "", "fetch('m')").lines()); diff != "" {
		t.Error(diff)
	}
	s.Take()
	if diff := cmp.Diff([]string{"out0:"}, ask(t, s, "0", "", "fetch('m')").lines()); diff != "" {
		t.Error(diff)
	}
}

func TestQuery_RejectsInvalidParameters(t *testing.T) {
	const good = "fetch%28%27m%27%29"
	for _, tt := range []struct{ name, query, want string }{
		{"no parameters", "", "the parameter start is missing"},
		{"no start", "q=" + good, "the parameter start is missing"},
		{"an empty start", "start=&q=" + good, `the parameter start is not a whole number of seconds: ""`},
		{"a start that is not a number", "start=now&q=" + good, `the parameter start is not a whole number of seconds: "now"`},
		{"a fraction", "start=1.5&q=" + good, `the parameter start is not a whole number of seconds: "1.5"`},
		{"an exponent", "start=1e9&q=" + good, `the parameter start is not a whole number of seconds: "1e9"`},
		{"a start above int64", "start=9223372036854775808&q=" + good, `the parameter start is not a whole number of seconds: "9223372036854775808"`},
		{"an empty end", "start=1&end=&q=" + good, `the parameter end is not a whole number of seconds: ""`},
		{"an end that is not a number", "start=1&end=None&q=" + good, `the parameter end is not a whole number of seconds: "None"`},
		{"the end before the start", "start=2&end=1&q=" + good, "the end 1 is before the start 2"},
		{"no query", "start=1", "the parameter q is missing"},
		{"an empty query", "start=1&q=", "at character 1: it is empty"},
		{"two starts", "start=1&start=2&q=" + good, "the parameter start occurs more than once"},
		{"two queries", "start=1&q=" + good + "&q=" + good, "the parameter q occurs more than once"},
		{"a bare semicolon", "start=1&q=fetch('m');", "the parameters of the URL are invalid: invalid semicolon separator in query"},
		{"invalid percent-encoding", "start=1&q=fetch('m%zz')", `the parameters of the URL are invalid: invalid URL escape "%zz"`},
		{"not UTF-8", "start=1&q=fetch('%FF')", "at character 8: it is not UTF-8"},
		{
			"an unsupported argument", "start=1&q=fetch('%C3%A9',%20host='a')",
			`at character 10: "," is not supported here, only ")"`,
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			h := apptuittest.NewHandler()
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), "GET", "/api/query?"+tt.query, nil))
			var object struct {
				Error struct {
					Code    int
					Message string
				}
			}
			if err := json.Unmarshal(w.Body.Bytes(), &object); err != nil {
				t.Fatalf("the answer %q: %v", w.Body, err)
			}
			if want := "Bad query: " + tt.want; w.Code != 400 || object.Error.Code != 400 || object.Error.Message != want {
				t.Errorf("answered %d %s\nwant %s", w.Code, w.Body, want)
			}
		})
	}
}

func TestQuery_RequiresGET(t *testing.T) {
	for _, method := range []string{"POST", "PUT", "DELETE", "HEAD"} {
		s := newServer(t)
		got, err := do(t, s.Client(), method, s.URL+"/api/query?start=1&q=fetch('m')", "")
		if err != nil {
			t.Fatal(err)
		}
		if got.status != 405 || got.header.Get("Allow") != "GET" {
			t.Errorf("%s: answered %d with %v", method, got.status, got.header)
		}
	}
}

func TestQuery_RequiresCredentials(t *testing.T) {
	s := newServer(t, apptuittest.WithToken("secret"))
	if got := get(t, s, "start=1&q=fetch('m')"); got.status != 401 || got.header.Get("WWW-Authenticate") == "" {
		t.Errorf("without credentials: answered %d with %v", got.status, got.header)
	}
	if got := get(t, s, "start=1&q=fetch('m')", "Authorization", "Bearer secret"); got.status != 200 {
		t.Errorf("answered %d %s", got.status, got.body)
	}
}

func TestQuery_IsRecorded(t *testing.T) {
	s := newServer(t)
	receive(t, s, "m a 1 1")
	const sent = "start=1&end=2&q=fetch%28%27m%27%29%3B%20+fetch('n')"
	get(t, s, sent)
	get(t, s, "start=1&q=a;b")
	all := s.Requests()[1:]
	r := all[0]
	if r.Method != "GET" || r.Path != "/api/query" || r.RawQuery != sent || r.Status != 200 {
		t.Errorf("recorded as %+v", r)
	}
	want := url.Values{"start": {"1"}, "end": {"2"}, "q": {"fetch('m');  fetch('n')"}}
	if diff := cmp.Diff(want, r.Query); diff != "" {
		t.Error(diff)
	}
	if r.Points != 0 || r.Accepted != 0 || r.BodyBytes != 0 || r.ContentLength != 0 || r.Faulted {
		t.Errorf("recorded as %+v", r)
	}
	if r := all[1]; r.RawQuery != "start=1&q=a;b" || r.Query.Has("q") || r.Status != 400 {
		t.Errorf("recorded as %+v", r)
	}
}

func TestQuery_WhilePointsArrive(t *testing.T) {
	s := newServer(t)
	var all sync.WaitGroup
	for sender := range 4 {
		all.Go(func() {
			for i := range 25 {
				point := fmt.Sprintf(`{"metric":"m","tags":{"host":"%d"},"timestamp":%d,"value":1}`, sender, i+1)
				if got, err := post(t, s.Client(), s.URL+"/api/put", point); err != nil || got.status != 204 {
					t.Errorf("answered %d, %v", got.status, err)
				}
				if got, err := do(t, s.Client(), "GET", s.URL+"/api/query?start=1&q=fetch('m')", ""); err != nil || got.status != 200 {
					t.Errorf("answered %d, %v", got.status, err)
				}
			}
		})
	}
	all.Wait()
	var want []string
	for sender := range 4 {
		want = append(want, fmt.Sprintf("out0: m{host=%d} 0=25", sender))
	}
	if diff := cmp.Diff(want, ask(t, s, "0", "", "fetch('m').downsample('1h','sum')").lines()); diff != "" {
		t.Error(diff)
	}
}

// The caller of Take may modify the points while queries are in progress.
func TestQuery_WhilePointsAreTaken(t *testing.T) {
	s := newServer(t)
	var all sync.WaitGroup
	for range 2 {
		all.Go(func() {
			for range 50 {
				if _, err := post(t, s.Client(), s.URL+"/api/put", `{"metric":"m","tags":{"host":"a"},"timestamp":1,"value":1}`); err != nil {
					t.Error(err)
				}
				got, err := do(t, s.Client(), "GET", s.URL+"/api/query?start=1&q=fetch('m')", "")
				if err != nil || strings.Contains(got.body, "changed") {
					t.Errorf("answered %d %s, %v", got.status, got.body, err)
				}
				for _, p := range s.Take() {
					p.Tags["host"] = "changed"
				}
			}
		})
	}
	all.Wait()
}
