// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query_test

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/query"
)

func TestClient_QueryRange_Request(t *testing.T) {
	const promql = `sum by (host) (rate(x{a="b+c d&e%"}[5m])) / 2 # ä`
	for _, c := range []struct {
		name             string
		start, end       time.Time
		step             time.Duration
		from, to, stride string
	}{
		{"whole seconds", at(epoch), at(epoch + 600), time.Minute, "1700000000", "1700000600", "60"},
		{"milliseconds", time.UnixMilli(1_700_000_000_250), time.UnixMilli(1_700_000_000_999), time.Millisecond, "1700000000.250", "1700000000.999", "0.001"},
		{"cut to them", time.Unix(epoch, 1_999_999), time.Unix(epoch+1, 2_999_999), 1500 * time.Millisecond, "1700000000.001", "1700000001.002", "1.500"},
		{"one moment", at(epoch), at(epoch), time.Hour, "1700000000", "1700000000", "3600"},
		{"around 1970", time.UnixMilli(-1), time.UnixMilli(1), time.Second, "-0.001", "0.001", "1"},
		{"the year 9999", time.Date(9999, 12, 31, 0, 0, 0, 1e6, time.UTC), time.Date(9999, 12, 31, 23, 59, 59, 999e6, time.UTC), 24 * time.Hour, "253402214400.001", "253402300799.999", "86400"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newFake(t, reply{body: matrix("")})
			q := query.New(f.core(apptuitclient.WithToken("secret"), apptuitclient.WithUserID("me")))
			_, err := q.QueryRange(t.Context(), promql, c.start, c.end, c.step)
			if err != nil {
				t.Fatal(err)
			}
			same(t, len(f.all()), 1, "requests")
			r := f.all()[0]
			same(t, r.Method, http.MethodPost)
			same(t, r.URL.String(), "https://fake.test/prometheus/api/v1/query_range")
			same(t, r.Header.Get("Content-Type"), "application/x-www-form-urlencoded")
			same(t, r.Header.Get("Accept"), "application/json")
			if user, token, _ := r.BasicAuth(); user != "me" || token != "secret" {
				t.Errorf("user %q, token %q", user, token)
			}
			same(t, r.form, url.Values{"query": {promql}, "start": {c.from}, "end": {c.to}, "step": {c.stride}})
		})
	}
}

func TestClient_QueryRange_EndsNowByDefault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, reply{body: matrix("")})
		now := time.Now()
		if _, err := f.client().QueryRange(t.Context(), "q", now.Add(-time.Minute), time.Time{}, time.Second); err != nil {
			t.Fatal(err)
		}
		same(t, f.all()[0].form.Get("end"), strconv.FormatInt(now.Unix(), 10))
		_, err := f.client().QueryRange(t.Context(), "q", now.Add(time.Minute), time.Time{}, time.Second)
		contains(t, err, "is before the start")
	})
}

func TestClient_QueryRange_ChoosesStep(t *testing.T) {
	const day = 24 * time.Hour
	for _, c := range []struct{ width, want time.Duration }{
		{0, time.Second},
		{time.Millisecond, time.Second},
		{1000 * time.Second, time.Second},
		{1001 * time.Second, 5 * time.Second},
		{time.Hour, 5 * time.Second},
		{5000 * time.Second, 5 * time.Second},
		{3 * time.Hour, 15 * time.Second},
		{15_000 * time.Second, 15 * time.Second},
		{15_000*time.Second + 1e6, time.Minute},
		{12 * time.Hour, time.Minute},
		{1000 * time.Minute, time.Minute},
		{day, 5 * time.Minute},
		{5000 * time.Minute, 5 * time.Minute},
		{7 * day, 15 * time.Minute},
		{15_000 * time.Minute, 15 * time.Minute},
		{30 * day, time.Hour},
		{1000 * time.Hour, time.Hour},
		{1000*time.Hour + 1e6, 2 * time.Hour},
		{365 * day, 9 * time.Hour},
		{3650 * day, 88 * time.Hour},
		{math.MaxInt64, 2563 * time.Hour},
	} {
		f := newFake(t, reply{body: matrix("")})
		if _, err := f.client().QueryRange(t.Context(), "q", at(0), at(0).Add(c.width), 0); err != nil {
			t.Fatal(err)
		}
		same(t, len(f.all()), 1, "requests")
		same(t, f.all()[0].form.Get("step"), strconv.Itoa(int(c.want/time.Second)), "step for", c.width)
	}
	// Ranges that exceed the largest time.Duration.
	f := newFake(t, reply{body: matrix("")})
	_, err := f.client().QueryRange(t.Context(), "q", time.Date(1, 1, 1, 0, 0, 1, 0, time.UTC), time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC), 0)
	if err != nil {
		t.Fatal(err)
	}
	same(t, f.all()[0].form.Get("step"), "9226800")
}

