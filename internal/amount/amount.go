// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package amount formats numbers of things and of bytes for people.
package amount

import (
	"fmt"
	"strings"
)

type number interface {
	int | int64 | uint32 | uint64
}

// Of returns a number with its noun, in the singular or plural: "1 batch", "2 batches", "3 series".
func Of[N number](n N, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %s", n, plural(noun))
}

// plural returns the plural of a noun. Irregular nouns are not known, except series.
func plural(noun string) string {
	switch {
	case strings.HasSuffix(noun, "series"):
		return noun
	case strings.HasSuffix(noun, "ch"), strings.HasSuffix(noun, "sh"), strings.HasSuffix(noun, "s"), strings.HasSuffix(noun, "x"):
		return noun + "es"
	}
	if stem, ok := strings.CutSuffix(noun, "y"); ok && stem != "" && !strings.ContainsRune("aeiou", rune(stem[len(stem)-1])) {
		return stem + "ies"
	}
	return noun + "s"
}

// Are returns a number with its noun and the verb "to be": "1 point is", "2 points are".
func Are[N number](n N, noun string) string {
	if n == 1 {
		return Of(n, noun) + " is"
	}
	return Of(n, noun) + " are"
}

// Were returns a number with its noun and the past of the verb "to be": "1 point was", "2 points were".
func Were[N number](n N, noun string) string {
	if n == 1 {
		return Of(n, noun) + " was"
	}
	return Of(n, noun) + " were"
}

// Bytes returns a number of bytes in units of 1,024: "1 byte", "512 bytes", "1.2 MiB".
func Bytes(n int64) string {
	if n < 1<<10 {
		return Of(n, "byte")
	}
	value, unit := float64(n), -1
	for value >= 1<<10 && unit < 3 {
		value /= 1 << 10
		unit++
	}
	return fmt.Sprintf("%.1f %s", value, []string{"KiB", "MiB", "GiB", "TiB"}[unit])
}
