// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"math"
	"math/rand/v2"
	"slices"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

const (
	before      = 100  // different observations that a histogram has when it begins
	busiest     = 1000 // how often some have been observed each by then
	observed    = 3    // observations between two collections
	scale       = 3    // of exponential histograms: eight buckets for each power of two
	maxBuckets  = 160
	lowestIndex = -30
)

// bounds are those that the SDK has by default: 16 buckets.
func bounds() []float64 {
	return []float64{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000}
}

// duration is what a request takes, in milliseconds, with all digits.
func duration(random *rand.Rand) float64 { return 40 * math.Exp(random.NormFloat64()) }

// times returns how often a value has been observed before a histogram begins, in
// a series that is as busy as it says: some are a thousand times as busy as
// others.
func times(random *rand.Rand, busy float64) uint64 { return 1 + random.Uint64N(uint64(2*busy)) }

func busy(random *rand.Rand) float64 { return math.Pow(busiest, random.Float64()) }

// explicit observes for a histogram with buckets.
type explicit struct{ min, max float64 }

func (e *explicit) begin(p *metricdata.HistogramDataPoint[float64], random *rand.Rand) {
	*e = explicit{min: math.Inf(1), max: math.Inf(-1)}
	p.Bounds = bounds()
	p.BucketCounts = make([]uint64, len(p.Bounds)+1)
	p.Count, p.Sum = 0, 0
	b := busy(random)
	for range before {
		e.observe(p, duration(random), times(random, b))
	}
}

func (e *explicit) step(p *metricdata.HistogramDataPoint[float64], random *rand.Rand) {
	for range observed {
		e.observe(p, duration(random), 1)
	}
}

func (e *explicit) observe(p *metricdata.HistogramDataPoint[float64], v float64, n uint64) {
	i, _ := slices.BinarySearch(p.Bounds, v)
	p.BucketCounts[i] += n
	p.Count += n
	p.Sum += v * float64(n)
	e.min, e.max = min(e.min, v), max(e.max, v)
	p.Min, p.Max = metricdata.NewExtrema(e.min), metricdata.NewExtrema(e.max)
}

// exponential observes for an exponential histogram.
type exponential struct {
	explicit
	low, high int // the buckets in use
	counts    []uint64
}

func (e *exponential) begin(p *metricdata.ExponentialHistogramDataPoint[float64], random *rand.Rand) {
	*e = exponential{
		explicit: explicit{min: math.Inf(1), max: math.Inf(-1)}, low: maxBuckets, high: -1, counts: make([]uint64, maxBuckets),
	}
	p.Scale = scale
	p.Count, p.Sum = 0, 0
	b := busy(random)
	for range before {
		e.observe(p, duration(random), times(random, b))
	}
}

func (e *exponential) step(p *metricdata.ExponentialHistogramDataPoint[float64], random *rand.Rand) {
	for range observed {
		e.observe(p, duration(random), 1)
	}
}

func (e *exponential) observe(p *metricdata.ExponentialHistogramDataPoint[float64], v float64, n uint64) {
	index := int(math.Ceil(math.Ldexp(math.Log2(v), scale))) - 1
	i := min(max(index-lowestIndex, 0), maxBuckets-1)
	e.counts[i] += n
	e.low, e.high = min(e.low, i), max(e.high, i)
	p.PositiveBucket = metricdata.ExponentialBucket{Offset: int32(lowestIndex + e.low), Counts: e.counts[e.low : e.high+1]}
	p.Count += n
	p.Sum += v * float64(n)
	e.min, e.max = min(e.min, v), max(e.max, v)
	p.Min, p.Max = metricdata.NewExtrema(e.min), metricdata.NewExtrema(e.max)
}
