// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"errors"
	"fmt"
)

// ErrMalformed is the rule that a histogram breaks whose parts do not fit.
var ErrMalformed = errors.New("malformed histogram")

// Identity names an instrument.
type Identity struct{ Instrument, Scope, Version string }

// String is the form that errors show.
func (i Identity) String() string {
	return fmt.Sprintf("%q (scope %q)", i.Instrument, i.Scope+versionSuffix(i.Version))
}

func versionSuffix(version string) string {
	if version == "" {
		return ""
	}
	return "@" + version
}

// CollisionError says that two points of one export render to the same series
// and timestamp.
type CollisionError struct{ Winner, Loser Identity }

// Error names both instruments and scopes.
func (e CollisionError) Error() string {
	if e.Winner == e.Loser {
		return fmt.Sprintf("two points of %v render to one series and timestamp: the first is sent", e.Winner)
	}
	return fmt.Sprintf("%v and %v render to one series and timestamp: the first is sent", e.Winner, e.Loser)
}
