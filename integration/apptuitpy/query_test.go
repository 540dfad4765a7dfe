// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/query"
)

// Times of an index, without and with a time zone.
const (
	naive = "2006-01-02T15:04:05.999999999"
	zoned = naive + "-07:00"
)

// asking is a case: a query, and the answer if it does not come from the test server.
type asking struct {
	name       string
	q          string
	start, end any // ints or floats, nil for none
	zone       string
	faults     []apptuittest.Fault
	retries    int
	token      string
}

// frame is a data frame of Python.
type frame struct {
	ID     string
	Result struct {
		Columns []string
		Index   []string
		Values  [][]string
	}
	Error *raised
}

// inPython sends the query with apptuit-py.
func (a *asking) inPython(t *testing.T, py *python, server *recorder) *outcome {
	t.Helper()
	server.Fail(a.faults...)
	arguments := map[string]any{"client": map[string]any{"token": a.token, "api_endpoint": server.URL}, "q": a.q, "start": a.start, "retry_count": a.retries}
	if a.end != nil {
		arguments["end"] = a.end
	}
	if a.zone != "" {
		arguments["tz"] = a.zone
	}
	var frames []frame
	err := py.run(t, "query", arguments, &frames)
	o := asked(server)
	if err != nil {
		o.Facts["error"] = err.Type
		if status := regexp.MustCompile(`exception: (\d{3}) `).FindStringSubmatch(err.Text); err.Type == "ApptuitException" && status != nil {
			o.Facts["error"] = "status " + status[1]
		}
		return o
	}
	for _, f := range frames {
		o.Facts["output "+f.ID] = "yes"
		if f.Error != nil {
			o.Facts["output "+f.ID] = f.Error.Type
			continue
		}
		for i, text := range f.Result.Index { // with a fraction as Go writes it
			for _, layout := range []string{naive, zoned} {
				if at, err := time.Parse(layout, text); err == nil {
					f.Result.Index[i] = at.Format(layout)
				}
			}
		}
		o.frame(f.ID, f.Result.Columns, f.Result.Index, f.Result.Values)
	}
	return o
}

// frame adds a frame to the facts.
func (o *outcome) frame(id string, columns, index []string, values [][]string) {
	o.Facts[id+" index"] = strings.Join(index, " ")
	for i, name := range columns {
		cells := make([]string, len(values[i]))
		for j, text := range values[i] {
			cells[j] = text
			if f, err := strconv.ParseFloat(text, 64); err == nil {
				cells[j] = strconv.FormatFloat(f, 'g', -1, 64)
			}
		}
		o.Facts[fmt.Sprintf("%s column %d", id, i)] = name
		o.Facts[fmt.Sprintf("%s values %d", id, i)] = strings.Join(cells, " ")
	}
}

// asked returns an outcome with the requests that the server got.
func asked(server *recorder) *outcome {
	o := newOutcome()
	requests := server.queries()
	o.Facts["requests"] = strconv.Itoa(len(requests))
	for _, r := range requests {
		o.Facts["request"] = r.Method + " " + r.Path + "?" + r.RawQuery
	}
	return o
}

// goTime converts a time of Python to the time that a Go program passes.
func goTime(at any) time.Time {
	switch at := at.(type) {
	case int:
		return time.Unix(int64(at), 0)
	case float64:
		return time.UnixMilli(int64(math.Round(at * 1000)))
	default:
		return time.Time{}
	}
}

