// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package notify calls a program's handlers for errors and warnings.
//
// A handler may panic, block, or call the client or exporter that reports the error. So it
// is called on a goroutine of its own, and never while a lock is held.
package notify

import (
	"context"
	"sync"
	"time"
)

// maxWaiting bounds the values in a queue whose handler does not return.
const maxWaiting = 100

// Queue calls a handler with one value at a time, in the order of Add. It is safe for
// concurrent use. It has a goroutine only while values are waiting.
type Queue[E any] struct {
	handle func(E)

	mu      sync.Mutex // guards the fields below
	waiting []E
	idle    chan struct{} // closed when the handler has returned from all values; nil while there are none
}

// New returns a queue that calls handle. If handle is nil, the queue discards all values.
func New[E any](handle func(E)) *Queue[E] { return &Queue[E]{handle: handle} }

// Add queues a value for the handler, and returns at once. While 100 values are waiting,
// further values are discarded.
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

// run calls the handler until no value is waiting.
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

// Wait waits until the handler has returned from all values, but not longer than limit, nor
// after ctx has ended. If the handler itself calls Wait, it waits in vain.
func (q *Queue[E]) Wait(ctx context.Context, limit time.Duration) {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	if idle == nil {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-idle:
	case <-timer.C:
	case <-ctx.Done():
	}
}

// Call calls a handler, and recovers and discards a panic.
func Call[E any](handle func(E), value E) {
	defer func() { _ = recover() }()
	handle(value)
}
