// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package arrow

import (
	"fmt"
	"time"
)

// zone returns the time zone of an index in the form of Arrow's specification: a name of the IANA
// database, or an offset.
func zone(index []time.Time) string {
	const utc = "UTC"
	if len(index) == 0 || index[0].Location() == time.UTC {
		return utc
	}
	loc := index[0].Location()
	// A zone made by time.FixedZone may have the name of another zone.
	if named, err := time.LoadLocation(loc.String()); err == nil && named != time.Local && sameOffsets(index, loc, named) {
		return named.String()
	}
	_, offset := index[0].Zone()
	if offset == 0 || offset%60 != 0 || !sameOffsets(index, loc, time.FixedZone("", offset)) {
		return utc
	}
	sign, minutes := '+', offset/60
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("%c%02d:%02d", sign, minutes/60, minutes%60)
}

func sameOffsets(index []time.Time, a, b *time.Location) bool {
	for _, t := range index {
		_, inA := t.In(a).Zone()
		_, inB := t.In(b).Zone()
		if inA != inB {
			return false
		}
	}
	return true
}