func TestWithPrometheusPath(t *testing.T) {
	for _, c := range []struct {
		endpoint string
		path     []query.Option
		want     string
	}{
		{"https://fake.test", nil, "https://fake.test/prometheus/api/v1/query_range"},
		// VictoriaMetrics, single node and cluster.
		{"http://127.0.0.1:8428", nil, "http://127.0.0.1:8428/prometheus/api/v1/query_range"},
		{"http://127.0.0.1:8428/", nil, "http://127.0.0.1:8428/prometheus/api/v1/query_range"},
		{"http://127.0.0.1:8481/select/0", nil, "http://127.0.0.1:8481/select/0/prometheus/api/v1/query_range"},
		{"https://fake.test", []query.Option{query.WithPrometheusPath("")}, "https://fake.test/api/v1/query_range"},
		{"https://fake.test", []query.Option{query.WithPrometheusPath("/")}, "https://fake.test/api/v1/query_range"},
		{"https://fake.test/a/", []query.Option{query.WithPrometheusPath("/x/")}, "https://fake.test/a/x/api/v1/query_range"},
		{"https://fake.test", []query.Option{query.WithPrometheusPath("/x/y%2Fz")}, "https://fake.test/x/y%2Fz/api/v1/query_range"},
	} {
		f := newFake(t, reply{body: matrix("")})
		core := f.core(apptuitclient.WithEndpoint(c.endpoint))
		if _, err := query.New(core, c.path...).QueryRange(t.Context(), "q", at(1), at(2), time.Second); err != nil {
			t.Fatal(err)
		}
		same(t, f.all()[0].URL.String(), c.want)
	}
}

func TestDecode_Matrix(t *testing.T) {
	const result = `[{"metric":{"__name__":"up","job":"a"},"values":[[1700000000,"1"],[1700000000.5,"NaN"],[1700000001.250,"+Inf"],[1700000002,"-Inf"]]},` +
		`{"metric":{"job":"b"},"values":[[1700000000,"-1.5e-7"],[1700000001,"0"],[1700000002,2.5],[1700000003,null],[1700000004,"Inf"]]},` +
		`{"metric":{},"values":[]},{"values":[[1700000000,"12345678901234567890"]],"metric":{"__name__":"x"}}]`
	want := []query.Output{{Series: []query.Series{
		{
			Metric: "up", Tags: map[string]string{"job": "a"},
			Timestamps: []int64{1_700_000_000_000, 1_700_000_000_500, 1_700_000_001_250, 1_700_000_002_000},
			Values:     []float64{1, nan, math.Inf(1), math.Inf(-1)},
		},
		{
			Tags:       map[string]string{"job": "b"},
			Timestamps: []int64{1_700_000_000_000, 1_700_000_001_000, 1_700_000_002_000, 1_700_000_003_000, 1_700_000_004_000},
			Values:     []float64{-1.5e-7, 0, 2.5, nan, math.Inf(1)},
		},
		{Tags: map[string]string{}, Timestamps: []int64{}, Values: []float64{}},
		{Metric: "x", Tags: map[string]string{}, Timestamps: []int64{1_700_000_000_000}, Values: []float64{12345678901234567890}},
	}}}
	for _, body := range []string{
		`{"status":"success","data":{"resultType":"matrix","result":` + result + `}}`,
		`{"data":{"result":` + result + `,"resultType":"matrix"},"status":"success"}`,
		`{"status":"success","isPartial":false,"data":{"resultType":"matrix","result":` + result + `},"stats":{"seriesFetched":"1"},"warnings":[],"infos":["x"]}`,
	} {
		r, err := answeredRange(t, body)
		succeeds(t, r, err)
		got := r.Outputs
		for i := range got[0].Series {
			s := &got[0].Series[i]
			s.Timestamps, s.Values = append([]int64{}, s.Timestamps...), append([]float64{}, s.Values...)
		}
		same(t, got, want)
		same(t, len(r.Warnings), 0)
	}
}

