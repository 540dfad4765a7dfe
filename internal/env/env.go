// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package env reads environment variables.
package env

import (
	"os"
	"strings"
	"unicode"
)

// Get returns the value of a variable without what files and editors leave around it:
// white space, line ends of Windows, a byte-order mark, zero-width spaces. A variable
// that holds nothing else is as good as unset.
func Get(name string) string { return strings.TrimFunc(os.Getenv(name), IsBlank) }

// IsBlank reports whether a character at the beginning or the end of a value is not a
// part of the value.
func IsBlank(r rune) bool {
	switch r {
	case '\ufeff', '\u200b':
		return true
	}
	return unicode.IsSpace(r)
}
