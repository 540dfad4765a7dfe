// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package lifecycle_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/lifecycle"
)

func enter(t *testing.T, l *lifecycle.Lifecycle) (context.Context, func()) {
	t.Helper()
	ctx, leave, ok := l.Enter(t.Context())
	if !ok {
		t.Fatal("the lifecycle has ended")
	}
	return ctx, leave
}

// closed reports whether a channel is closed.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

func TestLifecycle_End_IsIdleWithoutOperations(t *testing.T) {
	l := lifecycle.New()
	if l.Ended() || closed(l.Ending()) || closed(l.Idle()) {
		t.Error("a new lifecycle has ended")
	}
	if !l.End() || !l.Ended() || !closed(l.Ending()) || !closed(l.Idle()) {
		t.Error("the lifecycle has not ended")
	}
	if l.End() {
		t.Error("a second End says that it was the first")
	}
}

func TestLifecycle_Enter_FailsAfterEnd(t *testing.T) {
	l := lifecycle.New()
	l.End()
	if ctx, leave, ok := l.Enter(t.Context()); ok || ctx != nil || leave != nil {
		t.Error("an operation started")
	}
}

func TestLifecycle_End_LetsOperationsFinish(t *testing.T) {
	l := lifecycle.New()
	first, leaveFirst := enter(t, l)
	_, leaveSecond := enter(t, l)
	leaveThird := func() { _, leave := enter(t, l); leave() }
	leaveThird()
	if closed(l.Idle()) {
		t.Error("idle before End")
	}
	l.End()
	if first.Err() != nil {
		t.Errorf("End cancels: %v", first.Err())
	}
	leaveFirst()
	leaveFirst()
	if closed(l.Idle()) {
		t.Error("idle while an operation is under way")
	}
	leaveSecond()
	if !closed(l.Idle()) {
		t.Error("not idle after the last operation has left")
	}
	leaveSecond() // has no effect
}

func TestLifecycle_Cancel_CancelsOperationsInProgressOnly(t *testing.T) {
	l := lifecycle.New()
	before, leave := enter(t, l)
	cause := errors.New("shut down")
	l.Cancel(cause)
	after, leaveAfter := enter(t, l)
	if got := context.Cause(before); !errors.Is(got, cause) {
		t.Errorf("cause %v", got)
	}
	if after.Err() != nil {
		t.Errorf("a later operation has ended: %v", after.Err())
	}
	leave()
	leaveAfter()
	if !errors.Is(context.Cause(before), cause) || !errors.Is(after.Err(), context.Canceled) {
		t.Errorf("after leaving: %v, %v", context.Cause(before), after.Err())
	}
}

func TestLifecycle_Enter_ContextEndsWithItsParent(t *testing.T) {
	l := lifecycle.New()
	parent, cancel := context.WithCancel(t.Context())
	ctx, leave, _ := l.Enter(parent)
	defer leave()
	cancel()
	if ctx.Err() == nil {
		t.Error("the context goes on")
	}
}

func TestLifecycle_Concurrently(t *testing.T) {
	l := lifecycle.New()
	var all sync.WaitGroup
	for range 100 {
		all.Go(func() {
			ctx, leave, ok := l.Enter(t.Context())
			if !ok {
				return
			}
			if ctx.Err() != nil {
				t.Error(ctx.Err())
			}
			leave()
		})
	}
	l.End()
	all.Wait()
	<-l.Idle()
}
