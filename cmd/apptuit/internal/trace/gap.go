// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"math"
	"slices"
)

// MaxGap returns the longest time between two points of a series that a line bridges. The argument
// holds the times between neighbouring points, in any unit; MaxGap sorts it. Times are regular if at
// least half of them are within a quarter of their median. A line then bridges one and a half times
// the median, otherwise five times. It bridges any time between two points of a series of two.
//
// In a frame, a value may be missing because another series has a point at a time of its own, and a
// time may be missing because no series has a point then. So only the time between two points tells
// whether points are missing.
func MaxGap(steps []float64) float64 {
	if len(steps) < 2 {
		return math.Inf(1) // nothing tells which time is usual
	}
	slices.Sort(steps)
	median := steps[(len(steps)-1)/2]
	regular := 0
	for _, s := range steps {
		if math.Abs(s-median) < median/4 {
			regular++
		}
	}
	if 2*regular < len(steps) {
		return 5 * median
	}
	return 1.5 * median
}
