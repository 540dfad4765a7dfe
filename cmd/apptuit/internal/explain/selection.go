// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"slices"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// only returns an export with the data points that have certain indexes. Data points are counted through
// the whole export.
func only(rm *metricdata.ResourceMetrics, indexes []int) *metricdata.ResourceMetrics {
	n := 0
	part := &metricdata.ResourceMetrics{Resource: rm.Resource}
	for _, sm := range rm.ScopeMetrics {
		scope := metricdata.ScopeMetrics{Scope: sm.Scope}
		for _, m := range sm.Metrics {
			keep := func() bool { n++; return slices.Contains(indexes, n-1) }
			if data := selected(m.Data, keep); data != nil {
				m.Data = data
				scope.Metrics = append(scope.Metrics, m)
			}
		}
		part.ScopeMetrics = append(part.ScopeMetrics, scope)
	}
	return part
}

// selected returns the data with the data points for which keep returns true, or nil if there are none.
func selected(data metricdata.Aggregation, keep func() bool) metricdata.Aggregation {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Sum[float64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Gauge[int64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Gauge[float64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Histogram[float64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.ExponentialHistogram[float64]:
		return filter(&d, &d.DataPoints, keep)
	case metricdata.Summary:
		return filter(&d, &d.DataPoints, keep)
	}
	return nil
}

// filter does the work of selected for one type of data. points is its field DataPoints.
func filter[D metricdata.Aggregation, T any](data *D, points *[]T, keep func() bool) metricdata.Aggregation {
	*points = slices.DeleteFunc(slices.Clone(*points), func(T) bool { return !keep() })
	if len(*points) == 0 {
		return nil
	}
	return *data
}
