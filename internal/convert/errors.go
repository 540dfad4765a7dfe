// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import "fmt"

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
type CollisionError struct {
	Winner, Loser Identity
	// Filtered says that a filter has left out attributes of points of one of them.
	Filtered bool
}

// Error names both instruments and scopes, and a filter that may be the reason.
func (e CollisionError) Error() string {
	who, without := fmt.Sprintf("%v and %v", e.Winner, e.Loser), ""
	if e.Winner == e.Loser {
		who = fmt.Sprintf("two points of %v", e.Winner)
	}
	if e.Filtered {
		without = ", without the attributes that the attribute filter leaves out"
	}
	return who + " render to one series and timestamp" + without + ": the first is sent"
}
