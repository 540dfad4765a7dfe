// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package pattern selects names, for example the keys of attributes, with the patterns of
// OpenTelemetry's declarative configuration. In a pattern, * matches any number of characters, ?
// matches one character, and every other character matches itself. A pattern must match the whole
// name. Case matters.
package pattern

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// Selection selects the names that match one of the patterns in Included and none of the patterns in
// Excluded. If Included is empty, it selects all names that match no pattern in Excluded. The zero
// value selects all names.
type Selection struct{ Included, Excluded []string }

// ParseSelection parses a list of patterns that are separated by commas, for example
//
//	service.*, host.name, !service.instance.id
//
// A pattern after an exclamation mark is excluded. White space around patterns is removed.
// An empty pattern is an error.
func ParseSelection(text string) (Selection, error) { return NewSelection(strings.Split(text, ",")...) }

// NewSelection returns the selection of a list of patterns, each with an exclamation mark if it is
// excluded. See [ParseSelection].
func NewSelection(patterns ...string) (Selection, error) {
	var s Selection
	for i, text := range patterns {
		n := i + 1
		name, excluded := strings.CutPrefix(strings.TrimSpace(text), "!")
		name = strings.TrimSpace(name)
		switch {
		case name == "" && excluded:
			return Selection{}, fmt.Errorf("pattern %d: there is no pattern after the exclamation mark", n)
		case name == "":
			return Selection{}, fmt.Errorf("pattern %d is empty: write * for all names", n)
		case strings.HasPrefix(name, "!"):
			return Selection{}, fmt.Errorf("pattern %d has two exclamation marks", n)
		case !utf8.ValidString(name):
			return Selection{}, fmt.Errorf("pattern %d is not valid UTF-8", n)
		case excluded:
			s.Excluded = append(s.Excluded, name)
		default:
			s.Included = append(s.Included, name)
		}
	}
	return s, nil
}

// Matches reports whether the selection selects a name.
func (s Selection) Matches(name string) bool {
	matches := func(pattern string) bool { return Match(pattern, name) }
	return (len(s.Included) == 0 || slices.ContainsFunc(s.Included, matches)) && !slices.ContainsFunc(s.Excluded, matches)
}

// Match reports whether a pattern matches a name. Its time is at most proportional to the product of
// their lengths: if the text after a * does not match, only the last * matches one character more.
func Match(pattern, name string) bool {
	var star bool
	var afterStar, rest string // the pattern after the last *, and the name after the text that this * matches
	for name != "" {
		if strings.HasPrefix(pattern, "*") {
			pattern = pattern[1:]
			star, afterStar, rest = true, pattern, name
			continue
		}
		want, wantSize := utf8.DecodeRuneInString(pattern)
		got, gotSize := utf8.DecodeRuneInString(name)
		switch {
		case pattern != "" && (want == '?' || want == got):
			pattern, name = pattern[wantSize:], name[gotSize:]
		case star:
			_, size := utf8.DecodeRuneInString(rest)
			rest = rest[size:]
			pattern, name = afterStar, rest
		default:
			return false
		}
	}
	return strings.TrimLeft(pattern, "*") == ""
}
