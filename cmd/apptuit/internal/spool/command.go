// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package spool is the subcommand that shows, checks, exports and delivers the points in the
// folder of a spool.
package spool

import (
	"errors"
	"io/fs"
	"maps"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/connection"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/when"
	"github.com/apptuitai/apptuit-go/internal/env"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

const (
	// defaultRate is the default of WithSpoolRate.
	defaultRate = 10
	// defaultRetryFor is how long a replay goes on while the server accepts nothing.
	defaultRetryFor = 30 * time.Second
)

// Command returns the subcommand.
func Command() *cobra.Command {
	c := &cobra.Command{
		Use:   "spool [flags] [DIR]",
		Short: "Show, check, export or deliver the points in a spool",
		Long: `Show the points that wait in the folder of a spool: how many, since when and why, for
each instance that shares the folder, with its quarantine. DIR is APPTUIT_SPOOL_DIR by
default.

--verify reads every file, also in the quarantine, and compares checksums and structure.
The exit code is 1 if a file is damaged; its name is on stdout.

--export writes the points as JSON lines, in the form of a put request. Timestamps are in
seconds or milliseconds, as they would be sent.

Without --replay nothing in the folder is changed, and a program that uses the folder is
not disturbed.

--replay delivers the points, oldest first, and removes from the folder what the server has
accepted or refused. It ignores the limits of size and age, and fails if a running program
uses the folder: that program delivers the points itself. If the server cannot be reached,
the points stay. A batch that the server has processed in part is replaced by the rest.
The flags for a connection are for --replay.`,
		Example: `  apptuit spool /var/spool/shop
  apptuit spool /var/spool/shop --verify
  apptuit spool /var/spool/shop --export -f points.jsonl
  apptuit spool /var/spool/shop --replay --endpoint http://127.0.0.1:4242
  apptuit spool -o json`,
		Args: cobra.MaximumNArgs(1),
	}
	f := &flags{connection: connection.Add(c, 0), retryFor: when.Duration(defaultRetryFor)}
	set := c.Flags()
	set.BoolVar(&f.verify, "verify", false, "Read every file, and compare checksums and structure")
	set.BoolVar(&f.export, "export", false, "Write the points as JSON lines")
	set.BoolVar(&f.replay, "replay", false, "Deliver the points now")
	set.StringVarP(&f.file, "file", "f", "", "`FILE` for --export instead of stdout")
	set.BoolVar(&f.quarantine, "quarantine", false, "With --export, write the points in the quarantine instead")
	set.Float64Var(&f.rate, "rate", defaultRate, "Most requests a second, for --replay")
	set.Var(&f.retryFor, "retry-for", "How long --replay tries again while the server accepts nothing")
	f.output = cli.AddChoice(c, "output", "o", "Format, not of --export", "text", "json")
	c.MarkFlagsMutuallyExclusive("verify", "export", "replay")
	c.RunE = func(c *cobra.Command, args []string) error {
		dir, err := f.check(c, args)
		if err != nil {
			return cli.Usage(err)
		}
		return f.run(c, dir)
	}
	return c
}

type flags struct {
	connection             *connection.Flags
	verify, export, replay bool
	file                   string
	quarantine             bool
	rate                   float64
	retryFor               when.Duration
	output                 *cli.Choice
}

// check returns the folder. The error joins all faults of the arguments.
func (f *flags) check(c *cobra.Command, args []string) (string, error) {
	var faults []error
	belong := func(mode string, names ...string) {
		for _, name := range names {
			if c.Flags().Changed(name) && !c.Flags().Changed(mode) {
				faults = append(faults, errors.New("--"+name+" is for --"+mode))
			}
		}
	}
	belong("replay", slices.Sorted(maps.Values(connection.Names()))...)
	belong("replay", "rate", "retry-for")
	belong("export", "file", "quarantine")
	if f.export && c.Flags().Changed("output") {
		faults = append(faults, errors.New("--output: --export writes JSON lines"))
	}
	if !(f.rate > 0) {
		faults = append(faults, errors.New("--rate: must be positive"))
	}
	dir := env.Get("APPTUIT_SPOOL_DIR")
	if len(args) > 0 {
		dir = args[0]
	}
	if dir == "" {
		faults = append(faults, errors.New("no folder: give DIR, or set APPTUIT_SPOOL_DIR"))
	}
	return dir, errors.Join(faults...)
}

func (f *flags) run(c *cobra.Command, dir string) error {
	ctx, cancel := f.connection.Limit(c.Context())
	defer cancel()
	view, err := spool.OpenView(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return errors.New("there is no folder " + dir)
	}
	if err != nil {
		return err
	}
	defer func() { _ = view.Close() }() // it was only read
	progress := terminal.NewProgress(c.ErrOrStderr())
	defer progress.Stop()
	c.SetErr(progress.Around(c.ErrOrStderr()))
	r := &run{flags: f, command: c, dir: dir, view: view, progress: progress, stdout: progress.Around(c.OutOrStdout())}
	switch {
	case f.verify:
		return r.verify(ctx)
	case f.export:
		return r.export(ctx)
	case f.replay:
		return r.replay(ctx)
	}
	return r.list()
}
