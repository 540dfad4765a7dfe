// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package table

import (
	"time"
)

// timeFormat is the format of the times of a table.
type timeFormat struct {
	shared string // the part that all times share, for the caption
	date   string // the layout of the date, empty if the date is in the caption
	clock  string // the layout of the time of day
}

// formatTimes returns the shortest format that tells times apart. With full, each time is complete.
func formatTimes(times []time.Time, full bool) timeFormat {
	var f timeFormat
	if len(times) == 0 {
		return f
	}
	first := times[0]
	year, day, zone, seconds, milliseconds := true, true, true, false, false
	for _, t := range times {
		_, offset := t.Zone()
		_, firstOffset := first.Zone()
		zone = zone && offset == firstOffset
		year = year && t.Year() == first.Year()
		day = day && year && t.YearDay() == first.YearDay()
		seconds = seconds || t.Second() != 0
		milliseconds = milliseconds || t.Nanosecond() != 0
	}
	f.clock = "15:04"
	if seconds || full {
		f.clock = "15:04:05"
	}
	if milliseconds {
		f.clock = "15:04:05.000"
	}
	switch {
	case full || !year:
		f.date = time.DateOnly
	case !day:
		f.shared, f.date = first.Format("2006 "), "01-02"
	default:
		f.shared = first.Format("2006-01-02 ")
	}
	if full || !zone {
		f.clock += "Z07:00"
	} else {
		f.shared += zoneOf(first)
	}
	return f
}

// zoneOf names the time zone of a time.
func zoneOf(t time.Time) string {
	if _, offset := t.Zone(); offset == 0 {
		return "UTC"
	}
	return t.Format("UTC-07:00")
}

// line formats a time in one line.
func (f timeFormat) line(t time.Time) string {
	if f.date == "" {
		return t.Format(f.clock)
	}
	return t.Format(f.date + " " + f.clock)
}

// lines formats a time as a title of one or two lines.
func (f timeFormat) lines(t time.Time) []string {
	if f.date == "" {
		return []string{t.Format(f.clock)}
	}
	return []string{t.Format(f.date), t.Format(f.clock)}
}
