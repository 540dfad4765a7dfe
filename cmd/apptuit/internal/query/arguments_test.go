// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"io"
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
func parse(args []string, stdout io.Writer) (*command, error) {
	c := &cobra.Command{}
	c.SetOut(stdout)
	f := addFlags(c)
	if err := c.ParseFlags(args); err != nil {
		return nil, err
	}
	return f.parse(c, c.Flags().Args(), now)
}

func TestParse_ReturnsTheCommand(t *testing.T) {
	t.Parallel()
	f := func(want command, args ...string) {
		t.Helper()
		got, err := parse(args, io.Discard)
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
			want.plot.Title = strings.Join(want.queries, ", ")
		}
		if diff := cmp.Diff(want, *got, cmp.AllowUnexported(command{}, timeRange{}, chart.Unit{}), cmpopts.IgnoreFields(command{}, "server"), cmp.Comparer(func(a, b *time.Location) bool { return a.String() == b.String() })); diff != "" {
			t.Errorf("%q (-want +got)\n%s", args, diff)
		}
	}
	queries := func(q ...string) []string { return q }
	between := func(start, end time.Time) timeRange { return timeRange{start: start, end: end} }
	f(command{queries: queries("fetch('x')")}, "fetch('x')")
	f(command{queries: queries("up"), promql: true}, "--promql", "up")
	f(command{queries: queries("up"), promql: true, format: formatPNG, file: "x"}, "--promql", "up", "-o", "png", "-f", "x")
	f(command{queries: queries("up"), promql: true, step: time.Minute}, "up", "--promql", "--step=1m")
	f(command{queries: queries("-up"), promql: true}, "--promql", "--", "-up")
	f(command{queries: queries("-up"), format: formatCSV}, "-o", "csv", "--", "-up")
	f(command{queries: queries("q"), timeRange: between(now.AddDate(0, 0, -7), time.Time{})}, "q", "--since", "7d")
	f(command{queries: queries("q"), timeRange: between(now.Add(-2*time.Hour), now.Add(-time.Hour))}, "q", "--end", "2026-06-16T11:00:00Z")
	f(command{queries: queries("q"), timeRange: between(now.Add(-3*time.Hour), now.Add(-time.Hour))}, "q", "--end", "1781607600", "--since", "2h")
	f(command{queries: queries("q"), timeRange: timeRange{start: now.Add(-12 * time.Hour), zone: time.UTC}}, "q", "--start", "2026-06-16", "--tz", "UTC")
	f(command{queries: queries("q"), format: formatSVG, file: "x.svg"}, "q", "-f", "x.svg")
	f(command{queries: queries("q"), format: formatParquet, file: "x.Y.PARQUET"}, "q", "-f", "x.Y.PARQUET")
	f(command{queries: queries("q"), format: formatJSON, file: "x.y"}, "q", "-f", "x.y", "-o", "json")
	f(command{queries: queries("q"), format: formatCSV, file: "x.CSV"}, "q", "-f", "x.CSV", "-o", "csv")
	f(command{queries: queries("p", "q"), promql: true, align: true}, "--promql", "p", "q", "--align")
	f(command{queries: queries("q"), promql: true, instant: true, long: true}, "--promql", "q", "--at", "now")
	f(command{queries: queries("q"), promql: true, instant: true, long: true, at: now}, "--promql", "q", "--at", "2026-06-16T12:00:00Z")
	f(command{queries: queries("q"), format: formatChart, columns: 80}, "q", "--width", "80")
	f(command{queries: queries("q"), format: formatTable, columns: 80, raw: true}, "q", "--width", "80", "-o", "table", "--raw")
	f(command{queries: queries("q"), format: formatTable, columns: 80, long: true}, "q", "--width", "80", "--long")
	f(command{queries: queries("q"), file: "x.txt"}, "q", "-f", "x.txt")
	f(command{queries: queries("q"), timeRange: timeRange{zone: time.Local}}, "q", "--tz", "Local")
	f(command{queries: queries("q"), plot: chart.Chart{Width: 1200, Height: 300}}, "q", "--size", "1200x300")
	f(command{queries: queries("q"), plot: chart.Chart{Title: "CPU time"}}, "q", "--title", "CPU time")
	bytes, err := chart.ParseUnit("By/s")
	if err != nil {
		t.Fatal(err)
	}
	f(command{queries: queries("q"), plot: chart.Chart{Unit: bytes, Legend: chart.LegendAll}}, "q", "--unit", "By/s", "--legend", "all")
	f(command{queries: queries("q"), plot: chart.Chart{Legend: chart.LegendNone}}, "q", "--legend", "none")
	f(command{queries: queries("q"), plot: chart.Chart{Legend: chart.LegendLargest}}, "q", "--legend", "largest")
	if c, err := parse([]string{"q", "--title", ""}, io.Discard); err != nil || c.plot.Title != "" {
		t.Errorf("no title: %v, %+v", err, c)
	}
	f(command{queries: queries("q"), outputID: "b"}, "q", "--id", "b")
}

