// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package nearest finds the known name that a misspelt name was probably meant to be, for
// the advice of error messages.
package nearest

import "strings"

// Name returns the known name nearest to a name, and "" if none is near: if more than a
// third of the shorter name's characters must be changed. Case does not count. Name is for
// names in ASCII.
func Name(name string, known []string) string {
	best, least := "", 0
	for _, k := range known {
		longer := min(len(name), long) - min(len(k), long)
		if best != "" && max(longer, -longer) >= least {
			continue // so many characters must be inserted or deleted
		}
		if d := distance(name, k); best == "" || d < least {
			best, least = k, d
		}
	}
	if least > max(1, min(len(name), len(best))/3) {
		return ""
	}
	return best
}

// long is the number of characters of a name that count.
const long = 64

// distance returns the number of characters to insert, delete, replace, or swap with their
// neighbor, that lead from one name to the other. Of long names only the beginning counts.
func distance(a, b string) int {
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
