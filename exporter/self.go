// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"sync"
	"time"

	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
	"github.com/apptuitai/apptuit-go/internal/convert"
	"github.com/apptuitai/apptuit-go/internal/model"
)

// selfScope is the scope of the exporter's own metrics.
const selfScope = "github.com/apptuitai/apptuit-go/exporter"

// selfPrefix is the prefix of the names of the exporter's own metrics.
const selfPrefix = "apptuit.reporter."

// selfMetrics are the exporter's metrics about the Exports of one resource. Their names are
// those of apptuit-py's reporter.
type selfMetrics struct {
	mu                        sync.Mutex
	total, successful, failed uint64
	filtered, overflowed      uint64
	usage                     []InstrumentUsage // of the last Export; nil without WithUsageMetrics
	times                     durations
	first, last               time.Time // timestamps of the first and the last export of these metrics
}

// durations are statistics of the durations of Exports, in seconds.
type durations struct {
	n                uint64
	sum, least, most float64
}

func (d *durations) add(seconds float64) {
	if d.n == 0 {
		d.least, d.most = seconds, seconds
	}
	d.n++
	d.sum += seconds
	d.least, d.most = min(d.least, seconds), max(d.most, seconds)
}

func (s *selfMetrics) add(r client.Report, took time.Duration, tally convert.Tally, usage []InstrumentUsage) {
	s.mu.Lock()
	defer s.mu.Unlock()
	failed := uint64(r.Rejected + r.Dropped)
	s.total += uint64(r.Accepted+r.Spooled) + failed
	s.successful += uint64(r.Accepted)
	s.failed += failed
	s.filtered += uint64(tally.Filtered)
	s.overflowed += uint64(tally.Overflowed)
	s.usage = usage
	s.times.add(took.Seconds())
}

// self returns metrics about the previous Exports. It returns nil if such metrics were already
// exported with the same timestamp, because a series must not have two values at one timestamp. In
// the reporter layout, the histogram of durations has delta temporality.
func (e *Exporter) self(s *selfMetrics, now time.Time) []metricdata.ScopeMetrics {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.first.IsZero() {
		s.first, s.last = now, time.Time{}
	}
	timestamp := func(t time.Time) int64 { return e.origins.resolution.Timestamp(model.Nanoseconds(t)) }
	if timestamp(s.last) == timestamp(now) {
		return nil
	}
	times := metricdata.HistogramDataPoint[float64]{StartTime: s.first, Time: now, Count: s.times.n, Sum: s.times.sum}
	if s.times.n > 0 {
		times.Min, times.Max = metricdata.NewExtrema(s.times.least), metricdata.NewExtrema(s.times.most)
	}
	temporality := metricdata.CumulativeTemporality
	if e.cfg.layout.Value == LayoutReporter {
		temporality = metricdata.DeltaTemporality
		times.StartTime = s.last
		s.times = durations{}
	}
	s.last = now
	point := func(v uint64) []metricdata.DataPoint[int64] {
		return []metricdata.DataPoint[int64]{{StartTime: s.first, Time: now, Value: int64(v)}}
	}
	const points = "{point}"
	counter := func(name string, v uint64) metricdata.Metrics {
		return metricdata.Metrics{Name: selfPrefix + name, Unit: points, Data: metricdata.Sum[int64]{
			Temporality: metricdata.CumulativeTemporality, IsMonotonic: true, DataPoints: point(v),
		}}
	}
	metrics := []metricdata.Metrics{
		counter("send.total", s.total),
		counter("send.successful", s.successful),
		counter("send.failed", s.failed),
		{Name: selfPrefix + "send.time", Unit: "s", Data: metricdata.Histogram[float64]{
			Temporality: temporality, DataPoints: []metricdata.HistogramDataPoint[float64]{times},
		}},
		counter("overflowed", s.overflowed),
	}
	if e.cfg.filter.Value != nil {
		metrics = append(metrics, counter("filtered", s.filtered))
	}
	if spool, ok := e.cfg.client.SpoolStats(); ok {
		gauge := func(name, unit string, v int64) metricdata.Metrics {
			return metricdata.Metrics{Name: selfPrefix + name, Unit: unit, Data: metricdata.Gauge[int64]{DataPoints: point(uint64(v))}}
		}
		metrics = append(
			metrics,
			gauge("spool.points", points, spool.Points),
			gauge("spool.bytes", "By", spool.Bytes),
			counter("spool.spooled", spool.Spooled),
			counter("spool.replayed", spool.Replayed),
			counter("spool.rejected", spool.Rejected),
			counter("spool.dropped", spool.Dropped),
		)
	}
	metrics = append(metrics, usageMetrics(s.usage, point(0)[0])...)
	return []metricdata.ScopeMetrics{{
		Scope: instrumentation.Scope{Name: selfScope, Version: apptuitclient.Version}, Metrics: metrics,
	}}
}
