// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import "strings"

// suggestion is the end of a fault about an unknown name: the nearest known name,
// or, if none is near, all of them, where they are few.
func suggestion(name string, known []string) string {
	const few = 10
	name, _, _ = strings.Cut(name, ":") // "token:abc" without a space is a key
	nearest, least := "", 0
	for _, k := range known {
		if d := distance(name, k); nearest == "" || d < least {
			nearest, least = k, d
		}
	}
	switch {
	case least <= max(1, min(len(name), len(nearest))/3):
		return ": did you mean " + nearest + "?"
	case len(known) <= few:
		return ": there is " + strings.Join(known, ", ")
	}
	return ": the README of this package has all keys"
}

// distance is the number of characters to insert, delete, replace, or swap with
// their neighbor, that lead from one name to the other. Case does not count, and of
// long names only the beginning does.
func distance(a, b string) int {
	const long = 64
	a, b = strings.ToLower(a[:min(len(a), long)]), strings.ToLower(b[:min(len(b), long)])
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, last, row = last, row, before
		row[0] = i + 1
		for j := range len(b) {
			replaced := last[j]
			if a[i] != b[j] {
				replaced++
			}
			row[j+1] = min(replaced, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}
