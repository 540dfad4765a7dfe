// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/chart"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/connection"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/when"
)

// command is what the arguments ask for.
type command struct {
	query          string
	promql         bool
	start, end     time.Time // a zero end is open
	now            time.Time
	step           time.Duration
	prometheusPath string
	connection     *connection.Flags
	options        []apptuitclient.Option

	outputID string
	zone     *time.Location
	format   format
	file     string
	plot     chart.Chart // without range and panels
}

// until is the end of the range.
func (c *command) until() time.Time {
	if c.end.IsZero() {
		return c.now
	}
	return c.end
}

// flags are the flags as they were given.
type flags struct {
	connection              *connection.Flags
	promql                  bool
	prometheusPath, step    string
	since, start, end, zone string
	format, file, outputID  string
	plot                    *plotFlags
}

func addFlags(c *cobra.Command) *flags {
	f := &flags{connection: connection.Add(c, 3*time.Minute), plot: addPlotFlags(c)}
	set := c.Flags()
	set.BoolVar(&f.promql, "promql", false, "QUERY is PromQL")
	set.StringVar(&f.step, "step", "", "`DURATION` between the points of --promql (default: for about 1,000 points a series)")
	set.StringVar(&f.prometheusPath, "prometheus-path", "/prometheus", "`PATH` of the PromQL API below the endpoint; \"\" for Prometheus itself")
	set.StringVar(&f.since, "since", "1h", "`DURATION` from the start to the end")
	set.StringVar(&f.start, "start", "", "`TIME` of the start, in place of --since")
	set.StringVar(&f.end, "end", "", "`TIME` of the end (default: now)")
	set.StringVar(&f.zone, "tz", "UTC", "`ZONE` of times without one, and of those that are shown: Europe/Zurich, Local")
	set.StringVarP(&f.format, "output", "o", "", "`FORMAT`: "+cli.Or(names(formats()))+" (default: by the ending of the file, else table)")
	set.StringVarP(&f.file, "file", "f", "", "`FILE` to write to (default: standard output)")
	set.StringVar(&f.outputID, "id", "", "`ID` of one of several outputs; csv and arrow have room for one")
	// It fails only for a flag that does not exist, or has a function already.
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(names(formats()), cobra.ShellCompDirectiveNoFileComp))
	return f
}

// parse returns what the arguments ask for. Durations and times are relative to now. The error
// joins all that is wrong.
func (f *flags) parse(cmd *cobra.Command, queries []string, now time.Time) (*command, error) {
	c := &command{
		now: now, promql: f.promql, prometheusPath: f.prometheusPath, connection: f.connection, outputID: f.outputID, file: f.file,
	}
	given := cmd.Flags().Changed
	var faults []error
	note := func(name string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("--%s: %w", name, err))
		}
	}
	switch {
	case len(queries) == 0 || len(queries) == 1 && strings.TrimSpace(queries[0]) == "":
		faults = append(faults, errors.New("no query"))
	case len(queries) > 1:
		faults = append(faults, fmt.Errorf("%d queries: quote it, so that it is one argument", len(queries)))
	default:
		c.query = queries[0]
	}
	for _, name := range []string{"step", "prometheus-path"} {
		if given(name) && !c.promql {
			note(name, errors.New("goes with --promql only"))
		}
	}
	var err error
	if f.step != "" {
		c.step, err = when.ParseDuration(f.step)
		note("step", err)
	}
	c.zone, err = time.LoadLocation(f.zone)
	note("tz", err)
	if c.zone == nil {
		c.zone = time.UTC
	}
	faults = append(faults, c.parseRange(f.since, f.start, f.end, given("since")))
	c.format, err = parseFormat(f.format, f.file)
	note("output", err)
	c.plot, err = f.plot.parse(cmd, c.query)
	faults = append(faults, err)
	c.options, err = f.connection.Options()
	faults = append(faults, err)
	return c, errors.Join(faults...)
}

func parseFormat(name, file string) (format, error) {
	if name == "" {
		if name = strings.TrimPrefix(filepath.Ext(file), "."); !slices.Contains(formats(), format(name)) {
			name = string(formatTable)
		}
	}
	if !slices.Contains(formats(), format(name)) {
		return "", fmt.Errorf("unknown format %q: must be %s", name, cli.Or(names(formats())))
	}
	return format(name), nil
}

// parseRange sets the start and the end.
func (c *command) parseRange(since, start, end string, sinceGiven bool) error {
	var faults []error
	if start != "" && sinceGiven {
		faults = append(faults, errors.New("--since and --start exclude each other"))
	}
	back, err := when.ParseDuration(since)
	if err != nil {
		faults = append(faults, fmt.Errorf("--since: %w", err))
	}
	if end != "" {
		if c.end, err = when.ParseTime(end, c.zone); err != nil {
			faults = append(faults, fmt.Errorf("--end: %w", err))
		}
	}
	c.start = c.until().Add(-back)
	if start != "" {
		if c.start, err = when.ParseTime(start, c.zone); err != nil {
			faults = append(faults, fmt.Errorf("--start: %w", err))
		}
	}
	if len(faults) == 0 && c.until().Before(c.start) {
		faults = append(faults, fmt.Errorf("the end, %s, is before the start, %s",
			c.until().In(c.zone).Format(time.RFC3339), c.start.In(c.zone).Format(time.RFC3339)))
	}
	return errors.Join(faults...)
}
