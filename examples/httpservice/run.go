// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
)

// run serves until ctx ends. It answers, and thereby measures, the last requests before the last
// export, so that no measurement is lost.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	f, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return nil
	} else if err != nil {
		return err
	}
	t, err := startTelemetry(ctx, f.interval)
	if err != nil {
		return err
	}
	return errors.Join(listenAndServe(ctx, f.addr, t, stdout), t.stop(ctx))
}

func listenAndServe(ctx context.Context, addr string, t *telemetry, stdout io.Writer) error {
	handler, err := measure(t.provider, routes())
	if err != nil {
		return err
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", addr)
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintf(stdout, "listening on http://%s\n", listener.Addr()); err != nil {
		return errors.Join(err, listener.Close())
	}
	return serve(ctx, listener, handler)
}
