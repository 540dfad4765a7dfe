// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"encoding/json"
	"flag"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/internal/golden"
)

var update = flag.Bool("update", false, "write the golden files")

// stable replaces the parts of a report that differ between runs.
func stable(text string) string {
	for pattern, by := range map[string]string{
		`127\.0\.0\.1:\d+`:         "127.0.0.1:PORT",
		`\b\d+(\.\d+)?(ms|µs|s)\b`: "TIME",
		`host=[^,}]+`:              "host=HOST",
		`unknown_service:[\w.]+`:   "unknown_service:PROGRAM",
		`\} \d{10} \d+`:            "} SECOND VALUE",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, by)
	}
	return text
}

func TestReport_Golden(t *testing.T) {
	f := func(name string, verdict Status, opts ...Option) {
		t.Run(name, func(t *testing.T) {
			var found []Finding
			opts = append(opts, WithProgress(nil, func(f Finding) { found = append(found, f) }))
			r := doctor(t, opts...)
			if got := r.Verdict(); got != verdict {
				t.Errorf("the verdict is %s, want %s", got, verdict)
			}
			if failed := verdict == Failed; failed != (r.Err() != nil) {
				t.Errorf("the error is %v", r.Err())
			}
			if diff := cmp.Diff(r.Findings, found); diff != "" {
				t.Errorf("report -, findings passed to WithProgress +:\n%s", diff)
			}
			golden.Text(t, name+".txt", stable(r.String()), *update)
		})
	}
	s := newServer(t)
	t.Setenv("OTEL_SERVICE_NAME", "shop")
	f("warnings", Warning)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=shop-1")
	f("well", OK, withTags("env: test"))
	f("noprobe", OK, WithoutProbe())
	s.Fail(apptuittest.Status(503))
	f("failed", Failed)
	t.Setenv("APPTUIT_TOKEN", theToken)
	t.Setenv("APPTUIT_TIMEOUT", "soon")
	t.Setenv("APPTUIT_ENDPOINT", "127.0.0.1:4242")
	f("configuration", Failed)
}

func TestReport_JSON(t *testing.T) {
	s := newServer(t)
	s.Fail(apptuittest.Status(404))
	r := doctor(t)
	text, err := json.Marshal(r.Report)
	if err != nil {
		t.Fatal(err)
	}
	var read Report
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(*r.Report, read); diff != "" {
		t.Error(diff)
	}
	for _, want := range []string{`{"verdict":"failed","findings":[{"status":"ok","check":"endpoint","found":"http:`, `"advice":"The server does not accept points at this path.`} {
		if !strings.Contains(string(text), want) {
			t.Errorf("no %s in %s", want, text)
		}
	}
	if text, err := json.Marshal(new(Report)); err != nil || string(text) != `{"verdict":"ok","findings":[]}` {
		t.Errorf("%s, %v", text, err)
	}
	if err := new(Status).UnmarshalText([]byte("good")); err == nil {
		t.Error("no error for an unknown status")
	}
}

// The probe is found with each layout and naming, and with target_info in the same request.
func TestReadBack_FindsTheProbe(t *testing.T) {
	for variable, value := range map[string]string{"APPTUIT_TARGET_INFO": "yes", "APPTUIT_PROMETHEUS_NAMES": "yes", "APPTUIT_LAYOUT": "reporter", "APPTUIT_PREFIX": "shop."} {
		t.Run(variable, func(t *testing.T) {
			newServer(t)
			t.Setenv(variable, value)
			o := doctor(t)
			o.healthy(t)
			o.has(t, "ok", "read-back", "found by Apptuit's query API")
		})
	}
}