func TestParse_RefusesWrongArguments(t *testing.T) {
	f := func(says string, args ...string) {
		t.Helper()
		fail(t, cli.Misused, says, args...)
		fail(t, cli.Misused, "query --help shows flags and examples", args...)
	}
	f("QUERY is missing")
	f("a QUERY is empty", " ")
	f("QUERY is missing", "-o", "csv")
	f("a QUERY is empty", "x", "")
	f(`--output: unknown format "pdf": must be chart, table, csv, json, jsonl, arrow, parquet, png or svg`, "q", "-o", "pdf")
	f(`--file: no format has the extension ".pdf" of x.pdf: must be .arrow, .csv, .json, .jsonl, .parquet, .png, .svg or .txt, unless -o gives the format`, "q", "-f", "x.pdf")
	f(`--file: no format has the extension "" of x`, "q", "-f", "x")
	f(`--file: no format has the extension ".pq" of rate.pq`, "q", "-f", "rate.pq")
	f("--output: json contradicts the extension of x.svg", "q", "-f", "x.svg", "-o", "json")
	f("--output: chart requires a terminal, or --width", "q", "-o", "chart")
	f("--output: png shows a range of time, and cannot show --long or --at", "q", "-o", "png", "--long")
	f("--output: chart shows a range of time, and cannot show --long or --at", "q", "-o", "chart", "--long", "--width", "80")
	f("--at and --since exclude each other", "q", "--promql", "--at", "now", "--since", "1h")
	f("--at and --step exclude each other", "q", "--promql", "--at", "now", "--step", "1m")
	f(`--at: "noon" is not a time: must be RFC 3339, such as 2026-03-05T14:00:00Z, or Unix seconds, or now`, "q", "--promql", "--at", "noon")
	f("--at: requires --promql", "q", "--at", "now")
	f("--align: requires --promql", "q", "--align")
	f("--width: -1 is negative", "q", "--width", "-1")
	f("unknown shorthand flag: 'x' in -x", "q", "-x")
	f(`--since: "1x" is not a positive duration`, "q", "--since", "1x")
	f("--since and --start exclude each other", "q", "--since", "1h", "--start", "0")
	f(`--start: "noon" is not a time`, "q", "--start", "noon")
	f(`--end: "noon" is not a time`, "q", "--end", "noon")
	f("the end, 2026-06-16T00:00:00Z, is before the start, 2026-06-17T00:00:00Z", "q", "--tz", "UTC", "--start", "2026-06-17", "--end", "2026-06-16")
	f("--step: requires --promql", "q", "--step", "1m")
	f("--prometheus-path: requires --promql", "q", "--prometheus-path", "")
	f("--tz: unknown time zone Mars/Base", "q", "--tz", "Mars/Base")
	f(`--size: "900" is not WIDTHxHEIGHT`, "q", "--size", "900")
	f(`--size: "900x400px" is not WIDTHxHEIGHT`, "q", "--size", "900x400px")
	f("--size: 90x400: each side must have from 100 to 10000 pixels", "q", "--size", "90x400")
	f("\"0\" is not a positive duration", "q", "--timeout", "0")
	// All faults at once.
	f("QUERY is missing\n--step: \"x\"", "--promql", "--step", "x")
}

func TestHelp_NamesEachFormat(t *testing.T) {
	out := execute(t, "-h")
	if out.code != cli.OK || out.stderr != "" {
		t.Errorf("exit code %d, %s", out.code, out.stderr)
	}
	for _, want := range []string{"--promql", "--step", "--prometheus-path", "--since", "--start", "--end", "--tz", "-o ", "-f ", "--id", "--size", "--at", "--align", "--long", "--raw", "--width", "metrics", "labels", "values", "series", "--endpoint", "--timeout", "APPTUIT_API_TOKEN"} {
		if !strings.Contains(out.stdout, want) {
			t.Errorf("no %s in the help", want)
		}
	}
}
