// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

func TestUnitsOfTime(t *testing.T) {
	for unit, want := range map[string]time.Duration{
		"ns": 1, "us": time.Microsecond, "µs": time.Microsecond, "μs": time.Microsecond, "ms": time.Millisecond, "s": time.Second,
		"min": time.Minute, "h": time.Hour, "d": 24 * time.Hour, "": 0, "1": 0, "By": 0, "m": 0, "S": 0, "{s}": 0, "By/s": 0,
	} {
		if got, ok := UnitOf(unit); got != want || ok != (want != 0) {
			t.Errorf("unit %q is %v, %v, want %v", unit, got, ok, want)
		}
	}
}

// Values are rounded once, as if they were divided or multiplied by hand.
func TestScales(t *testing.T) {
	for _, c := range []struct {
		from, to    time.Duration
		value, want float64
	}{
		{time.Millisecond, time.Second, 9, 0.009},
		{time.Second, time.Millisecond, 0.25, 250},
		{time.Second, time.Second, 0.1, 0.1},
		{time.Nanosecond, time.Second, 123456789, 0.123456789},
		{24 * time.Hour, time.Second, 0.5, 43200},
		{time.Minute, 90 * time.Second, 3, 2},
	} {
		if got := scaleOf(c.from, c.to).of(c.value); got != c.want {
			t.Errorf("%v of %v in %v: %v, want %v", c.value, c.from, c.to, got, c.want)
		}
	}
	if got := (scale{}).of(7); got != 7 {
		t.Errorf("no scale makes %v of 7", got)
	}
}

// The series of each kind, by the suffixes of their names.
func TestShapes(t *testing.T) {
	timer := ".count .sum .avg .min .max .std_dev .50_percentile .75_percentile .95_percentile .99_percentile .999_percentile .mean_rate .1m_rate .5m_rate .15m_rate"
	histogram := ".count .avg .min .max .std_dev .75_percentile .95_percentile .99_percentile .999_percentile"
	reporter := func(r Reporter) Layout { r.Unit = time.Second; return Layout{Reporter: &r} }
	for _, c := range []struct {
		layout Layout
		spec   InstrumentSpec
		want   string
	}{
		{Layout{}, InstrumentSpec{Kind: Sum, Monotonic: true}, ""},
		{Layout{}, InstrumentSpec{Kind: Gauge}, ""},
		{Layout{}, InstrumentSpec{Kind: Histogram}, ".count .sum .min .max .bucket{le}"},
		{Layout{}, InstrumentSpec{Kind: Exponential}, ".count .sum .min .max {quantile}"},
		{Layout{Histograms: AsBuckets}, InstrumentSpec{Kind: Exponential}, ".count .sum .min .max .bucket{le}"},
		{Layout{Histograms: AsQuantiles}, InstrumentSpec{Kind: Histogram}, ".count .sum .min .max {quantile}"},
		{Layout{Histograms: AsBoth}, InstrumentSpec{Kind: Histogram}, ".count .sum .min .max .bucket{le} {quantile}"},
		{Layout{Histograms: AsBuckets}, InstrumentSpec{Kind: Summary}, ".count .sum {quantile}"},
		{reporter(Reporter{}), InstrumentSpec{Kind: Sum, Monotonic: true}, ".count"},
		{reporter(Reporter{Meters: true}), InstrumentSpec{Kind: Sum}, ".count"},
		{reporter(Reporter{Meters: true}), InstrumentSpec{Kind: Sum, Monotonic: true}, ".count .mean_rate .1m_rate .5m_rate .15m_rate"},
		{reporter(Reporter{Meters: true}), InstrumentSpec{Kind: Gauge}, ".value"},
		{reporter(Reporter{}), InstrumentSpec{Kind: Exponential, Unit: "ms"}, timer},
		{reporter(Reporter{}), InstrumentSpec{Kind: Histogram, Unit: "By"}, histogram},
		{reporter(Reporter{Timers: AllTimers}), InstrumentSpec{Kind: Histogram, Unit: "By"}, timer},
		{reporter(Reporter{Timers: NoTimers}), InstrumentSpec{Kind: Histogram, Unit: "s"}, histogram},
		{reporter(Reporter{}), InstrumentSpec{Kind: Summary}, ".count .sum {quantile}"},
	} {
		s := c.layout.shape(c.spec)
		var got []string
		for _, suffix := range s.fixed {
			got = append(got, suffixTexts()[suffix])
		}
		for l, has := range s.labels {
			if has {
				got = append(got, suffixTexts()[labelSuffix(l)]+"{"+labelKey(l)+"}")
			}
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%+v of %+v: %s", c.spec, c.layout, diff)
		}
	}
}

