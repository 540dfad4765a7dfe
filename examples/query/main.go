// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command query asks Apptuit, or any Prometheus-compatible server, and shows
// the answer as a table, CSV, JSON, an Arrow file or a plot.
//
//	query "fetch('proc.cpu').downsample('1m','avg')"
//	query -promql 'sum by (route) (rate(http_requests[5m]))' -since 7d -f requests.png
//
// query -h shows the flags.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second Ctrl-C ends the program at once
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
