// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/chart"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/when"
)

// command holds the arguments and flags after parsing.
type command struct {
	server  server
	queries []string
	promql  bool
	instant bool
	at      time.Time // of an instant query; zero for the present time of the server
	timeRange
	step  time.Duration
	align bool

	outputID string
	long     bool
	raw      bool
	format   format
	file     string
	columns  int         // of the terminal, 0 for a complete table
	plot     chart.Chart // without range and panels
}

// flags are the flags as they were given.
type flags struct {
	server        *serverFlags
	times         *rangeFlags
	plot          *plotFlags
	promql, align bool
	long, raw     bool
	at, step      string
	format, file  string
	outputID      string
	columns       int
}

func addFlags(c *cobra.Command) *flags {
	f := &flags{server: addServer(c), times: addRange(c, "1h"), plot: addPlotFlags(c)}
	set := c.Flags()
	set.BoolVar(&f.promql, "promql", false, "QUERY is PromQL")
	set.StringVar(&f.at, "at", "", "Evaluate --promql at one `TIME`, or at now, instead of over a range")
	set.StringVar(&f.step, "step", "", "`DURATION` between the points of --promql (default: about 1,000 points per series)")
	set.BoolVar(&f.align, "align", false, "Start --promql at a multiple of the step, so that two runs have their timestamps in common")
	set.StringVarP(&f.format, "output", "o", "", "`FORMAT`: "+cli.Or(names(formats()))+" (default: by the extension of the file; without a file table, or chart for a range on a terminal)")
	set.StringVarP(&f.file, "file", "f", "", "`FILE` to write to (default: standard output)")
	set.BoolVar(&f.long, "long", false, "Write a row for each point, with metric, tags, time and value")
	set.BoolVar(&f.raw, "raw", false, "Show all digits of the numbers in a table")
	set.IntVar(&f.columns, "width", 0, "Fit table and chart into `N` columns (default: the width of the terminal; elsewhere a table is complete)")
	set.StringVar(&f.outputID, "id", "", "`ID` of the output to show if there are several; csv, arrow and parquet hold one output")
	// It fails only for a flag that does not exist, or has a function already.
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(names(formats()), cobra.ShellCompDirectiveNoFileComp))
	return f
}

// parse returns the command of the arguments. Durations are relative to now. The error joins all faults
// of the arguments.
func (f *flags) parse(cmd *cobra.Command, queries []string, now time.Time) (*command, error) {
	c := &command{
		queries: queries, promql: f.promql, align: f.align, outputID: f.outputID,
		long: f.long, raw: f.raw, file: f.file,
	}
	given := cmd.Flags().Changed
	var faults []error
	note := func(name string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("--%s: %w", name, err))
		}
	}
	faults = append(faults, checkQueries(queries))
	for _, name := range []string{"at", "step", "align", "prometheus-path"} {
		if given(name) && !c.promql {
			note(name, errors.New("requires --promql"))
		}
	}
	var err error
	if f.step != "" {
		c.step, err = when.ParseDuration(f.step)
		note("step", err)
	}
	c.timeRange, err = f.times.parse(now)
	faults = append(faults, err)
	faults = append(faults, c.parseInstant(f.at, given))
	c.parseColumns(f.columns, cmd.OutOrStdout(), note)
	c.parseOutput(f.format, note)
	c.keepOffTerminal(cmd.OutOrStdout(), note)
	c.plot, err = f.plot.parse(cmd, strings.Join(queries, ", "))
	faults = append(faults, err)
	c.server, err = f.server.parse()
	faults = append(faults, err)
	return c, errors.Join(faults...)
}

func checkQueries(queries []string) error {
	if len(queries) == 0 {
		return errors.New("QUERY is missing")
	}
	for _, q := range queries {
		if strings.TrimSpace(q) == "" {
			return errors.New("a QUERY is empty")
		}
	}
	return nil
}

// parseInstant sets the time of an instant query, whose answer is in long form.
func (c *command) parseInstant(at string, given func(string) bool) error {
	if at == "" {
		return nil
	}
	c.instant, c.long = true, true
	var faults []error
	for _, name := range []string{"since", "start", "end", "step", "align"} {
		if given(name) {
			faults = append(faults, fmt.Errorf("--at and --%s exclude each other", name))
		}
	}
	if at != "now" {
		var err error
		if c.at, err = when.ParseTime(at, c.zone); err != nil {
			faults = append(faults, fmt.Errorf("--at: %w, or now", err))
		}
	}
	return errors.Join(faults...)
}

// usualColumns is the width of a terminal whose width is not known.
const usualColumns = 80

// parseColumns sets the width of tables and charts.
func (c *command) parseColumns(columns int, stdout io.Writer, note func(string, error)) {
	c.columns = columns
	switch {
	case columns < 0:
		note("width", fmt.Errorf("%d is negative", columns))
	case columns == 0 && c.file == "" && terminal.Is(stdout):
		if c.columns = terminal.Width(stdout); c.columns == 0 { // some serial lines
			c.columns = usualColumns
		}
	}
}

// parseOutput sets the format.
func (c *command) parseOutput(name string, note func(string, error)) {
	byFile, err := formatOf(c.file)
	switch {
	case name == "" && err != nil:
		note("file", err)
	case name == "" && byFile != "":
		c.format = byFile
	case name == "":
		c.format = formatTable
		if c.columns > 0 && !c.long {
			c.format = formatChart
		}
	default:
		if c.format, err = parseFormat(name); err != nil {
			note("output", err)
		} else if byFile != "" && byFile != c.format {
			note("output", fmt.Errorf("%s contradicts the extension of %s: omit -o, or change the extension", name, c.file))
		}
	}
	switch {
	case c.long && c.format.picture():
		note("output", fmt.Errorf("%s shows a range of time, and cannot show --long or --at", c.format))
	case c.format == formatChart && c.columns == 0:
		note("output", errors.New("chart requires a terminal, or --width"))
	}
}

// keepOffTerminal refuses to write binary data to a terminal.
func (c *command) keepOffTerminal(stdout io.Writer, note func(string, error)) {
	if c.file == "" && c.format.binary() && terminal.Is(stdout) {
		note("output", fmt.Errorf("%s is binary, and is not written to a terminal: give -f FILE, or redirect the output", c.format))
	}
}
