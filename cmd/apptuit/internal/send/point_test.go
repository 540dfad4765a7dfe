// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

func TestPoint_IsSentAsWritten(t *testing.T) {
	s := apptuittest.NewServer()
	defer s.Close()
	for _, args := range []string{
		"cpu.load 9007199254740993 host=a --timestamp 1700000000", "--tags k:v --timestamp 2023-11-14T22:13:20Z -- m -2.5",
		"m 1 a==b c= --timestamp 1700000000123", "m 1 a=b --timestamp 1700000000123 --server victoriametrics",
	} {
		if out := send(t, s, cli.OK, strings.Fields(args)...); out.stdout+out.stderr != "" {
			t.Errorf("it says %q, %q", out.stdout, out.stderr)
		}
	}
	want := []string{
		"cpu_load{host=a} 1700000000 9007199254740993", "m{k=v} 1700000000 -2.5", "m{a==b} 1700000000 1", "m{a=b} 1700000000123 1",
	}
	if diff := cmp.Diff(want, lines(s)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	before := time.Now().Truncate(time.Second)
	send(t, s, cli.OK, "m", "1", "h=a")
	if at := s.Points()[4].Time(); at.Before(before) || at.After(time.Now()) {
		t.Errorf("at %v, sent after %v", at, before)
	}
}

func TestPoint_ReportsWhyItIsNotAccepted(t *testing.T) {
	t.Setenv("APPTUIT_API_TOKEN", "5ecret")
	t.Setenv("APPTUIT_RETRY_MAX_ELAPSED_TIME", "1ms")
	s := apptuittest.NewServer()
	defer s.Close()
	send(t, s, cli.Failed, "m", "1").says(t, "a point needs at least one tag")
	s.Fail(apptuittest.Status(401))
	send(t, s, cli.Failed, "m", "1", "h=a").says(t, "401 Unauthorized")
	s.Fail(apptuittest.Status(503))
	send(t, s, cli.Failed, "m", "1", "h=a").says(t, "503 Service Unavailable")
	s.Fail(apptuittest.Reject(func(apptuittest.Point) string { return "the token 5ecret is full" }))
	out := send(t, s, cli.Failed, "m", "1", "h=a")
	if out.says(t, "is full"); strings.Contains(out.stderr, "5ecret") {
		t.Errorf("a secret is in %s", out.stderr)
	}
	s.Fail(apptuittest.Fault{Hang: true})
	send(t, s, cli.Failed, "m", "1", "h=a", "--timeout", "100ms").says(t, "--timeout")
	if len(s.Points()) != 0 {
		t.Errorf("the server has %v", s.Points())
	}
}

func TestArguments_RefusesWrongOnes(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"":                                  "METRIC and VALUE are missing",
		"m":                                 "VALUE is missing",
		"m one":                             `the value "one" is not a number`,
		"m -5 h=a":                          "put -- before METRIC",
		"m NaN h=a":                         "the value NaN is not finite",
		"m 1 h":                             `the tag "h" is not of the form KEY=VALUE`,
		"m 1 h=a h=b":                       `the tag "h" has two values`,
		"m 1 h=a --timestamp yesterday":     "--timestamp: \"yesterday\" is not a time",
		"m 1 h=a --from x":                  "METRIC and --from exclude each other",
		"m 1 h=a --checkpoint x":            "--checkpoint requires --from",
		"m 1 h=a --rate 1 --skip-invalid":   "--skip-invalid requires --from",
		"--from x --rate 0":                 "--rate: must be positive, not 0",
		"--from x --batch 0":                "--batch: must be from 1 to 50000, not 0",
		"--from x --batch 50001":            "--batch: must be from 1 to 50000, not 50001",
		"--from x --rate NaN":               "--rate: must be positive, not NaN",
		"--from x --format xml":             "must be auto, csv, jsonl, telnet or prometheus",
		"--from x --spool d --checkpoint c": "--spool and --checkpoint exclude each other",
		"m 1 h=a --spool d --dry-run":       "--spool and --dry-run exclude each other",
		"--from x --tags y":                 "--tags: ",
	} {
		out := execute(t.Context(), strings.NewReader(""), strings.Fields(args)...)
		if out.code != cli.Misused || out.stdout != "" {
			t.Errorf("%q: exit code %d, stdout %q", args, out.code, out.stdout)
		}
		out.says(t, says)
	}
}
