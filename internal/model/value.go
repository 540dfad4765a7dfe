// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"math"
	"strconv"
)

// Value is the number of a point: an integer of 64 bits or a float.
type Value struct {
	bits uint64 // of an int64 or a float64
	kind ValueKind
}

// ValueKind says how the bits of a value are read and printed.
type ValueKind uint8

// The kinds of values.
const (
	Integer ValueKind = iota
	Double
)

// Int returns an integer.
func Int(v int64) Value { return Value{bits: uint64(v)} }

// Uint returns an integer, or a float if v does not fit into an int64, the largest
// integer that servers store.
func Uint(v uint64) Value {
	if v > math.MaxInt64 {
		return Float(float64(v))
	}
	return Value{bits: v}
}

// Float returns a float.
func Float(v float64) Value { return Value{bits: math.Float64bits(v), kind: Double} }

// FromBits returns the value with these [Value.Bits] and this [Value.Kind].
func FromBits(bits uint64, kind ValueKind) Value { return Value{bits, kind} }

// Bits returns the bits of the int64 or float64, for callers that store values apart
// from their kinds.
func (v Value) Bits() uint64 { return v.bits }

// Kind returns the kind of the value.
func (v Value) Kind() ValueKind { return v.kind }

// ParseValue parses the decimal text of an integer or a float.
func ParseValue(s string) (Value, error) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return Int(i), nil
	}
	f, err := strconv.ParseFloat(s, 64)
	return Float(f), err
}

// Finite reports whether the value is neither infinite nor NaN. JSON has no text for
// other values.
func (v Value) Finite() bool {
	const exponent = 0x7ff << 52
	return v.kind == Integer || v.bits&exponent != exponent
}

// NaN reports whether the value is a float that is not a number.
func (v Value) NaN() bool { return v.kind != Integer && math.IsNaN(math.Float64frombits(v.bits)) }

// Float64 returns the value as a float. Large integers are rounded.
func (v Value) Float64() float64 {
	if v.kind == Integer {
		return float64(int64(v.bits))
	}
	return math.Float64frombits(v.bits)
}

// Plus returns the sum of two values. The sum of two integers is an integer unless it
// overflows.
func (v Value) Plus(w Value) Value {
	if a, b := int64(v.bits), int64(w.bits); v.kind == Integer && w.kind == Integer && (b >= 0) == (a+b >= a) {
		return Int(a + b)
	}
	return Float(v.Float64() + w.Float64())
}

// Append appends the JSON text of a finite value. Integers are printed exactly, floats
// in the shortest form that reads back as the same float. Whole floats end with ".0", so
// that a series keeps its kind on servers that tell integers from floats (OpenTSDB). As
// in Python, floats below 1e-4 and from 1e16 are printed with an exponent.
func (v Value) Append(dst []byte) []byte {
	if v.kind == Integer {
		return strconv.AppendInt(dst, int64(v.bits), 10)
	}
	f := math.Float64frombits(v.bits)
	abs := math.Abs(f)
	switch {
	case abs < 1e-4 && abs != 0 || abs >= 1e16:
		return strconv.AppendFloat(dst, f, 'e', -1, 64)
	case f != math.Trunc(f):
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	case f == 0 && math.Signbit(f):
		return append(dst, "-0.0"...)
	default: // whole and below 1e16, so exact as an int64
		return append(strconv.AppendInt(dst, int64(f), 10), ".0"...)
	}
}