func TestDecode_VectorAndScalar(t *testing.T) {
	for _, data := range []string{
		`{"resultType":"vector","result":[{"metric":{"__name__":"m","k":"v"},"value":[1700000000.5,"2"]},{"metric":{},"value":[1700000000,"NaN"]}]}`,
		`{"result":[{"value":[1700000000.5,"2"],"metric":{"k":"v","__name__":"m"}},{"metric":{},"value":[1700000000,"NaN"]}],"resultType":"vector"}`,
	} {
		r, err := answeredRange(t, `{"status":"success","data":`+data+`}`)
		s := succeeds(t, r, err).Outputs[0].Series
		same(t, s, []query.Series{
			{Metric: "m", Tags: map[string]string{"k": "v"}, Timestamps: []int64{1_700_000_000_500}, Values: []float64{2}},
			{Tags: map[string]string{}, Timestamps: []int64{1_700_000_000_000}, Values: []float64{nan}},
		})
	}
	for _, data := range []string{`{"resultType":"scalar","result":[1700000000.25,"-3"]}`, `{"result":[ 1700000000.25 , "-3" ],"resultType":"scalar"}`} {
		r, err := answeredRange(t, `{"status":"success","data":`+data+`}`)
		s := succeeds(t, r, err).Outputs[0].Series
		same(t, s, []query.Series{{Tags: map[string]string{}, Timestamps: []int64{1_700_000_000_250}, Values: []float64{-3}}})
	}
}

func TestDecode_RejectsOtherResults(t *testing.T) {
	for _, c := range []struct{ data, text string }{
		{`{"resultType":"string","result":[1700000000,"12"]}`, `"string"`},
		{`{"resultType":"string","result":[1700000000,"hello"]}`, `"string"`},
		{`{"result":[1700000000,"12"],"resultType":"string"}`, `"string"`},
		{`{"resultType":"streams","result":[]}`, `"streams"`},
		{`{"resultType":"streams","result":[{"stream":{},"values":[["1700000000000000000","line"]]}]}`, `"streams"`},
		{`{"result":[{"metric":{}}]}`, "a result without a type"},
		{`{"result":[1700000000,"1"]}`, "a result without a type"},
		{`{"resultType":"scalar"}`, "no result where a scalar is expected"},
		{`{"resultType":"scalar","result":[]}`, "nothing where a scalar is expected"},
		{`[]`, "an array where an object is expected"},
		{`{"resultType":7,"result":[]}`, "a number where a string is expected"},
		{`{"resultType":"matrix","result":{}}`, "an object where an array is expected"},
		{`{"resultType":"matrix","result":["x"]}`, "a string where"},
		{`{"resultType":"matrix","result":[{"metric":[],"values":[]}]}`, "an array where an object is expected"},
		{`{"resultType":"matrix","result":[{"metric":{"a":1},"values":[]}]}`, "a number where a string is expected"},
		{`{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}`, `"x" is not a number`},
		{`{"resultType":"matrix","result":[{"metric":{},"values":[["1","1"]]}]}`, "a string where a number is expected"},
		{`{"resultType":"matrix","result":[{"metric":{},"values":[[1,"1",2]]}]}`, "',' where ']' is expected"},
		{`{"resultType":"matrix","result":[{"metric":{},"values":[[1]]}]}`, "']' where ',' is expected"},
	} {
		t.Run(c.data, func(t *testing.T) {
			_, err := answeredRange(t, `{"status":"success","data":`+c.data+`}`)
			contains(t, err, "apptuit: query range: ", c.text)
			offset(t, err)
		})
	}
	for _, body := range []string{`{}`, `null`, `{"foo":1}`, `{"outputs":[]}`} {
		_, err := answeredRange(t, body)
		contains(t, err, "not a Prometheus query endpoint")
	}
}

