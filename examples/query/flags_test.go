// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, 6, 16, 12, 0, 0, 0, time.UTC)

func TestDurations(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "7d": 7 * day, "2w": 14 * day, "1w2d3h4m": 9*day + 3*time.Hour + 4*time.Minute,
		"1d12h": 36 * time.Hour, "3600": time.Hour, "0.5": 500 * time.Millisecond, "1.5h": 90 * time.Minute, "250ms": 250 * time.Millisecond,
	} {
		if got, err := parseDuration(s); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "0", "-1h", "1x", "d", "7 d", "1d7", "1h2d", "2d1w", "0d", "1d-2h-40h", "NaN", "Inf", "1e300", "99999999999d", "999999999999999999999w", "60000d60000d", "53000d1300000h"} {
		if got, err := parseDuration(s); err == nil || !strings.Contains(err.Error(), "not a positive duration") {
			t.Errorf("%q: %v, error %v", s, got, err)
		}
	}
}

func TestTimes(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 2*3600)
	for s, want := range map[string]time.Time{
		"2026-06-16T12:00:00Z":         now,
		"2026-06-16T14:00:00+02:00":    now,
		"2026-06-16T12:00:00.250Z":     now.Add(250 * time.Millisecond),
		"2026-06-16T14:00:00":          now,
		"2026-06-16 14:00":             now,
		"2026-06-16":                   now.Add(-14 * time.Hour),
		"1781611200":                   now,
		"1781611200.25":                now.Add(250 * time.Millisecond),
		"0":                            time.Unix(0, 0),
		"2026-06-16T12:00:00.0000005Z": now.Add(500),
	} {
		if got, err := parseTime(s, zone); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "yesterday", "12:00", "1781611200000", "-5", "NaN", "2026-13-01", "2026-06-16T12:00:00Z "} {
		if got, err := parseTime(s, zone); err == nil || !strings.Contains(err.Error(), "not a time") {
			t.Errorf("%q: %v, error %v", s, got, err)
		}
	}
}

func TestArguments(t *testing.T) {
	t.Parallel()
	f := func(want command, args ...string) {
		t.Helper()
		got, err := parse(args, now)
		if err != nil {
			t.Errorf("%q: %v", args, err)
			return
		}
		want.now = now
		if want.start.IsZero() {
			want.start = now.Add(-time.Hour)
		}
		if want.zone == nil {
			want.zone = time.Local
		}
		if want.format == "" {
			want.format = formatTable
		}
		if want.width == 0 {
			want.width = 900
		}
		if want.prometheusPath == "" {
			want.prometheusPath = "/prometheus"
		}
		if want.timeout == 0 {
			want.timeout = 3 * time.Minute
		}
		if diff := cmp.Diff(want, *got, cmp.AllowUnexported(command{}), cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
			t.Errorf("%q (-want +got)\n%s", args, diff)
		}
	}
	f(command{query: "fetch('x')"}, "fetch('x')")
	f(command{query: "up", promql: true}, "-promql", "up")
	f(command{query: "up", promql: true, format: formatPNG, file: "x"}, "-promql", "up", "-o", "png", "-f", "x")
	f(command{query: "up", promql: true, step: time.Minute}, "up", "--promql", "-step=1m")
	f(command{query: "-up", promql: true}, "-promql", "--", "-up")
	f(command{query: "-up", format: formatCSV}, "-o", "csv", "--", "-up")
	f(command{query: "q", start: now.AddDate(0, 0, -7)}, "q", "-since", "7d")
	f(command{query: "q", start: now.Add(-2 * time.Hour), end: now.Add(-time.Hour)}, "q", "-end", "2026-06-16T11:00:00Z")
	f(command{query: "q", start: now.Add(-3 * time.Hour), end: now.Add(-time.Hour)}, "q", "-end", "1781607600", "-since", "2h")
	f(command{query: "q", start: now.Add(-12 * time.Hour), zone: time.UTC}, "q", "-start", "2026-06-16", "-tz", "UTC")
	f(command{query: "q", format: formatSVG, file: "x.svg"}, "q", "-f", "x.svg")
	f(command{query: "q", format: formatJSON, file: "x.svg"}, "q", "-f", "x.svg", "-o", "json")
	f(command{query: "q", file: "x.txt"}, "q", "-f", "x.txt")
	f(command{query: "q", width: 1200, height: 300}, "q", "-size", "1200x300")
	f(command{query: "q", endpoint: "http://h:1", output: "b", timeout: time.Second}, "q", "-endpoint", "http://h:1", "-output", "b", "-timeout", "1s")
}

func TestArgumentsThatMakeNoSense(t *testing.T) {
	f := func(says string, args ...string) {
		t.Helper()
		fail(t, exitUsage, says, args...)
		fail(t, exitUsage, "query -h shows the flags", args...)
	}
	f("no query")
	f("no query", " ")
	f("no query", "-o", "csv")
	f("3 queries: quote it", "sum", "by", "x")
	f(`-o: unknown format "pdf": there are table, csv, json, arrow, png and svg`, "q", "-o", "pdf")
	f("flag provided but not defined: -x", "q", "-x")
	f(`-since: "1x" is not a positive duration`, "q", "-since", "1x")
	f("-since and -start exclude each other", "q", "-since", "1h", "-start", "0")
	f(`-start: "noon" is not a time`, "q", "-start", "noon")
	f(`-end: "noon" is not a time`, "q", "-end", "noon")
	f("the end, 2026-06-16T00:00:00Z, is before the start, 2026-06-17T00:00:00Z", "q", "-tz", "UTC", "-start", "2026-06-17", "-end", "2026-06-16")
	f("-step: goes with -promql only", "q", "-step", "1m")
	f("-prometheus-path: goes with -promql only", "q", "-prometheus-path", "")
	f("-tz: unknown time zone Mars/Base", "q", "-tz", "Mars/Base")
	f(`-size: "900" is not WIDTHxHEIGHT`, "q", "-size", "900")
	f(`-size: "900x400px" is not WIDTHxHEIGHT`, "q", "-size", "900x400px")
	f("-size: 90x400: from 100 to 10000 pixels", "q", "-size", "90x400")
	f("-timeout: \"0\" is not a positive duration", "q", "-timeout", "0")
	// All faults at once.
	f("no query\n-step: \"x\"", "-promql", "-step", "x")
}

func TestHelp(t *testing.T) {
	out := execute(t, "-h")
	if out.code != exitOK || out.stderr != "" {
		t.Errorf("exit code %d, %s", out.code, out.stderr)
	}
	for _, want := range []string{"-promql", "-step", "-prometheus-path", "-since", "-start", "-end", "-tz", "-o ", "-f ", "-output", "-size", "-endpoint", "-timeout", "APPTUIT_API_TOKEN"} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("no %s in the help", want)
		}
	}
}
