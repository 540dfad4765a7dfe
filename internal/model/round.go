// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package model

import "math"

// Round rounds an estimate to nine significant digits if its text has no exponent. It
// keeps the order of two floats. The rounding error, at most 5·10^-9 of the value, is less
// than a hundredth of the width of the narrowest bucket of an exponential histogram
// (scale 20).
func Round(f float64) float64 {
	// The range does not come near the ends of the range that is printed without an
	// exponent, so that rounding cannot leave that range.
	const digits, least, limit = 9, 1e-4, 1e15
	abs := math.Abs(f)
	if !(abs >= least && abs < limit) {
		return f
	}
	exponent := int(math.Float64bits(abs)>>52) - 1023 // of 2
	k := digits - 1 - exponent*1233>>12               // of 10: right, or one too large
	if math.Abs(scaled(f, k)) >= 1e9-0.5 {
		k--
	}
	// All powers of ten are exact, so that the result is the float nearest to the decimal.
	return scaled(math.RoundToEven(scaled(f, k)), -k)
}

// scaled returns f * 10^k.
func scaled(f float64, k int) float64 {
	if k < 0 {
		return f / math.Pow10(-k)
	}
	return f * math.Pow10(k)
}
