// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"sync"
	"time"
)

// circuitState is the state of a circuit breaker.
type circuitState uint8

const (
	circuitClosed   circuitState = iota // requests are made
	circuitOpen                         // no request is made until the next probe is due
	circuitHalfOpen                     // one request, the probe, is in progress
)

// circuit is the circuit breaker of a client with a spool. A failed request opens it. While
// it is open, one probe is allowed per back-off interval: the first batch that asks, live
// or spooled, is sent. A successful probe closes the circuit. It is safe for concurrent use.
//
// Call allow before a request. If it grants a permit, then call close, open or cancel.
type circuit struct {
	policy  RetryPolicy // determines the back-off intervals
	machine *Machine

	mu       sync.Mutex
	state    circuitState
	failures int             // probes that failed since the circuit was closed
	due      time.Time       // when the next probe is allowed
	cause    deliveryFailure // the last failure, while the circuit is not closed
}

// permit is the permission to make a request. Its owner must call close, open or cancel.
type permit struct{ probe bool }

// allow grants a permit if a request may be made now. Otherwise it returns false and the
// failure that keeps the circuit open.
func (c *circuit) allow() (permit, bool, deliveryFailure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state == circuitClosed:
		return permit{}, true, deliveryFailure{}
	case c.state == circuitHalfOpen || time.Now().Before(c.due):
		return permit{}, false, c.cause
	}
	c.state = circuitHalfOpen
	return permit{probe: true}, true, deliveryFailure{}
}

// close closes the circuit, because the server has answered, or because batches can no longer
// be spooled.
func (c *circuit) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state, c.failures, c.cause = circuitClosed, 0, deliveryFailure{}
}

// open opens the circuit after a failed request. The server may have requested a delay with
// Retry-After; 0 means the back-off interval. A request that was started before the circuit
// opened, and fails later, does not move the next probe.
func (c *circuit) open(p permit, retryAfter time.Duration, cause deliveryFailure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.cause = cause
	if c.state != circuitClosed && !p.probe {
		return
	}
	c.state = circuitOpen
	c.due = time.Now().Add(c.machine.backoffOrRetryAfter(c.policy, c.failures, retryAfter))
	c.failures++
}

// cancel returns a permit without a result: no request was made, or the caller ended it.
func (c *circuit) cancel(p permit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.probe && c.state == circuitHalfOpen {
		c.state = circuitOpen
	}
}

// isClosed reports whether requests are made without probing first.
func (c *circuit) isClosed() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == circuitClosed
}

// probeDue returns when the next probe is allowed, and the zero time if the circuit is
// closed.
func (c *circuit) probeDue() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == circuitClosed {
		return time.Time{}
	}
	return c.due
}
