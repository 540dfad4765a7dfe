// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"sync"
	"time"
)

// circuitState is the state of a circuit breaker, in the usual meaning.
type circuitState uint8

const (
	closed   circuitState = iota // requests are made
	open                         // no request is made until the next probe is due
	halfOpen                     // one request, the probe, is being made
)

// circuit is a circuit breaker for the server. A failure opens it; while it is open, one
// probe is made per back-off interval, by whichever batch comes first. A probe that
// succeeds closes it. It is safe for concurrent use.
type circuit struct {
	retry   Retry // gives the intervals
	machine *Machine

	mu       sync.Mutex
	state    circuitState
	failures int       // since it was closed
	due      time.Time // when the next probe may be made
	last     failed    // why it is open
}

// permit is the right to make a request. Its holder has to call close, open or cancel.
type permit struct{ probe bool }

// allow reports whether a request may be made now. If not, it returns why the circuit
// is open.
func (c *circuit) allow() (permit, bool, failed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.state == closed:
		return permit{}, true, failed{}
	case c.state == halfOpen || time.Now().Before(c.due):
		return permit{}, false, c.last
	}
	c.state = halfOpen
	return permit{probe: true}, true, failed{}
}

// close notes that the server has answered, or that waiting is of no use.
func (c *circuit) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.state, c.failures, c.last = closed, 0, failed{}
}

// open notes an attempt that failed, and the time that the server asks for. If the
// circuit is not closed, only a probe changes when the next one is due.
func (c *circuit) open(p permit, after time.Duration, why failed) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = why
	if c.state != closed && !p.probe {
		return
	}
	c.state = open
	c.due = time.Now().Add(c.machine.pause(c.retry, c.failures, after))
	c.failures++
}

// cancel notes that no request was made, or that it says nothing about the server.
func (c *circuit) cancel(p permit) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.probe && c.state == halfOpen {
		c.state = open
	}
}

// probeDue returns when the next probe may be made, zero if the circuit is closed.
func (c *circuit) probeDue() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state == closed {
		return time.Time{}
	}
	return c.due
}
