// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"net/http/httptest"
	"path/filepath"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// rollingFaults returns faults in which another process replaces the exporting process. The new process
// starts before the old process ends, as in a rolling update.
func rollingFaults() []fault {
	return []fault{
		{name: "a rolling update during an outage", run: func(w *scenario) {
			s := w.testServer()
			w.rollingUpdates(w.n(3, 20), newFront(s.Handler, w.seed), storedIn(s))
		}, only: "spool"},
	}
}

// rollingUpdates replaces the process repeatedly. Each old process ends in order during an outage of the
// server, and leaves points in its part of the spool. The last process delivers all points.
func (w *scenario) rollingUpdates(updates int, f *front, stored func(testing.TB, ...string) []servers.Point) {
	w.t.Helper()
	s := httptest.NewServer(f)
	w.t.Cleanup(s.Close)
	await := func(l *life, c <-chan struct{}, what string) {
		w.t.Helper()
		select {
		case <-c:
		case <-l.ended:
			w.t.Fatalf("a process has ended before it %s", what)
		case <-time.After(4 * generous):
			w.t.Fatalf("no process %s", what)
		}
	}
	running := w.liveAs(order{Endpoint: s.URL, Instances: true, Leave: true})
	lives := []*life{running}
	leftBehind := 0
	for range updates {
		await(running, running.began, "exports")
		f.outage(true)
		await(running, running.kept, "spools")
		next := w.liveAs(order{Endpoint: s.URL, Instances: true, Leave: true})
		lives = append(lives, next)
		await(next, next.began, "exports")
		_ = running.input.Close()
		if err := running.wait(w.t); err != nil {
			w.t.Errorf("an old process: %v", err)
		}
		if len(w.instanceBatches()) > 0 {
			leftBehind++
		}
		f.outage(false)
		w.pause(0, 400*time.Millisecond)
		w.times++
		running = next
	}
	if leftBehind == 0 {
		w.t.Error("no process has left points in the spool")
	}
	for deadline := time.Now().Add(4 * generous); len(w.instanceBatches()) > 0; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("the spool still has %q", w.instanceBatches())
		}
	}
	_ = running.input.Close()
	if err := running.wait(w.t); err != nil {
		w.t.Errorf("the last process: %v", err)
	}
	w.reconcileCrashes(lives, f, stored(w.t))
}

// instanceBatches returns the files in the spool and in the folders of its instances.
func (w *scenario) instanceBatches() []string {
	w.t.Helper()
	names := w.batches()
	for _, pattern := range []string{"[0-9]/*.batch", "[0-9][0-9]/*.batch"} {
		more, err := filepath.Glob(filepath.Join(w.dir, pattern))
		if err != nil {
			w.t.Fatal(err)
		}
		names = append(names, more...)
	}
	return names
}
