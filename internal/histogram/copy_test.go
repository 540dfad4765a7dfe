// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestExplicit_CopyFrom_SharesNoMemory(t *testing.T) {
	dst := &Explicit{Count: 9, Bounds: make([]float64, 3, 10), Counts: make([]uint64, 4, 10)}
	for n := range 3 {
		src := &Explicit{Count: 3, Sum: 4, Extremes: Extremes{1, 2}, Bounds: slices.Repeat([]float64{1}, n), Counts: slices.Repeat([]uint64{2}, n)}
		dst.CopyFrom(src)
		want := *src
		want.Bounds, want.Counts = slices.Clone(src.Bounds), slices.Clone(src.Counts)
		clear(src.Bounds)
		clear(src.Counts)
		if diff := cmp.Diff(&want, dst); diff != "" {
			t.Errorf("%d buckets (-want +got):\n%s", n, diff)
		}
	}
}

func TestExponential_CopyFrom_SharesNoMemory(t *testing.T) {
	dst := &Exponential{Count: 9, Positive: Buckets{7, make([]uint64, 4, 10)}, Negative: Buckets{7, make([]uint64, 4, 10)}}
	for n := range 3 {
		src := &Exponential{
			Count: 3, ZeroCount: 1, Sum: 4, Extremes: Extremes{1, 2}, Scale: 5, ZeroThreshold: 6,
			Positive: Buckets{-1, slices.Repeat([]uint64{1}, n)}, Negative: Buckets{-2, slices.Repeat([]uint64{2}, n)},
		}
		dst.CopyFrom(src)
		want := *src
		want.Positive.Counts, want.Negative.Counts = slices.Clone(src.Positive.Counts), slices.Clone(src.Negative.Counts)
		clear(src.Positive.Counts)
		clear(src.Negative.Counts)
		if diff := cmp.Diff(&want, dst); diff != "" {
			t.Errorf("%d buckets (-want +got):\n%s", n, diff)
		}
	}
}
