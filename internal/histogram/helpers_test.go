// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"maps"
	"math"
	"math/rand/v2"
	"slices"
)

// quantilesOfReporters returns the quantiles of the reporter layout and of the default layout.
func quantilesOfReporters() []float64 { return []float64{0.5, 0.75, 0.95, 0.99, 0.999} }

// record returns an exponential histogram of samples, without sum, minimum and maximum.
func record(scale int32, zeroThreshold float64, samples []float64) *Exponential {
	h := &Exponential{
		Scale: scale, ZeroThreshold: zeroThreshold, Count: uint64(len(samples)), Sum: math.NaN(), Extremes: NoExtremes(),
	}
	positive, negative := map[int32]uint64{}, map[int32]uint64{}
	for _, v := range samples {
		index := int32(math.Ceil(math.Ldexp(math.Log2(math.Abs(v)), int(scale)))) - 1
		switch {
		case math.Abs(v) <= zeroThreshold:
			h.ZeroCount++
		case v > 0:
			positive[index]++
		default:
			negative[index]++
		}
	}
	h.Positive, h.Negative = bucketsOf(positive), bucketsOf(negative)
	return h
}

// recordAll returns an exponential histogram of samples with sum, minimum and maximum, as the SDK
// records it.
func recordAll(scale int32, samples []float64) *Exponential {
	h := record(scale, 0, samples)
	h.Sum = 0
	for _, v := range samples {
		h.Sum += v
	}
	h.Extremes = Extremes{slices.Min(samples), slices.Max(samples)}
	return h
}

// bucketsOf returns buckets with the counts of a map by index.
func bucketsOf(counts map[int32]uint64) (b Buckets) {
	if len(counts) == 0 {
		return b
	}
	indexes := slices.Sorted(maps.Keys(counts))
	b.Offset = indexes[0]
	b.Counts = make([]uint64, indexes[len(indexes)-1]-b.Offset+1)
	for index, n := range counts {
		b.Counts[index-b.Offset] = n
	}
	return b
}

// countsOf returns the counts above 0 by index, after lowering the scale by d. It is the reference
// for downscaling, and handles one bucket at a time.
func countsOf(b Buckets, d int) map[int64]uint64 {
	counts := map[int64]uint64{}
	for i, n := range b.Counts {
		if n > 0 {
			counts[int64(math.Floor(math.Ldexp(float64(int64(b.Offset)+int64(i)), -d)))] += n
		}
	}
	return counts
}

// merge returns the sums of counts with the same index.
func merge(a, b map[int64]uint64) map[int64]uint64 {
	sum := maps.Clone(a)
	for index, n := range b {
		sum[index] += n
	}
	return sum
}

// observations returns the number of observations in all buckets.
func observations(h *Exponential) (n uint64) {
	n = h.ZeroCount
	for _, c := range slices.Concat(h.Positive.Counts, h.Negative.Counts) {
		n += c
	}
	return n
}

func (h *Exponential) quantile(q float64) float64 { return h.AppendQuantiles(nil, []float64{q})[0] }

func (h *Explicit) quantile(q float64) float64 { return h.AppendQuantiles(nil, []float64{q})[0] }

// spread returns counts of all magnitudes, made from the bytes of a fuzz input.
func spread(b []byte) []uint64 {
	counts := make([]uint64, len(b))
	for i, n := range b {
		counts[i] = uint64(n) << (n % 57)
	}
	return counts
}

// small returns small counts, made from the bytes of a fuzz input. Their sums do not overflow.
func small(b []byte) []uint64 {
	counts := make([]uint64, min(len(b), 100))
	for i := range counts {
		counts[i] = uint64(b[i] % 16)
	}
	return counts
}

func near(got, want float64) bool { return math.Abs(got-want) <= 1e-9*max(1, math.Abs(want)) }

// same reports whether two floats are near each other or both NaN.
func same(a, b float64) bool { return near(a, b) || math.IsNaN(a) && math.IsNaN(b) }

// draw returns n samples from the function sample.
func draw(n int, sample func() float64) []float64 {
	samples := make([]float64, n)
	for i := range samples {
		samples[i] = sample()
	}
	return samples
}

// distributions returns n samples of each of several distributions.
func distributions(n int) map[string][]float64 {
	random := rand.New(rand.NewPCG(3, 4))
	return map[string][]float64{
		"uniform":     draw(n, func() float64 { return 10 + 90*random.Float64() }),
		"exponential": draw(n, func() float64 { return 0.2 * random.ExpFloat64() }),
		"lognormal":   draw(n, func() float64 { return math.Exp(random.NormFloat64()) }),
		"bimodal": draw(n, func() float64 {
			if random.IntN(5) == 0 {
				return 2 + 0.1*random.NormFloat64()
			}
			return 0.05 + 0.002*random.NormFloat64()
		}),
		"two values": draw(n, func() float64 {
			if random.IntN(10) == 0 {
				return 1000
			}
			return 10
		}),
		"narrow":        draw(n, func() float64 { return 1 + 0.001*random.Float64() }),
		"seven decades": draw(n, func() float64 { return math.Pow(10, 7*random.Float64()-4) }),
		"constant":      draw(n, func() float64 { return 0.1 }),
	}
}
