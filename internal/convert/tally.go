// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

// Tally counts data points of an export, not wire points.
type Tally struct {
	Overflowed int // with the SDK's overflow attribute
	Filtered   int // that lost attributes to a filter

	// Warnings are an [OverflowError] or [CardinalityError] for each instrument that caused
	// it for the first time.
	Warnings []error
}

// count counts a data point with these flags.
func (t *Tally) count(flags stateFlags) {
	if flags&overflow != 0 {
		t.Overflowed++
	}
	if flags&filtered != 0 {
		t.Filtered++
	}
}

// Plus returns the sum of two tallies.
func (t Tally) Plus(other Tally) Tally {
	return Tally{
		Overflowed: t.Overflowed + other.Overflowed, Filtered: t.Filtered + other.Filtered,
		Warnings: append(t.Warnings, other.Warnings...),
	}
}
