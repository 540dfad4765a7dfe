// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"fmt"
	"net/http"
	"time"
)

// The differences between the clocks from which on there is a warning or a failure. A server shows
// points that are far in the future or the past at the wrong time, or not at all.
const (
	skewWarning = 5 * time.Second
	skewFailed  = time.Minute
)

// checkClock compares this clock with the server's clock, by the Date header of an answer.
func checkClock(_ context.Context, r *run, f *findings) {
	last, dated := r.recorder.seen()
	switch {
	case last == nil || last.status == 0 && dated == nil:
		f.skip("the server has not answered")
		return
	case dated == nil:
		f.ok("not compared: the server sends no Date header")
		return
	}
	date, err := http.ParseTime(dated.header.Get("Date"))
	if err != nil || dated.header.Get("Age") != "" {
		f.ok("not compared: the Date header is invalid, or comes from a cache")
		return
	}
	least, most := skew(date, dated.begun, dated.answered)
	text := describeSkew(least, most)
	const advice = "Synchronize the clocks of this machine and the server, for example with NTP."
	switch away := distanceFromZero(least, most); {
	case away >= skewFailed:
		f.fail(advice, "%s", text)
	case away >= skewWarning:
		f.warn(advice, "%s", text)
	default:
		f.ok("%s", text)
	}
}

// skew returns bounds for the difference by which the server's clock is ahead of this clock. A Date
// header is cut to whole seconds, and was written at some time between the request and the answer.
func skew(date, begun, answered time.Time) (least, most time.Duration) {
	return date.Sub(answered), date.Add(time.Second).Sub(begun)
}

// distanceFromZero returns the smallest possible difference between the clocks.
func distanceFromZero(least, most time.Duration) time.Duration {
	return max(least, -most, 0)
}

func describeSkew(least, most time.Duration) string {
	if distanceFromZero(least, most) == 0 {
		return fmt.Sprintf("agrees with the server's clock within %v", max(most, -least).Round(100*time.Millisecond))
	}
	side := "ahead of"
	if most < 0 {
		side, least, most = "behind", -most, -least
	}
	return fmt.Sprintf("the server's clock is %v to %v %s this clock", least.Round(100*time.Millisecond), most.Round(100*time.Millisecond), side)
}
