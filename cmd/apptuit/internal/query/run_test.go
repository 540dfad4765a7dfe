// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

// prometheus starts a server that answers each request with text, and notes
// path and form.
func prometheus(t *testing.T, status int, text string) (path *string, form *url.Values) {
	t.Helper()
	path, form = new(string), new(url.Values)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Error(err)
		}
		*path, *form = r.URL.Path, r.PostForm
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		fmt.Fprint(w, text)
	}))
	t.Cleanup(server.Close)
	t.Setenv("APPTUIT_ENDPOINT", server.URL)
	return path, form
}

const matrix = `{"status":"success","data":{"resultType":"matrix","result":[
	{"metric":{"route":"/a"},"values":[[1781611200,"1"],[1781611260,"2.5"]]},
	{"metric":{"route":"/b"},"values":[[1781611260,"NaN"]]}]}}`

func TestPromQL_QueriesARange(t *testing.T) {
	path, form := prometheus(t, http.StatusOK, matrix)
	got := readCSV(t, succeed(t, ask("sum by (route) (rate(x[5m]))", "--promql", "--step", "1m", "-o", "csv")...))
	if diff := cmp.Diff([]string{"{route:/a}", "{route:/b}"}, got.names()); diff != "" {
		t.Error(diff)
	}
	if *path != "/prometheus/api/v1/query_range" {
		t.Errorf("path %s", *path)
	}
	for k, want := range map[string]string{"query": "sum by (route) (rate(x[5m]))", "start": "1781611200", "end": "1781611500", "step": "60"} {
		if got := form.Get(k); got != want {
			t.Errorf("%s is %q, want %q", k, got, want)
		}
	}
	succeed(t, ask("x", "--promql", "--prometheus-path", "")...)
	if *path != "/api/v1/query_range" || form.Get("step") != "1" {
		t.Errorf("%s, %v", *path, *form)
	}
	for _, format := range formats() {
		succeed(t, ask("x", "--promql", "--width", "80", "-o", string(format))...)
	}
}

// annotated is an answer with remarks.
func annotated() string {
	return strings.Replace(matrix, `"data"`, `"isPartial":true,"warnings":["half of it is missing"],"infos":["not a counter"],"data"`, 1)
}

func TestNotes_AreOnStderr(t *testing.T) {
	prometheus(t, http.StatusOK, annotated())
	const said = `query: the answer is partial: the server could not read all data
query: the server warns: half of it is missing
query: the server notes: not a counter
`
	for _, format := range formats() {
		out := execute(t, ask("x", "--promql", "--width", "80", "-o", string(format))...)
		if out.code != cli.OK || out.stderr != said || out.stdout == "" {
			t.Errorf("%s: %+v", format, out)
		}
	}
	if out := execute(t, ask("x", "--promql", "-o", "json")...); !strings.Contains(out.stdout, `"partial":true,"warnings":["half of it is missing"],"infos":["not a counter"]`) {
		t.Errorf("%+v", out)
	}
	// Of several queries each remark is shown once.
	if out := execute(t, append(ask("x", "--promql"), "y")...); out.stderr != said {
		t.Errorf("%+v", out)
	}
}

