// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package lifecycle shuts a component down in order. After the shutdown has begun, no operation
// starts; the operations in progress finish, or are cancelled.
//
//	ctx, leave, ok := l.Enter(ctx) // in each operation
//	if !ok {
//		return ErrShutdown
//	}
//	defer leave()
//
//	l.End() // in Shutdown
//	select {
//	case <-l.Idle():
//	case <-ctx.Done():
//		l.Cancel(ErrShutdown)
//	}
package lifecycle

import (
	"context"
	"sync"
)

// Lifecycle tracks the operations in progress. Create it with [New]. It is safe for
// concurrent use.
type Lifecycle struct {
	ending chan struct{} // closed by End
	idle   chan struct{} // closed after End, when no operation is in progress

	mu      sync.Mutex // guards the fields below
	ended   bool
	running map[int]context.CancelCauseFunc // by number
	entered int                             // number of operations so far
}

// New returns a lifecycle in which operations can start.
func New() *Lifecycle {
	return &Lifecycle{
		ending:  make(chan struct{}),
		idle:    make(chan struct{}),
		running: make(map[int]context.CancelCauseFunc),
	}
}

// Enter starts an operation, and returns false if End was called. The operation must use
// the returned context, which is derived from ctx and also canceled by Cancel. It must call
// leave when it has finished; further calls of leave have no effect.
func (l *Lifecycle) Enter(ctx context.Context) (_ context.Context, leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return nil, nil, false
	}
	ctx, cancel := context.WithCancelCause(ctx)
	l.entered++
	id := l.entered
	l.running[id] = cancel
	return ctx, func() {
		cancel(nil)
		l.leave(id)
	}, true
}

func (l *Lifecycle) leave(id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, running := l.running[id]; !running {
		return
	}
	delete(l.running, id)
	if l.ended && len(l.running) == 0 {
		close(l.idle)
	}
}

// End prevents further operations from starting. It does not cancel the operations in
// progress. It returns false if it was called before.
func (l *Lifecycle) End() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.ended {
		return false
	}
	l.ended = true
	close(l.ending)
	if len(l.running) == 0 {
		close(l.idle)
	}
	return true
}

// Ended reports whether End has been called.
func (l *Lifecycle) Ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.ended
}

// Ending returns a channel that is closed by End. Operations use it to stop waiting.
func (l *Lifecycle) Ending() <-chan struct{} { return l.ending }

// Idle returns a channel that is closed when End has been called and no operation is in
// progress.
func (l *Lifecycle) Idle() <-chan struct{} { return l.idle }

// Cancel cancels the contexts of the operations in progress with the given cause. It does
// not prevent further operations.
func (l *Lifecycle) Cancel(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cancel := range l.running {
		cancel(cause)
	}
}
