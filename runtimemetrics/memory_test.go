// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build (darwin && !ios) || windows

package runtimemetrics

import (
	"os"
	"runtime"
	"runtime/debug"
	"testing"
)

// On Linux, TestStart_ValuesEqualTheKernels compares memory with the kernel's numbers.
func TestStart_MemoryGrowsByTheMemoryThatAProgramTouches(t *testing.T) {
	const touched, tolerance = 64 << 20, 16 << 20
	reader := start(t, WithoutGoRuntime())
	debug.FreeOSMemory() // Memory that the heap reuses would not count as new.
	before := collectValues(t, reader)
	heap := make([]byte, touched)
	for i := 0; i < len(heap); i += os.Getpagesize() {
		heap[i] = 1
	}
	after := collectValues(t, reader)
	runtime.KeepAlive(heap)
	for _, name := range []string{"process.memory.usage", "process.memory.virtual"} {
		t.Logf("%s: %.0f, then %.0f", name, before[name], after[name])
		if name == "process.memory.virtual" && onWine() {
			t.Log("NOT TESTED: Wine does not set PrivateUsage")
			continue
		}
		if before[name] <= 0 || after[name] < touched {
			t.Errorf("%s is %.0f, then %.0f", name, before[name], after[name])
		}
	}
	if grown := after["process.memory.usage"] - before["process.memory.usage"]; grown < touched-tolerance || grown > 4*touched {
		t.Errorf("process.memory.usage grew by %.0f bytes, want about %d", grown, touched)
	}
}
