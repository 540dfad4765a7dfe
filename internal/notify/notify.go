// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package notify calls the handlers that a program gives for errors and warnings.
//
// A handler is code of the program: it may panic, block, or call the client or exporter
// whose error it gets. So it is never called by a goroutine that has something else to
// do, nor under a lock.
package notify

import (
	"context"
	"sync"
	"time"
)

// maxWaiting bounds the values that wait for a handler which does not return.
const maxWaiting = 100

// Queue calls a handler with one value after the other, in the order of Add. It is safe
// for concurrent use. Its goroutine ends when no value is waiting.
type Queue[E any] struct {
	handle func(E)

	mu      sync.Mutex
	waiting []E
	idle    chan struct{} // closed when all is handled; nil while nothing is to be handled
}

// New returns a queue for a handler, which may be nil.
func New[E any](handle func(E)) *Queue[E] { return &Queue[E]{handle: handle} }

// Add has the handler called with a value, soon. While 100 values wait, further ones
// are dropped.
func (q *Queue[E]) Add(value E) {
	if q.handle == nil {
		return
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) < maxWaiting {
		q.waiting = append(q.waiting, value)
	}
	if q.idle == nil {
		q.idle = make(chan struct{})
		go q.run()
	}
}

// run calls the handler until nothing waits.
func (q *Queue[E]) run() {
	for {
		q.mu.Lock()
		if len(q.waiting) == 0 {
			close(q.idle)
			q.idle, q.waiting = nil, nil
			q.mu.Unlock()
			return
		}
		value := q.waiting[0]
		q.waiting = q.waiting[1:]
		q.mu.Unlock()
		Call(q.handle, value)
	}
}

// Wait waits until the handler has returned from all values, but not longer than ctx
// and most allow. A handler that waits for itself waits that long.
func (q *Queue[E]) Wait(ctx context.Context, most time.Duration) {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	if idle == nil {
		return
	}
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Call calls a handler, and ignores its panic.
func Call[E any](handle func(E), value E) {
	defer func() { _ = recover() }()
	handle(value)
}
