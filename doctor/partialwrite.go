// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// checkPartialWrite sends a valid and an invalid point in one request, and finds out how the server
// reports the invalid point. OpenTSDB refuses its tag value a+b, and InfluxDB its tag key time.
func checkPartialWrite(ctx context.Context, r *run, f *findings) {
	if !r.takesPoints {
		f.skip("put has failed")
		return
	}
	bad := probeTags("a+b")
	bad["time"] = "now"
	err := r.sendProbes(ctx, time.Now(), probeTags("good"), bad)
	last, _ := r.recorder.seen()
	var send *apptuitclient.SendError
	errors.As(err, &send)
	switch {
	case err == nil && last.status == http.StatusNoContent:
		r.behavior.partial = unreported
		f.ok("both points are acknowledged, without details: the server does not report points that it drops")
	case err == nil:
		f.ok("both points are accepted, and the answer has details")
	case send != nil && send.StatusCode == http.StatusInternalServerError && strings.Contains(err.Error(), "partial write"):
		r.behavior.partial = counted
		f.ok("the server reports only how many points are invalid (%d stored, %d not): %v", send.Successful, send.Failed, cause(err))
	case refusal(err) != "":
		r.behavior.partial = listed
		f.ok("the server reports each invalid point (%d stored, %d not): %s", send.Successful, send.Failed, refusal(err))
	default:
		f.warn("Check the server's log.", "not tested: %v", cause(err))
	}
}
