// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// A warning handler may panic, block, or use the client.
func TestWarningHandler_CanDoAnything(t *testing.T) {
	for name, handle := range map[string]func(context.Context, *apptuitclient.Client){
		"panics": func(context.Context, *apptuitclient.Client) { panic("handler") },
		"closes": func(_ context.Context, c *apptuitclient.Client) { c.Close() },
		"sends": func(_ context.Context, c *apptuitclient.Client) {
			_ = c.Send(context.Background(), numberedPoints(3))
		},
		"asks":   func(_ context.Context, c *apptuitclient.Client) { c.SpoolStats() },
		"blocks": func(ctx context.Context, _ *apptuitclient.Client) { <-ctx.Done() },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				var c *apptuitclient.Client
				var calls atomic.Int32
				f, over := outageOf(t, always(503))
				c = f.spooling(spoolDir(t), apptuitclient.WithWarningHandler(func(error) {
					calls.Add(1)
					handle(ctx, c)
				}))
				for range 3 {
					start := time.Now()
					_ = c.Send(t.Context(), numberedPoints(3))
					if took := time.Since(start); took > 0 {
						t.Errorf("Send took %v", took)
					}
					time.Sleep(time.Second)
				}
				over()
				time.Sleep(5 * time.Minute)
				if calls.Load() == 0 {
					t.Error("the handler was not called")
				}
				if s := stats(t, c); name != "closes" && (s.Points > 0 || s.Replayed < 9) {
					t.Errorf("%+v", s)
				}
				start := time.Now()
				c.Close()
				if took := time.Since(start); took > 100*time.Millisecond {
					t.Errorf("Close took %v", took)
				}
				cancel()
			})
		})
	}
}

// The same holds for the warnings of New.
func TestWarningHandler_MayPanicInNew(t *testing.T) {
	t.Setenv("APPTUIT_PY_TOKEN", theToken)
	called := 0
	c := newClient(t, apptuitclient.WithEndpoint("http://fake.test"), apptuitclient.WithWarningHandler(func(error) { called++; panic("handler") }))
	if c.Close(); called != 2 {
		t.Errorf("%d warnings", called)
	}
}