// All forms and layouts give as groups what they give as single series, whatever
// the tags are: before, after and around ours.
func TestGroupsOfAllLayoutsAreLikeSingleSeries(t *testing.T) {
	random := rand.New(rand.NewPCG(15, 16))
	keys := []string{"a", "k", "ld", "le", "lf", "quantil", "quantile", "quantilf", "z", "exported_le", "ключ"}
	h := HistogramPoint{Count: 9, Sum: set(wire.Float(7)), Min: set(wire.Int(1)), Bounds: []float64{0.1, 2}, Buckets: []uint64{2, 3, 4}}
	e := recorded(3, []float64{1, 2, 3})
	for _, layout := range []Layout{{Histograms: AsBoth}, {Histograms: AsBuckets}, {Histograms: AsQuantiles, Quantiles: []float64{0.25}}} {
		for range 100 {
			var attributes []string
			for _, key := range keys {
				if random.IntN(3) == 0 {
					attributes = append(attributes, key+"="+strings.Repeat(`"\é`, random.IntN(3))+fmt.Sprint(random.IntN(3)))
				}
			}
			slices.Sort(attributes)
			text := strings.Join(attributes, ",")
			convert := func(contested bool) []string {
				c := newHarness(t, Config{Base: []wire.Tag{{Key: "host", Value: "web1"}}, Layout: layout})
				var r *recorder
				for range 2 { // new, then known
					r = c.export(func() {
						hi, ei := c.instrument("h", Histogram), c.instrument("e", Exponential)
						hi.contested, ei.contested = contested, contested
						c.Histogram(c.point(hi, text), stamp, &h)
						c.Exponential(c.point(ei, text), stamp, e)
					})
					wantRejects(t, r)
				}
				return slices.Sorted(slices.Values(r.points))
			}
			if diff := cmp.Diff(convert(true), convert(false)); diff != "" {
				t.Fatalf("%+v, %s (-single +group):\n%s", layout, text, diff)
			}
		}
	}
}

