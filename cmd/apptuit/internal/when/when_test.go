// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package when

import (
	"strings"
	"testing"
	"time"
)

var now = time.Date(2026, 6, 16, 12, 0, 0, 0, time.UTC)

func TestParseDuration(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "7d": 7 * day, "2w": 14 * day, "1w2d3h4m": 9*day + 3*time.Hour + 4*time.Minute,
		"1d12h": 36 * time.Hour, "3600": time.Hour, "0.5": 500 * time.Millisecond, "1.5h": 90 * time.Minute, "250ms": 250 * time.Millisecond,
	} {
		if got, err := ParseDuration(s); err != nil || got != want {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "0", "-1h", "1x", "d", "7 d", "1d7", "1h2d", "2d1w", "0d", "1d-2h-40h", "NaN", "Inf", "1e300", "99999999999d", "999999999999999999999w", "60000d60000d", "53000d1300000h"} {
		if got, err := ParseDuration(s); err == nil || !strings.Contains(err.Error(), "not a positive duration") {
			t.Errorf("%q: %v, error %v", s, got, err)
		}
	}
}

func TestParseTime(t *testing.T) {
	t.Parallel()
	zone := time.FixedZone("", 2*3600)
	for s, want := range map[string]time.Time{
		"2026-06-16T12:00:00Z":         now,
		"2026-06-16T14:00:00+02:00":    now,
		"2026-06-16T12:00:00.250Z":     now.Add(250 * time.Millisecond),
		"2026-06-16T14:00:00":          now,
		"2026-06-16 14:00":             now,
		"2026-06-16":                   now.Add(-14 * time.Hour),
		"1781611200":                   now,
		"1781611200.25":                now.Add(250 * time.Millisecond),
		"0":                            time.Unix(0, 0),
		"2026-06-16T12:00:00.0000005Z": now.Add(500),
	} {
		if got, err := ParseTime(s, zone); err != nil || !got.Equal(want) {
			t.Errorf("%q: %v, %v; want %v", s, got, err, want)
		}
	}
	for _, s := range []string{"", "yesterday", "12:00", "1781611200000", "-5", "NaN", "2026-13-01", "2026-06-16T12:00:00Z "} {
		if got, err := ParseTime(s, zone); err == nil || !strings.Contains(err.Error(), "not a time") {
			t.Errorf("%q: %v, error %v", s, got, err)
		}
	}
}
