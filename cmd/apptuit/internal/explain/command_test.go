// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/internal/golden"
)

var update = flag.Bool("update", false, "write the golden files")

// stable replaces the parts that differ from run to run.
func stable(text string) string {
	for pattern, by := range map[string]string{
		`127\.0\.0\.1:\d+`: "127.0.0.1:PORT", `\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`: "TIME",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, by)
	}
	name, _ := os.Hostname()
	return strings.ReplaceAll(text, strconv.Quote(name), `"HOST"`)
}

// The verdict comes first, then the sources of all tags and the points on the server.
func TestReport_AsTextAndJSON(t *testing.T) {
	now := time.Now()
	s := newServer(t, apptuittest.Apptuit, "", false)
	s.store(t, now, `http_requests{env="prod",host="web1",http_route="/cart",otel_scope_name="shop",service_name="shop"} NOW-1m 41`)
	t.Setenv("APPTUIT_ENDPOINT", s.url)
	t.Setenv("APPTUIT_TAGS", "env: prod, host: ignored, zone: eu")
	t.Setenv("APPTUIT_API_TOKEN", secret)
	args := []string{"http.requests", "http.route=/cart", "host=web1", "--kind", "counter", "--scope", "shop", "--resource", "service.name=shop", "--resource", "k8s.pod.name=p"}
	for _, c := range []struct {
		name string
		more []string
	}{
		{"missing.txt", nil}, {"missing.json", []string{"-o", "json"}},
	} {
		o := execute(t, append(args, c.more...)...)
		if o.code != cli.Failed || o.stderr != "" {
			t.Errorf("exit code %d, %s", o.code, o.stderr)
		}
		golden.Text(t, c.name, stable(o.stdout), *update)
	}
	o := execute(t, args[:len(args)-2]...)
	if o.code != cli.OK || o.stderr != "" {
		t.Errorf("exit code %d, %s", o.code, o.stderr)
	}
	golden.Text(t, "stored.txt", stable(o.stdout), *update)
}

// The points that were sent are in the report and on the server, and Apptuit's query API finds them, too.
func TestSend_ReportsTheAnswerAndThePoints(t *testing.T) {
	for _, native := range []bool{false, true} {
		s := newServer(t, apptuittest.Apptuit, secret, native)
		t.Setenv("APPTUIT_ENDPOINT", s.url)
		t.Setenv("APPTUIT_API_TOKEN", secret)
		r := explainJSON(t, "latency", "route=/a", "--kind", "histogram", "--send")
		if !r.Found || r.Verdict.Cause != "stored" || r.Sent == nil || r.Sent.Accepted != 4 || r.Sent.Points != 4 || r.Sent.Status == 0 {
			t.Errorf("native %v: %+v, %+v", native, r.Verdict, r.Sent)
		}
		if len(s.Points()) != 4 || len(r.DataPoints) != 1 || len(r.DataPoints[0].Points) != 4 || len(r.Stored.Series) != 4 {
			t.Errorf("native %v: %v, %+v, %+v", native, s.Points(), r.DataPoints, r.Stored)
		}
	}
}

// Without --send nothing is written, and there is no request with --no-query.
func TestExplain_WritesNothingWithoutSend(t *testing.T) {
	s := newServer(t, apptuittest.Apptuit, "", false)
	t.Setenv("APPTUIT_ENDPOINT", s.url)
	t.Setenv("APPTUIT_SPOOL_DIR", filepath.Join(t.TempDir(), "spool"))
	explainJSON(t, "queue", "a=b")
	if len(s.Points()) > 0 {
		t.Errorf("%v", s.Points())
	}
	if _, err := os.Stat(os.Getenv("APPTUIT_SPOOL_DIR")); err == nil {
		t.Error("there is a spool")
	}
	s.Reset()
	if r := explainJSON(t, "queue", "a=b", "--no-query"); r.Verdict.Cause != "sendable" || len(s.Requests()) > 0 {
		t.Errorf("%+v, %v", r.Verdict, s.Requests())
	}
}

// Only the data points in question are sent, and of each series the newest data point.
func TestSend_ExportsTheChosenDataPointsOfADump(t *testing.T) {
	s := newServer(t, apptuittest.Apptuit, "", false)
	t.Setenv("APPTUIT_ENDPOINT", s.url)
	line := func(ago time.Duration, value string) string {
		return strings.NewReplacer("AT", nanosecondsAgo(ago), "VALUE", value).Replace(
			`{"resourceMetrics":[{"resource":{},"scopeMetrics":[{"metrics":[` +
				`{"name":"other","gauge":{"dataPoints":[{"timeUnixNano":"AT","asInt":"1"}]}},` +
				`{"name":"queue","gauge":{"dataPoints":[{"timeUnixNano":"AT","asInt":"VALUE","attributes":[{"key":"q","value":{"stringValue":"mail"}}]},` +
				`{"timeUnixNano":"AT","asDouble":2.5,"attributes":[{"key":"q","value":{"stringValue":"print"}}]}]}}]}]}]}`)
	}
	dump := line(2*time.Minute, "7") + "\n" + line(time.Minute, "9") + "\n"
	o := executeWith(t, dump, "queue", "q=mail", "--otlp", "-", "--send", "-o", "json")
	if r := decode(t, o); !r.Found || r.Sent.Accepted != 1 {
		t.Errorf("%+v", r)
	}
	if points := s.Points(); len(points) != 1 || points[0].Metric != "queue" || points[0].Tags["q"] != "mail" || points[0].Value != "9" {
		t.Errorf("%v", points)
	}
}

