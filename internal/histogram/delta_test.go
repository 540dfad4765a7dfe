// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package histogram

import (
	"maps"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The delta of two histograms is the histogram of the samples between them, even if the earlier
// histogram has a higher scale.
func TestExponential_Delta_IsTheHistogramOfTheLaterSamples(t *testing.T) {
	for name, c := range map[string]struct{ before, after []float64 }{
		"above": {[]float64{1, 2, 3}, []float64{100, 200}}, "below": {[]float64{-1, 2, 3}, []float64{-100, 0.001, 0}},
		"nothing": {[]float64{1}, nil}, "after nothing": {nil, []float64{1, -1}},
	} {
		all := record(1, 0, slices.Concat(c.before, c.after))
		for _, scale := range []int32{1, 2, 6} {
			var got Exponential
			if !all.Delta(&got, record(scale, 0, c.before)) {
				t.Errorf("%s: Delta does not accept the previous histogram at scale %d", name, scale)
				continue
			}
			want := record(1, 0, c.after)
			for q := range 21 {
				if g, w := got.quantile(float64(q)/20), want.quantile(float64(q)/20); !same(g, w) {
					t.Errorf("%s, scale %d: quantile %v is %v, want %v", name, scale, float64(q)/20, g, w)
				}
			}
		}
		var none Exponential
		if len(c.after) > 0 && record(1, 0, c.before).Delta(&none, all) {
			t.Errorf("%s: Delta accepts a histogram with fewer samples than the previous histogram", name)
		}
	}
}

func TestExponential_Delta_RefusesAnotherStream(t *testing.T) {
	previous := &Exponential{Count: 3, ZeroCount: 1, Scale: 2, Positive: Buckets{4, []uint64{1, 1}}}
	for name, h := range map[string]*Exponential{
		"lower count":       {Count: 2, ZeroCount: 1, Scale: 2, Positive: Buckets{4, []uint64{1, 1}}},
		"lower zero count":  {Count: 3, ZeroCount: 0, Scale: 2, Positive: Buckets{4, []uint64{2, 1}}},
		"higher scale":      {Count: 3, ZeroCount: 1, Scale: 3, Positive: Buckets{8, []uint64{1, 1}}},
		"another threshold": {Count: 3, ZeroCount: 1, Scale: 2, ZeroThreshold: 1, Positive: Buckets{4, []uint64{1, 1}}},
		"bucket missing":    {Count: 3, ZeroCount: 1, Scale: 2, Positive: Buckets{5, []uint64{2}}},
		"lower bucket":      {Count: 3, ZeroCount: 1, Scale: 2, Positive: Buckets{4, []uint64{2, 0}}},
		"other sign":        {Count: 3, ZeroCount: 1, Scale: 2, Negative: Buckets{4, []uint64{1, 1}}},
	} {
		if h.Delta(new(Exponential), previous) {
			t.Errorf("%s: Delta accepts a histogram that does not continue the previous histogram", name)
		}
	}
}

func TestExplicit_Delta_RefusesAnotherStream(t *testing.T) {
	bounds := []float64{1, 2}
	previous := &Explicit{Count: 3, Bounds: bounds, Counts: []uint64{1, 1, 1}}
	for name, h := range map[string]*Explicit{
		"lower count":  {Count: 2, Bounds: bounds, Counts: []uint64{1, 1, 1}},
		"lower bucket": {Count: 4, Bounds: bounds, Counts: []uint64{1, 0, 3}},
		"other bounds": {Count: 3, Bounds: []float64{1, 3}, Counts: []uint64{1, 1, 1}},
		"no buckets":   {Count: 3},
		"malformed":    {Count: 3, Bounds: bounds, Counts: []uint64{1, 2}},
	} {
		if h.Delta(new(Explicit), previous) {
			t.Errorf("%s: Delta accepts a histogram that does not continue the previous histogram", name)
		}
	}
	var malformed Explicit
	if h := (&Explicit{Bounds: []float64{2, 1}, Counts: []uint64{1, 1, 1}}); h.Delta(&malformed, h) {
		t.Error("Delta accepts malformed bounds")
	}
}

// The deltas of a stream add up to its last histogram.
func FuzzExplicitDelta(f *testing.F) {
	f.Add([]byte{1, 2, 3}, []byte{4, 0, 1}, []byte{0, 0, 9})
	f.Add([]byte{}, []byte{1}, []byte{1, 1})
	f.Fuzz(func(t *testing.T, first, second, third []byte) {
		n := min(len(first), len(second), len(third), 100)
		bounds := make([]float64, max(n, 1)-1)
		for i := range bounds {
			bounds[i] = float64(i) / 4
		}
		cumulative := &Explicit{Extremes: NoExtremes(), Bounds: bounds, Counts: make([]uint64, n)}
		sum := make([]uint64, n)
		var delta Explicit
		for _, part := range [][]byte{first, second, third} {
			added := small(part[:n])
			next := &Explicit{Count: cumulative.Count, Sum: cumulative.Sum, Extremes: NoExtremes(), Bounds: bounds, Counts: slices.Clone(cumulative.Counts)}
			for i, c := range added {
				next.Counts[i] += c
				next.Count += c
				next.Sum += float64(c)
			}
			if !next.Delta(&delta, cumulative) {
				t.Fatalf("%+v does not continue %+v", next, cumulative)
			}
			if !slices.Equal(added, delta.Counts) || float64(delta.Count) != delta.Sum {
				t.Fatalf("count %d, sum %v, counts %v, want %v", delta.Count, delta.Sum, delta.Counts, added)
			}
			for i, c := range delta.Counts {
				sum[i] += c
			}
			cumulative = next
		}
		if !slices.Equal(cumulative.Counts, sum) {
			t.Errorf("the deltas add up to %v, want %v", sum, cumulative.Counts)
		}
	})
}

// FuzzExponentialDelta downscales the stream between two intervals, as the SDK does if the number
// of buckets exceeds its limit.
func FuzzExponentialDelta(f *testing.F) {
	f.Add(int32(4), int32(0), []byte{1, 2, 3}, int32(-5), []byte{4}, uint8(1), uint64(2))
	f.Add(int32(0), int32(-9), []byte{0, 7, 0}, int32(3), []byte{1, 0, 1}, uint8(0), uint64(0))
	f.Add(int32(-3), int32(2), []byte{}, int32(2), []byte{15}, uint8(5), uint64(1))
	var delta Exponential // all deltas use the same memory
	f.Fuzz(func(t *testing.T, scale, firstOffset int32, first []byte, secondOffset int32, second []byte, lowered uint8, zeros uint64) {
		d := int(lowered % 8)
		scale %= 20
		before := Buckets{firstOffset % 500, small(first)}
		added := Buckets{secondOffset % 500, small(second)} // at the scale of the later histogram
		total := merge(countsOf(before, d), countsOf(added, 0))
		cumulative := map[int32]uint64{}
		for index, n := range total {
			cumulative[int32(index)] = n
		}
		previous := &Exponential{ZeroCount: zeros % 10, Scale: scale, Sum: 1, Extremes: NoExtremes(), Positive: before, Negative: before}
		previous.Count = observations(previous)
		h := &Exponential{ZeroCount: zeros % 100, Scale: scale - int32(d), Sum: 3, Extremes: Extremes{-7, 7}, Positive: bucketsOf(cumulative), Negative: bucketsOf(cumulative)}
		h.ZeroCount = max(h.ZeroCount, previous.ZeroCount)
		h.Count = observations(h)
		if !h.Delta(&delta, previous) {
			t.Fatalf("%+v does not continue %+v", h, previous)
		}
		for _, b := range []Buckets{delta.Positive, delta.Negative} {
			if diff := cmp.Diff(countsOf(added, 0), countsOf(b, 0)); diff != "" {
				t.Errorf("delta (-want +got):\n%s", diff)
			}
			if sum := merge(countsOf(before, d), countsOf(b, 0)); !maps.Equal(sum, total) {
				t.Errorf("before and delta add up to %v, want %v", sum, total)
			}
		}
		if delta.Count != observations(&delta) || delta.Sum != 2 || delta.Extremes != h.Extremes {
			t.Errorf("count %d of %d observations, sum %v, extremes %v", delta.Count, observations(&delta), delta.Sum, delta.Extremes)
		}
		if previous.Count < h.Count && previous.Delta(&delta, h) {
			t.Error("Delta accepts the earlier histogram as the continuation of the later histogram")
		}
		if h.Delta(&delta, previous); math.IsNaN(delta.Sum) || len(h.Positive.Counts) > 0 && len(delta.Positive.Counts) > 0 && &h.Positive.Counts[0] == &delta.Positive.Counts[0] {
			t.Error("the delta shares memory with the histogram")
		}
	})
}
