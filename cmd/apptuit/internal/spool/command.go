// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package spool is the subcommand that shows, checks, exports and delivers the points in the
// folder of a spool.
package spool

import (
	"errors"
	"fmt"
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
	// defaultRate is the number of requests per second of a replay, and the default of WithSpoolRate.
	defaultRate = 10
	// defaultRetryFor is the time after which a replay gives up while the server accepts nothing.
	defaultRetryFor = 30 * time.Second
)

// Command returns the subcommand.
func Command() *cobra.Command {
	c := &cobra.Command{
		Use:   "spool [flags] [DIR]",
		Short: "Show, check, export or deliver the points in a spool",
		Long: `Show the points that wait in the folder of a spool: their number, since when and why they
wait, and the quarantine, for each instance that shares the folder. DIR is the value of
APPTUIT_SPOOL_DIR by default.

--verify reads every file, including the quarantine, and checks checksums and structure. It
prints the names of damaged files on stdout, and the exit code is then 1.

--export writes the points as JSON lines, in the form of a put request. Timestamps are in
seconds or milliseconds, as the server would get them. An older FILE is replaced when the
new one is complete.

Without --replay the command changes nothing in the folder, and does not disturb a program
that uses it.

--replay delivers the points, oldest first. It removes points that the server accepts or
rejects, and ignores the limits of size and age. It fails if a running program uses the
folder, since that program delivers the points. If the server cannot be reached, the points
stay. If the server has processed a part of a batch, only the rest stays.
The flags of the connection require --replay.`,
		Example: `  apptuit spool /var/spool/shop
  apptuit spool /var/spool/shop --verify
  apptuit spool /var/spool/shop --export -f points.jsonl
  apptuit spool /var/spool/shop --replay --endpoint http://127.0.0.1:4242
  apptuit spool -o json`,
		Args: cli.AtMostOne("DIR"),
	}
	f := &flags{connection: connection.Add(c, 0), retryFor: when.Duration(defaultRetryFor)}
	set := c.Flags()
	set.BoolVar(&f.verify, "verify", false, "Read every file, and check checksums and structure")
	set.BoolVar(&f.export, "export", false, "Write the points as JSON lines")
	set.BoolVar(&f.replay, "replay", false, "Deliver the points now")
	set.StringVarP(&f.file, "file", "f", "", "`FILE` of --export (default: standard output)")
	set.BoolVar(&f.quarantine, "quarantine", false, "With --export, write the points in the quarantine instead")
	set.Float64Var(&f.rate, "rate", defaultRate, "Largest number `N` of requests per second of --replay")
	set.Var(&f.retryFor, "retry-for", "Time after which --replay gives up while the server accepts nothing")
	f.output = cli.AddChoice(c, "output", "o", "Format of the list, and of the results of --verify and --replay", "text", "json")
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

// check returns the folder to work on. The error joins all faults of the arguments.
func (f *flags) check(c *cobra.Command, args []string) (string, error) {
	var faults []error
	requires := func(mode string, names ...string) {
		for _, name := range names {
			if c.Flags().Changed(name) && !c.Flags().Changed(mode) {
				faults = append(faults, fmt.Errorf("--%s requires --%s", name, mode))
			}
		}
	}
	if len(slices.DeleteFunc([]bool{f.verify, f.export, f.replay}, func(given bool) bool { return !given })) > 1 {
		faults = append(faults, errors.New("--verify, --export and --replay exclude each other"))
	}
	requires("replay", slices.Sorted(maps.Values(connection.Names()))...)
	requires("replay", "rate", "retry-for")
	requires("export", "file", "quarantine")
	if f.export && c.Flags().Changed("output") {
		faults = append(faults, errors.New("--output: --export always writes JSON lines"))
	}
	if !(f.rate > 0) {
		faults = append(faults, fmt.Errorf("--rate: must be positive, not %v", f.rate))
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
