// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package when parses durations and times of the command line.
package when

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"strconv"
	"time"
)

// ParseDuration parses a positive duration: a Go duration, optionally with weeks and days in front, such
// as 1w2d3h, or a number of seconds.
func ParseDuration(s string) (time.Duration, error) {
	d, err := durationOf(s)
	if err != nil || d <= 0 {
		return 0, fmt.Errorf("%q is not a positive duration such as 30s, 1h30m or 7d", s)
	}
	return d, nil
}

func durationOf(s string) (time.Duration, error) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return duration(n, time.Second)
	}
	parts := regexp.MustCompile(`^(?:(\d+)w)?(?:(\d+)d)?(.*)$`).FindStringSubmatch(s)
	if parts == nil || s == "" {
		return 0, errors.New("not a duration")
	}
	var sum time.Duration
	for i, unit := range []time.Duration{7 * 24 * time.Hour, 24 * time.Hour} {
		if parts[i+1] == "" {
			continue
		}
		n, err := strconv.ParseFloat(parts[i+1], 64)
		if err != nil {
			return 0, err
		}
		d, err := duration(n, unit)
		if err != nil {
			return 0, err
		}
		sum += d
	}
	if parts[3] == "" {
		return sum, nil
	}
	d, err := time.ParseDuration(parts[3])
	return sum + d, err
}

// duration returns n units. It refuses more than 146 years, so that the sum of two durations does not
// overflow.
func duration(n float64, unit time.Duration) (time.Duration, error) {
	if d := n * float64(unit); math.Abs(d) < math.MaxInt64/2 {
		return time.Duration(d), nil
	}
	return 0, errors.New("out of range")
}

// ParseTime parses a time in RFC 3339, with or without a time zone, a date, or a number of seconds since
// 1970. A time without a time zone is in zone.
func ParseTime(s string, zone *time.Location) (time.Time, error) {
	const latest = 1 << 33 // larger numbers are milliseconds, by mistake
	if n, err := strconv.ParseFloat(s, 64); err == nil && n >= 0 && n < latest {
		return time.UnixMilli(int64(math.Round(n * 1000))), nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", "2006-01-02 15:04", time.DateOnly} {
		if t, err := time.ParseInLocation(layout, s, zone); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time: must be RFC 3339, such as 2026-03-05T14:00:00Z, or Unix seconds", s)
}
