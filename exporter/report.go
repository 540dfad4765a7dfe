// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/reporter"
)

// In the reporter layout an Export passes over the metrics twice. The first pass
// observes the data points that need state, under the lock of that state; the second
// one emits their samples. Nothing is sent before all is observed, so that no failure
// loses a count.

// pass is what a walk does with the data points of a metric.
type pass uint8

const (
	passConvert pass = iota
	passObserve
	passEmit // the samples of data points that were observed
	passSkip
)

// pass returns what the current walk does with the data points of an instrument.
func (x *export) pass(i *instrument, temporality metricdata.Temporality) pass {
	x.delta = temporality == metricdata.DeltaTemporality
	switch observed := x.observer != nil && i != nil && x.observer.Observed(i, x.delta); {
	case x.observing && observed:
		return passObserve
	case x.observing:
		return passSkip
	case observed:
		return passEmit
	}
	return passConvert
}

// observe is the first walk: over the metrics, and the exporter's own.
func (x *export) observe(scopes, own []metricdata.ScopeMetrics, now time.Time) {
	x.observing = true
	x.observer.Observe(now, latest(scopes, now), func() {
		x.metrics(scopes)
		x.metrics(own)
	})
	x.observing, x.at = false, 0
}

// idle emits the samples of series without observations. They are counted, but belong to
// no data point.
func (x *export) idle() {
	x.source = 0
	for p, at := range x.observer.Idle {
		x.conv.Values(p, model.Timestamp(time.Unix(0, at), x.milliseconds), x.observer.Next())
	}
}

func (x *export) span(start, end time.Time) reporter.Span {
	return reporter.Span{Start: nanoseconds(start), End: nanoseconds(end), Delta: x.delta}
}

// nanoseconds returns a time since 1970, 0 for one that the wire cannot carry.
func nanoseconds(t time.Time) int64 {
	if model.Timestamp(t, false) == 0 || t.Year() > 2261 {
		return 0
	}
	return t.UnixNano()
}

// latest returns the latest time of metrics, by the first point of each: those of
// an instrument are of one time. An Export of none is of now.
func latest(scopes []metricdata.ScopeMetrics, now time.Time) int64 {
	last, none := int64(0), true
	for i := range scopes {
		for j := range scopes[i].Metrics {
			none = false
			last = max(last, nanoseconds(firstTime(scopes[i].Metrics[j].Data)))
		}
	}
	if none {
		return nanoseconds(now)
	}
	return last
}

func firstTime(data metricdata.Aggregation) (t time.Time) {
	switch data := data.(type) {
	case metricdata.Sum[int64]:
		return numberTime(data.DataPoints)
	case metricdata.Sum[float64]:
		return numberTime(data.DataPoints)
	case metricdata.Gauge[int64]:
		return numberTime(data.DataPoints)
	case metricdata.Gauge[float64]:
		return numberTime(data.DataPoints)
	case metricdata.Histogram[int64]:
		return histogramTime(data.DataPoints)
	case metricdata.Histogram[float64]:
		return histogramTime(data.DataPoints)
	case metricdata.ExponentialHistogram[int64]:
		return exponentialTime(data.DataPoints)
	case metricdata.ExponentialHistogram[float64]:
		return exponentialTime(data.DataPoints)
	}
	return t
}

func numberTime[N int64 | float64](points []metricdata.DataPoint[N]) (t time.Time) {
	if len(points) > 0 {
		t = points[0].Time
	}
	return t
}

func histogramTime[N int64 | float64](points []metricdata.HistogramDataPoint[N]) (t time.Time) {
	if len(points) > 0 {
		t = points[0].Time
	}
	return t
}

func exponentialTime[N int64 | float64](points []metricdata.ExponentialHistogramDataPoint[N]) (t time.Time) {
	if len(points) > 0 {
		t = points[0].Time
	}
	return t
}
