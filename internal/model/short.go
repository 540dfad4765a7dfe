// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"math"
	"strconv"
)

// shortDigits is the number of significant digits to which estimates are rounded. The
// rounding error, at most 5·10^-9 of the value, is less than a hundredth of the width of
// the narrowest bucket of an exponential histogram (scale 20).
const shortDigits = 9

// Floats in this range, which does not come near the ends of the range that is printed
// without an exponent, have a short form.
const (
	minShort = 1e-4
	maxShort = 1e15
)

// Round rounds an estimate to nine significant digits if its text has no exponent. It
// keeps the order of two floats.
func Round(f float64) float64 {
	m, k, ok := decimal(f)
	if !ok {
		return f
	}
	return undecimal(m, k)
}

// Short returns a float that probably has at most nine digits, for example a result of
// [Round]. Its text is the same as that of [Float], but is made faster: in 29
// instead of 45 ns (go test -run '^$' -bench ShortText ./internal/model).
func Short(f float64) Value { return Value{bits: math.Float64bits(f), kind: ShortDouble} }

// decimal returns the integer m of nine digits and the exponent k for which m / 10^k is
// f or the nearest number to it.
func decimal(f float64) (m int64, k int, ok bool) {
	abs := math.Abs(f)
	if !(abs >= minShort && abs < maxShort) {
		return 0, 0, false
	}
	exponent := int(math.Float64bits(abs)>>52) - 1023 // of 2
	k = shortDigits - 1 - exponent*1233>>12           // of 10: right, or one too large
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

// undecimal returns the float nearest to m / 10^k. All powers of ten are exact, so that
// the result is the float that is read from that decimal text.
func undecimal(m int64, k int) float64 {
	if k < 0 {
		return float64(m) * math.Pow10(-k)
	}
	return float64(m) / math.Pow10(k)
}

// appendShort appends the text of a float that is not whole, if nine digits suffice. Two
// texts of up to 15 digits never denote the same float, so this text without trailing
// zeros is the shortest.
func appendShort(dst []byte, f float64) ([]byte, bool) {
	m, k, ok := decimal(f)
	if !ok || k <= 0 || undecimal(m, k) != f {
		return dst, false
	}
	if m < 0 {
		dst = append(dst, '-')
		m = -m
	}
	for m%10 == 0 { // k stays positive, since f is not whole
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
