// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// A caller that keeps points and retries is told which, and when. Of five points,
// 0 is the exporter's own.
func TestUndeliveredPoints(t *testing.T) {
	slow := status(429, "Retry-After", "7")
	for _, tt := range []struct {
		name    string
		answers []answer
		want    []uint32
		after   time.Duration
	}{
		{"accepted", []answer{status(204)}, nil, 0},
		{"refused", []answer{text(400, "no")}, nil, 0},
		{"unauthorized", []answer{status(401)}, nil, 0},
		{"unavailable", []answer{status(503)}, []uint32{1, 2, 3, 4}, 0},
		{"too many requests", []answer{slow}, []uint32{1, 2, 3, 4}, 7 * time.Second},
		{"some throttled", []answer{text(400, details(2, 3, 0, pointFault{echo(0), "Please throttle"}, pointFault{echo(2), "Please throttle"}, pointFault{echo(3), "bad"}))}, []uint32{2}, 0},
		{"halves, of which one fails", []answer{status(413), status(204), slow}, []uint32{2, 3, 4}, 7 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := newFake(t, tt.answers...).client(apptuitclient.WithRetry(apptuitclient.RetryConfig{}))
			var got []uint32
			o := c.NewOutbox(t.Context(), apptuitclient.OutboxOptions{Undelivered: func(source uint32) { got = append(got, source) }})
			fill(o, 5, 0)
			r := o.Close()
			if diff := cmp.Diff(tt.want, got); diff != "" || r.After != tt.after {
				t.Errorf("%s: after %v, want %v; points (-want +got):\n%s", tt.name, r.After, tt.after, diff)
			}
			if r.Dropped != len(got) {
				t.Errorf("%s: %d points are dropped", tt.name, r.Dropped)
			}
		})
	}
}

func TestUndeliveredBecauseItIsLate(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var got []uint32
	o := newFake(t, status(204)).client().NewOutbox(ctx, apptuitclient.OutboxOptions{Undelivered: func(source uint32) { got = append(got, source) }})
	fill(o, 4, 1)
	o.Close()
	if diff := cmp.Diff([]uint32{0, 2, 3}, got); diff != "" {
		t.Error(diff)
	}
}
