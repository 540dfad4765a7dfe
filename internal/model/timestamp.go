// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"fmt"
	"strconv"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
)

// The largest timestamps that a server reads in the unit in which they are sent:
// OpenTSDB takes a number with more digits than maxSeconds for milliseconds.
const (
	maxSeconds      = 9_999_999_999
	maxMilliseconds = 9_999_999_999_999
)

// Timestamp returns t in wire units: whole seconds or milliseconds, truncated toward
// zero. It returns 0, which is no valid timestamp, for a time that cannot be sent: at or
// before the start of 1970, or after the year 2286.
func Timestamp(t time.Time, milliseconds bool) int64 {
	limit, ts := int64(maxSeconds), t.Unix()
	if milliseconds {
		limit, ts = maxMilliseconds, t.UnixMilli()
	}
	if ts <= 0 || ts > limit {
		return 0
	}
	return ts
}

// Nanoseconds returns t in nanoseconds since 1970. It returns 0 for a time whose Timestamp
// is 0 in both units.
func Nanoseconds(t time.Time) uint64 {
	s := t.Unix()
	if s < 0 || s > maxSeconds {
		return 0
	}
	return uint64(s)*1e9 + uint64(t.Nanosecond())
}

// Time is the reverse of [Timestamp].
func Time(ts int64, milliseconds bool) time.Time {
	if milliseconds {
		return time.UnixMilli(ts)
	}
	return time.Unix(ts, 0)
}

// Milliseconds converts a timestamp whose unit is not known, in seconds or milliseconds
// since 1970, to milliseconds. A timestamp of up to ten digits is in seconds, a longer one
// in milliseconds: 1700000000 and 1700000000000 are the same time. OpenTSDB
// reads timestamps by this rule.
func Milliseconds[N int64 | float64](ts N) N {
	if -maxSeconds <= ts && ts <= maxSeconds {
		return ts * 1000
	}
	return ts
}

// CheckPoint checks the parts of a point that do not belong to its series: a timestamp
// in wire units, as [Timestamp] returns it, and a value. Its error is an
// *[encoding.Error].
func CheckPoint(ts int64, v Value) error {
	switch {
	case ts == 0:
		return &encoding.Error{
			Field: encoding.FieldTimestamp,
			Rule:  fmt.Errorf("%w, or after the year 2286", encoding.ErrTimestamp),
		}
	case !v.Finite():
		text := strconv.FormatFloat(v.Float64(), 'g', -1, 64)
		return &encoding.Error{Field: encoding.FieldValue, Value: text, Rule: encoding.ErrNotFinite}
	}
	return nil
}
