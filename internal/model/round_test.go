// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"math"
	"math/rand/v2"
	"testing"
)

func TestRound(t *testing.T) {
	for _, tt := range []struct{ f, want float64 }{
		{0, 0},
		{1, 1},
		{0.1, 0.1},
		{math.Pi, 3.14159265},
		{-math.Pi, -3.14159265},
		{123456.7891234, 123456.789},
		{99999.99996, 99999.99996 + 4e-5}, // one digit more in front
		{0.000123456789123, 0.000123456789},
		{123456789012, 123456789000},
		{999999999.4, 999999999},
		{999999999.6, 1e9},
		// Those that are printed with an exponent, or nearly, stay what they are.
		{1.23456789123e-5, 1.23456789123e-5},
		{1.23456789123e15, 1.23456789123e15},
		{math.MaxFloat64, math.MaxFloat64},
		{math.SmallestNonzeroFloat64, math.SmallestNonzeroFloat64},
		{math.Inf(-1), math.Inf(-1)},
	} {
		if got := Round(tt.f); got != tt.want {
			t.Errorf("%v becomes %v, want %v", tt.f, got, tt.want)
		}
	}
	if !math.IsNaN(Round(math.NaN())) {
		t.Error("NaN becomes a number")
	}
}

// The rounding error is at most a hundredth of the narrowest bucket. Rounding keeps the order,
// and rounding again changes nothing.
func TestRound_IsCloseAndKeepsOrder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 200_000 {
		f := math.Exp(40*random.Float64() - 9)
		r, next := Round(f), Round(math.Nextafter(f, math.Inf(1)))
		if math.Abs(r-f) > f*5.01e-9 || next < r || Round(r) != r {
			t.Fatalf("%v becomes %v, and %v if it is rounded again; the next float %v", f, r, Round(r), next)
		}
	}
}
