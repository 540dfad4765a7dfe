// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"context"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// warnings collects the warnings of a client.
type warnings struct {
	mu    sync.Mutex
	texts []string
}

func (w *warnings) option() apptuitclient.Option {
	return apptuitclient.WithWarningHandler(func(err error) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.texts = append(w.texts, err.Error())
	})
}

// take returns the warnings since the last call. In a bubble of testing/synctest, it waits
// for the handler.
func (w *warnings) take() []string {
	time.Sleep(time.Nanosecond)
	w.mu.Lock()
	defer w.mu.Unlock()
	texts := w.texts
	w.texts = nil
	return texts
}

// await waits for n warnings, outside of a bubble, and returns all of them.
func (w *warnings) await(t *testing.T, n int) []string {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		w.mu.Lock()
		arrived := len(w.texts) >= n
		w.mu.Unlock()
		if arrived {
			break
		}
	}
	texts := w.take()
	if len(texts) != n {
		t.Errorf("got %d warnings, want %d: %q", len(texts), n, texts)
	}
	return texts
}

// want requires exactly these warnings, each given by a part of its text.
func (w *warnings) want(t testing.TB, texts ...string) {
	t.Helper()
	got := w.take()
	if len(got) != len(texts) {
		t.Fatalf("%d warnings, want %d:\n%s", len(got), len(texts), strings.Join(got, "\n"))
	}
	for i, text := range texts {
		if !strings.Contains(got[i], text) {
			t.Errorf("%q is not in %q", text, got[i])
		}
	}
}

// A warning handler may panic, block, or use the client.
func TestWarningHandler_MayPanicBlockOrUseTheClient(t *testing.T) {
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

// A warning handler may also panic while New calls it.
func TestWarningHandler_MayPanicInNew(t *testing.T) {
	t.Setenv("APPTUIT_PY_TOKEN", theToken)
	called := 0
	c := newClient(t, apptuitclient.WithEndpoint("http://fake.test"), apptuitclient.WithWarningHandler(func(error) { called++; panic("handler") }))
	if c.Close(); called != 2 {
		t.Errorf("%d warnings", called)
	}
}
