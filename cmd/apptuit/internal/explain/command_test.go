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

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/golden"
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
	golden.Text(t, "there.txt", stable(o.stdout), *update)
}

// The points that were sent are in the report and on the server, and Apptuit's query API finds them, too.
func TestSend_ReportsTheAnswerAndThePoints(t *testing.T) {
	for _, native := range []bool{false, true} {
		s := newServer(t, apptuittest.Apptuit, secret, native)
		t.Setenv("APPTUIT_ENDPOINT", s.url)
		t.Setenv("APPTUIT_API_TOKEN", secret)
		r := explainJSON(t, "latency", "route=/a", "--kind", "histogram", "--send")
		if !r.Found || r.Verdict.Cause != "there" || r.Sent == nil || r.Sent.Accepted != 4 || r.Sent.Points != 4 || r.Sent.Status == 0 {
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
		{[]string{"m", "a"}, cli.Misused, `"a" is not KEY=VALUE`},
		{[]string{"m", "--resource", "=b"}, cli.Misused, `--resource "=b" is not KEY=VALUE`},
		{[]string{"m", "--kind", "counters"}, cli.Misused, "must be gauge, counter"},
		{[]string{"m", "--since", "soon"}, cli.Misused, "--since"},
		{[]string{"m", "--query-endpoint", "http://u:5ecret@h"}, cli.Misused, "no user or password in a flag"},
		{[]string{"m", "--otlp", file("{}"), "--kind", "counter", "--resource", "a=b"}, cli.Misused, "--kind and --otlp exclude each other: the dump has the kind"},
		{[]string{"m", "--otlp", "/does/not/exist"}, cli.Failed, "/does/not/exist"},
		{[]string{"m", "--otlp", file("")}, cli.Failed, "the dump is empty"},
		{[]string{"m", "--otlp", file(`{"resourceMetrics":[]} {"resourceMetrics":7}`)}, cli.Failed, "object 2 is not OTLP JSON"},
		{[]string{"m", "--otlp", file(`{"resourceMetrics":[`)}, cli.Failed, "object 1: unexpected EOF"},
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

// All types of OTLP are read.
func TestDump_ReadsAllTypes(t *testing.T) {
	t.Parallel()
	text := `{"resourceMetrics":[{"resource":{"attributes":[{"key":"a","value":{"stringValue":"b"}}]},"schemaUrl":"u","unknown":1,"scopeMetrics":[{"scope":{"name":"s","version":"v","attributes":[{"key":"x","value":{"boolValue":true}}]},"metrics":[
{"name":"sum","unit":"1","sum":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_DELTA","isMonotonic":true,"dataPoints":[
 {"startTimeUnixNano":"1000000000","timeUnixNano":"2000000000","asInt":"-7","attributes":[{"key":"int","value":{"intValue":"5"}},{"key":"float","value":{"doubleValue":0.5}},{"key":"list","value":{"arrayValue":{"values":[{"intValue":"1"},{"intValue":"2"}]}}},{"key":"mixed","value":{"arrayValue":{"values":[{"intValue":"1"},{"stringValue":"z"}]}}},{"key":"none","value":{}}]},
 {"timeUnixNano":"2000000000","asDouble":1.5,"exemplars":[{"traceId":"0102030405060708090a0b0c0d0e0f10","spanId":"0102030405060708","asDouble":1}]}]}},
{"name":"histogram","histogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"2000000000","count":"3","sum":4.5,"bucketCounts":["1","2"],"explicitBounds":[1],"min":0.5}]}},
{"name":"exponential","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"2000000000","count":"3","sum":4.5,"scale":-1,"zeroCount":"1","positive":{"offset":2,"bucketCounts":["1","1"]},"max":9}]}},
{"name":"summary","summary":{"dataPoints":[{"timeUnixNano":"2000000000","count":"3","sum":4.5,"quantileValues":[{"quantile":0.5,"value":1}]}]}},
{"name":"ended","gauge":{"dataPoints":[{"timeUnixNano":"2000000000","flags":1}]}},
{"name":"empty","gauge":{"dataPoints":[]}}]}]}]}`
	reader := newDumpReader(strings.NewReader(text))
	all, err := reader.next()
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	at := time.Unix(2, 0).UTC()
	set := attribute.NewSet(attribute.Int64("int", 5), attribute.Float64("float", 0.5), attribute.Int64Slice("list", []int64{1, 2}),
		attribute.Slice("mixed", attribute.Int64Value(1), attribute.StringValue("z")), attribute.String("none", ""))
	want := []metricdata.Metrics{
		{Name: "sum", Unit: "1", Data: metricdata.Sum[int64]{Temporality: metricdata.DeltaTemporality, IsMonotonic: true, DataPoints: []metricdata.DataPoint[int64]{
			{Attributes: set, StartTime: time.Unix(1, 0).UTC(), Time: at, Value: -7},
		}}},
		{Name: "sum", Unit: "1", Data: metricdata.Sum[float64]{Temporality: metricdata.DeltaTemporality, IsMonotonic: true, DataPoints: []metricdata.DataPoint[float64]{
			{Time: at, Value: 1.5},
		}}},
		{Name: "histogram", Data: metricdata.Histogram[float64]{Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.HistogramDataPoint[float64]{
			{Time: at, Count: 3, Sum: 4.5, Bounds: []float64{1}, BucketCounts: []uint64{1, 2}, Min: metricdata.NewExtrema(0.5)},
		}}},
		{Name: "exponential", Data: metricdata.ExponentialHistogram[float64]{Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.ExponentialHistogramDataPoint[float64]{
			{Time: at, Count: 3, Sum: 4.5, Scale: -1, ZeroCount: 1, PositiveBucket: metricdata.ExponentialBucket{Offset: 2, Counts: []uint64{1, 1}}, Max: metricdata.NewExtrema(9.0)},
		}}},
		{Name: "summary", Data: metricdata.Summary{DataPoints: []metricdata.SummaryDataPoint{
			{Time: at, Count: 3, Sum: 4.5, QuantileValues: []metricdata.QuantileValue{{Quantile: 0.5, Value: 1}}},
		}}},
	}
	equal := cmp.Options{
		cmp.Comparer(func(a, b attribute.Set) bool { return a.Equals(&b) }),
		cmp.Comparer(func(a, b metricdata.Extrema[float64]) bool {
			v, ok := a.Value()
			w, also := b.Value()
			return v == w && ok == also
		}),
	}
	sm := all[0].ScopeMetrics[0]
	if diff := cmp.Diff(want, sm.Metrics, equal); diff != "" {
		t.Error(diff)
	}
	if sm.Scope.Name != "s" || sm.Scope.Version != "v" || sm.Scope.Attributes.Len() != 1 || all[0].Resource.SchemaURL() != "u" {
		t.Errorf("%+v", sm.Scope)
	}
	if len(reader.noValue) != 1 || reader.noValue[0].instrument != "ended" || len(reader.empty) != 1 || reader.empty[0] != "empty" {
		t.Errorf("%+v %v", reader.noValue, reader.empty)
	}
}

// FuzzDump reads arbitrary dumps. An error is no panic.
func FuzzDump(f *testing.F) {
	files, _ := filepath.Glob("testdata/table/*.txt")
	for _, name := range files {
		text, _ := os.ReadFile(name)
		if _, dump, ok := strings.Cut(string(text), "-- otlp --\n"); ok {
			f.Add(regexp.MustCompile(`NOW[-+\w]*`).ReplaceAllString(dump, "1700000000000000000"))
		}
	}
	f.Fuzz(func(t *testing.T, dump string) {
		reader := newDumpReader(strings.NewReader(dump))
		for range 10 {
			if _, err := reader.next(); err != nil {
				return
			}
		}
	})
}
