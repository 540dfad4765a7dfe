// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"strings"
	"time"
)

// checkTagValues finds out whether the server accepts a tag value with a plus sign, as in le="+Inf".
func checkTagValues(ctx context.Context, r *run, f *findings) {
	if !r.takesPoints {
		f.skip("put has failed")
		return
	}
	err := r.sendProbes(ctx, time.Now(), probeTags("a+b"))
	reason := refusal(err)
	switch {
	case err == nil:
		r.behavior.plus = yes
		f.ok("a value with + is accepted")
	case strings.Contains(reason, "illegal character"):
		r.behavior.plus = no
		f.ok("a value with + is refused: %s", reason)
	default:
		f.warn("Check the server's log.", "a value with + was not tested: %v", cause(err))
	}
}
