// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import "github.com/apptuitai/apptuit-go/internal/pattern"

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
	return pattern.Selection{Included: c.included, Excluded: c.excluded}.Matches(key)
}
