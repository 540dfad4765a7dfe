// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"time"
)

// secondProbe is the tag of the series that gets two values in one second. Both are floats, which
// OpenTSDB stores in one place: the series can be queried afterwards.
const secondProbe = "two_values"

// checkTwoValues sends two values of one series and second. Nothing is said if they are accepted:
// checkSecondValue does.
func checkTwoValues(ctx context.Context, r *run, f *findings) {
	if !r.takesPoints {
		f.skip("put has failed")
		return
	}
	r.behavior.secondAt = time.Now().Truncate(time.Second)
	if err := r.sendProbes(ctx, r.behavior.secondAt, probeTags(secondProbe), probeTags(secondProbe)); err != nil {
		f.warn("Look at the server's log.", "cannot be tested: %v", cause(err))
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
		f.skip("the server cannot be asked")
		return
	}
	for {
		kept, err := r.api.count(ctx, r.probeMetric(), probeTags(secondProbe), r.behavior.secondAt)
		switch {
		case err != nil:
			f.warn("Look at the server's log.", "a series with two values in one second cannot be queried: %v", err)
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
