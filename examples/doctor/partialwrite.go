// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// checkPartialWrite sends two points in one request and finds out how the server tells that it
// stores one of them only. OpenTSDB refuses the tag value of the second point, and InfluxDB its tag
// key.
func checkPartialWrite(ctx context.Context, p *patient, n *notes) {
	if !p.takes {
		n.skip("put has failed")
		return
	}
	bad := probeTags("a+b")
	bad["time"] = "now"
	err := p.sendProbes(ctx, time.Now(), probeTags("good"), bad)
	last, _ := p.tap.seen()
	var send *apptuitclient.SendError
	errors.As(err, &send)
	switch {
	case err == nil && last.status == http.StatusNoContent:
		p.traits.partial = untold
		n.ok("both points are acknowledged, without details: the server does not tell of points that it drops")
	case err == nil:
		n.ok("both points are accepted, so the server has nothing to tell; its answers have details")
	case send != nil && send.StatusCode == http.StatusInternalServerError && strings.Contains(err.Error(), "partial write"):
		p.traits.partial = counted
		n.ok("told by a number (%d stored, %d not): %v", send.Successful, send.Failed, cause(err))
	case refusal(err) != "":
		p.traits.partial = listed
		n.ok("told point by point (%d stored, %d not): %s", send.Successful, send.Failed, refusal(err))
	default:
		n.warn("Look at the server's log.", "cannot be tested: %v", cause(err))
	}
}