// Nothing is sent after an error of the server. Only the points before it count as accepted.
func TestSend_StopsAtAnError(t *testing.T) {
	s := newServer(t, apptuittest.Apptuit, "", false)
	t.Setenv("APPTUIT_ENDPOINT", s.url)
	var dump strings.Builder
	for i := range 3 {
		fmt.Fprintf(&dump, `{"resourceMetrics":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"web%d"}}]},"scopeMetrics":[{"metrics":[`+
			`{"name":"queue","gauge":{"dataPoints":[{"timeUnixNano":"%s","asInt":"7"}]}}]}]}]}`+"\n", i, nanosecondsAgo(time.Minute))
	}
	s.Fail(apptuittest.Fault{}, apptuittest.Status(http.StatusServiceUnavailable))
	r := decode(t, executeWith(t, dump.String(), "queue", "--otlp", "-", "--send", "--no-query", "-o", "json"))
	if r.Found || r.Sent.Points != 3 || r.Sent.Accepted != 1 || len(s.Requests()) != 2 {
		t.Errorf("%+v, %+v, %d requests", r.Verdict, r.Sent, len(s.Requests()))
	}
}

// The instance tag of the command differs from the instance tag of the program.
func TestDump_IsFoundWithAnotherInstanceTag(t *testing.T) {
	s := newServer(t, apptuittest.Apptuit, "", false)
	s.store(t, time.Now(), `queue{host="web1",service_instance_id="of the program"} NOW-1m 7`)
	t.Setenv("APPTUIT_ENDPOINT", s.url)
	t.Setenv("APPTUIT_INSTANCE_TAG", "true")
	dump := `{"resourceMetrics":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"web1"}}]},"scopeMetrics":[{"metrics":[` +
		`{"name":"queue","gauge":{"dataPoints":[{"timeUnixNano":"` + nanosecondsAgo(time.Minute) + `","asInt":"7"}]}}]}]}]}`
	r := decode(t, executeWith(t, dump, "queue", "--otlp", "-", "-o", "json"))
	if !r.Found || r.DataPoints[0].Points[0].Tags["service_instance_id"] == "" {
		t.Errorf("%+v", r)
	}
}

func nanosecondsAgo(d time.Duration) string {
	text, _ := json.Marshal(time.Now().Add(-d).UnixNano())
	return string(text)
}

func TestArguments_RefusesWrongOnes(t *testing.T) {
	t.Setenv("APPTUIT_ENDPOINT", "http://127.0.0.1:1")
	file := func(text string) string {
		name := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return name
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{nil, cli.Misused, "METRIC is missing"},
		{[]string{""}, cli.Misused, "METRIC is empty"},
		{[]string{"m", "a"}, cli.Misused, `"a" is not of the form KEY=VALUE`},
		{[]string{"m", "--resource", "=b"}, cli.Misused, `--resource "=b" is not of the form KEY=VALUE`},
		{[]string{"m", "--kind", "counters"}, cli.Misused, "must be gauge, counter"},
		{[]string{"m", "--since", "soon"}, cli.Misused, "--since"},
		{[]string{"m", "--query-endpoint", "http://u:5ecret@h"}, cli.Misused, "no user or password in a flag"},
		{[]string{"m", "--otlp", file("{}"), "--kind", "counter", "--resource", "a=b"}, cli.Misused, "--kind and --otlp exclude each other: the dump has the kind"},
		{[]string{"m", "--otlp", "/does/not/exist"}, cli.Failed, "/does/not/exist"},
		{[]string{"m", "--otlp", file("")}, cli.Failed, "the dump is empty"},
		{[]string{"m", "--otlp", file(`{"resourceMetrics":[]} {"resourceMetrics":7}`)}, cli.Failed, "object 2 is not OTLP JSON"},
		{[]string{"m", "--otlp", file(`{"resourceMetrics":[`)}, cli.Failed, "object 1 is not JSON: unexpected EOF"},
		{[]string{"m", "--otlp", file(`{"Resource":[],"ScopeMetrics":[]}`)}, cli.Failed, "stdoutmetric"},
		{[]string{"m", "--env-file", "/does/not/exist"}, cli.Failed, "--env-file"},
		{[]string{"m", "--env-file", file("A=b\nAPPTUIT_API_TOKEN 5ecret\n")}, cli.Failed, "line 2 is not NAME=value"},
	} {
		o := execute(t, c.args...)
		if o.code != c.code || !strings.Contains(o.stderr, c.says) || o.stdout != "" {
			t.Errorf("%q: exit code %d, want %d; %q, want %q", c.args, o.code, c.code, o.stderr, c.says)
		}
	}
}

