// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/clitest"
	"github.com/apptuitai/apptuit-go/doctor"
	"github.com/apptuitai/apptuit-go/internal/golden"
)

var update = flag.Bool("update", false, "write the golden files")

func TestMain(m *testing.M) { clitest.Main(m) }

// secret is a token that must never be shown.
const secret = "t0ken/5ecret+x"

type outcome struct {
	code           int
	stdout, stderr string
}

func execute(t *testing.T, args ...string) outcome {
	t.Helper()
	var stdout, stderr strings.Builder
	code := cli.Run(t.Context(), Command(), args, nil, &stdout, &stderr)
	if strings.Contains(stdout.String()+stderr.String(), "5ecret") {
		t.Errorf("%q: a secret is in %s%s", args, stdout.String(), stderr.String())
	}
	return outcome{code, stdout.String(), stderr.String()}
}

// reported runs the command with -o json.
func reported(t *testing.T, args ...string) doctor.Report {
	t.Helper()
	o := execute(t, append(args, "-o", "json")...)
	var r doctor.Report
	if err := json.Unmarshal([]byte(o.stdout), &r); err != nil {
		t.Fatalf("%v in %+v", err, o)
	}
	if failed := r.Verdict() == doctor.Failed; failed != (o.code == cli.Failed) || o.stderr != "" {
		t.Errorf("exit code %d, where the verdict is %s; stderr %q", o.code, r.Verdict(), o.stderr)
	}
	return r
}

func has(t *testing.T, r doctor.Report, status doctor.Status, check string, texts ...string) {
	t.Helper()
	for _, f := range r.Findings {
		found := f.Check == check && f.Status == status
		for _, text := range texts {
			found = found && strings.Contains(f.Found+"\n"+f.Advice, text)
		}
		if found {
			return
		}
	}
	t.Errorf("no %s %s with %q in\n%s", status, check, texts, r.String())
}

func newServer(t *testing.T) *apptuittest.Server {
	t.Helper()
	s := apptuittest.NewServer(apptuittest.WithToken(secret))
	t.Cleanup(s.Close)
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	t.Setenv("APPTUIT_API_TOKEN", secret)
	t.Setenv("OTEL_SERVICE_NAME", "shop")
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=shop-1")
	return s
}

// stable replaces the parts that differ from run to run.
func stable(text string) string {
	for pattern, by := range map[string]string{
		`127\.0\.0\.1:\d+`: "127.0.0.1:PORT", `\b\d+(\.\d+)?(ms|µs|s)\b`: "TIME", `host=[^,}]+`: "host=HOST", `\} \d{10} \d+`: "} SECOND VALUE",
		`(?m)^(ok +defaults +).*$`: "${1}DEFAULTS",
	} {
		text = regexp.MustCompile(pattern).ReplaceAllString(text, by)
	}
	return text
}

func TestReport_AsTextAndJSON(t *testing.T) {
	s := newServer(t)
	f := func(name string, code int, args ...string) {
		t.Run(name, func(t *testing.T) {
			o := execute(t, args...)
			if o.code != code || o.stderr != "" {
				t.Errorf("exit code %d, want %d; stderr %q", o.code, code, o.stderr)
			}
			golden.Text(t, name+".txt", stable(o.stdout), *update)
		})
	}
	f("well", cli.OK, "--tags", "env: test")
	s.Fail(apptuittest.Status(503))
	f("failed", cli.Failed)
	s.Fail(apptuittest.Status(404))
	f("json", cli.Failed, "-o", "json")
}

