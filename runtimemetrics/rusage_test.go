// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin || freebsd || netbsd || openbsd || dragonfly

package runtimemetrics

import (
	"math"
	"testing"
)

func TestCount_ReturnsUnsignedCountersOf32BitKernels(t *testing.T) {
	for in, want := range map[int32]int64{0: 0, math.MaxInt32: math.MaxInt32, math.MinInt32: math.MaxInt32 + 1, -1: math.MaxUint32} {
		if got := count(in); got != want {
			t.Errorf("count(%d) is %d, want %d", in, got, want)
		}
	}
	if got := count(int64(math.MaxInt64)); got != math.MaxInt64 {
		t.Errorf("count of the largest number is %d", got)
	}
}
