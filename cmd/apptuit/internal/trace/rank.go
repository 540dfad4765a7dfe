// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package trace holds the rules that charts of text and pictures share: which series of a frame are
// the largest, and where the line of a series is broken.
package trace

import (
	"cmp"
	"math"
	"slices"

	"github.com/apptuitai/apptuit-go/query"
)

// BySize returns the indexes of columns, the largest series first. The size of a series is its
// largest absolute value. Series of the same size are ordered by the mean of their absolute values,
// and series with the same mean as in the frame.
func BySize(columns []query.Column) []int {
	most, mean := make([]float64, len(columns)), make([]float64, len(columns))
	order := make([]int, len(columns))
	for i := range columns {
		most[i], mean[i] = size(columns[i].Values)
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Or(cmp.Compare(most[b], most[a]), cmp.Compare(mean[b], mean[a]))
	})
	return order
}

// size returns the largest of the absolute values of a series, and their mean. The largest is -1 if
// the series has no values, and the mean 0 if a value is infinite.
func size(values []float64) (most, mean float64) {
	most = -1
	n := 0.0
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		most = max(most, math.Abs(v))
		n++
		mean += (math.Abs(v) - mean) / n
	}
	if math.IsInf(most, 1) {
		mean = 0
	}
	return most, mean
}
