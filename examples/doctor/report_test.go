// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

var update = flag.Bool("update", false, "write the golden files")

// stable replaces what differs from one run to the next.
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

func TestReports(t *testing.T) {
	f := func(name string, code int, args ...string) {
		t.Run(name, func(t *testing.T) {
			var out, errs strings.Builder
			if got := run(t.Context(), args, &out, &errs); got != code || errs.Len() > 0 {
				t.Errorf("exit code %d, want %d; on stderr %q", got, code, errs.String())
			}
			noSecrets(t, out.String())
			golden(t, name, stable(out.String()))
		})
	}
	s := newServer(t)
	t.Setenv("OTEL_SERVICE_NAME", "shop")
	f("warnings", exitOK)
	t.Setenv("OTEL_RESOURCE_ATTRIBUTES", "service.instance.id=shop-1")
	f("well", exitOK, "-tags", "env: test")
	f("noprobe", exitOK, "-no-probe")
	s.Fail(apptuittest.Status(503))
	f("failed", exitFailed)
	s.Fail(apptuittest.Status(404))
	f("json", exitFailed, "-json")
	t.Setenv("APPTUIT_TOKEN", theToken)
	t.Setenv("APPTUIT_TIMEOUT", "soon")
	t.Setenv("APPTUIT_ENDPOINT", "127.0.0.1:4242")
	f("configuration", exitFailed)
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".txt")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s -, got +:\n%s", file, diff)
	}
}

// full is an output that takes nothing.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, os.ErrClosed }

func TestAnOutputThatIsGone(t *testing.T) {
	newServer(t)
	for _, args := range [][]string{nil, {"-json"}} {
		var errs strings.Builder
		if code := run(t.Context(), args, full{}, &errs); code != exitFailed || !strings.Contains(errs.String(), "closed") {
			t.Errorf("exit code %d, %q", code, errs.String())
		}
	}
}

// Whatever the probe becomes, and whatever comes with it, it is read back.
func TestTheProbeIsFound(t *testing.T) {
	for variable, value := range map[string]string{"APPTUIT_TARGET_INFO": "yes", "APPTUIT_PROMETHEUS_NAMES": "yes", "APPTUIT_LAYOUT": "reporter", "APPTUIT_PREFIX": "shop."} {
		t.Run(variable, func(t *testing.T) {
			newServer(t)
			t.Setenv(variable, value)
			var out, errs strings.Builder
			if code := run(t.Context(), nil, &out, &errs); code != exitOK || !strings.Contains(out.String(), "found by Apptuit's query API") {
				t.Errorf("exit code %d, on stderr %q\n%s", code, errs.String(), out.String())
			}
		})
	}
}
