// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import "time"

// UnitOf returns the duration that a unit of an instrument stands for, and whether it
// is a unit of time: ns, us, ms, s, min, h or d (UCUM).
func UnitOf(unit string) (time.Duration, bool) {
	switch unit {
	case "ns":
		return time.Nanosecond, true
	case "us", "µs", "μs": // Unicode has two characters for micro.
		return time.Microsecond, true
	case "ms":
		return time.Millisecond, true
	case "s":
		return time.Second, true
	case "min":
		return time.Minute, true
	case "h":
		return time.Hour, true
	case "d":
		return 24 * time.Hour, true
	}
	return 0, false
}

// scale converts values from one unit to another. The zero value changes nothing.
type scale struct{ factor, divisor float64 }

// scaleOf returns the scale between two units. If one is a multiple of the other, a
// value is rounded only once.
func scaleOf(from, to time.Duration) scale {
	switch {
	case from%to == 0:
		return scale{factor: float64(from / to), divisor: 1}
	case to%from == 0:
		return scale{factor: 1, divisor: float64(to / from)}
	}
	return scale{factor: float64(from), divisor: float64(to)}
}

func (s scale) of(v float64) float64 {
	if s == (scale{}) {
		return v
	}
	return v * s.factor / s.divisor
}
