// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"time"
)

// secondProbe is the value of the tag probe of the series that gets two values in one second. Both
// values are floats. OpenTSDB stores them under one key, so that the series can still be queried.
const secondProbe = "two_values"

// checkTwoValues sends two values of one series with the same timestamp. It reports only a failure
// to send them; checkSecondValue reports the values that the server keeps.
func checkTwoValues(ctx context.Context, r *run, f *findings) {
	if !r.takesPoints {
		f.skip("put has failed")
		return
	}
	r.behavior.secondAt = time.Now().Truncate(time.Second)
	if err := r.sendProbes(ctx, r.behavior.secondAt, probeTags(secondProbe), probeTags(secondProbe)); err != nil {
		f.warn("Check the server's log.", "not tested: %v", cause(err))
		r.behavior.secondAt = time.Time{}
	}
}

// checkSecondValue finds out whether the server kept both values.
func checkSecondValue(ctx context.Context, r *run, f *findings) {
	switch {
	case r.behavior.secondAt.IsZero():
		f.skip("two values could not be sent")
		return
	case r.api == nil:
		f.skip("the server does not answer queries")
		return
	}
	for {
		kept, err := r.api.count(ctx, r.probeMetric(), probeTags(secondProbe), r.behavior.secondAt)
		switch {
		case err != nil:
			f.warn("Check the server's log.", "a series with two values in one second cannot be queried: %v", err)
			return
		case kept > 1:
			r.behavior.bothKept = yes
			f.ok("of two values in one second, both are kept")
			return
		case kept == 1:
			r.behavior.bothKept = no
			f.ok("of two values in one second, one is kept")
			return
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			f.skip("the server does not show the two values yet")
			return
		}
	}
}
