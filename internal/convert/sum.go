// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

// HasSum reports whether the sum of a histogram of the instrument was recorded. SDKs record
// none for instruments that can have negative values, which are gauges and up-down counters
// (specification, Metrics SDK, histogram aggregations). The SDK for Go then leaves 0, and
// neither metricdata nor its OTLP exporter says so. A sum of 0 was not recorded if nonzero
// reports that the values cannot add up to 0. Then the instrument has no sum: from there on,
// HasSum is false for each sum of 0, so that a series does not come and go. As long as all
// sums of 0 are possible, they are taken as recorded.
func (i *Instrument[K]) HasSum(sum float64, count uint64, nonzero func() bool) bool {
	if sum != 0 {
		return true
	}
	i.sumless = i.sumless || count > 0 && nonzero()
	return !i.sumless
}

// Sumless reports whether HasSum has found out that the instrument has no sum.
func (i *Instrument[K]) Sumless() bool { return i.sumless }

// sum returns the sum of a histogram, if it was recorded.
func (p Point[K]) sum(sum Optional, count uint64, nonzero func() bool) Optional {
	sum.Set = sum.Set && p.i.HasSum(sum.Value.Float64(), count, nonzero)
	return sum
}
