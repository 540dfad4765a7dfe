// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package lifecycle ends operations in order: those that are under way may finish, or
// are cancelled, and no other starts.
package lifecycle

import (
	"context"
	"sync"
)

// Lifecycle knows the operations under way. It is safe for concurrent use.
type Lifecycle struct {
	ending chan struct{} // closed by End
	idle   chan struct{} // closed when ended and nothing runs

	mu      sync.Mutex
	ended   bool
	running map[int]context.CancelCauseFunc
	entered int
}

// New returns a lifecycle that has begun.
func New() *Lifecycle {
	return &Lifecycle{
		ending:  make(chan struct{}),
		idle:    make(chan struct{}),
		running: make(map[int]context.CancelCauseFunc),
	}
}

// Enter starts an operation. It returns false if the lifecycle has ended. The context
// ends with Cancel, too; leave must be called when the operation has ended. A second call
// of leave has no effect.
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

// End lets no further operation start. It returns false if the lifecycle had ended
// before.
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

// Ending is closed by End.
func (l *Lifecycle) Ending() <-chan struct{} { return l.ending }

// Idle is closed when End has been called and no operation is under way.
func (l *Lifecycle) Idle() <-chan struct{} { return l.idle }

// Cancel cancels the operations under way. When it returns, they all see this cause.
func (l *Lifecycle) Cancel(cause error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cancel := range l.running {
		cancel(cause)
	}
}
