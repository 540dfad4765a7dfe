// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package si holds the prefixes of the International System of Units with which tables and charts
// shorten numbers, such as 1.2 M.
package si

import "math"

// Prefix is a power of ten with a symbol, such as 1e6 with "M".
type Prefix struct {
	Factor float64
	Symbol string
}

// Prefixes returns all prefixes, the largest first. The one with the factor 1 has no symbol.
func Prefixes() []Prefix {
	return []Prefix{
		{1e18, "E"},
		{1e15, "P"},
		{1e12, "T"},
		{1e9, "G"},
		{1e6, "M"},
		{1e3, "k"},
		{1, ""},
		{1e-3, "m"},
		{1e-6, "µ"},
		{1e-9, "n"},
		{1e-12, "p"},
	}
}

// InRange reports whether a number has a prefix: from 1e-12 to below 1e21. Numbers beyond need an
// exponent.
func InRange(v float64) bool {
	v = math.Abs(v)
	return v >= 1e-12 && v < 1e21
}

// For returns the largest prefix whose factor is not larger than a number. For a number below 1e-12
// it returns the smallest prefix.
func For(v float64) Prefix {
	all := Prefixes()
	v = math.Abs(v)
	for _, p := range all {
		if v >= p.Factor {
			return p
		}
	}
	return all[len(all)-1]
}
