// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// How far the clocks may be apart: points that are far in the future or the past
// are shown at the wrong time, or not at all.
const (
	skewWarning = 5 * time.Second
	skewFailed  = time.Minute
)

// checkClock compares this clock with the server's, by the Date of an answer.
func checkClock(_ context.Context, r *run, f *findings) {
	last, dated := r.recorder.seen()
	switch {
	case last == nil || last.status == 0 && dated == nil:
		f.skip("there was no answer to compare with")
		return
	case dated == nil:
		f.ok("cannot be compared: the server sends no Date")
		return
	}
	date, err := http.ParseTime(dated.header.Get("Date"))
	if err != nil || dated.header.Get("Age") != "" {
		f.ok("cannot be compared: the Date of the answer is none, or one of a cache")
		return
	}
	least, most := skew(date, dated.begun, dated.answered)
	text := describeSkew(least, most)
	const advice = "Set the clocks (NTP), this one's or the server's."
	switch away := distanceFromZero(least, most); {
	case away >= skewFailed:
		f.fail(advice, "%s", text)
	case away >= skewWarning:
		f.warn(advice, "%s", text)
	default:
		f.ok("%s", text)
	}
}

// skew bounds how far the server's clock is before this one. A Date is cut to
// seconds, and was written some time from the request to the answer.
func skew(date, begun, answered time.Time) (least, most time.Duration) {
	return date.Sub(answered), date.Add(time.Second).Sub(begun)
}

// distanceFromZero is the least that the clocks are apart.
func distanceFromZero(least, most time.Duration) time.Duration {
	return max(least, -most, 0)
}

func describeSkew(least, most time.Duration) string {
	if distanceFromZero(least, most) == 0 {
		return fmt.Sprintf("as the server's, to within %v", max(most, -least).Round(100*time.Millisecond))
	}
	side := "before"
	if most < 0 {
		side, least, most = "behind", -most, -least
	}
	return fmt.Sprintf("the server's clock is %v to %v %s this one", least.Round(100*time.Millisecond), most.Round(100*time.Millisecond), side)
}
