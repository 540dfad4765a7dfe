// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"strings"
	"time"
)

// checkTagValues finds out whether the server accepts a tag value with a plus sign, such as that of
// le="+Inf".
func checkTagValues(ctx context.Context, p *patient, n *notes) {
	if !p.takes {
		n.skip("put has failed")
		return
	}
	err := p.sendProbes(ctx, time.Now(), probeTags("a+b"))
	reason := refusal(err)
	switch {
	case err == nil:
		p.traits.plus = yes
		n.ok("a value with + is accepted")
	case strings.Contains(reason, "illegal character"):
		p.traits.plus = no
		n.ok("a value with + is refused: %s", reason)
	default:
		n.warn("Look at the server's log.", "a value with + cannot be tested: %v", cause(err))
	}
}
