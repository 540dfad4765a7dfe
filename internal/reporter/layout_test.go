// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package reporter

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/convert"
)

func TestLayout_Shape_HasTheSeriesOfApptuitPy(t *testing.T) {
	timer := ".count .sum .avg .min .max .std_dev .50_percentile .75_percentile .95_percentile .99_percentile .999_percentile .mean_rate .1m_rate .5m_rate .15m_rate"
	histogram := ".count .avg .min .max .std_dev .75_percentile .95_percentile .99_percentile .999_percentile"
	for _, c := range []struct {
		layout Layout
		spec   convert.InstrumentSpec
		want   string
	}{
		{Layout{}, convert.InstrumentSpec{Kind: convert.Sum, Monotonic: true}, ".count"},
		{Layout{Meters: allMeters}, convert.InstrumentSpec{Kind: convert.Sum}, ".count"},
		{Layout{Meters: allMeters}, convert.InstrumentSpec{Kind: convert.Sum, Monotonic: true}, ".count .mean_rate .1m_rate .5m_rate .15m_rate"},
		{Layout{Meters: allMeters}, convert.InstrumentSpec{Kind: convert.Gauge}, ".value"},
		{Layout{Meters: onlyOrders}, convert.InstrumentSpec{Name: "orders", Kind: convert.Sum, Monotonic: true}, ".count .mean_rate .1m_rate .5m_rate .15m_rate"},
		{Layout{Meters: onlyOrders}, convert.InstrumentSpec{Name: "visits", Kind: convert.Sum, Monotonic: true}, ".count"},
		{Layout{}, convert.InstrumentSpec{Kind: convert.Exponential, Unit: "ms"}, timer},
		{Layout{}, convert.InstrumentSpec{Kind: convert.Histogram, Unit: "By"}, histogram},
		{Layout{Timers: TimersAll}, convert.InstrumentSpec{Kind: convert.Histogram, Unit: "By"}, timer},
		{Layout{Timers: TimersNone}, convert.InstrumentSpec{Kind: convert.Histogram, Unit: "s"}, histogram},
	} {
		c.layout.Unit = time.Second
		var got []string
		shape := c.layout.Shape(c.spec)
		for _, suffix := range shape.Suffixes {
			got = append(got, suffix.String())
		}
		if diff := cmp.Diff(c.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%+v of %+v: %s", c.spec, c.layout, diff)
		}
	}
}

func allMeters(string) bool { return true }

func onlyOrders(name string) bool { return name == "orders" }

// Deltas need state, and so do instruments whose rates or statistics are sent.
func TestLayout_ObservesWhatNeedsState(t *testing.T) {
	of := func(kinds ...convert.Kind) []convert.Kind { return kinds }
	for _, c := range []struct {
		layout Layout
		delta  bool
		want   []convert.Kind
	}{
		{Layout{}, false, of(convert.Histogram, convert.Exponential)},
		{Layout{}, true, of(convert.Sum, convert.Histogram, convert.Exponential)},
		{Layout{Meters: allMeters}, false, of(convert.Sum, convert.Histogram, convert.Exponential)},
		{Layout{Meters: onlyOrders}, false, of(convert.Histogram, convert.Exponential)},
		{Layout{Meters: onlyOrders}, true, of(convert.Sum, convert.Histogram, convert.Exponential)},
	} {
		for _, kind := range of(convert.Sum, convert.Gauge, convert.Histogram, convert.Exponential, convert.Summary) {
			spec := convert.InstrumentSpec{Kind: kind, Monotonic: true}
			if got := c.layout.observed(spec, c.delta); got != slices.Contains(c.want, kind) {
				t.Errorf("%+v, delta %v, kind %v: observed is %v", c.layout, c.delta, kind, got)
			}
		}
	}
}
