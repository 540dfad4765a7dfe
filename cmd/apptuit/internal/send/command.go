// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package send is the subcommand that sends a point, or the points of a file or pipe.
package send

import (
	"errors"
	"fmt"
	"io"
	"math"
	"regexp"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/connection"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/pointfile"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
)

// The number of points of a batch. A checkpoint is written after each batch.
const (
	defaultBatch = 10_000
	maxBatch     = 50_000 // the limit of the client
)

// auto is the value of --format with which the format is recognized.
const auto = "auto"

// Command returns the subcommand.
func Command() *cobra.Command {
	c := &cobra.Command{
		Use:   "send [flags] {METRIC VALUE [KEY=VALUE...] | --from FILE}",
		Short: "Send a point, or the points of a file or pipe",
		Long: `Send one point, or with --from the points of a file or pipe, in their order.

The formats are CSV with a header (metric,timestamp,value and a column for each tag, or
the output of "apptuit query --long -o csv"), JSON objects of the put protocol, one per
line or in arrays, OpenTSDB's telnet lines (put METRIC TIMESTAMP VALUE KEY=VALUE...) and
the Prometheus text format. Each may be compressed with gzip. The command recognizes the
format by the extension .csv, .json, .jsonl, .ndjson or .prom, or by the first line.

A TIME is Unix seconds (up to 10 digits), milliseconds (11 to 13 digits) or RFC 3339, such
as 2026-03-05T14:00:00Z. Points without a time get the --timestamp, or the present time.
Names and tags are sanitized; --dry-run shows the result. A point without a value, or with
the value NaN, is counted as "without value" and not sent.

If VALUE is negative, put -- before METRIC and after all flags.

The command stops at the first line that is not a point, or that the server rejects. With
--skip-invalid it reports such lines and continues. With --checkpoint, a run that has
stopped can be repeated: it continues after the last batch that the server accepted as a
whole. Up to one batch (--batch) may then be sent twice.

The exit code is 0 if all points were accepted, 1 if a point was not accepted, 2 if an
argument is wrong, and 3 if no point was lost but some are in the spool.`,
		Example: `  apptuit send backup.duration 42.5 host=db1
  apptuit send --timestamp 2026-03-05T14:00:00Z -- outside.temperature -2.5 site=roof
  apptuit send --from points.csv.gz --checkpoint points.checkpoint --rate 50000
  apptuit send --from metrics.txt --format prometheus --tags 'job: node' --dry-run
  curl -s localhost:9100/metrics | apptuit send --from - --tags 'job: node'`,
		Args: cobra.ArbitraryArgs, // checked together with the flags
	}
	f := &flags{connection: connection.Add(c, 0)}
	f.connection.AddSending(c)
	set := c.Flags()
	set.StringVar(&f.from, "from", "", "`FILE` with points; - for standard input")
	f.format = cli.AddChoice(c, "format", "", "Format of the file", append([]string{auto}, pointfile.Formats()...)...)
	set.StringVar(&f.timestamp, "timestamp", "", "`TIME` of points that have none (default: now)")
	set.BoolVar(&f.skipInvalid, "skip-invalid", false, "Continue after lines that are not points, and after points that the server rejects")
	set.StringVar(&f.checkpoint, "checkpoint", "", "`FILE` with the position in the input up to which points were accepted; the next run continues there")
	set.IntVar(&f.batch, "batch", defaultBatch, fmt.Sprintf("Largest number `N` of points in a request, up to %d", maxBatch))
	set.Float64Var(&f.rate, "rate", 0, "Largest number `N` of points per second (default: no limit)")
	set.StringVar(&f.spool, "spool", "", "`FOLDER` for points that cannot be delivered now; a later run with the folder delivers them")
	set.BoolVar(&f.dryRun, "dry-run", false, "Print the points as they would be sent, and send nothing")
	c.SetFlagErrorFunc(func(_ *cobra.Command, err error) error {
		if regexp.MustCompile(`^unknown shorthand flag: '[0-9.]'`).MatchString(err.Error()) {
			err = fmt.Errorf("%w: if VALUE is negative, put -- before METRIC and after all flags", err)
		}
		return err
	})
	c.RunE = func(c *cobra.Command, args []string) error {
		job, err := f.parse(c, args)
		if err != nil {
			return cli.Usage(err)
		}
		progress := terminal.NewProgress(c.ErrOrStderr())
		defer progress.Stop()
		c.SetErr(progress.Around(c.ErrOrStderr()))
		c.SetOut(progress.Around(c.OutOrStdout()))
		return job.run(c, progress)
	}
	return c
}