// The environment of the file replaces the environment of the process during the run.
func TestEnvFile_ReplacesTheEnvironment(t *testing.T) {
	t.Setenv("APPTUIT_PREFIX", "mine")
	t.Setenv("OTEL_SERVICE_NAME", "mine")
	name := filepath.Join(t.TempDir(), "environment")
	text := "# a comment\n\nexport APPTUIT_TAGS=\"dc: fra\"\nAPPTUIT_ENDPOINT='http://127.0.0.1:1'\n  APPTUIT_API_TOKEN=" + secret + "\nOTEL_RESOURCE_ATTRIBUTES=service.name=shop\n"
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	r := explainJSON(t, "queue", "a=b", "--env-file", name, "--no-query")
	if len(r.DataPoints) != 1 || r.DataPoints[0].Points[0].Metric != "queue" {
		t.Fatalf("%+v", r)
	}
	tags := r.DataPoints[0].Points[0].Tags
	if tags["dc"] != "fra" || tags["service_name"] != "shop" {
		t.Errorf("%v", tags)
	}
	if os.Getenv("APPTUIT_PREFIX") != "mine" || os.Getenv("APPTUIT_TAGS") != "" {
		t.Error("the environment has changed")
	}
}

// A command ends at once after Ctrl-C and after --timeout.
func TestTimeout_EndsARun(t *testing.T) {
	s := newServer(t, apptuittest.Apptuit, "", false)
	s.Fail(apptuittest.Fault{Hang: true, Times: 10})
	t.Setenv("APPTUIT_ENDPOINT", s.url)
	begun := time.Now()
	r := explainJSON(t, "queue", "a=b", "--send", "--timeout", "300ms")
	if r.Verdict.Cause != "no-answer" || time.Since(begun) > 5*time.Second {
		t.Errorf("%+v after %v", r.Verdict, time.Since(begun))
	}
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	var out strings.Builder
	if code := cli.Run(ctx, Command(), []string{"queue", "a=b", "--send"}, nil, &out, &out); code != cli.Interrupted {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}

// A dump on standard input that does not end does not block the command.
func TestTimeout_EndsTheReadingOfADump(t *testing.T) {
	t.Setenv("APPTUIT_ENDPOINT", "http://127.0.0.1:1")
	stdin, write := io.Pipe()
	defer write.Close()
	var stdout, stderr strings.Builder
	code := cli.Run(t.Context(), Command(), []string{"queue", "--otlp", "-", "--timeout", "100ms"}, stdin, &stdout, &stderr)
	if code != cli.Failed || !strings.Contains(stderr.String(), "the dump has not ended: the time is over (--timeout 100ms)") {
		t.Errorf("exit code %d: %s", code, stderr.String())
	}
}

// Secrets are hidden in all places where a user can put them.
func TestReport_HidesSecrets(t *testing.T) {
	echo := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Error(w, "you have sent "+r.Header.Get("Authorization")+" "+r.Header.Get("X-Key"), http.StatusForbidden)
	}))
	defer echo.Close()
	t.Setenv("APPTUIT_API_TOKEN", secret)
	t.Setenv("APPTUIT_HEADERS", "X-Key="+url.QueryEscape(secret))
	for _, c := range []struct{ name, value, cause string }{
		{"APPTUIT_ENDPOINT", echo.URL, "unauthorized"},
		{"APPTUIT_ENDPOINT", "http://user:5ecret@127.0.0.1:1", "configuration"},
		{"APPTUIT_PROXY", "http://user:5ecret@127.0.0.1:1", "proxy"},
		{"APPTUIT_API_TOKEN", "a 5ecret", "configuration"},
	} {
		t.Setenv("APPTUIT_ENDPOINT", "http://metrics.example.com")
		t.Setenv(c.name, c.value)
		for _, format := range []string{"json", "text"} {
			if o := execute(t, "queue", "a=b", "--send", "-o", format); !strings.Contains(o.stdout, c.cause) { // execute looks for the secret
				t.Errorf("%s: %+v", c.name, o)
			}
		}
	}
}

// Each reason for a failed connection has its own cause.
func TestReport_NamesFaultsOfTheConnection(t *testing.T) {
	h := httptest.NewUnstartedServer(http.NotFoundHandler())
	h.Config.ErrorLog = log.New(io.Discard, "", 0) // a handshake fails
	h.StartTLS()
	defer h.Close()
	for endpoint, cause := range map[string]string{h.URL: "certificate", "http://nowhere.invalid": "unknown-host"} {
		t.Setenv("APPTUIT_ENDPOINT", endpoint)
		if r := explainJSON(t, "queue", "a=b", "--send"); r.Verdict.Cause != cause || r.Sent == nil || r.Sent.Accepted != 0 {
			t.Errorf("%s: %+v, want %s", endpoint, r.Verdict, cause)
		}
	}
}
