// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package table

import (
	"math"
	"strconv"
	"strings"
)

// digits are the significant digits of the largest number of a column.
const digits = 4

// Missing stands where a series has no value.
const Missing = "-"

// unit is a prefix of the SI.
type unit struct {
	factor float64
	suffix string
}

func units() []unit {
	return []unit{{1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-6, "µ"}, {1e-9, "n"}}
}

// unitOf returns the unit in which a number is short: below 10,000 there is none, down to 0.001.
func unitOf(v float64) (unit, bool) {
	v = math.Abs(v)
	switch {
	case v == 0 || v >= 1e-3 && v < 1e4:
		return unit{1, ""}, true
	case v >= 1e15 || v < 1e-9:
		return unit{}, false
	}
	for _, u := range units() {
		if v >= u.factor {
			return u, true
		}
	}
	return unit{}, false
}

// Raw formats a number with all of its digits.
func Raw(v float64) string {
	if math.IsNaN(v) {
		return Missing
	}
	return strconv.FormatFloat(v, 'g', -1, 64)
}

// Human formats a number with four significant digits and a unit of the SI.
func Human(v float64) string {
	switch {
	case math.IsNaN(v):
		return Missing
	case math.IsInf(v, 0):
		return strconv.FormatFloat(v, 'g', -1, 64)
	}
	rounded, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', digits, 64), 64)
	u, ok := unitOf(rounded)
	if !ok {
		return strconv.FormatFloat(v, 'g', digits, 64)
	}
	scaled := rounded / u.factor
	text := strconv.FormatFloat(scaled, 'f', max(0, digits-1-magnitude(scaled)), 64)
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text + u.suffix
}

// magnitude is the exponent of the first digit.
func magnitude(v float64) int {
	if v == 0 {
		return 0
	}
	return int(math.Floor(math.Log10(math.Abs(v))))
}

// Numbers returns a format for numbers that stand below each other: with one unit and one
// number of decimals, so that the points are aligned. Where the smallest would lose its digits
// beside the largest, each number has a unit of its own.
func Numbers(values []float64) func(float64) string {
	least, most := math.Inf(1), 0.0
	for _, v := range values {
		if v = math.Abs(v); v > 0 && !math.IsInf(v, 0) {
			least, most = min(least, v), max(most, v)
		}
	}
	u, ok := unitOf(most)
	if !ok || most > 0 && least < most/1e3 {
		return Human
	}
	decimals := max(0, digits-1-magnitude(most/u.factor))
	for decimals > 0 && !anyNeeds(values, u.factor, decimals) {
		decimals--
	}
	return func(v float64) string {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return Human(v)
		}
		return strconv.FormatFloat(v/u.factor, 'f', decimals, 64) + u.suffix
	}
}

// anyNeeds reports whether the last of some decimals is not 0 in all numbers.
func anyNeeds(values []float64, factor float64, decimals int) bool {
	for _, v := range values {
		if text := strconv.FormatFloat(v/factor, 'f', decimals, 64); !math.IsNaN(v) && !math.IsInf(v, 0) && text[len(text)-1] != '0' {
			return true
		}
	}
	return false
}

// Axis returns a format for the numbers of an axis from least to most in some steps.
func Axis(least, most float64, steps int) func(float64) string {
	u, ok := unitOf(max(math.Abs(least), math.Abs(most)))
	step := (most/2 - least/2) / float64(steps) * 2
	if !ok || step == 0 {
		return Human
	}
	decimals := max(0, -magnitude(step/u.factor))
	if decimals > 2*digits {
		return Raw
	}
	return func(v float64) string { return strconv.FormatFloat(v/u.factor, 'f', decimals, 64) + u.suffix }
}
