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
	"strings"
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

func TestPromQL(t *testing.T) {
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
		succeed(t, ask("x", "--promql", "-o", string(format))...)
	}
}

func TestWarningsAreShown(t *testing.T) {
	prometheus(t, http.StatusOK, strings.Replace(matrix, `"data"`, `"warnings":["half of it is missing"],"data"`, 1))
	out := execute(t, ask("x", "--promql")...)
	if out.code != cli.OK || out.stderr != "query: the server warns: half of it is missing\n" || !strings.Contains(out.stdout, "2.5") {
		t.Errorf("%+v", out)
	}
	if out := execute(t, ask("x", "--promql", "-o", "json")...); !strings.Contains(out.stdout, `"warnings":["half of it is missing"]`) {
		t.Errorf("%+v", out)
	}
}

func TestNothingFoundIsNoFailure(t *testing.T) {
	prometheus(t, http.StatusOK, `{"status":"success","data":{"resultType":"matrix","result":[]}}`)
	for _, format := range formats() {
		out := execute(t, ask("x", "--promql", "-o", string(format))...)
		if want := "query: no points from 2026-06-16T12:00:00Z to 2026-06-16T12:05:00Z\n"; out.code != cli.OK || out.stderr != want {
			t.Errorf("%s: exit code %d, %s", format, out.code, out.stderr)
		}
		if out.stdout == "" {
			t.Errorf("%s: nothing on stdout", format)
		}
	}
}

func TestWhatTheServerSaysIsShown(t *testing.T) {
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

func TestTheEndpointFlagBeatsItsVariable(t *testing.T) {
	server := store(t)
	t.Setenv("APPTUIT_ENDPOINT", "http://127.0.0.1:1")
	if got := succeed(t, cpu("--endpoint", server.URL)...); !strings.Contains(got, "web1") {
		t.Error(got)
	}
	fail(t, cli.Failed, "the scheme must be http or https", cpu("--endpoint", "ftp://h")...)
	t.Setenv("APPTUIT_TAGS", "of no concern here")
	succeed(t, cpu("--endpoint", server.URL)...)
}

func TestATokenIsNeededForApptuit(t *testing.T) {
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

func TestInterrupt(t *testing.T) {
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

func TestTimeout(t *testing.T) {
	hang(t)
	start := time.Now()
	fail(t, cli.Failed, "the time is over (--timeout 100ms)", cpu("--timeout", "100ms")...)
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %v", took)
	}
}

type fullDisk struct{}

func (fullDisk) Write([]byte) (int, error) { return 0, fmt.Errorf("disk full") }

func TestAFailureToWriteIsAFailure(t *testing.T) {
	store(t)
	var stderr bytes.Buffer
	if code := cli.Run(t.Context(), Command(), cpu(), nil, fullDisk{}, &stderr); code != cli.Failed || stderr.String() != "query: disk full\n" {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}

// The master of a pseudoterminal is a terminal as well as any.
func TestBinaryFormatsAreKeptOffATerminal(t *testing.T) {
	store(t)
	terminal, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip(err)
	}
	defer terminal.Close()
	refused := func(args ...string) bool {
		c, err := parse(cpu(args...), time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return c.refuseTerminal(terminal) != nil
	}
	for _, format := range formats() {
		if binary := format == formatArrow || format == formatPNG; refused("-o", string(format)) != binary {
			// Nothing is written: nobody reads this terminal.
			t.Fatalf("%s: refused is %t", format, !binary)
		}
	}
	if refused("-o", "png", "-f", "x.png") {
		t.Error("refused, but it goes into a file")
	}
	var stderr bytes.Buffer
	code := cli.Run(t.Context(), Command(), cpu("-o", "png"), nil, terminal, &stderr)
	if code != cli.Misused || !strings.Contains(stderr.String(), "png is nothing for a terminal: give -f FILE") {
		t.Errorf("exit code %d, %s", code, stderr.String())
	}
}
