// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
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
	end      ending // of the attempt that failed
}

// maxAsked bounds what a server can ask for with Retry-After.
const maxAsked = time.Hour

// pause is how long to wait after so many failures before this one, of which the
// last may have asked for a time.
func pause(retry RetryConfig, failures int, asked time.Duration) time.Duration {
	if asked > 0 {
		return min(asked, maxAsked) + backoff(retry, 0)
	}
	return backoff(retry, failures)
}

// pass reports whether a request may be made now, and whether it is the probe.
// If it may, open, fail or cancel has to follow. If not, it says why, and how
// the last attempt ended.
func (g *gate) pass() (ok, probe bool, end ending, why error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		return true, false, goOn, nil
	}
	if g.probing || time.Now().Before(g.at) {
		return false, false, g.end, g.reason
	}
	g.probing = true
	return true, true, goOn, nil
}

// open says that the server has taken something, or that waiting is of no use.
func (g *gate) open() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed, g.probing, g.failures, g.reason, g.end = false, false, 0, nil, goOn
}

// fail says that an attempt has failed. It closes the gate, unless another
// attempt, which has not probed, has closed it already.
func (g *gate) fail(retry RetryConfig, probe bool, after time.Duration, reason error, end ending) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reason, g.end = reason, end
	if g.closed && !probe {
		return
	}
	g.closed, g.probing = true, false
	g.at = time.Now().Add(pause(retry, g.failures, after))
	g.failures++
}

// cancel says that an attempt was not made.
func (g *gate) cancel(probe bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if probe {
		g.probing = false
	}
}

// opens returns when the next probe may be, zero if the gate is open.
func (g *gate) opens() time.Time {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.closed {
		return time.Time{}
	}
	return g.at
}
