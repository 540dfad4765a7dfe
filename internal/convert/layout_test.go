// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/histogram"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// The series of each kind, by the suffixes of their names.
func TestShapes(t *testing.T) {
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
	} {
		s := c.layout.shape(c.spec)
		var got []string
		for _, suffix := range s.Suffixes {
			got = append(got, suffix.String())
		}
		for l, has := range s.labels {
			if has {
				got = append(got, labelSuffix(l).String()+"{"+labelKey(l)+"}")
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
	h := HistogramPoint{Count: 9, Sum: set(model.Float(7)), Min: set(model.Int(1)), Bounds: []float64{0.1, 2}, Buckets: []uint64{2, 3, 4}}
	e := &ExponentialPoint{
		Count: 3, Sum: set(model.Float(6)), Min: set(model.Float(1)), Max: set(model.Float(3)), Scale: 3,
		Positive: histogram.Buckets{Offset: -1, Counts: []uint64{1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 1}},
	}
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
				c := newHarness(t, Config{Base: []model.Tag{{Key: "host", Value: "web1"}}, Layout: layout})
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