// inGo sends the query with this library.
func (a *asking) inGo(t *testing.T, server *recorder) *outcome {
	t.Helper()
	server.Fail(a.faults...)
	client, err := apptuitclient.New(apptuitclient.WithEndpoint(server.URL), apptuitclient.WithToken(a.token),
		apptuitclient.WithRetry(apptuitclient.RetryConfig{Enabled: a.retries > 0, InitialInterval: time.Millisecond, MaxInterval: time.Millisecond, MaxElapsedTime: 10 * time.Second}))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	result, err := query.New(client).Query(t.Context(), a.q, goTime(a.start), goTime(a.end))
	o := asked(server)
	if err != nil {
		var status *apptuitclient.StatusError
		var decoding *query.DecodeError
		switch {
		case errors.As(err, &status):
			o.Facts["error"] = fmt.Sprintf("status %d", status.StatusCode)
		case errors.As(err, &decoding):
			o.Facts["error"] = "DecodeError"
		default:
			o.Facts["error"] = "yes"
		}
		return o
	}
	zone := time.UTC
	if a.zone != "" {
		if zone, err = time.LoadLocation(a.zone); err != nil {
			t.Fatal(err)
		}
	}
	for _, output := range result.Outputs {
		o.Facts["output "+output.ID] = "yes"
		f := output.Frame().In(zone)
		var columns, index []string
		var values [][]string
		for _, at := range f.Index {
			index = append(index, at.Format(zoned))
		}
		for _, c := range f.Columns {
			columns = append(columns, c.Name)
			var cells []string
			for _, v := range c.Values {
				cells = append(cells, strconv.FormatFloat(v, 'g', -1, 64))
			}
			values = append(values, cells)
		}
		o.frame(output.ID, columns, index, values)
	}
	return o
}

// answered is an answer of a query server with outputs in JSON.
func answered(outputs string) []apptuittest.Fault {
	return []apptuittest.Fault{{Status: 200, ContentType: "application/json", Body: `{"outputs":[` + outputs + `]}`}}
}

// TestQuery compares requests, frames and errors of queries.
func TestQuery(t *testing.T) {
	py := startPython(t)
	server := startRecorder(t)
	c := compareArea(t, "queries")
	fill(t, server)
	for _, a := range queries() {
		if a.start == nil {
			a.start = at - 3600
		}
		if a.token == "" {
			a.token = token
		}
		theirs := a.inPython(t, py, server)
		c.check(a.name, &a, theirs, a.inGo(t, server))
	}
}

// fill sends the points of the queries to the test server.
func fill(t *testing.T, server *recorder) {
	t.Helper()
	client, err := apptuitclient.New(apptuitclient.WithEndpoint(server.URL), apptuitclient.WithToken(token), apptuitclient.WithSanitizeMode(encoding.SanitizeNone))
	if err != nil {
		t.Fatal(err)
	}
	defer client.Close()
	r := rand.New(rand.NewPCG(3, 4))
	var points []apptuitclient.DataPoint
	add := func(metric string, tags map[string]string, second int64, value float64) {
		points = append(points, apptuitclient.DataPoint{Metric: metric, Tags: tags, Timestamp: time.Unix(at+second, 0), Value: value})
	}
	for second := int64(0); second < 600; second += 10 {
		add("grid", map[string]string{"host": "a"}, second, float64(second))
		add("grid", map[string]string{"host": "b", "dc": "é"}, second, r.NormFloat64()*1e6)
		if r.IntN(2) == 0 {
			add("holes", map[string]string{"host": "a"}, second, r.Float64())
		}
		if r.IntN(3) == 0 {
			add("holes", map[string]string{"host": "b"}, second+r.Int64N(10), -r.Float64())
		}
	}
	add("single", map[string]string{"k": "v"}, 0, 0.1)
	add("early", map[string]string{"k": "later"}, 120, 2)
	add("early", map[string]string{"k": "sooner"}, 0, 1)
	for i, v := range []float64{0, math.Copysign(0, -1), 1e16, 1e21, math.MaxFloat64, math.SmallestNonzeroFloat64, 1.0 / 3, 9007199254740993, -2.5e-7} {
		add("values", map[string]string{"k": "v"}, int64(i), v)
	}
	add("tags", map[string]string{"b": "2", "a": "1", "C": "3", "_": "4", "é": "{x:y, z}"}, 0, 1)
	add("métrique.de/nom-long", map[string]string{"k": "v w"}, 0, 1)
	add("overflow", map[string]string{"k": "v"}, 0, math.MaxFloat64)
	add("overflow", map[string]string{"k": "v"}, 1, math.MaxFloat64)
	if err := client.Send(t.Context(), points); err != nil {
		t.Fatal(err)
	}
	server.queries() // forgets the put
}

