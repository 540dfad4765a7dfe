// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command apptuit checks the configuration of programs that send metrics to Apptuit or to
// another server with OpenTSDB's put protocol, explains why a metric is there or not, asks such
// servers for the points that they have stored, sends points of files and scripts to them, and
// shows and delivers the points that such programs have spooled.
//
//	go install github.com/apptuitai/apptuit-go/cmd/apptuit@latest
//	apptuit doctor
//	apptuit explain queue.length queue=mail
//	apptuit query --promql 'sum by (route) (rate(http_requests[5m]))' --since 7d
//	apptuit send --from points.csv
//	apptuit spool /var/spool/shop
//
// "apptuit help" lists the subcommands, and "apptuit help NAME" shows the flags and examples of
// one. They read the environment variables that programs with the exporter read.
//
// The exit code is 0 if all went well, 1 if the work failed, 2 if the arguments are wrong, 3 if
// points wait in a spool, and 130 after Ctrl-C.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/doctor"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/explain"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/query"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/send"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/spool"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/version"
)

// root returns the command with all subcommands.
func root() *cobra.Command {
	c := &cobra.Command{
		Use:   "apptuit",
		Short: "Check, send and query metrics of Apptuit and OpenTSDB-compatible servers",
		Long: `apptuit checks the configuration of programs that send metrics to Apptuit, OpenTSDB,
VictoriaMetrics or InfluxDB, explains why a metric is there or not, asks such servers for
what they have stored, sends points of files and scripts to them, and shows and delivers
the points that such programs have spooled.

It reads the environment variables that these programs read, such as APPTUIT_ENDPOINT
and APPTUIT_API_TOKEN. Flags override them. Tokens and passwords are never flags.

Exit codes: 0 all went well, 1 the work failed, 2 the arguments are wrong, 3 points wait
in a spool, 130 after Ctrl-C. Colours and the line of progress are shown on a terminal
only, and not with NO_COLOR.`,
		Example: `  apptuit doctor
  apptuit help query
  source <(apptuit completion bash)`,
	}
	c.AddCommand(
		doctor.Command(),
		explain.Command(),
		query.Command(),
		send.Command(),
		spool.Command(),
		version.Command(),
	)
	return c
}

// grace is how long a command may take to end after Ctrl-C.
const grace = 2 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second Ctrl-C kills the program
		time.AfterFunc(grace, func() { os.Exit(cli.Interrupted) })
	})
	os.Exit(cli.Run(ctx, root(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
