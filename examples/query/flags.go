// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/examples/query/internal/chart"
)

// command is what the arguments ask for.
type command struct {
	query          string
	promql         bool
	start, end     time.Time // a zero end is open
	now            time.Time
	step           time.Duration
	prometheusPath string
	endpoint       string
	timeout        time.Duration

	output        string
	zone          *time.Location
	format        format
	file          string
	width, height int // a height of 0 is by the number of panels
}

// until is the end of the range.
func (c *command) until() time.Time {
	if c.end.IsZero() {
		return c.now
	}
	return c.end
}

func usage() string {
	return `usage: query [flags] QUERY

QUERY is in Apptuit's language, or PromQL with -promql. Flags may follow it; put
-- before a QUERY that begins with -.

  -promql                 QUERY is PromQL
  -step DURATION          of -promql; by default for about 1,000 points a series
  -prometheus-path PATH   of -promql: where the API is below the endpoint; /prometheus.
                          "" for Prometheus itself

  -since DURATION         how far back from the end: 90s, 1h30m, 7d, 2w; 1h
  -start TIME             instead: RFC 3339, 2026-03-05, or Unix seconds
  -end TIME               as -start; now
  -tz ZONE                of times without one, and of what is shown: UTC,
                          Europe/Zurich; that of this machine

  -o FORMAT               table, csv, json, arrow, png or svg; by the ending of
                          FILE, else table
  -f FILE                 where to; standard output
  -output ID              one of several outputs. csv and arrow have room for one
  -size WIDTHxHEIGHT      of png and svg, in pixels; 900x420, more with several outputs

  -endpoint URL           of the server; APPTUIT_ENDPOINT
  -timeout DURATION       for all of it; 3m

The environment has what every client has: APPTUIT_API_TOKEN or
APPTUIT_API_TOKEN_FILE, APPTUIT_ENDPOINT (https://api.apptuit.ai), HTTPS_PROXY.

The exit code is 0, 1 if there was no answer or it could not be written, 2 if the
command makes no sense, 130 after Ctrl-C. To find no points is no failure.
`
}

// parse reads the arguments. Durations and times are relative to now.
func parse(args []string, now time.Time) (*command, error) {
	c := &command{now: now}
	var since, start, end, step, timeout, zone, format, size string
	f := flag.NewFlagSet("query", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.BoolVar(&c.promql, "promql", false, "")
	f.StringVar(&c.prometheusPath, "prometheus-path", "/prometheus", "")
	f.StringVar(&c.endpoint, "endpoint", "", "")
	f.StringVar(&c.output, "output", "", "")
	f.StringVar(&c.file, "f", "", "")
	f.StringVar(&since, "since", "1h", "")
	f.StringVar(&start, "start", "", "")
	f.StringVar(&end, "end", "", "")
	f.StringVar(&step, "step", "", "")
	f.StringVar(&timeout, "timeout", "3m", "")
	f.StringVar(&zone, "tz", "Local", "")
	f.StringVar(&format, "o", "", "")
	f.StringVar(&size, "size", "", "")
	queries, err := interspersed(f, args)
	if err != nil {
		return nil, err
	}
	given := map[string]bool{}
	f.Visit(func(f *flag.Flag) { given[f.Name] = true })

	var faults []error
	note := func(name string, err error) {
		if err != nil {
			faults = append(faults, fmt.Errorf("-%s: %w", name, err))
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
		if given[name] && !c.promql {
			note(name, errors.New("goes with -promql only"))
		}
	}
	if step != "" {
		c.step, err = parseDuration(step)
		note("step", err)
	}
	c.timeout, err = parseDuration(timeout)
	note("timeout", err)
	c.zone, err = time.LoadLocation(zone)
	note("tz", err)
	if c.zone == nil {
		c.zone = time.UTC
	}
	faults = append(faults, c.parseRange(since, start, end, given["since"]))
	c.format, err = parseFormat(format, c.file)
	note("o", err)
	note("size", c.parseSize(size))
	return c, errors.Join(faults...)
}

// interspersed parses flags before and after other arguments, and returns those.
func interspersed(f *flag.FlagSet, args []string) ([]string, error) {
	var others []string
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		rest := f.Args()
		if len(rest) == 0 {
			return others, nil
		}
		if n := len(args) - len(rest); n > 0 && args[n-1] == "--" {
			return append(others, rest...), nil
		}
		others, args = append(others, rest[0]), rest[1:]
	}
}

func parseFormat(name, file string) (format, error) {
	if name == "" {
		if name = strings.TrimPrefix(filepath.Ext(file), "."); !slices.Contains(formats(), format(name)) {
			name = string(formatTable)
		}
	}
	if !slices.Contains(formats(), format(name)) {
		return "", fmt.Errorf("unknown format %q: there are %s", name, joined(formats()))
	}
	return format(name), nil
}

func (c *command) parseSize(size string) error {
	c.width = 900
	if size == "" {
		return nil
	}
	var rest string
	if n, _ := fmt.Sscanf(size, "%dx%d%s", &c.width, &c.height, &rest); n != 2 {
		return fmt.Errorf("%q is not WIDTHxHEIGHT", size)
	}
	if min(c.width, c.height) < chart.MinSide || max(c.width, c.height) > chart.MaxSide {
		return fmt.Errorf("%s: from %d to %d pixels", size, chart.MinSide, chart.MaxSide)
	}
	return nil
}
