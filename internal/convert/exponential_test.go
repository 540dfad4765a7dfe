// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// sketch puts samples into an exponential histogram.
func sketch(scale int32, zeroThreshold float64, samples []float64) *ExponentialPoint {
	h := &ExponentialPoint{Scale: scale, ZeroThreshold: zeroThreshold, Count: uint64(len(samples))}
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
	h.Positive, h.Negative = buckets(positive), buckets(negative)
	return h
}

func buckets(counts map[int32]uint64) (b ExponentialBuckets) {
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

func (h *ExponentialPoint) estimate(q float64) float64 {
	return h.quantiles(nil, []float64{q})[0]
}

// A quantile is in the bucket of the sample of its rank: at most a factor of
// the base away from it.
func TestQuantilesAgainstSamples(t *testing.T) {
	const n = 20_000
	random := rand.New(rand.NewPCG(1, 2))
	draw := func(sample func() float64) []float64 {
		samples := make([]float64, n)
		for i := range samples {
			samples[i] = sample()
		}
		return samples
	}
	for name, samples := range map[string][]float64{
		"uniform":           draw(func() float64 { return 1 + 999*random.Float64() }),
		"lognormal":         draw(func() float64 { return math.Exp(2 * random.NormFloat64()) }),
		"tiny":              draw(func() float64 { return 1e-300 * (1 + random.Float64()) }),
		"huge":              draw(func() float64 { return 1e300 * (1 + random.Float64()) }),
		"constant":          draw(func() float64 { return 42 }),
		"constant negative": draw(func() float64 { return -0.3 }),
		"negative":          draw(func() float64 { return -1 - 999*random.Float64() }),
		"mixed signs":       draw(func() float64 { return 100 * random.NormFloat64() }),
		"few":               {1, 2, 3, 4, 5, 6, 7, 8, 9, 10},
		"one":               {7},
		"two of two signs":  {-5, 5},
	} {
		sorted := slices.Sorted(slices.Values(samples))
		for _, scale := range []int32{-2, 0, 3, 8} {
			t.Run(fmt.Sprintf("%s at scale %d", name, scale), func(t *testing.T) {
				h := sketch(scale, 0, samples)
				base := math.Exp2(math.Ldexp(1, -int(scale))) * (1 + 1e-9)
				for _, q := range []float64{0.001, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 1} {
					rank := math.Ceil(q * float64(len(sorted)))
					exact, got := sorted[int(rank)-1], h.estimate(q)
					if ratio := got / exact; ratio < 1/base || ratio > base {
						t.Errorf("quantile %v is %v, exactly %v: further away than a factor of %v", q, got, exact, base)
					}
				}
				wantMonotone(t, h)
			})
		}
	}
}

func wantMonotone(t *testing.T, h *ExponentialPoint) {
	t.Helper()
	last := math.Inf(-1)
	for i := range 1001 {
		q := float64(i) / 1000
		v := h.estimate(q)
		if !(v >= last) || math.IsInf(v, 0) {
			t.Fatalf("quantile %v is %v, after %v", q, v, last)
		}
		last = v
	}
}

// With extremes recorded, a constant comes out exactly, whatever the bucket.
func TestQuantilesAreWithinTheExtremes(t *testing.T) {
	for _, v := range []float64{42, -0.3, 1e-310, 1.7e308} {
		h := sketch(0, 0, []float64{v, v, v})
		h.Min, h.Max = set(wire.Float(v)), set(wire.Float(v))
		for _, q := range DefaultQuantiles() {
			if got := h.estimate(q); got != v {
				t.Errorf("quantile %v of a constant %v is %v", q, v, got)
			}
		}
	}
	h := sketch(-10, 0, []float64{10, 20, 30})
	h.Min = set(wire.Int(10))
	if got := h.estimate(0.0001); got != 10 {
		t.Errorf("the lowest quantile is %v, below the minimum", got)
	}
	h.Min, h.Max = Optional{}, set(wire.Float(math.NaN()))
	if got := h.estimate(0.5); math.IsNaN(got) {
		t.Error("a maximum that is NaN makes quantiles NaN")
	}
}

func TestZeroBucket(t *testing.T) {
	for name, c := range map[string]struct {
		point ExponentialPoint
		q     float64
		want  float64
	}{
		"zeros":                  {ExponentialPoint{ZeroCount: 10}, 0.5, 0},
		"threshold, no others":   {ExponentialPoint{ZeroCount: 10, ZeroThreshold: 8}, 0.5, 0},
		"threshold, positives":   {ExponentialPoint{ZeroCount: 10, ZeroThreshold: 8, Positive: ExponentialBuckets{4, []uint64{10}}}, 0.25, 4},
		"threshold, negatives":   {ExponentialPoint{ZeroCount: 10, ZeroThreshold: 8, Negative: ExponentialBuckets{4, []uint64{10}}}, 0.75, -4},
		"threshold, both":        {ExponentialPoint{ZeroCount: 2, ZeroThreshold: 8, Positive: ExponentialBuckets{4, []uint64{1}}, Negative: ExponentialBuckets{4, []uint64{1}}}, 0.5, 0},
		"the largest threshold":  {ExponentialPoint{ZeroCount: 2, ZeroThreshold: math.MaxFloat64, Positive: ExponentialBuckets{1023, []uint64{1}}, Negative: ExponentialBuckets{1023, []uint64{1}}}, 0.5, 0},
		"half way up a bucket":   {ExponentialPoint{Positive: ExponentialBuckets{2, []uint64{1}}}, 0.5, wire.Round(math.Exp2(2.5))},
		"half way down a bucket": {ExponentialPoint{Negative: ExponentialBuckets{2, []uint64{1}}}, 0.5, -wire.Round(math.Exp2(2.5))},
		"the lowest":             {ExponentialPoint{Negative: ExponentialBuckets{2, []uint64{0, 1, 0}}}, 0, -16},
		"the highest":            {ExponentialPoint{Positive: ExponentialBuckets{2, []uint64{0, 1, 0}}}, 1, 16},
	} {
		if got := c.point.estimate(c.q); got != c.want {
			t.Errorf("%s: quantile %v is %v, want %v", name, c.q, got, c.want)
		}
	}
	random := rand.New(rand.NewPCG(1, 2))
	samples := make([]float64, 1000)
	for i := range samples {
		samples[i] = 10 * random.NormFloat64()
	}
	wantMonotone(t, sketch(3, 1, samples))
}

// Scales and offsets at the ends of their ranges give finite numbers.
func TestExtremeScales(t *testing.T) {
	for _, scale := range []int32{math.MinInt32, -100, -11, -10, 0, 20, 100, math.MaxInt32} {
		for _, offset := range []int32{math.MinInt32, -1, 0, 1, math.MaxInt32} {
			h := &ExponentialPoint{
				Scale: scale, ZeroCount: 1,
				Positive: ExponentialBuckets{offset, []uint64{1, 0, math.MaxUint64}}, Negative: ExponentialBuckets{offset, []uint64{math.MaxUint64, 1}},
			}
			wantMonotone(t, h)
		}
	}
	// At scale -11 there is one bucket for all that is above 1.
	if got := (&ExponentialPoint{Scale: math.MinInt32, Positive: ExponentialBuckets{Counts: []uint64{1}}}).estimate(1); got != math.MaxFloat64 {
		t.Errorf("the highest bound at the lowest scale is %v", got)
	}
}

func TestExponential(t *testing.T) {
	h := newHarness(t, Config{})
	convert := func(p *ExponentialPoint) *recorder {
		return h.export(func() { h.Exponential(h.point(h.instrument("e", Exponential), "k=v"), stamp, p) })
	}
	constant := set(wire.Float(3))
	wantPoints(
		t, convert(&ExponentialPoint{Count: 4, Sum: set(wire.Int(12)), Min: constant, Max: constant, Positive: ExponentialBuckets{1, []uint64{4}}}),
		"e{k=v,quantile=0.5} 3.0", "e{k=v,quantile=0.75} 3.0", "e{k=v,quantile=0.95} 3.0", "e{k=v,quantile=0.99} 3.0", "e{k=v,quantile=0.999} 3.0",
		"e_count{k=v} 4", "e_sum{k=v} 12", "e_min{k=v} 3.0", "e_max{k=v} 3.0",
	)
	// What is empty has no quantiles, and the next export's scale is another.
	wantPoints(t, convert(&ExponentialPoint{Sum: set(wire.Float(0))}), "e_count{k=v} 0", "e_sum{k=v} 0.0")
	r := convert(&ExponentialPoint{Count: 2, Scale: 20, Positive: ExponentialBuckets{1 << 20, []uint64{2}}})
	if quantiles := DefaultQuantiles(); len(r.points) != len(quantiles)+1 || len(r.rejects) > 0 {
		t.Errorf("points %v, rejections %v", r.points, r.rejects)
	}
}

func FuzzExponential(f *testing.F) {
	f.Add(int32(0), uint64(1), 0.0, int32(0), int32(0), []byte{1, 2, 3}, []byte{4}, -1.0, 1.0)
	f.Add(int32(math.MinInt32), uint64(math.MaxUint64), math.MaxFloat64, int32(math.MaxInt32), int32(math.MinInt32), []byte{255, 0, 63}, []byte{}, 0.0, 0.0)
	f.Add(int32(20), uint64(0), 1e-300, int32(-1<<20), int32(5), []byte{}, []byte{255}, 3.0, 2.0)
	f.Add(int32(-10), uint64(0), 0.0, int32(-1), int32(0), []byte{0, 0}, []byte{0}, 1.0, 1.0)
	f.Fuzz(func(t *testing.T, scale int32, zeros uint64, threshold float64, positive, negative int32, p, n []byte, least, most float64) {
		point := &ExponentialPoint{
			Scale: scale, ZeroCount: zeros, ZeroThreshold: threshold,
			Positive: ExponentialBuckets{positive, spread(p)}, Negative: ExponentialBuckets{negative, spread(n)},
		}
		finite := !math.IsNaN(threshold) && !math.IsInf(threshold, 0)
		total := newRanks(point, nil).total
		for _, q := range []float64{0, 0.5, 0.75, 0.95, 0.99, 0.999, 1} {
			if v := point.estimate(q); finite && total > 0 && (math.IsNaN(v) || math.IsInf(v, 0)) {
				t.Errorf("quantile %v is %v", q, v)
			}
		}
		point.Min, point.Max = set(wire.Float(least)), set(wire.Float(most))
		if finite && total > 0 && least <= most {
			for _, q := range DefaultQuantiles() {
				if v := point.estimate(q); v < least || v > most {
					t.Errorf("quantile %v is %v, not within [%v, %v]", q, v, least, most)
				}
			}
		}
		// Whatever it is, only finite numbers come out.
		h := newHarness(t, Config{})
		h.Begin(finiteSink{t}, &h.source, h.time)
		h.Exponential(h.point(h.instrument("e", Exponential), "k=v"), stamp, point)
		h.End()
	})
}

type finiteSink struct{ t *testing.T }

func (s finiteSink) Append(_ *wire.Series, _ int64, v wire.Value) {
	if !v.Finite() {
		s.t.Errorf("the sink gets %v", v.Float64())
	}
}

func (s finiteSink) AppendPart(_ *wire.Part, ts int64, v wire.Value) { s.Append(nil, ts, v) }

func (s finiteSink) AppendParts(_ *wire.Part, _ []string, ts int64, values []wire.Value) {
	for _, v := range values {
		s.Append(nil, ts, v)
	}
}

func (s finiteSink) Repeats() {}

func (s finiteSink) Reject(r Rejection) {
	if r.Value.NaN() {
		s.t.Error("a value that is NaN is rejected, not skipped")
	}
}

// spread makes counts of all sizes of bytes.
func spread(b []byte) []uint64 {
	counts := make([]uint64, len(b))
	for i, n := range b {
		counts[i] = uint64(n) << (n % 57)
	}
	return counts
}
