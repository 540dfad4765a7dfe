// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
)

// The exit codes.
const (
	exitOK = iota
	exitFailed
	exitUsage
)

// run examines until all is looked at or ctx ends, and returns the exit code.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	f, err := parseFlags(args, stderr)
	if errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return exitUsage
	}
	ctx, cancel := context.WithTimeoutCause(ctx, f.timeout, fmt.Errorf("the time is over (-timeout %v)", f.timeout))
	defer cancel()
	p := newPatient(f)
	defer p.close()
	r := &report{out: stdout, json: f.json, clean: p.secrets.clean}
	examine(ctx, p, checks(f), r.add)
	if err := r.end(); err != nil {
		_, _ = fmt.Fprintln(stderr, "doctor:", err)
		return exitFailed
	}
	if r.worst == failed {
		return exitFailed
	}
	return exitOK
}
