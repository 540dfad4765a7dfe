// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package histogram does the arithmetic of OpenTelemetry histograms: quantiles,
// downscaling of exponential buckets, deltas of cumulative histograms, and statistics
// of the observations of one interval. It also computes the moving average rates of a
// [Meter].
//
// The package works on plain numbers. It knows neither metric names and tags nor any
// format of a data point.
//
//	Explicit        buckets between explicit bounds
//	Exponential     buckets whose bounds are powers of 2^(2^-scale)
//	ExplicitBuckets an Exponential converted to explicit buckets on a fixed grid of bounds
//	Interval        mean, extremes, standard deviation and percentiles of one interval
//	Meter           mean and exponentially weighted moving average rates
//
// A cumulative histogram contains all observations since its start. The delta of two of
// them contains the observations of the interval between. Its extremes are copied from the
// later histogram: they bound the observations of the interval, but the interval need not
// contain them.
//
// A value that was not recorded, for example the minimum of a histogram without one, is
// NaN.
//
// No value may be used by two goroutines at a time. An [Interval] and an
// [ExplicitBuckets] own memory that they reuse, so they should not be copied.
package histogram
