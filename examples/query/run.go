// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/apptuitai/apptuit-go/query"
)

// Exit codes.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells have it
)

// run is the command: what it asks for is on stdout, or in a file, and what is
// to be said about it on stderr.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd, err := parse(args, time.Now())
	if errors.Is(err, flag.ErrHelp) {
		if _, err := io.WriteString(stdout, usage()); err != nil {
			return exitFailed
		}
		return exitOK
	}
	if err == nil {
		err = cmd.refuseTerminal(stdout)
	}
	if err != nil {
		say(stderr, "%v\nquery -h shows the flags", err)
		return exitUsage
	}
	err = cmd.execute(ctx, stdout, stderr)
	switch {
	case err == nil:
		return exitOK
	case ctx.Err() != nil:
		say(stderr, "interrupted")
		return exitInterrupted
	}
	say(stderr, "%v", err)
	return exitFailed
}

// say tells the person who asks. If that fails, there is nobody to tell.
func say(stderr io.Writer, format string, args ...any) {
	_, _ = fmt.Fprintf(stderr, "query: "+format+"\n", args...)
}

func (c *command) execute(ctx context.Context, stdout, stderr io.Writer) error {
	result, err := c.ask(ctx, func(err error) { say(stderr, "%v", err) })
	if err != nil {
		return err
	}
	for _, w := range result.Warnings {
		say(stderr, "the server warns: %s", w)
	}
	if c.output != "" {
		o, ok := result.Output(c.output)
		if !ok {
			return fmt.Errorf("the answer has no output %q: it has %s", c.output, outputIDs(result))
		}
		result.Outputs = []query.Output{o}
	}
	if points(result) == 0 {
		say(stderr, "no points from %s to %s", c.start.In(c.zone).Format(time.RFC3339), c.until().In(c.zone).Format(time.RFC3339))
	}
	text, err := c.render(result)
	if err != nil {
		return err
	}
	return c.write(text, stdout)
}

func points(r *query.Result) int {
	n := 0
	for _, o := range r.Outputs {
		for i := range o.Series {
			n += o.Series[i].Len()
		}
	}
	return n
}
