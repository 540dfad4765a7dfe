// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// count is the account of the points of a run:
//
//	read = accepted + rejected + spooled + dropped + missing
//
// In a dry run, accepted points are those that would be sent.
type count struct {
	read     int64 // lines that are points, or should be
	accepted int64
	rejected int64 // by the server, or lines that are not points
	spooled  int64
	dropped  int64 // not sent, or without an answer
	missing  int64 // without a value
}

// summary is a line about all points.
func (n count) summary(dryRun bool) string {
	accepted := "accepted"
	if dryRun {
		accepted = "valid"
	}
	text := fmt.Sprintf("%d points read: %d %s, %d rejected", n.read, n.accepted, accepted, n.rejected)
	if n.spooled > 0 {
		text += fmt.Sprintf(", %d spooled", n.spooled)
	}
	if n.dropped > 0 {
		text += fmt.Sprintf(", %d not sent", n.dropped)
	}
	if n.missing > 0 {
		text += fmt.Sprintf(", %d without value", n.missing)
	}
	return text
}

// progress is a line about the points so far.
func (n count) progress(in *input, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d points", n.accepted+n.spooled)
	if seconds := took.Seconds(); seconds >= 1 {
		fmt.Fprintf(&b, ", %.0f a second", float64(n.accepted+n.spooled)/seconds)
	}
	if in.size > 0 {
		fmt.Fprintf(&b, ", %.0f %% of the file", math.Min(100, 100*float64(in.read.Load())/float64(in.size)))
	}
	return b.String()
}
