// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package explain is the subcommand that says why a metric is on a server, or not.
//
// A run goes the way of the data: configuration (run.go), data points (otlp.go, arguments.go), the
// points that the exporter makes of them (rendered.go, mismatch.go), the answer of the server
// (send.go), and the points that it stores (store.go, stored.go); slip.go compares names. Each step adds findings; report.go chooses the verdict.
package explain

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/connection"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/when"
)

// defaultTimeout limits a whole run.
const defaultTimeout = 30 * time.Second

// Command returns the subcommand.
func Command() *cobra.Command {
	c := &cobra.Command{
		Use:   "explain [flags] METRIC [KEY=VALUE ...]",
		Short: "Say why a metric is there, or not",
		Long: `Follow a metric from the program to the server: the configuration, its name and tags as
the exporter sends them and the source of each tag, tags that are left out, points that
are rejected, and the points that the server has stored. The verdict comes first, with the
cause and advice.

METRIC is the name of an instrument, or of a metric on the server. With --otlp the data
points are those of a dump: JSON lines, as the Collector's file exporter and OTLP exporters
to a file write them. KEY=VALUE then selects data points by tags or attributes. Without
--otlp, explain makes a data point with the attributes KEY=VALUE and --resource.

Run it with the environment of the program, or give the environment by --env-file. It
writes nothing, unless --send is given. Tokens and passwords are never shown.

The exit code is 0 if the metric is there as asked, or, with --no-query, if all of its
points can be sent; 1 if not, 2 if the arguments are wrong.`,
		Example: `  apptuit explain http.server.request.duration http.route=/cart --otlp metrics.jsonl
  apptuit explain requests_total code=500 --kind counter --resource service.name=shop
  apptuit explain queue.length queue=mail --no-query
  apptuit explain queue.length queue=mail --send --query-endpoint http://127.0.0.1:8428 -o json`,
		Args: cobra.MinimumNArgs(1),
	}
	f := &flags{connection: connection.Add(c, defaultTimeout), since: when.Duration(time.Hour)}
	f.connection.AddSending(c)
	set := c.Flags()
	set.StringVar(&f.otlp, "otlp", "", "`FILE` with data points as lines of OTLP JSON; - for standard input")
	set.StringArrayVar(&f.resource, "resource", nil, "`KEY=VALUE` of the resource, over that of OTEL_RESOURCE_ATTRIBUTES; can be repeated")
	set.StringVar(&f.scope, "scope", "", "`NAME` of the scope, or NAME@VERSION")
	set.StringVar(&f.unit, "unit", "", "`UNIT` of the instrument")
	f.kind = cli.AddChoice(c, "kind", "", "Kind of the instrument", kinds()...)
	set.StringVar(&f.envFile, "env-file", "", "`FILE` with variables of the program as lines NAME=value; they replace those of this process")
	set.BoolVar(&f.send, "send", false, "Send the data points, and show the answer of the server")
	set.Var(&f.since, "since", "Look for points from this long ago until now")
	set.StringVar(&f.queryEndpoint, "query-endpoint", "", "Base `URL` for queries, if it differs from the endpoint")
	set.StringVar(&f.queryPath, "query-path", "/prometheus", "`PATH` of the PromQL API below it; \"\" for Prometheus itself")
	set.BoolVar(&f.noQuery, "no-query", false, "Do not look for points on the server")
	f.output = cli.AddChoice(c, "output", "o", "Format", "text", "json")
	c.RunE = func(c *cobra.Command, args []string) error { return f.run(c, args) }
	return c
}

func (f *flags) run(c *cobra.Command, args []string) error {
	restore, err := useEnvironment(f.envFile)
	if err != nil {
		return err
	}
	defer restore()
	q, err := f.question(c, args, time.Now())
	if err != nil {
		return err
	}
	ctx, cancel := f.connection.Limit(c.Context())
	defer cancel()
	progress := terminal.NewProgress(c.ErrOrStderr())
	defer progress.Stop()
	report, err := q.answer(ctx, progress.Set)
	progress.Stop()
	if err != nil {
		return err
	}
	if err := f.write(c, report); err != nil {
		return err
	}
	if !report.Found {
		return cli.ErrFailed // the report says why
	}
	return nil
}

// answer explains the metric. Its error is one of the input.
func (q *question) answer(ctx context.Context, working func(string, ...any)) (*Report, error) {
	x := &run{question: q, report: Report{Metric: q.metric}}
	for _, t := range q.asked {
		x.report.Asked = append(x.report.Asked, Tag{t.Key, t.Value})
	}
	defer x.close()
	if !x.configure() {
		return x.conclude(), nil
	}
	working("reading the data points")
	if err := x.read(ctx); err != nil {
		return nil, err
	}
	x.examine()
	if q.send {
		working("sending")
		x.sendPoints(ctx)
	}
	if !q.noQuery {
		working("asking the server")
		x.lookUp(ctx)
	}
	return x.conclude(), nil
}
