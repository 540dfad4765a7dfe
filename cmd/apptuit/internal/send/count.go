// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/internal/amount"
)

// count counts the points of a run by their fate:
//
//	read = accepted + rejected + spooled + dropped + missing
//
// In a dry run, accepted counts the points that would be sent.
type count struct {
	read     int64 // lines that are points or should be
	accepted int64
	rejected int64 // by the server, or lines that are not points
	spooled  int64
	dropped  int64 // not sent, or without an answer
	missing  int64 // without a value
}

// summary returns the line that reports a run, for example
// "1000 points read: 990 accepted, 7 rejected, 3 without value".
func (n count) summary(dryRun bool) string {
	accepted := "accepted"
	if dryRun {
		accepted = "valid"
	}
	text := fmt.Sprintf("%s read: %d %s, %d rejected", amount.Of(n.read, "point"), n.accepted, accepted, n.rejected)
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

// progress returns the line that a terminal shows during a run.
func (n count) progress(in *input, took time.Duration) string {
	var b strings.Builder
	b.WriteString(amount.Of(n.accepted+n.spooled, "point"))
	if seconds := took.Seconds(); seconds >= 1 {
		fmt.Fprintf(&b, ", %.0f a second", float64(n.accepted+n.spooled)/seconds)
	}
	if in.size > 0 {
		fmt.Fprintf(&b, ", %.0f %% of the file", math.Min(100, 100*float64(in.read.Load())/float64(in.size)))
	}
	return b.String()
}
