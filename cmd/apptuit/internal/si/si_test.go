// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package si

import "testing"

func TestFor_ReturnsTheLargestFactorWithinTheNumber(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]string{
		1: "", 999: "", 1e3: "k", -2e6: "M", 1e9: "G", 1e12: "T", 1e15: "P", 1e20: "E",
		0.5: "m", 2e-6: "µ", 2e-9: "n", 2e-12: "p", 1e-20: "p",
	} {
		if got := For(v).Symbol; got != want {
			t.Errorf("%g: %q, want %q", v, got, want)
		}
	}
}

func TestInRange_EndsWhereThePrefixesDo(t *testing.T) {
	t.Parallel()
	for v, want := range map[float64]bool{0: false, 1e-13: false, 1e-12: true, -1: true, 9.99e20: true, 1e21: false} {
		if got := InRange(v); got != want {
			t.Errorf("%g: %t", v, got)
		}
	}
}