func TestPromQL_QueriesOneTime(t *testing.T) {
	path, form := prometheus(t, http.StatusOK, `{"status":"success","data":{"resultType":"vector","result":[
		{"metric":{"__name__":"up","job":"a"},"value":[1781611200,"1"]},{"metric":{"__name__":"up","job":"b"},"value":[1781611200,"0"]}]}}`)
	args := []string{"up", "--promql", "--tz", "UTC"}
	got := succeed(t, append(args, "--at", "1781611200", "--width", "60")...)
	if want := "up  2026-06-16 12:00 UTC\njob  value\na        1\nb        0\n[2 points of 2 series]\n"; got != want {
		t.Errorf("%s, want %s", got, want)
	}
	if *path != "/prometheus/api/v1/query" || form.Get("time") != "1781611200" {
		t.Errorf("%s, %v", *path, *form)
	}
	const rows = "metric,job,time,value\nup,a,2026-06-16T12:00:00Z,1\nup,b,2026-06-16T12:00:00Z,0\n"
	if got := succeed(t, append(args, "--at", "now", "-o", "csv")...); got != rows || form.Has("time") {
		t.Errorf("%s, %v", got, *form)
	}
	if got := succeed(t, append(args, "--at", "now", "-o", "jsonl")...); got != `{"metric":"up","tags":{"job":"a"},"time":"2026-06-16T12:00:00Z","value":1}
{"metric":"up","tags":{"job":"b"},"time":"2026-06-16T12:00:00Z","value":0}
` {
		t.Error(got)
	}
	prometheus(t, http.StatusOK, `{"status":"success","data":{"resultType":"vector","result":[]}}`)
	for at, says := range map[string]string{"now": "no points now", "1781611200": "no points at 2026-06-16T12:00:00Z"} {
		if out := execute(t, append(args, "--at", at)...); out.code != cli.OK || !strings.HasPrefix(out.stderr, "query: "+says+"\n") {
			t.Errorf("%+v", out)
		}
	}
}

func TestPromQL_AlignsTheStart(t *testing.T) {
	_, form := prometheus(t, http.StatusOK, matrix)
	succeed(t, "x", "--promql", "--align", "--step", "1m", "--start", "1781611205", "--end", "1781611500")
	if form.Get("start") != "1781611200" {
		t.Errorf("%v", *form)
	}
}

func TestOutput_OfNaNAndInfinities(t *testing.T) {
	prometheus(t, http.StatusOK, strings.Replace(matrix, `"2.5"`, `"-Inf"`, 1))
	for format, want := range map[string]string{
		"jsonl": `"time":"2026-06-16T12:01:00Z","value":"-Inf"}` + "\n" + `{"metric":"","tags":{"route":"/b"},"time":"2026-06-16T12:01:00Z","value":null}`,
		"csv":   ",/a,2026-06-16T12:01:00Z,-Inf\n,/b,2026-06-16T12:01:00Z,NaN\n",
	} {
		if got := succeed(t, ask("x", "--promql", "--long", "-o", format)...); !strings.Contains(got, want) {
			t.Errorf("%s: %s", format, got)
		}
	}
}

// firstWrite tells when something is written.
type firstWrite struct {
	bytes.Buffer
	once    sync.Once
	written chan struct{}
}

func (w *firstWrite) Write(b []byte) (int, error) {
	w.once.Do(func() { close(w.written) })
	return w.Buffer.Write(b)
}

