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
	kill context.Context
	end  context.CancelCauseFunc

	mu   sync.Mutex
	down bool
	busy int
	idle chan struct{} // closed when down and not busy
}

func newLifecycle() *lifecycle {
	l := &lifecycle{stop: make(chan struct{}), idle: make(chan struct{})}
	l.kill, l.end = context.WithCancelCause(context.Background())
	return l
}

// enter starts an Export, unless it is too late. The context ends with the
// exporter, too.
func (l *lifecycle) enter(ctx context.Context) (_ context.Context, leave func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down {
		return nil, nil, false
	}
	l.busy++
	ctx, cancel := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(l.kill, func() { cancel(sdkmetric.ErrExporterShutdown) })
	return ctx, func() {
		unhook()
		cancel(nil)
		l.leave()
	}, true
}

func (l *lifecycle) leave() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.busy--
	if l.down && l.busy == 0 {
		close(l.idle)
	}
}

func (l *lifecycle) ended() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down
}

// shutdown waits for the Exports under way, and cancels them when ctx ends.
func (l *lifecycle) shutdown(ctx context.Context) error {
	l.mu.Lock()
	if l.down {
		l.mu.Unlock()
		return sdkmetric.ErrExporterShutdown
	}
	l.down = true
	close(l.stop)
	if l.busy == 0 {
		close(l.idle)
	}
	l.mu.Unlock()
	defer l.end(sdkmetric.ErrExporterShutdown)
	select {
	case <-l.idle:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}
