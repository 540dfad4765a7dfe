// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestBuckets_Downscale_MergesNeighbours(t *testing.T) {
	for name, c := range map[string]struct {
		b    Buckets
		d    int64
		want Buckets
	}{
		"by 0":                   {Buckets{3, []uint64{1, 2}}, 0, Buckets{3, []uint64{1, 2}}},
		"by 1, even offset":      {Buckets{2, []uint64{1, 2, 4}}, 1, Buckets{1, []uint64{3, 4}}},
		"by 1, odd offset":       {Buckets{3, []uint64{1, 2, 4}}, 1, Buckets{1, []uint64{1, 6}}},
		"negative indexes":       {Buckets{-3, []uint64{1, 2, 4}}, 1, Buckets{-2, []uint64{1, 6}}},
		"empty at both ends":     {Buckets{0, []uint64{0, 0, 1, 0, 2, 0}}, 0, Buckets{2, []uint64{1, 0, 2}}},
		"all buckets into one":   {Buckets{-9, []uint64{1, 2, 4}}, 70, Buckets{-1, []uint64{7}}},
		"no observations":        {Buckets{5, []uint64{0, 0}}, 1, Buckets{}},
		"an offset out of range": {Buckets{math.MaxInt32, []uint64{0, 1}}, 0, Buckets{math.MaxInt32, []uint64{1}}},
	} {
		got := c.b.downscale(nil, c.d)
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if width := c.b.downscaledWidth(c.d); width != int64(len(got.Counts)) {
			t.Errorf("%s: downscaledWidth returns %d, want %d buckets", name, width, len(got.Counts))
		}
	}
}

// Downscaling a histogram has the same result as recording the same samples at the lower scale.
func TestBuckets_Downscale_EqualsRecordingAtTheLowerScale(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 6))
	samples := draw(500, func() float64 { return math.Exp(3 * random.NormFloat64()) })
	for scale := int32(-1); scale < 6; scale++ {
		for d := range int64(4) {
			h, want := record(scale, 0, samples), record(scale-int32(d), 0, samples)
			if diff := cmp.Diff(want.Positive, h.Positive.downscale(nil, d)); diff != "" {
				t.Errorf("scale %d lowered by %d (-want +got):\n%s", scale, d, diff)
			}
		}
	}
}

func FuzzDownscale(f *testing.F) {
	f.Add(int32(0), []byte{1, 2, 3}, uint8(1), uint8(1))
	f.Add(int32(-7), []byte{0, 9, 0, 0, 1, 0}, uint8(2), uint8(0))
	f.Add(int32(math.MinInt32), []byte{1}, uint8(40), uint8(3))
	f.Fuzz(func(t *testing.T, offset int32, counts []byte, first, second uint8) {
		b := Buckets{offset, small(counts)}
		d1, d2 := int64(first%50), int64(second%50)
		if int64(offset)+int64(len(b.Counts)) > math.MaxInt32 {
			t.Skip()
		}
		once := b.downscale(nil, d1+d2)
		if diff := cmp.Diff(countsOf(b, int(d1+d2)), countsOf(once, 0)); diff != "" {
			t.Errorf("lowered by %d (-want +got):\n%s", d1+d2, diff)
		}
		step := b.downscale(nil, d1)
		if twice := step.downscale(nil, d2); !cmp.Equal(twice.Counts, once.Counts) || len(once.Counts) > 0 && twice.Offset != once.Offset {
			t.Errorf("lowered by %d and %d: %+v, at once: %+v", d1, d2, twice, once)
		}
		total := func(b Buckets) (n uint64) {
			for _, c := range b.Counts {
				n += c
			}
			return n
		}
		if total(once) != total(b) {
			t.Errorf("%d observations, %d after downscaling", total(b), total(once))
		}
		if n := len(once.Counts); n > 0 && (once.Counts[0] == 0 || once.Counts[n-1] == 0) || int64(n) != b.downscaledWidth(d1+d2) {
			t.Errorf("%v has empty buckets at an end, or not the width %d", once, b.downscaledWidth(d1+d2))
		}
	})
}

