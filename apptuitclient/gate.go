// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"errors"
	"sync"
	"time"
)

// gate lets batches through to the server. While the last attempt has failed,
// that is one probe a back-off, of whoever comes first.
type gate struct {
	mu       sync.Mutex
	closed   bool
	probing  bool
	failures int
	at       time.Time // when the next probe may be
	reason   error
}

// errProbing is why a batch waits before the first probe has an answer.
var errProbing = errors.New("the server is being tried")

// pass reports whether a request may be made now, and whether it is the probe.
// If it may, open, fail or cancel has to follow.
func (g *gate) pass() (ok, probe bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		return true, false
	}
	if g.probing || time.Now().Before(g.at) {
		return false, false
	}
	g.probing = true
	return true, true
}

// open says that the server has taken something, or that waiting is of no use.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed, g.probing, g.failures, g.reason = false, false, 0, nil
}

// fail says that an attempt has failed. It closes the gate, unless another
// attempt, which has not probed, has closed it already.
func (g *gate) fail(retry RetryConfig, probe bool, after time.Duration, reason error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reason = reason
	if g.closed && !probe {
		return
	}
	g.closed, g.probing = true, false
	wait := backoff(retry, g.failures)
	if after > 0 {
		wait = after + backoff(retry, 0)
	}
	g.failures++
	g.at = time.Now().Add(wait)
}

// cancel says that an attempt was not made.
func (g *gate) cancel(probe bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if probe {
		g.probing = false
	}
}

// state returns when the next probe may be, zero if the gate is open, and why.
func (g *gate) state() (at time.Time, reason error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case !g.closed:
		return time.Time{}, nil
	case g.reason == nil:
		return g.at, errProbing
	}
	return g.at, g.reason
}
