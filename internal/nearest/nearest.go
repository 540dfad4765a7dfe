// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package nearest finds the known name that is most similar to a misspelt name, for advice in error
// messages: did you mean APPTUIT_TAGS?
package nearest

import "strings"

// Name returns the known name that is nearest to a name. It returns "" if more changes are needed
// than a third of the characters of the shorter name. One change is always allowed. Case does not
// matter. The names must be ASCII.
func Name(name string, known []string) string {
	best, least := "", 0
	for _, k := range known {
		longer := min(len(name), long) - min(len(k), long)
		if best != "" && max(longer, -longer) >= least {
			continue // the difference of the lengths is a lower bound of the distance
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

// long is the number of characters of a name that are compared.
const long = 64

// distance returns the smallest number of changes that turn one name into the other: insertions,
// deletions and replacements of characters, and swaps of neighbors. It compares only the first
// characters of long names.
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
