// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package convert

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A shape lists the suffixes of a kind's lines.
func TestLayout_Shape(t *testing.T) {
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
		for _, l := range s.labels {
			got = append(got, l.suffix().String()+"{"+l.key()+"}")
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%+v of %+v: %s", c.spec, c.layout, diff)
		}
	}
}
