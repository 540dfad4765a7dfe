// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"time"
)

// secondProbe is the tag of the series that gets two values in one second. Both are floats, which
// OpenTSDB stores in one place: the series can be queried afterwards.
const secondProbe = "two_values"

// checkTwoValues sends two values of one series and second. Nothing is said if they are accepted:
// checkSecondValue does.
func checkTwoValues(ctx context.Context, p *patient, n *notes) {
	if !p.takes {
		n.skip("put has failed")
		return
	}
	p.traits.secondAt = time.Now().Truncate(time.Second)
	if err := p.sendProbes(ctx, p.traits.secondAt, probeTags(secondProbe), probeTags(secondProbe)); err != nil {
		n.warn("Look at the server's log.", "cannot be tested: %v", cause(err))
		p.traits.secondAt = time.Time{}
	}
}

// checkSecondValue finds out whether the server kept both values.
func checkSecondValue(ctx context.Context, p *patient, n *notes) {
	switch {
	case p.traits.secondAt.IsZero():
		n.skip("two values could not be sent")
		return
	case p.way == nil:
		n.skip("the server cannot be asked")
		return
	}
	for {
		kept, err := p.way.count(ctx, p.probeMetric(), probeTags(secondProbe), p.traits.secondAt)
		switch {
		case err != nil:
			n.warn("Look at the server's log.", "a series with two values in one second cannot be queried: %v", err)
			return
		case kept > 1:
			p.traits.bothKept = yes
			n.ok("of two values in one second, both are kept")
			return
		case kept == 1:
			p.traits.bothKept = no
			n.ok("of two values in one second, one is kept")
			return
		}
		select {
		case <-time.After(pollInterval):
		case <-ctx.Done():
			n.skip("the server does not show the two values yet")
			return
		}
	}
}
