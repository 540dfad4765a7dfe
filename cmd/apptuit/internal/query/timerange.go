// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"time"
	_ "time/tzdata" // --tz also works on a machine without zone files, such as Windows or a minimal container

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/when"
)

// rangeFlags are the flags of a range of time.
type rangeFlags struct {
	set                     *cobra.Command
	since, start, end, zone string
}

func addRange(c *cobra.Command, since string) *rangeFlags {
	f := &rangeFlags{set: c}
	set := c.Flags()
	set.StringVar(&f.since, "since", since, "`DURATION` of the range, which ends at --end")
	set.StringVar(&f.start, "start", "", "`TIME` of the start, instead of --since")
	set.StringVar(&f.end, "end", "", "`TIME` of the end (default: now)")
	set.StringVar(&f.zone, "tz", "UTC", "Time `ZONE` of the output, and of times without one: Europe/Zurich, Local")
	return f
}

// given reports whether a flag was given.
func (f *rangeFlags) given(name string) bool { return f.set.Flags().Changed(name) }

// timeRange is a range of time.
type timeRange struct {
	start, end time.Time // a zero end is open
	now        time.Time
	zone       *time.Location
}

// until is the end of the range.
func (r timeRange) until() time.Time {
	if r.end.IsZero() {
		return r.now
	}
	return r.end
}

// String returns both ends.
func (r timeRange) String() string {
	return fmt.Sprintf("from %s to %s", r.format(r.start), r.format(r.until()))
}

func (r timeRange) format(t time.Time) string { return t.In(r.zone).Format(time.RFC3339) }

// parse returns the range. Durations are relative to now. The error joins all faults.
func (f *rangeFlags) parse(now time.Time) (timeRange, error) {
	r := timeRange{now: now, zone: time.UTC}
	var faults []error
	fault := func(name string, err error) bool {
		if err != nil {
			faults = append(faults, fmt.Errorf("--%s: %w", name, err))
		}
		return err == nil
	}
	zone, err := time.LoadLocation(f.zone)
	if fault("tz", err) {
		r.zone = zone
	}
	if f.start != "" && f.given("since") {
		faults = append(faults, errors.New("--since and --start exclude each other"))
	}
	back, err := when.ParseDuration(f.since)
	fault("since", err)
	if f.end != "" {
		r.end, err = when.ParseTime(f.end, r.zone)
		fault("end", err)
	}
	r.start = r.until().Add(-back)
	if f.start != "" {
		r.start, err = when.ParseTime(f.start, r.zone)
		fault("start", err)
	}
	if len(faults) == 0 && r.until().Before(r.start) {
		faults = append(faults, fmt.Errorf("the end, %s, is before the start, %s", r.format(r.until()), r.format(r.start)))
	}
	return r, errors.Join(faults...)
}
