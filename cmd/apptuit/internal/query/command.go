// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package query is the subcommand that asks Apptuit, or any Prometheus-compatible server, and
// shows the answer as a chart, a table, a file of data or a picture. Subcommands of it list
// metrics, labels, values and series.
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
		Short: "Ask for points, and show them as a chart, table, file or picture",
		Long: `Ask Apptuit, or any Prometheus-compatible server, and show the answer as a chart, a table,
CSV, JSON, an Arrow or Parquet file, or a picture.

QUERY is in Apptuit's language, or PromQL with --promql. Put -- before a QUERY that begins
with -, or is the name of a subcommand below. The answers to several are joined on time; the
tag "query" tells them apart. To find no points is no failure: hints on stderr say why.

On a terminal a range is a small chart over a table that fits the width; elsewhere the
table is complete. The ending of FILE decides the format. A file is written completely or
not at all. -o jsonl, and -o csv with --long, need no memory for the answer.

A TIME is RFC 3339, such as 2026-03-05T14:00:00Z, also without zone or time, or Unix
seconds. A DURATION is 90s, 1h30m, 7d or 2w.`,
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
		cmd, err := f.parse(c, args, time.Now().Truncate(time.Second)) // shorter in a table
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
