// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package explain is the subcommand that says why a metric is on a server, or not.
//
// A run follows the data. arguments.go and envfile.go parse the question. run.go creates the exporter and
// reads the data points. examine.go chooses the data points in question and checks the points that the
// exporter makes of them, tags.go their tags. send.go and selection.go send them, and answer.go
// classifies errors of the server. lookup.go looks for the points on the server, through queryapi.go.
// name.go compares names. Each step adds findings: verdict.go chooses the verdict from them, report.go
// is the report, and text.go writes it.
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
		Short: "Explain why a metric is on the server, or not",
		Long: `Follow a metric from the program to the server. The report begins with the verdict, its cause
and advice. Then it shows the name and tags with which the exporter sends the metric, the
source of each tag, tags that are left out, points that are rejected, and the points that
the server has stored.

METRIC is the name of an instrument, or of a metric on the server. With --otlp, the data
points come from a dump: JSON lines, as the Collector's file exporter and OTLP file
exporters write them. KEY=VALUE then selects data points by tags or attributes. Without
--otlp, explain makes a data point with the attributes KEY=VALUE and the --resource.

Run the command with the environment of the program, or give the environment with
--env-file. Only --send writes to the server. The report never shows tokens and passwords.

The exit code is 0 if the server has the metric with these tags, or, with --no-query, if
all of its points can be sent. It is 1 otherwise, and 2 if an argument is wrong.`,
		Example: `  apptuit explain http.server.request.duration http.route=/cart --otlp metrics.jsonl
  apptuit explain requests_total code=500 --kind counter --resource service.name=shop
  apptuit explain queue.length queue=mail --no-query
  apptuit explain queue.length queue=mail --send --query-endpoint http://127.0.0.1:8428 -o json`,
		Args: cli.AtLeastOne("METRIC"),
	}
	f := &flags{connection: connection.Add(c, defaultTimeout), since: when.Duration(time.Hour)}
	f.connection.AddSending(c)
	set := c.Flags()
	set.StringVar(&f.otlp, "otlp", "", "`FILE` with data points, as lines of OTLP JSON; - for standard input")
	set.StringArrayVar(&f.resource, "resource", nil, "Resource attribute `KEY=VALUE`, which overrides OTEL_RESOURCE_ATTRIBUTES; may be repeated")
	set.StringVar(&f.scope, "scope", "", "`NAME` of the instrumentation scope, or NAME@VERSION")
	set.StringVar(&f.unit, "unit", "", "`UNIT` of the instrument")
	f.kind = cli.AddChoice(c, "kind", "", "Kind of the instrument", kinds()...)
	set.StringVar(&f.envFile, "env-file", "", "`FILE` with the environment of the program, as lines NAME=value; it replaces the APPTUIT_ and OTEL_ variables of this process")
	set.BoolVar(&f.send, "send", false, "Send the data points, and show the server's answer")
	set.Var(&f.since, "since", "Largest age of the points to look for")
	set.StringVar(&f.queryEndpoint, "query-endpoint", "", "Base `URL` of the query API, if it differs from the endpoint")
	set.StringVar(&f.prometheusPath, "prometheus-path", "/prometheus", "`PATH` of the PromQL API below the query endpoint; \"\" for Prometheus itself")
	set.BoolVar(&f.noQuery, "no-query", false, "Do not query the server for points")
	f.output = cli.AddChoice(c, "output", "o", "Format of the report", "text", "json")
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
		return cli.ErrFailed // the report has the cause
	}
	return nil
}

// answer explains the metric. It returns an error of the input.
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
