// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"time"
)

// injectedFaults returns faults of the system calls of the spool, injected by strace. Only a long run has
// them.
func injectedFaults() []fault {
	if !isLong() {
		return nil
	}
	return []fault{{name: "system calls of the spool fail", run: (*scenario).injections, only: "spool"}}
}

// injections starts processes in which some system calls of one kind fail. Each process must end in order.
// Points that cannot be spooled are dropped and reported.
func (w *scenario) injections() {
	w.t.Helper()
	if _, err := exec.LookPath("strace"); err != nil {
		if os.Getenv("CI") == "true" {
			w.t.Fatal("strace is not installed: apt-get install strace")
		}
		w.t.Skip("NOT TESTED: strace is not installed: apt-get install strace")
	}
	s := w.testServer()
	f := newFront(s.Handler, w.seed)
	server := httptest.NewServer(f)
	w.t.Cleanup(server.Close)
	stop, flapped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(flapped)
		f.flap(stop)
	}()
	w.drops = true
	var lives []*life
	for _, call := range []string{"fsync", "renameat", "unlinkat"} {
		for _, code := range []string{"EIO", "ENOSPC", "EROFS", "EINTR"} {
			inject := fmt.Sprintf("inject=%s:error=%s:when=%d+%d", call, code, 1+w.rng.IntN(4), 2+w.rng.IntN(3))
			l := w.liveAs(order{Endpoint: server.URL, Leave: true}, "strace", "-f", "-qq", "-o", os.DevNull, "-e", "trace="+call, "-e", inject)
			w.moment(l, false)
			w.pause(0, time.Second)
			_ = l.input.Close()
			if err := l.wait(w.t); err != nil {
				w.t.Errorf("%s: %v", inject, err)
			}
			w.times++
			lives = append(lives, l)
		}
	}
	close(stop)
	<-flapped
	last := w.live(server.URL)
	_ = last.input.Close()
	if err := last.wait(w.t); err != nil {
		w.t.Errorf("the last process: %v", err)
	}
	w.reconcileCrashes(append(lives, last), f, storedIn(s)(w.t))
}