// The counts of explicit buckets agree with the samples. There are at most 66 bounds, which ascend
// and are values of one grid.
func TestExplicitBuckets_CountSamplesOnOneGrid(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 7))
	for range 300 {
		samples := make([]float64, 1+random.IntN(200))
		width := 4 * random.Float64()
		for i := range samples {
			samples[i] = math.Exp(width * random.NormFloat64())
			switch random.IntN(8) {
			case 0:
				samples[i] = -samples[i]
			case 1:
				samples[i] = 0
			}
		}
		var got ExplicitBuckets
		scale := int32(random.IntN(9)) - 3
		got.SetExponential(record(scale, 0, samples))
		if err := CheckBuckets(got.Bounds, got.Counts); err != nil || len(got.Bounds) > maxGridBuckets+2 {
			t.Fatalf("%d bounds: %v", len(got.Bounds), err)
		}
		seen := uint64(0)
		for i, bound := range got.Bounds {
			seen += got.Counts[i]
			want := 0
			for _, v := range samples {
				if v <= bound*(1+math.Copysign(1e-9, bound)) {
					want++
				}
			}
			if seen != uint64(want) {
				t.Fatalf("scale %d: %d values are at most %v, want %d of %v", scale, seen, bound, want, samples)
			}
		}
		if seen != uint64(len(samples)) {
			t.Errorf("%d of %d values are in buckets", seen, len(samples))
		}
		for _, b := range got.Bounds {
			if quarters := 4 * math.Log2(math.Abs(b)); b != 0 && math.Abs(quarters-math.Round(quarters)) > 1e-9 {
				t.Errorf("the bound %v is not a power of the fourth root of 2", b)
			}
		}
	}
}

func TestExplicitBuckets_AtTheEndsOfScalesAndOffsets(t *testing.T) {
	for name, c := range map[string]struct {
		h    Exponential
		want []float64
	}{
		"empty":                    {Exponential{}, nil},
		"zeros":                    {Exponential{ZeroCount: 3}, []float64{0}},
		"a threshold":              {Exponential{ZeroCount: 3, ZeroThreshold: 1.5, Positive: Buckets{0, []uint64{1, 1}}}, []float64{1.5, 2, 4}},
		"a NaN threshold":          {Exponential{ZeroCount: 3, ZeroThreshold: math.NaN()}, []float64{0}},
		"threshold -Inf":           {Exponential{ZeroCount: 3, ZeroThreshold: math.Inf(-1)}, []float64{0}},
		"negatives":                {Exponential{Negative: Buckets{0, []uint64{1, 0, 1}}}, []float64{-4, -2, -1, 0}},
		"the largest scale":        {Exponential{Scale: math.MaxInt32, Positive: Buckets{7, []uint64{1}}}, []float64{1, math.Exp2(0.25)}},
		"the lowest scale":         {Exponential{Scale: math.MinInt32, Positive: Buckets{0, []uint64{1}}}, []float64{1, math.MaxFloat64}},
		"the largest offset":       {Exponential{Positive: Buckets{math.MaxInt32, []uint64{1}}}, []float64{math.MaxFloat64}},
		"the lowest offset":        {Exponential{Positive: Buckets{math.MinInt32, []uint64{1}}}, []float64{0}},
		"both ends of the offsets": {Exponential{Positive: Buckets{math.MaxInt32, []uint64{1}}, Negative: Buckets{math.MinInt32, []uint64{1}}}, []float64{0, math.MaxFloat64}},
	} {
		var got ExplicitBuckets
		got.SetExponential(&c.h)
		total := uint64(0)
		for _, n := range got.Counts {
			total += n
		}
		if diff := cmp.Diff(c.want, slices.Clip(got.Bounds)); diff != "" && len(c.want)+len(got.Bounds) > 0 || total != observations(&c.h) {
			t.Errorf("%s: %d values in bounds (-want +got):\n%s", name, total, diff)
		}
	}
}

func FuzzExplicitBuckets(f *testing.F) {
	f.Add(int32(0), uint64(1), 0.0, int32(0), int32(0), []byte{1, 2, 3}, []byte{4})
	f.Add(int32(20), uint64(0), 1e-300, int32(-1<<20), int32(5), []byte{}, []byte{255})
	f.Add(int32(math.MinInt32), uint64(7), math.MaxFloat64, int32(math.MaxInt32), int32(math.MinInt32), []byte{255, 0, 63}, []byte{1})
	var got ExplicitBuckets // all histograms use the same memory
	f.Fuzz(func(t *testing.T, scale int32, zeros uint64, threshold float64, positive, negative int32, p, n []byte) {
		h := &Exponential{
			Scale: scale, ZeroCount: zeros % 1000, ZeroThreshold: math.Abs(threshold),
			Positive: Buckets{positive, small(p)}, Negative: Buckets{negative, small(n)},
		}
		if math.IsInf(threshold, 0) {
			t.Skip()
		}
		got.SetExponential(h)
		if err := CheckBuckets(got.Bounds, got.Counts); err != nil || len(got.Bounds) > maxGridBuckets+2 {
			t.Fatalf("%d bounds: %v", len(got.Bounds), err)
		}
		total := uint64(0)
		for _, n := range got.Counts {
			total += n
		}
		if last := got.Counts[len(got.Counts)-1]; total != observations(h) || last != 0 {
			t.Errorf("%d of %d observations are in buckets, %d of them above all bounds", total, observations(h), last)
		}
		for _, b := range got.Bounds {
			if math.IsInf(b, 0) {
				t.Errorf("the bound %v is infinite", b)
			}
		}
	})
}
