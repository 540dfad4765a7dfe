// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import "math"

// Extremes are the smallest and the largest observation of a histogram. Each is NaN if
// it was not recorded.
type Extremes struct{ Min, Max float64 }

// NoExtremes returns the extremes of a histogram that recorded none.
func NoExtremes() Extremes { return Extremes{Min: math.NaN(), Max: math.NaN()} }

// Clamp returns the value nearest to v that lies within the extremes. For zeros and NaN
// it follows [math.Max] and [math.Min].
func (e Extremes) Clamp(v float64) float64 {
	if !math.IsNaN(e.Min) {
		v = math.Max(v, e.Min)
	}
	if !math.IsNaN(e.Max) {
		v = math.Min(v, e.Max)
	}
	return v
}

// clampOrdered is Clamp by comparisons. It is faster, and keeps the sign of a zero
// where an extreme is a zero of the other sign.
func (e Extremes) clampOrdered(v float64) float64 {
	if v < e.Min {
		v = e.Min
	}
	if v > e.Max {
		v = e.Max
	}
	return v
}

// interpolate returns the value at a fraction, from 0 to 1, of the way from low to
// high. If both are equal, the result is exactly that value.
func interpolate(low, high, fraction float64) float64 {
	if low == high {
		return high
	}
	return low*(1-fraction) + high*fraction
}