// Buckets of an exponential histogram count what the histogram does. Their bounds
// ascend, are at most 66, and all of one grid.
func TestExponentialBucketsAsExplicitOnes(t *testing.T) {
	random := rand.New(rand.NewPCG(5, 7))
	for range 300 {
		samples := make([]float64, 1+random.IntN(200))
		spread := 4 * random.Float64()
		for i := range samples {
			samples[i] = math.Exp(spread * random.NormFloat64())
			switch random.IntN(8) {
			case 0:
				samples[i] = -samples[i]
			case 1:
				samples[i] = 0
			}
		}
		var fine coarse
		scale := int32(random.IntN(9)) - 3
		fine.of(sketch(scale, 0, samples))
		if err := checkBuckets(&fine.HistogramPoint); err != nil || len(fine.Bounds) > maxCoarse+2 {
			t.Fatalf("%d bounds: %v", len(fine.Bounds), err)
		}
		seen := uint64(0)
		for i, bound := range fine.Bounds {
			seen += fine.Buckets[i]
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
		for _, b := range fine.Bounds {
			if fourths := 4 * math.Log2(math.Abs(b)); b != 0 && math.Abs(fourths-math.Round(fourths)) > 1e-9 {
				t.Errorf("the bound %v is no power of the fourth root of 2", b)
			}
		}
	}
}

func TestExponentialBucketsAtTheEnds(t *testing.T) {
	for name, c := range map[string]struct {
		point ExponentialPoint
		want  []float64
	}{
		"empty":               {ExponentialPoint{}, nil},
		"zeros":               {ExponentialPoint{ZeroCount: 3}, []float64{0}},
		"a threshold":         {ExponentialPoint{ZeroCount: 3, ZeroThreshold: 1.5, Positive: ExponentialBuckets{0, []uint64{1, 1}}}, []float64{1.5, 2, 4}},
		"a NaN threshold":     {ExponentialPoint{ZeroCount: 3, ZeroThreshold: math.NaN()}, []float64{0}},
		"negatives":           {ExponentialPoint{Negative: ExponentialBuckets{0, []uint64{1, 0, 1}}}, []float64{-4, -2, -1, 0}},
		"the largest scale":   {ExponentialPoint{Scale: math.MaxInt32, Positive: ExponentialBuckets{7, []uint64{1}}}, []float64{1, math.Exp2(0.25)}},
		"the lowest scale":    {ExponentialPoint{Scale: math.MinInt32, Positive: ExponentialBuckets{0, []uint64{1}}}, []float64{1, math.MaxFloat64}},
		"the largest offset":  {ExponentialPoint{Positive: ExponentialBuckets{math.MaxInt32, []uint64{1}}}, []float64{math.MaxFloat64}},
		"the lowest offset":   {ExponentialPoint{Positive: ExponentialBuckets{math.MinInt32, []uint64{1}}}, []float64{0}},
		"both of the offsets": {ExponentialPoint{Positive: ExponentialBuckets{math.MaxInt32, []uint64{1}}, Negative: ExponentialBuckets{math.MinInt32, []uint64{1}}}, []float64{0, math.MaxFloat64}},
	} {
		var got coarse
		got.of(&c.point)
		total := uint64(0)
		for _, n := range got.Buckets {
			total += n
		}
		if diff := cmp.Diff(c.want, slices.Clip(got.Bounds)); diff != "" && len(c.want)+len(got.Bounds) > 0 || total != newRanks(&c.point, nil).total {
			t.Errorf("%s: %d values in bounds (-want +got):\n%s", name, total, diff)
		}
	}
}

func TestQuantilesOfExplicitBuckets(t *testing.T) {
	bounds := []float64{-5, 0, 10, 20}
	for name, c := range map[string]struct {
		point HistogramPoint
		q     float64
		want  float64
	}{
		"half way up":                  {HistogramPoint{Bounds: bounds, Buckets: []uint64{0, 0, 4, 0, 0}}, 0.5, 5},
		"the first, above 0":           {HistogramPoint{Bounds: []float64{8}, Buckets: []uint64{4, 0}}, 0.5, 4},
		"the first, below 0":           {HistogramPoint{Bounds: bounds, Buckets: []uint64{4, 0, 0, 0, 0}}, 0.5, -5},
		"the last":                     {HistogramPoint{Bounds: bounds, Buckets: []uint64{0, 0, 0, 0, 4}}, 0.5, 20},
		"the first, from the minimum":  {HistogramPoint{Bounds: bounds, Buckets: []uint64{4, 0, 0, 0, 0}, Min: set(wire.Int(-9))}, 0.5, -7},
		"the last, up to the maximum":  {HistogramPoint{Bounds: bounds, Buckets: []uint64{0, 0, 0, 0, 4}, Max: set(wire.Int(40))}, 0.25, 25},
		"within the extremes":          {HistogramPoint{Bounds: bounds, Buckets: []uint64{0, 0, 4, 0, 0}, Min: set(wire.Int(4)), Max: set(wire.Int(6))}, 0.75, 5.5},
		"no bounds, but extremes":      {HistogramPoint{Count: 4, Min: set(wire.Int(4)), Max: set(wire.Int(8))}, 0.25, 5},
		"one bucket, but extremes":     {HistogramPoint{Count: 4, Buckets: []uint64{4}, Min: set(wire.Int(4)), Max: set(wire.Int(8))}, 0.75, 7},
		"nothing to go by":             {HistogramPoint{Count: 4}, 0.75, math.NaN()},
		"one extreme":                  {HistogramPoint{Count: 4, Min: set(wire.Int(4))}, 0.75, 4},
		"extremes that are NaN":        {HistogramPoint{Bounds: bounds, Buckets: []uint64{0, 0, 4, 0, 0}, Min: set(wire.Float(math.NaN()))}, 0.5, 5},
		"none":                         {HistogramPoint{Bounds: bounds, Buckets: make([]uint64, 5)}, 0.5, math.NaN()},
		"between two buckets, the end": {HistogramPoint{Bounds: bounds, Buckets: []uint64{0, 0, 4, 4, 0}}, 0.5, 10},
	} {
		got := c.point.quantiles(nil, []float64{c.q})
		if len(got) != 1 || got[0] != c.want && !(math.IsNaN(c.want) && math.IsNaN(got[0])) {
			t.Errorf("%s: quantile %v is %v, want %v", name, c.q, got, c.want)
		}
	}
}
