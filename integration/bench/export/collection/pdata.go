// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"strconv"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/pmetric"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Collector says how an exporter of the OpenTelemetry Collector gets a collection.
type Collector struct {
	Resources int // over which the data points are spread, at least 1
	Batch     int // data points in a push; 0 is all
}

// Pushes returns the pushes of a made collection.
func (c Collector) Pushes(rm *metricdata.ResourceMetrics) []pmetric.Metrics {
	all := Count(rm)
	w := pusher{source: rm, perResource: (all + c.Resources - 1) / c.Resources, perPush: c.Batch}
	if c.Batch == 0 {
		w.perPush = all
	}
	for _, scope := range rm.ScopeMetrics {
		w.scope = scope.Scope.Name
		for i := range scope.Metrics {
			w.metric(&scope.Metrics[i])
		}
	}
	return w.pushes
}

// pusher divides the data points of a collection into pushes and resources.
type pusher struct {
	source               *metricdata.ResourceMetrics
	perResource, perPush int
	scope                string

	pushes  []pmetric.Metrics
	points  int // so far
	metrics pmetric.MetricSlice
}

// metric appends the data points of a metric. They are a metric of each resource and push.
func (w *pusher) metric(m *metricdata.Metrics) {
	var to pmetric.Metric
	for i := range points(m.Data) {
		newPush := w.points%w.perPush == 0
		if newPush {
			w.pushes = append(w.pushes, pmetric.NewMetrics())
		}
		if newPush || w.points%w.perResource == 0 {
			w.resource(w.pushes[len(w.pushes)-1].ResourceMetrics().AppendEmpty(), w.points/w.perResource)
		}
		if i == 0 || w.metrics.Len() == 0 {
			to = w.metrics.AppendEmpty()
			to.SetName(m.Name)
			to.SetUnit(m.Unit)
		}
		appendPoint(to, m.Data, i)
		w.points++
	}
}

// resource begins a resource.
func (w *pusher) resource(to pmetric.ResourceMetrics, n int) {
	setAttributes(to.Resource().Attributes(), w.source.Resource.Set())
	to.Resource().Attributes().PutStr("service.instance.id", "shop-"+strconv.Itoa(n))
	scope := to.ScopeMetrics().AppendEmpty()
	scope.Scope().SetName(w.scope)
	w.metrics = scope.Metrics()
}

// appendPoint appends data point i of an aggregation that [New] makes without an SDK.
func appendPoint(to pmetric.Metric, data metricdata.Aggregation, i int) {
	switch data := data.(type) {
	case metricdata.Sum[int64]:
		if to.Type() != pmetric.MetricTypeSum {
			to.SetEmptySum().SetIsMonotonic(data.IsMonotonic)
			to.Sum().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		}
		from, dp := &data.DataPoints[i], to.Sum().DataPoints().AppendEmpty()
		setCommon(dp, &from.Attributes, from.StartTime, from.Time)
		dp.SetIntValue(from.Value)
	case metricdata.Gauge[float64]:
		if to.Type() != pmetric.MetricTypeGauge {
			to.SetEmptyGauge()
		}
		from, dp := &data.DataPoints[i], to.Gauge().DataPoints().AppendEmpty()
		setCommon(dp, &from.Attributes, from.StartTime, from.Time)
		dp.SetDoubleValue(from.Value)
	case metricdata.Histogram[float64]:
		if to.Type() != pmetric.MetricTypeHistogram {
			to.SetEmptyHistogram().SetAggregationTemporality(pmetric.AggregationTemporalityCumulative)
		}
		from, dp := &data.DataPoints[i], to.Histogram().DataPoints().AppendEmpty()
		setCommon(dp, &from.Attributes, from.StartTime, from.Time)
		dp.SetCount(from.Count)
		dp.SetSum(from.Sum)
		if v, ok := from.Min.Value(); ok {
			dp.SetMin(v)
		}
		if v, ok := from.Max.Value(); ok {
			dp.SetMax(v)
		}
		dp.ExplicitBounds().FromRaw(from.Bounds)
		dp.BucketCounts().FromRaw(from.BucketCounts)
	}
}

func setCommon(dp interface {
	Attributes() pcommon.Map
	SetStartTimestamp(pcommon.Timestamp)
	SetTimestamp(pcommon.Timestamp)
}, set *attribute.Set, start, at time.Time,
) {
	setAttributes(dp.Attributes(), set)
	dp.SetStartTimestamp(pcommon.NewTimestampFromTime(start))
	dp.SetTimestamp(pcommon.NewTimestampFromTime(at))
}

func setAttributes(to pcommon.Map, set *attribute.Set) {
	to.EnsureCapacity(set.Len())
	for _, kv := range set.ToSlice() {
		if kv.Value.Type() == attribute.INT64 {
			to.PutInt(string(kv.Key), kv.Value.AsInt64())
			continue
		}
		to.PutStr(string(kv.Key), kv.Value.String())
	}
}
