// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"math"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// quantiles appends estimates of quantiles, which ascend: the values at their
// ranks, interpolated linearly within their buckets, with as many digits as make
// sense, and kept within the recorded extremes. Those of a histogram that is empty,
// or has no buckets and no extremes, are NaN.
func (h *HistogramPoint) quantiles(dst, quantiles []float64) []float64 {
	total := 0.0
	for _, n := range h.Buckets {
		total += float64(n)
	}
	if len(h.Buckets) == 0 { // all that is known is what is between the extremes
		total = float64(h.Count)
	}
	seen, done := 0.0, 0
	for i := range max(len(h.Buckets), 1) {
		n := total
		if len(h.Buckets) > 0 {
			n = float64(h.Buckets[i])
		}
		before := seen
		seen += n
		if n == 0 {
			continue
		}
		low, high := h.edges(i)
		for ; done < len(quantiles) && quantiles[done]*total <= seen; done++ {
			part := min((quantiles[done]*total-before)/n, 1)
			dst = append(dst, clamp(wire.Round(between(low, high, part)), h.Min, h.Max))
		}
	}
	for ; done < len(quantiles); done++ {
		dst = append(dst, math.NaN())
	}
	return dst
}

// between is the value that is a part of the way up.
func between(low, high, part float64) float64 {
	if low == high {
		return high // and not a rounded one
	}
	return low*(1-part) + high*part
}

// edges returns where the values of bucket i are: between its bounds, and within
// the recorded extremes. Without those, the lowest bucket begins at 0 if it ends
// above, and is otherwise all at its end; the highest is all at its beginning (as
// histogram_quantile of PromQL has it). NaN is a histogram without bounds and
// extremes.
func (h *HistogramPoint) edges(i int) (low, high float64) {
	low, high = math.Inf(-1), math.Inf(1)
	if i > 0 {
		low = h.Bounds[i-1]
	}
	if i < len(h.Bounds) {
		high = h.Bounds[i]
	}
	low, high = clamp(low, h.Min, h.Max), clamp(high, h.Min, h.Max)
	if math.IsInf(low, -1) && high > 0 && !math.IsInf(high, 1) {
		low = 0
	}
	switch {
	case math.IsInf(low, -1) && math.IsInf(high, 1):
		return math.NaN(), math.NaN()
	case math.IsInf(low, -1):
		low = high
	case math.IsInf(high, 1):
		high = low
	}
	return low, high
}

// clamp keeps a value between the recorded extremes.
func clamp(v float64, least, most Optional) float64 {
	if least.Set && !least.Value.NaN() {
		v = math.Max(v, least.Value.Float64())
	}
	if most.Set && !most.Value.NaN() {
		v = math.Min(v, most.Value.Float64())
	}
	return v
}
