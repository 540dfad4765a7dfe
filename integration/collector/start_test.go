// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"testing"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// A new series has a start point at the time of the previous push that had its instrument
// with its start time, or else at its start time. By default it has none.
func TestStartPoints(t *testing.T) {
	type pushed struct {
		start, at int64
		names     []string
	}
	point := func(name string, second, value int) string {
		return fmt.Sprintf("requests{name=%s, service_name=shop} %d %d", name, now+second, value)
	}
	for _, on := range []bool{false, true} {
		r := newRig(t, func(cfg *Config) { cfg.StartPoints = on })
		push := func(p pushed) {
			md := pmetric.NewMetrics()
			sum := from(md).AppendEmpty()
			sum.SetName("requests")
			sum.SetEmptySum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			sum.Sum().SetIsMonotonic(true)
			for _, name := range p.names {
				dp := sum.Sum().DataPoints().AppendEmpty()
				dp.SetIntValue(7)
				dp.SetStartTimestamp(second(now + p.start))
				dp.SetTimestamp(second(now + p.at))
				dp.Attributes().PutStr("name", name)
			}
			r.mustPush(md)
		}
		want := func(start, point string) {
			t.Helper()
			if on {
				r.want(start, point)
			} else {
				r.want(point)
			}
		}
		push(pushed{10, 20, []string{"a"}})
		want(point("a", 10, 0), point("a", 20, 7))
		push(pushed{10, 30, []string{"b"}})
		want(point("b", 20, 0), point("b", 30, 7))
		push(pushed{5, 40, []string{"c"}}) // of another program
		want(point("c", 5, 0), point("c", 40, 7))
		push(pushed{10, 50, []string{"a"}})
		r.want(point("a", 50, 7))
	}
}

// Delta and up-down sums, and gauges, have no start points; histograms do.
func TestStartPoints_Kinds(t *testing.T) {
	sum := func(monotonic bool, temporality pmetric.AggregationTemporality) func(pmetric.Metric) {
		return func(m pmetric.Metric) {
			m.SetEmptySum().SetIsMonotonic(monotonic)
			m.Sum().SetAggregationTemporality(temporality)
			dp := m.Sum().DataPoints().AppendEmpty()
			dp.SetIntValue(1)
			dp.SetStartTimestamp(second(now))
			dp.SetTimestamp(second(now + 10))
		}
	}
	for name, tt := range map[string]struct {
		add  func(pmetric.Metric)
		want int // points
	}{
		"sum":        {sum(true, pmetric.AggregationTemporalityCumulative), 2},
		"delta":      {sum(true, pmetric.AggregationTemporalityDelta), 1},
		"up-down":    {sum(false, pmetric.AggregationTemporalityCumulative), 1},
		"no setting": {sum(true, pmetric.AggregationTemporalityUnspecified), 1},
		"gauge": {func(m pmetric.Metric) {
			dp := m.SetEmptyGauge().DataPoints().AppendEmpty()
			dp.SetStartTimestamp(second(now))
			dp.SetTimestamp(second(now + 10))
			dp.SetIntValue(1)
		}, 1},
		"histogram": {func(m pmetric.Metric) {
			m.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			dp := m.Histogram().DataPoints().AppendEmpty()
			dp.SetStartTimestamp(second(now))
			dp.SetTimestamp(second(now + 10))
			dp.SetCount(1)
			dp.SetMax(3) // has no start point
			dp.ExplicitBounds().FromRaw([]float64{1})
			dp.BucketCounts().FromRaw([]uint64{0, 1})
		}, 7},
		"exponential histogram": {func(m pmetric.Metric) {
			m.SetEmptyExponentialHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
			dp := m.ExponentialHistogram().DataPoints().AppendEmpty()
			dp.SetStartTimestamp(second(now))
			dp.SetTimestamp(second(now + 10))
			dp.SetCount(1)
			dp.SetSum(3)
			dp.SetZeroCount(1)
		}, 9}, // count and sum twice, and five quantiles
	} {
		r := newRig(t, func(cfg *Config) { cfg.StartPoints = true })
		md := pmetric.NewMetrics()
		m := from(md).AppendEmpty()
		m.SetName("m")
		tt.add(m)
		r.mustPush(md)
		if got := len(r.srv.Take()); got != tt.want {
			t.Errorf("%s: %d points, want %d", name, got, tt.want)
		}
	}
}