// Some servers omit empty elements.
func TestDecode_EmptyResults(t *testing.T) {
	for _, body := range []string{
		`{"status":"success"}`, `{"status":"success","data":null}`, `{"status":"success","data":{}}`,
		`{"status":"success","data":{"result":[]}}`, `{"status":"success","data":{"result":null}}`,
		`{"status":"success","data":{"resultType":"matrix"}}`, `{"status":"success","data":{"resultType":"vector","result":null}}`,
	} {
		r, err := answeredRange(t, body)
		succeeds(t, r, err)
		same(t, len(r.Outputs), 1, body)
		same(t, len(r.Outputs[0].Series), 0, body)
	}
}

func TestClient_QueryRange_Notes(t *testing.T) {
	for _, body := range []string{
		`{"status":"success","isPartial":true,"data":{"resultType":"matrix","result":[]},"warnings":["w"],"infos":["i","j","i"]}`,
		`{"infos":["i","j"],"warnings":["w","w"],"data":{"resultType":"matrix","result":[]},"isPartial":true,"status":"success"}`,
	} {
		r, err := answeredRange(t, body)
		same(t, succeeds(t, r, err).Notes, query.Notes{Warnings: []string{"w"}, Infos: []string{"i", "j"}, Partial: true})
	}
	for _, partial := range []string{"false", "null"} {
		r, err := answeredRange(t, `{"status":"success","isPartial":`+partial+`}`)
		same(t, succeeds(t, r, err).Notes, query.Notes{})
	}
	_, err := answeredRange(t, `{"status":"success","isPartial":"yes"}`)
	contains(t, err, "a string where a boolean is expected")
}

// The result contains the notes of every part of the range.
func TestClient_QueryRange_NotesOfParts(t *testing.T) {
	f := newFake(t,
		reply{body: `{"status":"success","isPartial":false,"infos":["i"],"warnings":["w"]}`},
		reply{body: `{"status":"success","isPartial":true,"infos":["j","i"],"warnings":["w"]}`},
		reply{body: `{"status":"success"}`})
	r, err := f.client().QueryRange(t.Context(), "q", at(0), at(30_000), time.Second)
	same(t, succeeds(t, r, err).Notes, query.Notes{Warnings: []string{"w"}, Infos: []string{"i", "j"}, Partial: true})
	same(t, len(f.all()), 3, "requests")
}

func TestClient_QueryRange_WarnsOfNativeHistograms(t *testing.T) {
	const histogram = `[[1700000000,{"count":"5","sum":"1.5","buckets":[[0,"0.1","1","5"]]}]]`
	r, err := answeredRange(t, `{"status":"success","warnings":["slow"],"data":{"resultType":"matrix","result":[`+
		`{"metric":{"__name__":"h","k":"v"},"histograms":`+histogram+`},`+
		`{"metric":{"__name__":"mixed"},"values":[[1700000000,"1"]],"histograms":`+histogram+`},`+
		`{"metric":{"__name__":"m"},"values":[[1700000000,"2"]]}]}}`)
	succeeds(t, r, err)
	var names []string
	for _, s := range r.Outputs[0].Series {
		names = append(names, s.Name())
	}
	same(t, names, []string{"mixed{}", "m{}"})
	text := strings.Join(r.Warnings, "\n")
	contains(t, errors.New(text), "slow", "the native histograms of 2 series are omitted")
}

