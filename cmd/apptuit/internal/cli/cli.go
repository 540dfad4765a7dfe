// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package cli runs the commands, maps their errors to exit codes and reports the errors on stderr. It
// also holds the parts that the subcommands share: checks of arguments, flags with a choice, and JSON.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"
)

// Exit codes.
const (
	OK          = 0
	Failed      = 1   // the work failed
	Misused     = 2   // an argument or flag is wrong; nothing was done
	Spooled     = 3   // nothing was lost, but points wait in a spool
	Interrupted = 130 // SIGINT or SIGTERM, as shells report it
)

// ErrFailed is returned by a command whose output already says what failed.
var ErrFailed = errors.New("failed")

// ErrSpooled is returned by a command that has already reported that points wait in a spool.
var ErrSpooled = errors.New("points are in the spool")

// usageError is an error of the arguments.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }

// Usage marks an error as an error of the arguments, for which the exit code is [Misused]. It returns
// nil for nil.
func Usage(err error) error {
	if err == nil {
		return nil
	}
	return usageError{err}
}

// Usagef returns an error of the arguments.
func Usagef(format string, args ...any) error { return Usage(fmt.Errorf(format, args...)) }

// Run executes a command and returns its exit code. args are the arguments of the program without its
// name. If ctx ends while the command runs, and the command fails, the exit code is [Interrupted].
// Run writes the error to stderr, prefixed with the path of the command, such as "apptuit query: ".
func Run(ctx context.Context, root *cobra.Command, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	root.SilenceErrors, root.SilenceUsage = true, true
	root.SetArgs(append([]string{}, args...)) // cobra takes nil for the arguments of the process
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	running := false // an error before the command runs is an error of the arguments
	walk(root, func(c *cobra.Command) {
		if run := c.RunE; run != nil {
			c.RunE = func(c *cobra.Command, args []string) error {
				running = true
				return run(c, args)
			}
		}
	})
	c, err := root.ExecuteContextC(ctx)
	if err == nil {
		return OK
	}
	if !running {
		err = Usage(err)
	}
	return report(ctx, c, err)
}

func walk(c *cobra.Command, visit func(*cobra.Command)) {
	visit(c)
	for _, below := range c.Commands() {
		walk(below, visit)
	}
}

func report(ctx context.Context, c *cobra.Command, err error) int {
	var usage usageError
	switch {
	case errors.As(err, &usage):
		Say(c, "%v\n%s --help shows flags and examples", err, c.CommandPath())
		return Misused
	case ctx.Err() != nil:
		Say(c, "interrupted")
		return Interrupted
	case errors.Is(err, ErrFailed):
		return Failed
	case errors.Is(err, ErrSpooled):
		return Spooled
	}
	Say(c, "%v", err)
	return Failed
}

// Say writes a message to stderr, prefixed with the path of the command.
func Say(c *cobra.Command, format string, args ...any) {
	// If stderr is closed, the message has no other place.
	_, _ = fmt.Fprintf(c.ErrOrStderr(), c.CommandPath()+": "+format+"\n", args...)
}
