// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
)

// Value is the number of a point: an integer that keeps all its 64 bits, or a
// float.
type Value struct {
	bits  uint64
	float bool
	short bool // see Short
}

// Int returns an integer value.
func Int(v int64) Value { return Value{bits: uint64(v)} }

// Uint returns an integer value, or a float where v is beyond the integers
// that a server can keep (int64).
func Uint(v uint64) Value {
	if v > math.MaxInt64 {
		return Float(float64(v))
	}
	return Value{bits: v}
}

// Float returns a float value.
func Float(v float64) Value { return Value{bits: math.Float64bits(v), float: true} }

// Finite reports whether JSON can carry the value.
func (v Value) Finite() bool {
	const exponent = 0x7ff << 52
	return !v.float || v.bits&exponent != exponent
}

// NaN reports whether the value is a float that is not a number.
func (v Value) NaN() bool { return v.float && math.IsNaN(math.Float64frombits(v.bits)) }

// Float64 returns the value as a float: rounded, for a large integer.
func (v Value) Float64() float64 {
	if v.float {
		return math.Float64frombits(v.bits)
	}
	return float64(int64(v.bits))
}

// Plus returns the sum of two values: an integer, if both are and it is one of 64
// bits.
func (v Value) Plus(w Value) Value {
	if a, b := int64(v.bits), int64(w.bits); !v.float && !w.float && (b >= 0) == (a+b >= a) {
		return Int(a + b)
	}
	return Float(v.Float64() + w.Float64())
}

// Append appends the JSON text: integers exactly, floats in the shortest form
// that reads back as the same float, whole floats with ".0" so that a series
// keeps one kind on servers that tell integers from floats (OpenTSDB). The
// exponent form starts where Python's repr starts it: below 1e-4 and from
// 1e16. The value must be finite.
func (v Value) Append(dst []byte) []byte {
	if !v.float {
		return strconv.AppendInt(dst, int64(v.bits), 10)
	}
	f := math.Float64frombits(v.bits)
	abs := math.Abs(f)
	switch {
	case abs < 1e-4 && abs != 0 || abs >= 1e16:
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	case f != math.Trunc(f):
		if v.short {
			if dst, ok := appendShort(dst, f); ok {
				return dst
			}
		}
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	case f == 0 && math.Signbit(f):
		return append(dst, "-0.0"...)
	default: // whole and below 1e16, so exact as an int64
		return append(strconv.AppendInt(dst, int64(f), 10), ".0"...)
	}
}

// CheckPoint judges what a point has beside its series: a timestamp in wire
// units, which [Timestamp] made, and a value. Its error is an
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

// The largest timestamps a server reads as what they are: OpenTSDB takes a
// number of more digits than these seconds for milliseconds.
const (
	maxSeconds      = 9_999_999_999
	maxMilliseconds = 9_999_999_999_999
)

// Timestamp returns t as the wire has it: whole seconds, or milliseconds,
// truncated toward zero. It returns 0, which is no valid timestamp, for a time
// that the wire cannot carry: at or before 1970, or after the year 2286.
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

// Time is the reverse of [Timestamp].
func Time(ts int64, milliseconds bool) time.Time {
	if milliseconds {
		return time.UnixMilli(ts)
	}
	return time.Unix(ts, 0)
}
