// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"math"
	"strconv"
)

// shortDigits is how many significant digits an estimate has: what is rounded off,
// 5·10^-9 of the value at the most, is less than a hundredth of the narrowest bucket
// that it may come from (scale 20).
const shortDigits = 9

// The floats that have a short form: those that are printed without an exponent,
// far from both ends.
const (
	minShort = 1e-4
	maxShort = 1e15
)

// Round returns f with nine significant digits, if its text has no exponent: for
// estimates, whose further digits would say nothing. The order of two floats
// stays.
func Round(f float64) float64 {
	m, k, ok := decimal(f)
	if !ok {
		return f
	}
	return undecimal(m, k)
}

// Short returns a float value of which is known that it has most likely few
// digits. That makes its text faster, and no other one.
func Short(f float64) Value { return Value{bits: math.Float64bits(f), float: true, short: true} }

// decimal returns the integer m of nine digits for which m / 10^k is f or next to
// it.
func decimal(f float64) (m int64, k int, ok bool) {
	abs := math.Abs(f)
	if !(abs >= minShort && abs < maxShort) {
		return 0, 0, false
	}
	exponent := int(math.Float64bits(abs)>>52) - 1023 // of 2
	k = shortDigits - 1 - exponent*1233>>12           // of 10: right, or one more
	x := scaled(f, k)
	if math.Abs(x) >= 1e9-0.5 {
		k--
		x = scaled(f, k)
	}
	return int64(math.RoundToEven(x)), k, true
}

// scaled returns f * 10^k.
func scaled(f float64, k int) float64 {
	if k < 0 {
		return f / math.Pow10(-k)
	}
	return f * math.Pow10(k)
}

// undecimal returns the float that is next to m / 10^k. All powers are exact, so
// that it is the one that is read from that text.
func undecimal(m int64, k int) float64 {
	if k < 0 {
		return float64(m) * math.Pow10(-k)
	}
	return float64(m) / math.Pow10(k)
}

// appendShort appends the text of a float that is not whole, if nine digits are
// enough for it. Two texts of up to 15 digits are never the same float, so that
// without zeros at its end this one is the shortest.
func appendShort(dst []byte, f float64) ([]byte, bool) {
	m, k, ok := decimal(f)
	if !ok || k <= 0 || undecimal(m, k) != f {
		return dst, false
	}
	if m < 0 {
		dst = append(dst, '-')
		m = -m
	}
	for m%10 == 0 { // k stays positive: f is not whole
		m /= 10
		k--
	}
	var text [24]byte
	at := len(text)
	for range k {
		at--
		text[at] = byte('0' + m%10)
		m /= 10
	}
	at--
	text[at] = '.'
	dst = strconv.AppendInt(dst, m, 10)
	return append(dst, text[at:]...), true
}