// The server does not end its answer before the first lines are written.
func TestJSONLines_AreWrittenAsTheAnswerArrives(t *testing.T) {
	stdout := &firstWrite{written: make(chan struct{})}
	const points = 20_000
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"x"},"values":[[1781611200,"1"]`)
		for i := 1; i < points; i++ {
			fmt.Fprintf(w, `,[%d.%03d,"1"]`, 1781611200+i/1000, i%1000)
		}
		w.(http.Flusher).Flush()
		select {
		case <-stdout.written:
		case <-time.After(time.Minute):
			t.Error("nothing is written before the end of the answer")
		}
		fmt.Fprint(w, `]}]}}`)
	}))
	t.Cleanup(server.Close)
	t.Setenv("APPTUIT_ENDPOINT", server.URL)
	var stderr bytes.Buffer
	code := cli.Run(t.Context(), Command(), ask("x", "--promql", "-o", "jsonl"), nil, stdout, &stderr)
	if lines := bytes.Count(stdout.Bytes(), []byte("\n")); code != cli.OK || stderr.Len() > 0 || lines != points {
		t.Errorf("exit code %d, %s, %d lines", code, stderr.String(), lines)
	}
}

// A tag query of the server becomes exported_query.
func TestQueries_RenameATagOfTheServer(t *testing.T) {
	prometheus(t, http.StatusOK, strings.ReplaceAll(matrix, "route", "query"))
	got := succeed(t, append(ask("x", "--promql", "--long", "-o", "csv"), "y")...)
	if !strings.HasPrefix(got, "metric,exported_query,query,time,value\n,/a,x,2026-06-16T12:00:00Z,1\n") || !strings.Contains(got, ",/b,y,") {
		t.Error(got)
	}
}

func TestQuery_SucceedsWithoutPoints(t *testing.T) {
	prometheus(t, http.StatusOK, `{"status":"success","data":{"resultType":"matrix","result":[]}}`)
	for _, format := range formats() {
		out := execute(t, ask("x", "--promql", "--width", "80", "-o", string(format))...)
		if want := "query: no points from 2026-06-16T12:00:00Z to 2026-06-16T12:05:00Z\n"; out.code != cli.OK || out.stderr != want {
			t.Errorf("%s: exit code %d, %s", format, out.code, out.stderr)
		}
		if out.stdout == "" && format != formatJSONL {
			t.Errorf("%s: nothing on stdout", format)
		}
	}
}

// answers starts a server with an answer for each path, and 404 for the others.
func answers(t *testing.T, answers map[string]string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer, ok := answers[r.URL.Path]
		if !ok {
			w.WriteHeader(http.StatusNotFound)
		}
		fmt.Fprint(w, answer)
	}))
	t.Cleanup(server.Close)
	t.Setenv("APPTUIT_ENDPOINT", server.URL)
}

func TestHints_NameTheLikelyReason(t *testing.T) {
	answers(t, map[string]string{
		"/prometheus/api/v1/query":                 `{"status":"success","data":{"resultType":"vector","result":[]}}`,
		"/prometheus/api/v1/query_range":           `{"status":"success","data":{"resultType":"matrix","result":[]}}`,
		"/prometheus/api/v1/label/__name__/values": `{"status":"success","data":["http_requests"]}`,
	})
	points := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, fmt.Sprintf("unexpected path requested on HTTP OpenTSDB server: %q", r.URL.Path), http.StatusBadRequest)
	}))
	t.Cleanup(points.Close)
	for _, c := range []struct {
		code int
		says string
		args []string
	}{
		{cli.Failed, "\nhint: the endpoint is VictoriaMetrics' port for points (-opentsdbHTTPListenAddr): ", ask("up", "--promql", "--endpoint", points.URL)},
		{cli.OK, `hint: the metric "http.requests" is stored as "http_requests"`, ask(`{"http.requests"}`, "--promql")},
		{cli.OK, `hint: there is no metric "http_reqests" in the last 30 days: did you mean "http_requests"?`, ask("http_reqests", "--promql")},
		{cli.OK, `did you mean "http_requests"?`, ask("http_reqests", "--promql", "-o", "jsonl")},
		{cli.OK, `did you mean "http_requests"?`, []string{"http_reqests", "--promql", "--at", "now"}},
		{cli.OK, "hint: the query is in Apptuit's language: omit --promql", ask("fetch('x')", "--promql")},
		{cli.Failed, "\nhint: the query is PromQL, or the server answers only PromQL: give --promql\n", ask("fetch('x')")},
		{cli.Failed, "\nhint: the query is PromQL, or the server answers only PromQL: give --promql\n", ask("up", "-o", "jsonl")},
	} {
		if out := execute(t, c.args...); out.code != c.code || !strings.Contains(out.stderr, c.says) {
			t.Errorf("%q: %+v, want %q", c.args, out, c.says)
		}
	}
}

func TestLists_AsTextAndJSON(t *testing.T) {
	answers(t, map[string]string{
		"/prometheus/api/v1/label/__name__/values": `{"status":"success","data":["cpu","m\u001bem"]}`,
		"/prometheus/api/v1/labels":                `{"status":"success","data":["__name__","host"]}`,
		"/prometheus/api/v1/label/host/values":     `{"status":"success","isPartial":true,"warnings":["w"],"data":["web1","web2"]}`,
		"/prometheus/api/v1/series":                `{"status":"success","data":[{"__name__":"cpu","host":"web1","a":"\"x\""},{"__name__":"up"},{"host":"b"}]}`,
	})
	for _, c := range []struct {
		stdout, stderr string
		args           []string
	}{
		{"cpu\nm\uFFFDem\n", "", []string{"metrics"}},
		{`{"items":["cpu","m\u001bem"],"truncated":false,"partial":false,"warnings":[],"infos":[]}` + "\n", "", []string{"metrics", "-o", "json"}},
		{"__name__\nhost\n", "", []string{"labels"}},
		{"web1\nweb2\n", "query values: the answer is partial: the server could not read all data\nquery values: the server warns: w\n", []string{"values", "host"}},
		{"cpu\n", "query metrics: the list ends after 1 item, and the server has more\n", []string{"metrics", "--limit", "1"}},
		{"cpu{a=\"\\\"x\\\"\",host=\"web1\"}\nup\n{host=\"b\"}\n", "", []string{"series", "x"}},
		{`{"items":[{"metric":"cpu","tags":{"a":"\"x\"","host":"web1"}},{"metric":"up","tags":{}},{"metric":"","tags":{"host":"b"}}],"truncated":false,"partial":false,"warnings":[],"infos":[]}` + "\n", "", []string{"series", "x", "-o", "json"}},
	} {
		out := execute(t, c.args...)
		if out.code != cli.OK || out.stdout != c.stdout || out.stderr != c.stderr {
			t.Errorf("%q: %d, %q, %q; want %q, %q", c.args, out.code, out.stdout, out.stderr, c.stdout, c.stderr)
		}
	}
	answers(t, map[string]string{"/prometheus/api/v1/labels": `{"status":"success","data":[]}`})
	out := execute(t, "labels", "--start", "0", "--end", "60", "--tz", "UTC")
	if want := "query labels: no items from 1970-01-01T00:00:00Z to 1970-01-01T00:01:00Z\n"; out.code != cli.OK || out.stderr != want {
		t.Errorf("%+v", out)
	}
	fail(t, cli.Failed, "404", "metrics")
	fail(t, cli.Misused, "MATCH is missing", "series")
	fail(t, cli.Misused, "LABEL is missing", "values")
	fail(t, cli.Misused, "--since: \"x\"", "metrics", "--since", "x")
	fail(t, cli.Misused, "--limit: -1 is negative", "metrics", "--limit", "-1")
}

func TestLists_PassTheSelection(t *testing.T) {
	path, form := prometheus(t, http.StatusOK, `{"status":"success","data":[]}`)
	execute(t, "series", "a", "b", "--start", "1781611200", "--end", "1781611500", "--limit", "7")
	if *path != "/prometheus/api/v1/series" || strings.Join((*form)["match[]"], " ") != "a b" || form.Get("start") != "1781611200" || form.Get("end") != "1781611500" || !form.Has("limit") {
		t.Errorf("%s, %v", *path, *form)
	}
	execute(t, "labels", "--match", "a", "--match", "b", "--prometheus-path", "")
	if *path != "/api/v1/labels" || strings.Join((*form)["match[]"], " ") != "a b" {
		t.Errorf("%s, %v", *path, *form)
	}
}

// A query with the name of a subcommand follows --.
func TestQuery_NamedLikeASubcommand(t *testing.T) {
	path, form := prometheus(t, http.StatusOK, matrix)
	succeed(t, "--promql", "--", "metrics")
	if *path != "/prometheus/api/v1/query_range" || form.Get("query") != "metrics" {
		t.Errorf("%s, %v", *path, *form)
	}
}

func TestQuery_ReportsTheErrorOfTheServer(t *testing.T) {
	prometheus(t, http.StatusBadRequest, `{"status":"error","errorType":"bad_data","error":"parse error: unexpected end of input"}`)
	fail(t, cli.Failed, "parse error: unexpected end of input", ask("x(", "--promql")...)
	prometheus(t, http.StatusOK, `<html>welcome</html>`)
	fail(t, cli.Failed, "query: ", ask("x", "--promql")...)
	prometheus(t, http.StatusOK, matrix[:100])
	fail(t, cli.Failed, "query: ", ask("x", "--promql")...)
	store(t)
	fail(t, cli.Failed, "Bad query", ask("fetch(")...)
	t.Setenv("APPTUIT_API_TOKEN", "an-old-token")
	out := execute(t, cpu()...)
	if out.code != cli.Failed || !strings.Contains(out.stderr, "401") || strings.Contains(out.stderr, "an-old-token") {
		t.Errorf("%+v", out)
	}
	fail(t, cli.Failed, `no output "c": it has "a", "b"`, func() []string {
		t.Setenv("APPTUIT_API_TOKEN", token)
		return both("--id", "c")
	}()...)
}

func TestQuery_PrefersTheEndpointFlagToItsVariable(t *testing.T) {
	server := store(t)
	t.Setenv("APPTUIT_ENDPOINT", "http://127.0.0.1:1")
	if got := succeed(t, cpu("--endpoint", server.URL)...); !strings.Contains(got, "web1") {
		t.Error(got)
	}
	fail(t, cli.Failed, "the scheme must be http or https", cpu("--endpoint", "ftp://h")...)
	t.Setenv("APPTUIT_TAGS", "of no concern here")
	succeed(t, cpu("--endpoint", server.URL)...)
}

func TestQuery_SendsTheToken(t *testing.T) {
	t.Setenv("APPTUIT_ENDPOINT", "")
	fail(t, cli.Failed, "APPTUIT_API_TOKEN", cpu()...)
}

// hang starts a server that answers nothing, and tells when it is asked.
func hang(t *testing.T) (asked chan struct{}) {
	t.Helper()
	asked = make(chan struct{}, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // or it is not noticed that the client has gone
		select {
		case asked <- struct{}{}:
		default:
		}
		<-r.Context().Done()
	}))
	t.Cleanup(server.Close)
	t.Setenv("APPTUIT_ENDPOINT", server.URL)
	return asked
}

func TestQuery_EndsWithCtrlC(t *testing.T) {
	asked := hang(t)
	for _, args := range [][]string{cpu(), ask("x", "--promql")} {
		ctx, cancel := context.WithCancel(t.Context())
		go func() {
			<-asked
			cancel()
		}()
		var stdout, stderr bytes.Buffer
		if code := cli.Run(ctx, Command(), args, nil, &stdout, &stderr); code != cli.Interrupted || stderr.String() != "query: interrupted\n" || stdout.Len() != 0 {
			t.Errorf("exit code %d, stdout %q, stderr %q", code, stdout.String(), stderr.String())
		}
		cancel()
	}
}

func TestQuery_EndsAfterTheTimeout(t *testing.T) {
	hang(t)
	start := time.Now()
	fail(t, cli.Failed, "the time is over (--timeout 100ms)", cpu("--timeout", "100ms")...)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }

func TestQuery_FailsIfTheOutputFails(t *testing.T) {
	store(t)
	var stderr bytes.Buffer
	if code := cli.Run(t.Context(), Command(), cpu(), nil, fullDisk{}, &stderr); code != cli.Failed || stderr.String() != "query: disk full\n" {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}

// The master of a pseudoterminal is a terminal as well as any.
func TestOutput_RefusesBinaryDataOnATerminal(t *testing.T) {
	store(t)
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		if runtime.GOOS == "linux" {
			t.Fatal(err)
		}
		t.Skip("NOT TESTED: no pseudoterminal: ", err)
	}
	defer terminal.Close()
	for _, format := range formats() {
		_, err := parse(cpu("-o", string(format), "--width", "80"), terminal)
		if binary := format == formatArrow || format == formatParquet || format == formatPNG; (err != nil) != binary {
			t.Errorf("%s: %v", format, err)
		}
	}
	if c, err := parse(cpu(), terminal); err != nil || c.format != formatChart || c.columns == 0 {
		t.Errorf("%v: %s of %d columns, want a chart", err, c.format, c.columns)
	}
	if c, err := parse(cpu("-f", "x.txt"), terminal); err != nil || c.format != formatTable || c.columns != 0 {
		t.Errorf("%v: %s of %d columns, want a complete table in the file", err, c.format, c.columns)
	}
	if _, err := parse(cpu("-o", "png", "-f", "x.png"), terminal); err != nil {
		t.Errorf("%v, but it goes into a file", err)
	}
	var stderr bytes.Buffer
	code := cli.Run(t.Context(), Command(), cpu("-o", "png"), nil, terminal, &stderr)
	if code != cli.Misused || !strings.Contains(stderr.String(), "png is binary, and is not written to a terminal: give -f FILE") {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}
