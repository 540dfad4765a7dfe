// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// explained has the fields of a report that the tests check.
type explained struct {
	Found   bool
	Verdict struct{ Cause, Text string }
	Notes   []struct{ Cause string }
	Stored  struct{ Series []struct{ Points int } }
}

// Each cause that depends on a server has a case here.
func TestExplain_NamesTheCausesOfVictoriaMetrics(t *testing.T) {
	t.Parallel()
	command := servers.BuildCommand(t)
	v := servers.StartVictoriaMetrics(t)
	environment := []string{"APPTUIT_ENDPOINT=" + v.Endpoint(), "APPTUIT_SERVER=victoriametrics"}
	explain := func(args ...string) explained {
		t.Helper()
		out, code := command.Run(t, environment, append([]string{"explain", "--query-endpoint", v.URL(), "-o", "json"}, args...)...)
		var r explained
		if err := json.Unmarshal(out, &r); err != nil || r.Found != (code == 0) {
			t.Fatalf("%q: %v, exit code %d: %s", args, err, code, out)
		}
		return r
	}
	dump := func(name string, age time.Duration) string {
		return writeFile(t, "dump.jsonl", fmt.Sprintf(`{"resourceMetrics":[{"resource":{"attributes":[{"key":"host.name","value":{"stringValue":"web1"}}]},"scopeMetrics":[{"metrics":[`+
			`{"name":%q,"gauge":{"dataPoints":[{"timeUnixNano":"%d","asInt":"7"}]}}]}]}]}`, name, time.Now().Add(-age).UnixNano()))
	}
	old, future := dump("jobs", 3*time.Hour), dump("ahead", -72*time.Hour)
	for _, c := range []struct {
		cause string // of the verdict
		note  string
		args  []string
	}{
		{"not-stored", "", []string{"latency", "route=/a"}},
		{"stored", "histogram-parts", []string{"latency", "route=/a", "--kind", "histogram", "--resource", "host.name=web1", "--send"}},
		{"stored", "", []string{"latency", "route=/a", "--kind", "histogram"}},
		{"histogram-parts", "", []string{"latency", "route=/a"}},
		{"wrong-host", "", []string{"latency", "--kind", "histogram", "--resource", "host.name=web2"}},
		{"other-tags", "", []string{"latency", "route=/b", "--kind", "histogram"}},
		{"prefix", "", []string{"shop.latency.count"}},
		{"misspelt", "", []string{"latncy.count"}},
		{"stored", "stale", []string{"jobs", "--otlp", old, "--send"}},
		{"time-range", "", []string{"jobs", "--otlp", old}},
		{"stored", "", []string{"jobs", "--otlp", old, "--since", "4h"}},
		{"timestamp-in-future", "dropped-silently", []string{"ahead", "--otlp", future, "--send", "--timeout", "6s"}},
	} {
		has := func(r explained) bool {
			return r.Verdict.Cause == c.cause && (c.note == "" || slices.ContainsFunc(r.Notes, func(n struct{ Cause string }) bool { return n.Cause == c.note }))
		}
		r := explain(c.args...)
		// VictoriaMetrics remembers for seconds that it did not find a series.
		for end := time.Now().Add(time.Minute); !has(r) && time.Now().Before(end); time.Sleep(time.Second) {
			r = explain(c.args...)
		}
		if !has(r) {
			t.Errorf("%q: %+v, want %s and %s", c.args, r, c.cause, c.note)
		}
		if r.Found && (len(r.Stored.Series) == 0 || r.Stored.Series[0].Points == 0) {
			t.Errorf("%q: %+v", c.args, r)
		}
	}
}
