// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build darwin && !ios

package runtimemetrics

import (
	"runtime"
	"testing"
)

// onWine is for the tests that run on Windows as well.
func onWine() bool { return false }

func TestStart_ThreadsGrowByLockedGoroutines(t *testing.T) {
	const name, locked, tolerance = "process.thread.count", 8, 8 // The runtime starts a few threads of its own.
	reader := start(t, WithoutGoRuntime())
	before := collectValues(t, reader)[name]
	started, stop := make(chan struct{}), make(chan struct{})
	defer close(stop)
	for range locked {
		go func() {
			runtime.LockOSThread()
			defer runtime.UnlockOSThread()
			started <- struct{}{}
			<-stop
		}()
	}
	for range locked {
		<-started
	}
	after := collectValues(t, reader)[name]
	if before < 1 || after < locked || after > before+locked+tolerance {
		t.Errorf("%s is %v, then %v with %d goroutines locked to threads", name, before, after, locked)
	}
}
