// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"sync"

	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
)

// lifecycle knows the Exports under way and ends them.
type lifecycle struct {
	stop chan struct{} // closed by shutdown: no further retry
	idle chan struct{} // closed when down and nothing runs

	mu      sync.Mutex
	down    bool
	running map[int]context.CancelCauseFunc
	entered int
}

func newLifecycle() *lifecycle {
	return &lifecycle{
		stop:    make(chan struct{}),
		idle:    make(chan struct{}),
		running: make(map[int]context.CancelCauseFunc),
	}
}

// enter starts an Export, unless it is too late. The context ends with the
// exporter, too.
func (l *lifecycle) enter(ctx context.Context) (_ context.Context, leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
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

func (l *lifecycle) leave(id int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.running, id)
	if l.down && len(l.running) == 0 {
		close(l.idle)
	}
}

func (l *lifecycle) ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down
}

// shutdown waits for the Exports under way, and cancels them when ctx ends. Until
// last ends, it waits for them to spool what is left.
func (l *lifecycle) shutdown(ctx, last context.Context) error {
	if err := l.close(); err != nil {
		return err
	}
	select {
	case <-l.idle:
	case <-ctx.Done():
		l.cancel()
		select {
		case <-l.idle:
		case <-last.Done():
		}
	}
	return ctx.Err()
}

// close lets no further Export start.
func (l *lifecycle) close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return sdkmetric.ErrExporterShutdown
	}
	l.down = true
	close(l.stop)
	if len(l.running) == 0 {
		close(l.idle)
	}
	return nil
}

// cancel cancels the Exports under way. They know when it returns, so that what
// they see first is not the end of the client.
func (l *lifecycle) cancel() {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, cancel := range l.running {
		cancel(sdkmetric.ErrExporterShutdown)
	}
}
