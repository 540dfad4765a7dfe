// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client_test

import (
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
)

// OpenTSDB refuses bodies above 8,192 bytes by default, which most batches of the profile do
// not reach: they begin small.
func TestServer_OpenTSDB_BatchesBeginSmall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20_000
		s := &limited{limit: 8192, refusal: func() (answer, error) {
			return text(400, "<blockquote>Chunked request not supported.</blockquote>"), nil
		}}
		f := &fake{t: t, answer: s.answer(t)}
		c := f.client(apptuitclient.WithServer(apptuitclient.ServerOpenTSDB))
		for i := range 2 {
			if err := c.Send(t.Context(), numberedPoints(n)); err != nil {
				t.Fatal(err)
			}
			s.wantEach(t, n, i+1)
		}
		if s.refused() > 1 {
			t.Errorf("%d batches were refused for their size, want at most the one that shows the limit", s.refused())
		}
	})
}

// Where OpenTSDB accepts large bodies, batches soon have the configured size, in one Send, and
// also if the server was away at first.
func TestServer_OpenTSDB_BatchesGrow(t *testing.T) {
	for name, failures := range map[string]int{"at once": 0, "after an outage": 6} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const n = 20_000
				f := &fake{t: t}
				f.answer = func(*call) (answer, error) {
					if failures--; failures >= 0 {
						return answer{}, syscall.ECONNRESET
					}
					return status(204), nil
				}
				c := f.client(apptuitclient.WithServer(apptuitclient.ServerOpenTSDB), apptuitclient.WithMaxBatchPoints(n))
				for deadline := time.Now().Add(time.Hour); failures > 0; time.Sleep(time.Second) {
					if err := c.Send(t.Context(), widePoints(500)); err != nil && time.Now().After(deadline) {
						t.Fatal(err)
					}
				}
				for range 2 {
					before := len(f.all())
					if err := c.Send(t.Context(), numberedPoints(n)); err != nil {
						t.Fatal(err)
					}
					t.Logf("%d requests", len(f.all())-before)
				}
				before := len(f.all())
				if err := c.Send(t.Context(), numberedPoints(n)); err != nil {
					t.Fatal(err)
				}
				if requests := len(f.all()) - before; requests != 1 {
					t.Errorf("%d requests for the third batch, want 1", requests)
				}
			})
		})
	}
}
