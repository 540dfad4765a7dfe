// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package trace

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/query"
)

func TestBySize_OrdersByTheLargestAbsoluteValueThenTheMean(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	columns := []query.Column{
		{Metric: "m", Values: []float64{1, 2, 3}},
		{Metric: "m", Values: []float64{nan, nan, nan}},
		{Metric: "m", Values: []float64{1, 3, 3}}, // the same maximum, the larger mean
		{Metric: "m", Values: []float64{0, -9, nan}},
		{Metric: "m", Values: []float64{1, -inf, 1}},
		{Metric: "m", Values: []float64{0, 0, 0}},
	}
	if diff := cmp.Diff([]int{4, 3, 2, 0, 5, 1}, BySize(columns)); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestMaxGap(t *testing.T) {
	t.Parallel()
	inf := math.Inf(1)
	for _, c := range []struct {
		name  string
		steps []float64
		want  float64
	}{
		{"no points", nil, inf},
		{"two points", []float64{60}, inf},
		{"regular", []float64{60, 60, 60}, 90},
		{"regular with jitter and an outage", []float64{59, 61, 600, 60}, 90},
		{"irregular", []float64{1, 5, 20, 100}, 25},
	} {
		if got := MaxGap(c.steps); got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
	}
}
