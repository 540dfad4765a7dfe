// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"slices"
	"time"
)

// Sample is what a number of exports took together.
type Sample struct {
	Exports     int
	Points      int           // data points in all of them
	Wall, CPU   time.Duration // CPU is of the process, on all cores
	Allocations uint64
	Bytes       int64 // on the wire, headers included
}

// The figures of a sample, per point.

func wall(s Sample) float64        { return float64(s.Wall) / float64(s.Points) }
func cpu(s Sample) float64         { return float64(s.CPU) / float64(s.Points) }
func allocations(s Sample) float64 { return float64(s.Allocations) / float64(s.Points) }
func bytes(s Sample) float64       { return float64(s.Bytes) / float64(s.Points) }

// Series is the samples of one peer in one state, one a round.
type Series []Sample

// Figures are medians, per point.
type Figures struct {
	Wall, CPU   float64 // nanoseconds
	Allocations float64
	Bytes       float64
}

// Figures returns the medians.
func (s Series) Figures() Figures {
	return Figures{Wall: s.median(wall), CPU: s.median(cpu), Allocations: s.median(allocations), Bytes: s.median(bytes)}
}

func (s Series) median(figure func(Sample) float64) float64 {
	values := make([]float64, len(s))
	for i, sample := range s {
		values[i] = figure(sample)
	}
	return median(values)
}

// Times returns how many times as much of a figure s takes as the other: the
// median over the rounds.
func (s Series) Times(other Series, figure func(Sample) float64) float64 {
	var values []float64
	for i := range min(len(s), len(other)) {
		values = append(values, figure(s[i])/figure(other[i]))
	}
	return median(values)
}

// median returns the middle of values, 0 of none. It sorts them.
func median(values []float64) float64 {
	n := len(values)
	if n == 0 {
		return 0
	}
	slices.Sort(values)
	return (values[(n-1)/2] + values[n/2]) / 2
}
