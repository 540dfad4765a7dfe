// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Command doctor checks the configuration of the exporter as a person would:
// what is set and where it comes from, then the way to the server step by step,
// then a point of its own, there and back.
//
//	APPTUIT_ENDPOINT=http://127.0.0.1:4242 go run ./examples/doctor
//
// It reads the variables that the exporter reads, and flags in the place of
// options; a token comes from a variable or a file, never from a flag. Each line
// is ok, warning, failed or skipped; where something is to be done, the next line
// says what. The exit code is 0 if nothing failed, 1 if something did, 2 for flags
// that are wrong.
//
// What it writes is one point of apptuit.doctor.probe as the program would send it, and
// five more of that metric in series of the doctor's own, with the tag source=doctor.
// With -no-probe it writes nothing. A spool is looked into, but not opened: nothing in it
// is delivered.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}