func TestClient_QueryRange_RemovesDuplicateWarnings(t *testing.T) {
	r, err := answeredRange(t, `{"status":"success","warnings":["b","a","b",""],"data":{"resultType":"matrix","result":[]},"warnings":["a","c"]}`)
	same(t, succeeds(t, r, err).Warnings, []string{"b", "a", "", "c"})
	same(t, len(r.Outputs), 1)
	same(t, len(r.Outputs[0].Frame().Columns), 0)
}

func TestClient_QueryRange_UnauthorizedInWarning(t *testing.T) {
	const warning = "remote read: server returned HTTP status 401 Unauthorized: no such token secret-token"
	f := newFake(t, reply{body: `{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["x","` + warning + `"]}`})
	_, err := query.New(f.core(apptuitclient.WithToken("secret-token"))).QueryRange(t.Context(), "q", at(1), at(2), 0)
	is(t, err, apptuitclient.ErrUnauthorized)
	contains(t, err, "apptuit: query range: ", "server returned HTTP status 401 Unauthorized", "[redacted]")
	if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, "secret-token") {
		t.Errorf("the token is in %s", text)
	}
	r, err := answeredRange(t, `{"status":"success","data":{"resultType":"matrix","result":[]},"warnings":["HTTP status 400 Bad Request"]}`)
	same(t, succeeds(t, r, err).Warnings, []string{"HTTP status 400 Bad Request"})
}

// A server can report an error with the status 200.
func TestPrometheusError(t *testing.T) {
	_, err := answeredRange(t, `{"status":"error","errorType":"bad_data","error":"parse error at char 3: ä"}`)
	var e *query.PrometheusError
	if !errors.As(err, &e) || e.Type != "bad_data" || e.Message != "parse error at char 3: ä" {
		t.Fatalf("%#v", err)
	}
	same(t, err.Error(), "apptuit: query range: bad_data: parse error at char 3: ä")

	for body, want := range map[string]string{
		`{"status":"error","errorType":"bad_data"}`:     "apptuit: query range: bad_data",
		`{"status":"error","error":"no"}`:               "apptuit: query range: no",
		`{"status":"error"}`:                            `apptuit: query range: status "error"`,
		`{"status":"error","data":"what","error":"no"}`: "apptuit: query range: no",
		`{"status":"error","data":{"resultType":"matrix","result":[]},"error":"no\n  more","errorType":"x"}`: "apptuit: query range: x: no more",
	} {
		_, err := answeredRange(t, body)
		contains(t, err, want)
		if !errors.As(err, &e) {
			t.Errorf("%s: %#v", body, err)
		}
	}
}

// A long message is kept, because it may be necessary to understand what is wrong with a long query.
func TestErrors_KeepLongMessages(t *testing.T) {
	words := strings.Repeat("sum by (host) (rate(requests[5m])) + ", 100) + "here it goes wrong"
	for code, show := range map[int]func(error) string{
		200: func(err error) string {
			var e *query.PrometheusError
			if !errors.As(err, &e) {
				t.Fatalf("%#v", err)
			}
			return e.Message
		},
		422: func(err error) string { return statusOf(t, err, 422).Message },
	} {
		_, err := newFake(t, reply{code: code, body: `{"status":"error","errorType":"execution","error":"` + words + `"}`}).
			client().QueryInstant(t.Context(), "q", at(1))
		contains(t, err, words)
		same(t, show(err), words)
		_, err = newFake(t, reply{code: code, body: `{"status":"error","errorType":"execution","error":"` + strings.Repeat(words, 10) + `"}`}).
			client().QueryInstant(t.Context(), "q", at(1))
		if text := show(err); len(text) > 4200 || len(text) < 3800 || !strings.HasSuffix(text, "…") {
			t.Errorf("%d bytes: %s", len(text), text)
		}
	}
}
