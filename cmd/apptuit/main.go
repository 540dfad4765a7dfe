// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command apptuit works with Apptuit and other servers with OpenTSDB's put protocol. It checks why the
// metrics of a program do not arrive, explains why a metric is on a server or not, queries metrics, sends
// points of files and scripts, and shows and delivers the points that programs have spooled.
//
//	go install github.com/apptuitai/apptuit-go/cmd/apptuit@latest
//	apptuit doctor
//	apptuit explain queue.length queue=mail
//	apptuit query --promql 'sum by (route) (rate(http_requests[5m]))' --since 7d
//	apptuit send --from points.csv
//	apptuit spool /var/spool/shop
//
// "apptuit help" lists the subcommands, and "apptuit help NAME" shows the flags and examples of a
// subcommand. The command reads the environment variables of programs with the exporter.
//
// The exit code is 0 after success, 1 if the work failed, 2 if an argument is wrong, 3 if points wait in
// a spool, and 130 after Ctrl-C.
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
		Long: `apptuit works with Apptuit, OpenTSDB, VictoriaMetrics and InfluxDB. It checks why the
metrics of a program do not arrive, explains why a metric is on a server or not, queries
metrics, sends points of files and scripts, and shows and delivers the points that
programs have spooled.

The command reads the same environment variables as a program with the exporter, such as
APPTUIT_ENDPOINT and APPTUIT_API_TOKEN. Flags override them. There are no flags for tokens
and passwords.

Exit codes: 0 success, 1 the work failed, 2 an argument is wrong, 3 points wait in a
spool, 130 Ctrl-C. Colours and the progress line are for terminals only; NO_COLOR=1
disables them.`,
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

// grace is the time that a command may take to end after Ctrl-C.
const grace = 2 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		stop() // a second Ctrl-C kills the process
		time.AfterFunc(grace, func() { os.Exit(cli.Interrupted) })
	})
	os.Exit(cli.Run(ctx, root(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
