// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import "slices"

// chooser selects attributes by their keys.
type chooser struct{ included, excluded []string }

// newChooser returns the chooser of a configuration, or nil if it is empty.
func newChooser(cfg ChosenAttributes) *chooser {
	c := &chooser{included: cfg.Included, excluded: cfg.Excluded}
	if c.included == nil {
		if c.excluded == nil {
			return nil
		}
		c.included = []string{"*"}
	}
	return c
}

// passes reports whether an attribute is selected.
func (c *chooser) passes(key string) bool {
	matches := func(pattern string) bool { return match(pattern, key) }
	return slices.ContainsFunc(c.included, matches) && !slices.ContainsFunc(c.excluded, matches)
}

// match reports whether a key matches a pattern, in which * stands for any characters and ?
// for one. If the text after a * does not match, the last * is extended by one character.
func match(pattern, key string) bool {
	p, k := []rune(pattern), []rune(key)
	i, star, taken := 0, -1, 0
	for j := 0; j < len(k); {
		switch {
		case i < len(p) && p[i] == '*':
			star, taken = i, j
			i++
		case i < len(p) && (p[i] == '?' || p[i] == k[j]):
			i++
			j++
		case star >= 0:
			taken++
			i, j = star+1, taken
		default:
			return false
		}
	}
	for i < len(p) && p[i] == '*' {
		i++
	}
	return i == len(p)
}
