// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package query is the subcommand that queries Apptuit, or any Prometheus-compatible server, and shows
// the answer as a chart, a table, a data file or a picture. Its own subcommands list metrics, labels,
// values and series.
//
// arguments.go parses the flags into a command, and run.go executes it: it sends the queries (client.go)
// and writes the answer (write.go, plot.go), or writes it while it arrives (stream.go). lists.go has
// the subcommands.
package query

import (
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
)

// Command returns the subcommand.
func Command() *cobra.Command {
	c := &cobra.Command{
		Use:   "query [flags] QUERY...",
		Short: "Query metrics, and show them as a chart, table, file or picture",
		Long: `Query Apptuit, or any Prometheus-compatible server, and show the answer as a chart, a
table, CSV, JSON, an Arrow or Parquet file, or a picture.

QUERY is in Apptuit's language, or PromQL with --promql. Put -- before a QUERY that begins
with - or is the name of a subcommand below. The answers to several queries are joined on
time, and each series gets its query as the tag "query". An answer without points is no error:
hints on stderr name the likely reason.

On a terminal, the answer for a range of time is a small chart above a table that fits the
width. In a pipe or file, the table is complete. The extension of FILE selects the format.
A file is written completely or not at all. -o jsonl, and -o csv with --long, do not keep
the answer in memory.

A TIME is RFC 3339, such as 2026-03-05T14:00:00Z, or Unix seconds. The time of day and the
zone are optional. A DURATION is, for example, 90s, 1h30m, 7d or 2w.`,
		Example: `  apptuit query "fetch('proc.cpu.percent').downsample('1m','avg')"
  apptuit query "fetch('proc.cpu.percent')" --since 7d -f cpu.csv
  apptuit query "a=fetch('cpu'); b=fetch('mem'); output(a,b)" -f both.png
  apptuit query --promql 'sum by (route) (rate(http_requests[5m]))' -f requests.svg --unit '{request}/s'
  apptuit query --promql --at now 'topk(5, http_requests)'
  apptuit query --promql --align --step 1m --long http_requests http_errors -f both.parquet
  apptuit query --promql up --endpoint http://prometheus:9090 --prometheus-path ""
  apptuit query metrics`,
		Args: cobra.ArbitraryArgs, // checked together with the flags
	}
	f := addFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		cmd, err := f.parse(c, args, time.Now().Truncate(time.Second)) // whole seconds are shorter in a table
		if err != nil {
			return cli.Usage(err)
		}
		progress := terminal.NewProgress(c.ErrOrStderr())
		defer progress.Stop()
		stdout := progress.Around(c.OutOrStdout())
		c.SetErr(progress.Around(c.ErrOrStderr()))
		return cmd.execute(c, stdout, progress)
	}
	c.AddCommand(lists()...)
	return c
}
