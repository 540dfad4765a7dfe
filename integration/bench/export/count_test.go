// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"

	"go.opentelemetry.io/collector/pdata/pmetric"
)

// counts is the number of points of a collection in each protocol, and the sum of their values.
type counts struct {
	data    int     // data points, as in OTLP and in an exposition for Prometheus
	put     int     // points of OpenTSDB's put protocol
	samples int     // samples of remote write, which has native histograms, but no minimum and maximum
	sum     float64 // sum of the values of sums and gauges, and of the counts of histograms
}

func (c *counts) add(value float64, put, samples int) {
	c.data++
	c.put += put
	c.samples += samples
	c.sum += value
}

func (c *counts) addNumbers(all pmetric.NumberDataPointSlice) {
	for _, p := range all.All() {
		c.add(float64(p.IntValue())+p.DoubleValue(), 1, 1) // one of the two values is 0
	}
}

func (c *counts) addMetrics(md pmetric.Metrics) {
	totals := func(extremes bool) int {
		if extremes {
			return 4 // count, sum, minimum and maximum
		}
		return 2
	}
	for _, resource := range md.ResourceMetrics().All() {
		for _, scope := range resource.ScopeMetrics().All() {
			for _, m := range scope.Metrics().All() {
				switch m.Type() {
				case pmetric.MetricTypeGauge:
					c.addNumbers(m.Gauge().DataPoints())
				case pmetric.MetricTypeSum:
					c.addNumbers(m.Sum().DataPoints())
				case pmetric.MetricTypeHistogram:
					for _, p := range m.Histogram().DataPoints().All() {
						buckets := p.BucketCounts().Len()
						c.add(float64(p.Count()), buckets+totals(p.HasMin()), buckets+totals(false))
					}
				case pmetric.MetricTypeExponentialHistogram:
					for _, p := range m.ExponentialHistogram().DataPoints().All() {
						c.add(float64(p.Count()), quantiles+totals(p.HasMin()), 1)
					}
				}
			}
		}
	}
}

// count returns the points that an exporter must export.
func (c *collection) count(ctx context.Context) (n counts, err error) {
	if c.metrics != nil {
		var md pmetric.Metrics
		if md, err = toPdata(ctx, c.metrics); err == nil {
			n.addMetrics(md)
		}
	}
	for _, md := range c.pushes {
		n.addMetrics(md)
	}
	for _, p := range c.points {
		n.add(p.Value, 1, 1)
	}
	return n, err
}