// queries returns the cases.
func queries() []asking {
	var all []asking
	for _, metric := range []string{"grid", "holes", "single", "early", "values", "tags", "métrique.de/nom-long", "overflow", "missing"} {
		all = append(all,
			asking{name: metric, q: fmt.Sprintf("fetch('%s')", metric)},
			asking{name: metric + " up to an end", q: fmt.Sprintf("fetch(%q)", metric), start: at, end: at + 300},
			asking{name: metric + " at one second", q: fmt.Sprintf("fetch(%q)", metric), start: at, end: at},
			asking{name: metric + " before", q: fmt.Sprintf("fetch(%q)", metric), start: at - 100, end: at - 1},
		)
		for _, every := range []string{"7s", "1m", "1h"} {
			for _, aggregate := range []string{"avg", "sum", "min", "max", "count"} {
				all = append(all, asking{name: fmt.Sprintf("%s, %s of %s", metric, aggregate, every), q: fmt.Sprintf("fetch('%s').downsample('%s', '%s')", metric, every, aggregate), start: at - 3600})
			}
		}
	}
	all = append(all,
		asking{name: "two outputs", q: "a = fetch('grid'); b = fetch('holes'); output(a, b)"},
		asking{name: "two outputs the other way round", q: "a = fetch('grid');\n b = fetch('holes');\n output(b, a)"},
		asking{name: "two outputs without names", q: "fetch('grid'); fetch('single')"},
		asking{name: "an output without series beside another", q: "a = fetch('missing'); b = fetch('single'); output(a, b)"},
		asking{name: "a downsampled interval that begins before the start", q: "fetch('grid').downsample('1m', 'count')", start: at + 30},
		asking{name: "a start with a fraction", q: "fetch('grid')", start: float64(at) + 0.5, end: at + 60},
		asking{name: "an end with a fraction", q: "fetch('grid')", start: at, end: float64(at) + 20.5},
		asking{name: "a start of 0", q: "fetch('single')", start: 0},
		asking{name: "an end of 0", q: "fetch('single')", start: 0, end: 0},
		asking{name: "an end before the start", q: "fetch('single')", start: at, end: at - 1},
		asking{name: "an empty query", q: ""},
		asking{name: "a query that the server does not understand", q: "nonsense(1 + 2) & = ? # % é"},
		asking{name: "time zone UTC", q: "fetch('early')", zone: "UTC"},
		asking{name: "time zone of Zürich", q: "fetch('early')", zone: "Europe/Zurich"},
		asking{name: "time zone of Kolkata", q: "fetch('early')", zone: "Asia/Kolkata"},
		asking{name: "a wrong token", q: "fetch('single')", token: "wrong"},
		asking{name: "503, then an answer, with 2 retries", q: "fetch('single')", retries: 2, faults: []apptuittest.Fault{apptuittest.Status(503)}},
		asking{name: "500, then an answer, with 2 retries", q: "fetch('single')", retries: 2, faults: []apptuittest.Fault{apptuittest.Status(500)}},
		asking{name: "429, then an answer, with 2 retries", q: "fetch('single')", retries: 2, faults: []apptuittest.Fault{apptuittest.Status(429)}},
		asking{name: "a closed connection, then an answer, with 2 retries", q: "fetch('single')", retries: 2, faults: []apptuittest.Fault{{Reset: true}}},
	)
	for _, status := range []int{400, 401, 403, 404, 429, 500, 502, 503, 504} {
		all = append(all, asking{name: fmt.Sprint(status), q: "fetch('single')", faults: []apptuittest.Fault{apptuittest.Status(status)}})
	}
	canned := func(name, outputs string) {
		all = append(all, asking{name: name, q: "fetch('x')", start: 1000, end: 2000, faults: answered(outputs)})
	}
	series := func(tags, points string) string {
		return `{"metric":"m","tags":` + tags + `,"aggregatedTags":[],"dps":[` + points + `]}`
	}
	output := func(series ...string) string { return `{"id":"o","result":[` + strings.Join(series, ",") + `]}` }
	const k = `{"k":"v"}`
	canned("no outputs", "")
	canned("an output without series", output())
	canned("a series without points", output(series(k, "")))
	canned("a series without points beside another", output(series(k, ""), series(`{"k":"w"}`, "[1000,1.5]")))
	canned("points outside the range", output(series(k, "[999,1.5],[1000,2.5],[2000,3.5],[2001,4.5]")))
	canned("no point in the range", output(series(k, "[999,1.5],[2001,4.5]")))
	canned("unsorted points", output(series(k, "[1003,1.5],[1001,2.5],[1002,3.5]")))
	canned("unsorted points of two series", output(series(k, "[1003,1.5],[1001,2.5]"), series(`{"k":"w"}`, "[1002,1.5],[1000,2.5]")))
	canned("interleaved series", output(series(k, "[1001,1.5],[1003,2.5]"), series(`{"k":"w"}`, "[1000,1.5],[1002,2.5],[1004,3.5]")))
	canned("one time twice", output(series(k, "[1000,1.5],[1000,2.5]")))
	canned("one time twice beside another series", output(series(k, "[1000,1.5],[1000,2.5]"), series(`{"k":"w"}`, "[1000,3.5]")))
	canned("ints", output(series(k, "[1000,1],[1001,-2],[1002,9007199254740993]")))
	canned("ints and floats", output(series(k, "[1000,1],[1001,2.5]")))
	canned("ints beside a series with holes", output(series(k, "[1000,1],[1001,2]"), series(`{"k":"w"}`, "[1000,3]")))
	canned("null", output(series(k, "[1000,1.5],[1001,null],[1002,2.5]")))
	canned("null alone", output(series(k, "[1000,null]")))
	canned("NaN as a text", output(series(k, `[1000,"NaN"],[1001,1.5]`)))
	canned("an infinity as a text", output(series(k, `[1000,"+Inf"],[1001,"-Inf"]`)))
	canned("NaN as a word", output(series(k, `[1000,NaN]`)))
	canned("infinities as words", output(series(k, `[1000,Infinity],[1001,-Infinity],[1002,1.5]`)))
	canned("timestamps in milliseconds", output(series(k, `[1000000,1.5]`)))
	canned("timestamps with a fraction", output(series(k, `[1000.5,1.5],[1001.25,2.5]`)))
	canned("no tags", output(series(`{}`, "[1000,1.5]")))
	canned("one tag", output(series(`{"a":"b"}`, "[1000,1.5]")))
	canned("two series of one name", output(series(k, "[1000,1.5]"), series(k, "[1001,2.5]")))
	canned("an empty metric", `{"id":"o","result":[{"metric":"","tags":{"k":"v"},"dps":[[1000,1.5]]}]}`)
	canned("an empty tag value", output(series(`{"k":""}`, "[1000,1.5]")))
	canned("an empty tag key", output(series(`{"":"v"}`, "[1000,1.5]")))
	canned("keys of other characters", output(series(`{"é":"ü","😀":"日","a":"1","B":"2"}`, "[1000,1.5]")))
	canned("two outputs of one id", output(series(k, "[1000,1.5]"))+","+output(series(k, "[1001,2.5]")))
	canned("unknown fields", `{"id":"o","more":{"a":[1]},"result":[{"metric":"m","tags":{"k":"v"},"dps":[[1000,1.5]],"other":null}]}`)
	canned("a point of three numbers", output(series(k, "[1000,1.5,7]")))
	canned("a point without a value", output(series(k, "[1000]")))
	canned("no dps", `{"id":"o","result":[{"metric":"m","tags":{"k":"v"}}]}`)
	canned("no metric", `{"id":"o","result":[{"tags":{"k":"v"},"dps":[[1000,1.5]]}]}`)
	canned("no tags field", `{"id":"o","result":[{"metric":"m","dps":[[1000,1.5]]}]}`)
	canned("no id", `{"result":[{"metric":"m","tags":{"k":"v"},"dps":[[1000,1.5]]}]}`)
	all = append(all, asking{name: "timestamps in milliseconds of now", q: "fetch('x')", start: at, faults: answered(output(series(k, "[1700000000000,1.5],[1700000000250,2.5]")))})
	for name, body := range map[string]string{"an empty body": "", "a page": "<html></html>", "other JSON": `{"ok":true}`, "half an answer": `{"outputs":[{"id":"o","result":[`, "a list": "[]"} {
		all = append(all, asking{name: "a 200 with " + name, q: "fetch('x')", start: 1000, faults: []apptuittest.Fault{{Status: 200, ContentType: "application/json", Body: body}}})
	}
	return all
}