func TestFlags_ReplaceOptions(t *testing.T) {
	s := newServer(t)
	t.Setenv("APPTUIT_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("APPTUIT_API_TOKEN", "")
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	r := reported(t, "--endpoint", s.URL, "--token-file", file, "--server", "apptuit", "--compression", "none", "--prometheus-path", "/x", "--timeout", "1m")
	has(t, r, doctor.OK, "endpoint", s.URL+", from --endpoint; --endpoint overrides APPTUIT_ENDPOINT")
	has(t, r, doctor.OK, "token", "in the file "+file+", from --token-file")
	has(t, r, doctor.OK, "profile", "apptuit, from --server")
	has(t, r, doctor.OK, "put", "200")
	if got := s.Requests()[0].Encoding; got != "" {
		t.Errorf("Content-Encoding %q", got)
	}
	r = reported(t, "--endpoint", s.URL, "--token-file", file, "--no-probe", "--query-endpoint", s.URL)
	has(t, r, doctor.Skipped, "put", "no probe is sent")
	has(t, r, doctor.OK, "query", "answers")
}

func TestTimeout_EndsTheChecks(t *testing.T) {
	s := newServer(t)
	s.Fail(apptuittest.Fault{Hang: true})
	r := reported(t, "--timeout", "200ms")
	has(t, r, doctor.Failed, "put", "no answer")
	has(t, r, doctor.Failed, "time", "the time is over (--timeout 200ms)")
}

func TestInterrupt_ReportsTheFindingsSoFar(t *testing.T) {
	newServer(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var stdout, stderr strings.Builder
	code := cli.Run(ctx, Command(), nil, nil, &stdout, &stderr)
	if code != cli.Interrupted || !strings.Contains(stdout.String(), "verdict: failed (time)") || stderr.String() != "doctor: interrupted\n" {
		t.Errorf("exit code %d, stderr %q, %s", code, stderr.String(), stdout.String())
	}
}

func TestFlags_RefusesWrongValues(t *testing.T) {
	for name, c := range map[string]struct {
		args []string
		says string
	}{
		"an argument":            {[]string{secret}, "the command takes no arguments, and 1 argument is given"},
		"a token":                {[]string{"--token", "x"}, "unknown flag: --token"},
		"a timeout of 0":         {[]string{"--timeout", "0s"}, "not a positive duration"},
		"a password":             {[]string{"--proxy", "http://me:5ecret@127.0.0.1:1"}, "--proxy: no user or password in a flag"},
		"a password for queries": {[]string{"--query-endpoint", "http://me:5ecret@127.0.0.1:1"}, "--query-endpoint: no user or password in a flag"},
		"no URL":                 {[]string{"--endpoint", "127.0.0.1:1"}, "--endpoint: it is not a URL"},
		"an unknown server":      {[]string{"--server", "x"}, "--server: "},
		"an unknown compression": {[]string{"--compression", "bzip2"}, "--compression: "},
		"no certificate":         {[]string{"--ca-file", os.DevNull}, "--ca-file: no certificate in"},
		"no tags":                {[]string{"--tags", "a"}, "--tags: "},
	} {
		t.Run(name, func(t *testing.T) {
			o := execute(t, c.args...)
			if o.code != cli.Misused || o.stdout != "" || !strings.Contains(o.stderr, c.says) {
				t.Errorf("%+v", o)
			}
		})
	}
	// All faults at once.
	o := execute(t, "--server", "x", "--tags", "a", "--query-endpoint", "y")
	for _, flag := range []string{"--server", "--tags", "--query-endpoint"} {
		if !strings.Contains(o.stderr, flag+": ") {
			t.Errorf("%s is not in %s", flag, o.stderr)
		}
	}
}

// full is an output that fails.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestReport_FailsIfTheOutputIsClosed(t *testing.T) {
	newServer(t)
	for _, args := range [][]string{nil, {"-o", "json"}} {
		var stderr strings.Builder
		if code := cli.Run(t.Context(), Command(), args, nil, full{}, &stderr); code != cli.Failed || !strings.Contains(stderr.String(), "closed") {
			t.Errorf("exit code %d, %q", code, stderr.String())
		}
	}
}

func TestReport_SettingsWithoutEffect(t *testing.T) {
	s := newServer(t)
	t.Setenv("APPTUIT_TIMERS", "all")
	t.Setenv("APPTUIT_SPOOL_MAX_AGE", "1h")
	t.Setenv("APPTUIT_ENDPOINT", s.URL)
	check := func(t *testing.T, args ...string) {
		t.Helper()
		r := reported(t, append(args, "--no-probe")...)
		has(t, r, doctor.Warning, "timers", "APPTUIT_TIMERS has no effect: only the reporter layout uses it")
		has(t, r, doctor.Warning, "spool.max_age", "APPTUIT_SPOOL_MAX_AGE has no effect: there is no spool")
	}
	t.Run("without flags", func(t *testing.T) { check(t) })
	t.Run("with flags", func(t *testing.T) { check(t, "--endpoint", s.URL, "--tags", "a: b") })
	t.Run("with a document", func(t *testing.T) {
		document(t, withExporter("          apptuit: {endpoint: '"+s.URL+"', prefix: shop.}\n"))
		check(t)
	})
}
