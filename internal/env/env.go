// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package env reads environment variables.
package env

import (
	"os"
	"strings"
	"unicode"
)

// Get returns the value of a variable, without white space, Windows line ends, a byte-order mark
// and zero-width spaces at its beginning and end, which files and editors may leave there. It
// returns "" for a variable that contains nothing else, as for a variable that is not set.
func Get(name string) string { return strings.TrimFunc(os.Getenv(name), IsBlank) }

// IsBlank reports whether Get removes a character from the beginning and the end of a value.
func IsBlank(r rune) bool {
	switch r {
	case '\ufeff', '\u200b':
		return true
	}
	return unicode.IsSpace(r)
}
