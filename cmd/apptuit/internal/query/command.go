// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package query is the subcommand that asks Apptuit, or any Prometheus-compatible server, and
// shows the answer as a table, CSV, JSON, an Arrow file or a plot.
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
		Use:   "query [flags] QUERY",
		Short: "Ask for points, and show them as a table, file or plot",
		Long: `Ask Apptuit, or any Prometheus-compatible server, and show the answer as a table, CSV,
JSON, an Arrow file or a plot.

QUERY is in Apptuit's language, or PromQL with --promql. Put -- before a QUERY that begins
with -. To find no points is no failure.

A TIME is RFC 3339, such as 2026-03-05T14:00:00Z, also without zone or time, or Unix
seconds. A DURATION is 90s, 1h30m, 7d or 2w.`,
		Example: `  apptuit query "fetch('proc.cpu.percent').downsample('1m','avg')"
  apptuit query "fetch('proc.cpu.percent')" --since 7d -o csv
  apptuit query "a=fetch('cpu'); b=fetch('mem'); output(a,b)" -f both.png
  apptuit query --promql 'sum by (route) (rate(http_requests[5m]))' -f requests.svg --unit '{request}/s'
  apptuit query --promql up --endpoint http://prometheus:9090 --prometheus-path ""`,
		Args: cobra.ArbitraryArgs, // checked together with the flags
	}
	f := addFlags(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		cmd, err := f.parse(c, args, time.Now())
		if err == nil {
			err = cmd.refuseTerminal(c.OutOrStdout())
		}
		if err != nil {
			return cli.Usage(err)
		}
		progress := terminal.NewProgress(c.ErrOrStderr())
		defer progress.Stop()
		c.SetErr(progress.Around(c.ErrOrStderr()))
		progress.Set("waiting for the answer")
		return cmd.execute(c, progress.Around(c.OutOrStdout()))
	}
	return c
}
