// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/chart"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
)

var now = time.Date(2026, 6, 16, 12, 0, 0, 0, time.UTC)

// parse parses arguments without running the command.
func parse(args []string, now time.Time) (*command, error) {
	c := &cobra.Command{}
	f := addFlags(c)
	if err := c.ParseFlags(args); err != nil {
		return nil, err
	}
	return f.parse(c, c.Flags().Args(), now)
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
			want.zone = time.UTC
		}
		if want.format == "" {
			want.format = formatTable
		}
		if want.plot.Width == 0 {
			want.plot.Width = 900
		}
		if want.plot.Title == "" {
			want.plot.Title = want.query
		}
		if want.prometheusPath == "" {
			want.prometheusPath = "/prometheus"
		}
		if diff := cmp.Diff(want, *got, cmp.AllowUnexported(command{}, chart.Unit{}), cmpopts.IgnoreFields(command{}, "connection", "options"), cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
			t.Errorf("%q (-want +got)\n%s", args, diff)
		}
	}
	f(command{query: "fetch('x')"}, "fetch('x')")
	f(command{query: "up", promql: true}, "--promql", "up")
	f(command{query: "up", promql: true, format: formatPNG, file: "x"}, "--promql", "up", "-o", "png", "-f", "x")
	f(command{query: "up", promql: true, step: time.Minute}, "up", "--promql", "--step=1m")
	f(command{query: "-up", promql: true}, "--promql", "--", "-up")
	f(command{query: "-up", format: formatCSV}, "-o", "csv", "--", "-up")
	f(command{query: "q", start: now.AddDate(0, 0, -7)}, "q", "--since", "7d")
	f(command{query: "q", start: now.Add(-2 * time.Hour), end: now.Add(-time.Hour)}, "q", "--end", "2026-06-16T11:00:00Z")
	f(command{query: "q", start: now.Add(-3 * time.Hour), end: now.Add(-time.Hour)}, "q", "--end", "1781607600", "--since", "2h")
	f(command{query: "q", start: now.Add(-12 * time.Hour)}, "q", "--start", "2026-06-16")
	f(command{query: "q", zone: time.Local}, "q", "--tz", "Local")
	f(command{query: "q", format: formatSVG, file: "x.svg"}, "q", "-f", "x.svg")
	f(command{query: "q", format: formatJSON, file: "x.svg"}, "q", "-f", "x.svg", "-o", "json")
	f(command{query: "q", file: "x.txt"}, "q", "-f", "x.txt")
	f(command{query: "q", plot: chart.Chart{Width: 1200, Height: 300}}, "q", "--size", "1200x300")
	f(command{query: "q", plot: chart.Chart{Title: "CPU time"}}, "q", "--title", "CPU time")
	bytes, err := chart.ParseUnit("By/s")
	if err != nil {
		t.Fatal(err)
	}
	f(command{query: "q", plot: chart.Chart{Unit: bytes, Legend: chart.LegendAll}}, "q", "--unit", "By/s", "--legend", "all")
	f(command{query: "q", plot: chart.Chart{Legend: chart.LegendNone}}, "q", "--legend", "none")
	f(command{query: "q", plot: chart.Chart{Legend: chart.LegendLargest}}, "q", "--legend", "largest")
	if c, err := parse([]string{"q", "--title", ""}, now); err != nil || c.plot.Title != "" {
		t.Errorf("no title: %v, %+v", err, c)
	}
	f(command{query: "q", outputID: "b"}, "q", "--id", "b")
}

func TestArgumentsThatMakeNoSense(t *testing.T) {
	f := func(says string, args ...string) {
		t.Helper()
		fail(t, cli.Misused, says, args...)
		fail(t, cli.Misused, "query --help shows flags and examples", args...)
	}
	f("no query")
	f("no query", " ")
	f("no query", "-o", "csv")
	f("3 queries: quote it", "sum", "by", "x")
	f(`--output: unknown format "pdf": must be table, csv, json, arrow, png or svg`, "q", "-o", "pdf")
	f("unknown shorthand flag: 'x' in -x", "q", "-x")
	f(`--since: "1x" is not a positive duration`, "q", "--since", "1x")
	f("--since and --start exclude each other", "q", "--since", "1h", "--start", "0")
	f(`--start: "noon" is not a time`, "q", "--start", "noon")
	f(`--end: "noon" is not a time`, "q", "--end", "noon")
	f("the end, 2026-06-16T00:00:00Z, is before the start, 2026-06-17T00:00:00Z", "q", "--tz", "UTC", "--start", "2026-06-17", "--end", "2026-06-16")
	f("--step: goes with --promql only", "q", "--step", "1m")
	f("--prometheus-path: goes with --promql only", "q", "--prometheus-path", "")
	f("--tz: unknown time zone Mars/Base", "q", "--tz", "Mars/Base")
	f(`--size: "900" is not WIDTHxHEIGHT`, "q", "--size", "900")
	f(`--size: "900x400px" is not WIDTHxHEIGHT`, "q", "--size", "900x400px")
	f(`--unit: unknown unit "bytes": must be a UCUM unit such as s, ms, By`, "q", "--unit", "bytes")
	f(`--unit: unknown unit ""`, "q", "--unit", "")
	f("must be largest, all or none", "q", "--legend", "some")
	f("--size: 90x400: from 100 to 10000 pixels", "q", "--size", "90x400")
	f("\"0\" is not a positive duration", "q", "--timeout", "0")
	// All faults at once.
	f("no query\n--step: \"x\"", "--promql", "--step", "x")
}

func TestHelp(t *testing.T) {
	out := execute(t, "-h")
	if out.code != cli.OK || out.stderr != "" {
		t.Errorf("exit code %d, %s", out.code, out.stderr)
	}
	for _, want := range []string{"--promql", "--step", "--prometheus-path", "--since", "--start", "--end", "--tz", "-o ", "-f ", "--id", "--size", "--title", "--unit", "--legend", "--endpoint", "--timeout", "APPTUIT_API_TOKEN"} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("no %s in the help", want)
		}
	}
}
