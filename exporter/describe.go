// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/internal/convert"
)

// description describes a metric apart from the values of its data points.
type description struct {
	spec   convert.InstrumentSpec
	points int       // number of data points
	first  time.Time // time of the first data point; zero if there is none
	delta  bool      // the data points have delta temporality
}

// describe returns the description of a metric. It returns false if the type of the data is
// unknown.
func describe(m *metricdata.Metrics) (d description, ok bool) {
	d.spec = convert.InstrumentSpec{Name: m.Name, Unit: m.Unit}
	var temporality metricdata.Temporality
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		describeNumbers(&d, convert.Sum, data.DataPoints)
		d.spec.Monotonic, temporality = data.IsMonotonic, data.Temporality
	case metricdata.Sum[float64]:
		describeNumbers(&d, convert.Sum, data.DataPoints)
		d.spec.Monotonic, temporality = data.IsMonotonic, data.Temporality
	case metricdata.Gauge[int64]:
		describeNumbers(&d, convert.Gauge, data.DataPoints)
	case metricdata.Gauge[float64]:
		describeNumbers(&d, convert.Gauge, data.DataPoints)
	case metricdata.Histogram[int64]:
		describeHistograms(&d, data.DataPoints)
		temporality = data.Temporality
	case metricdata.Histogram[float64]:
		describeHistograms(&d, data.DataPoints)
		temporality = data.Temporality
	case metricdata.ExponentialHistogram[int64]:
		describeExponentials(&d, data.DataPoints)
		temporality = data.Temporality
	case metricdata.ExponentialHistogram[float64]:
		describeExponentials(&d, data.DataPoints)
		temporality = data.Temporality
	case metricdata.Summary:
		d.spec.Kind, d.points = convert.Summary, len(data.DataPoints)
	default:
		return d, false
	}
	d.delta = temporality == metricdata.DeltaTemporality
	return d, true
}

// fromZero reports whether each series of the metric begins at 0 and then only grows.
func (d *description) fromZero() bool {
	switch d.spec.Kind {
	case convert.Sum:
		return d.spec.Monotonic && !d.delta
	case convert.Histogram, convert.Exponential:
		return !d.delta
	}
	return false
}

func describeNumbers[N int64 | float64](d *description, kind convert.Kind, points []metricdata.DataPoint[N]) {
	d.spec.Kind, d.points = kind, len(points)
	if len(points) > 0 {
		d.first = points[0].Time
	}
}

func describeHistograms[N int64 | float64](d *description, points []metricdata.HistogramDataPoint[N]) {
	d.spec.Kind, d.points = convert.Histogram, len(points)
	if len(points) > 0 {
		d.first = points[0].Time
	}
}

func describeExponentials[N int64 | float64](d *description, points []metricdata.ExponentialHistogramDataPoint[N]) {
	d.spec.Kind, d.points = convert.Exponential, len(points)
	if len(points) > 0 {
		d.first = points[0].Time
	}
}