// flags are the flags as they were given.
type flags struct {
	connection      *connection.Flags
	from, timestamp string
	format          *cli.Choice
	skipInvalid     bool
	checkpoint      string
	batch           int
	rate            float64
	spool           string
	dryRun          bool
}

// job is the work of a run, as the arguments describe it.
type job struct {
	connection  *connection.Flags
	options     []apptuitclient.Option
	from        string // "" if the arguments are the point
	stdin       io.Reader
	point       pointfile.Point
	format      pointfile.Format // "" if it must be recognized
	timestamp   time.Time        // zero for the present time
	skipInvalid bool
	checkpoint  string
	batch       int     // number of points
	rate        float64 // in points per second; 0 is no limit
	spool       bool
	dryRun      bool
}

// parse returns the job. The error joins all faults of the arguments.
func (f *flags) parse(c *cobra.Command, args []string) (*job, error) {
	j := &job{
		connection: f.connection, from: f.from, stdin: c.InOrStdin(), skipInvalid: f.skipInvalid, checkpoint: f.checkpoint,
		batch: f.batch, rate: f.rate, spool: f.spool != "", dryRun: f.dryRun,
	}
	var faults []error
	fault := func(format string, args ...any) { faults = append(faults, fmt.Errorf(format, args...)) }
	options, err := f.connection.Options()
	j.options = options
	faults = append(faults, err)
	if name := f.format.String(); name != auto {
		j.format = pointfile.Format(name)
	}
	if f.timestamp != "" {
		if j.timestamp, err = pointfile.ParseTime(f.timestamp); err != nil {
			fault("--timestamp: %w", err)
		}
	}
	if f.rate < 0 || math.IsNaN(f.rate) || c.Flags().Changed("rate") && f.rate == 0 {
		fault("--rate: must be positive, not %v", f.rate)
	}
	if f.batch < 1 || f.batch > maxBatch {
		fault("--batch: must be from 1 to %d, not %d", maxBatch, f.batch)
	}
	if f.spool != "" {
		j.options = append(j.options, apptuitclient.WithSpool(f.spool))
		if f.checkpoint != "" {
			fault("--spool and --checkpoint exclude each other: a run with a checkpoint is to be repeated until all points are accepted")
		}
	} else {
		j.options = append(j.options, apptuitclient.WithoutSpool())
	}
	if f.spool != "" && f.dryRun {
		fault("--spool and --dry-run exclude each other: a spool that is opened is delivered")
	}
	switch {
	case f.from == "":
		for _, name := range []string{"format", "checkpoint", "batch", "rate", "skip-invalid"} {
			if c.Flags().Changed(name) {
				fault("--%s requires --from", name)
			}
		}
		if j.point, err = pointOf(args); err != nil {
			faults = append(faults, err)
		}
	case len(args) > 0:
		fault("METRIC and --from exclude each other")
	}
	return j, errors.Join(faults...)
}

// pointOf parses METRIC VALUE KEY=VALUE...
func pointOf(args []string) (pointfile.Point, error) {
	switch len(args) {
	case 1:
		return pointfile.Point{}, errors.New("VALUE is missing")
	case 0:
		return pointfile.Point{}, errors.New("METRIC and VALUE are missing; --from FILE reads points from a file, --from - from standard input")
	}
	value, valueErr := pointfile.ParseValue(args[1])
	if valueErr == nil && !value.Finite() {
		valueErr = fmt.Errorf("the value %s is not finite", args[1])
	}
	tags, tagsErr := pointfile.ParseTags(args[2:])
	return pointfile.Point{Metric: args[0], Value: value, Tags: tags}, errors.Join(valueErr, tagsErr)
}
