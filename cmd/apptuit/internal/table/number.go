// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package table

import (
	"math"
	"strconv"
	"strings"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/si"
)

// digits is the number of significant digits of the largest number of a column.
const digits = 4

// Missing is the cell of a series without a value.
const Missing = "-"

// prefixOf returns the prefix with which a number is short. Numbers from 0.001 to below 10,000 have
// none. It returns false for a number that needs an exponent.
func prefixOf(v float64) (si.Prefix, bool) {
	v = math.Abs(v)
	switch {
	case v == 0 || v >= 1e-3 && v < 1e4:
		return si.Prefix{Factor: 1}, true
	case !si.InRange(v):
		return si.Prefix{}, false
	}
	return si.For(v), true
}

// Raw formats a number with all of its digits.
func Raw(v float64) string {
	if math.IsNaN(v) {
		return Missing
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Human formats a number with four significant digits and an SI prefix, such as 1.235M.
func Human(v float64) string {
	switch {
	case math.IsNaN(v):
		return Missing
	case math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	prefix, ok := prefixOf(rounded)
	if !ok {
		return strconv.FormatFloat(v, 'g', digits, 64)
	}
	scaled := rounded / prefix.Factor
	text := strconv.FormatFloat(scaled, 'f', max(0, digits-1-magnitude(scaled)), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + prefix.Symbol
}

// magnitude returns the power of ten of the first digit, for example 3 for 1234.
func magnitude(v float64) int {
	if v == 0 {
		return 0
	}
	return int(math.Floor(math.Log10(math.Abs(v))))
}

// Numbers returns a format for the numbers of a column. They share one SI prefix and one number of
// decimals, so that the decimal points are aligned. If the largest number is more than 1,000 times the
// smallest, the smallest would lose its digits: each number then has a prefix of its own.
func Numbers(values []float64) func(float64) string {
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if v = math.Abs(v); v > 0 && !math.IsInf(v, 0) {
			least, most = min(least, v), max(most, v)
		}
	}
	prefix, ok := prefixOf(most)
	if !ok || most > 0 && least < most/1e3 {
		return Human
	}
	decimals := max(0, digits-1-magnitude(most/prefix.Factor))
	for decimals > 0 && !anyNeeds(values, prefix.Factor, decimals) {
		decimals--
	}
	return func(v float64) string {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Human(v)
		}
		return strconv.FormatFloat(v/prefix.Factor, 'f', decimals, 64) + prefix.Symbol
	}
}

// anyNeeds reports whether at least one number, with so many decimals, ends in a digit other than 0.
func anyNeeds(values []float64, factor float64, decimals int) bool {
	for _, v := range values {
		if text := strconv.FormatFloat(v/factor, 'f', decimals, 64); !math.IsNaN(v) && !math.IsInf(v, 0) && text[len(text)-1] != '0' {
			return true
		}
	}
	return false
}

// Axis returns a format for the labels of an axis that runs from least to most in steps. Neighbouring
// labels differ.
func Axis(least, most float64, steps int) func(float64) string {
	prefix, ok := prefixOf(max(math.Abs(least), math.Abs(most)))
	step := (most/2 - least/2) / float64(steps) * 2
	if !ok || step == 0 {
		return Human
	}
	decimals := max(0, -magnitude(step/prefix.Factor))
	if decimals > 2*digits {
		return Raw
	}
	return func(v float64) string { return strconv.FormatFloat(v/prefix.Factor, 'f', decimals, 64) + prefix.Symbol }
}
