// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"context"
	"fmt"
	"math"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"   //nolint:depguard // A Producer returns metrics of the SDK.
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"  //nolint:depguard // A Producer returns metrics of the SDK.
	"go.opentelemetry.io/otel/sdk/metric/metricdata" //nolint:depguard // A Producer returns metrics of the SDK.
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Producer gives metrics of the process and the Go runtime to a reader, through
// [go.opentelemetry.io/otel/sdk/metric.WithProducer]. [NewProducer] returns a producer
// of the histograms, [NewCompleteProducer] a producer of all metrics. It is safe for
// concurrent use, also by several readers. It needs no shutdown.
type Producer struct {
	fault       error
	interval    time.Duration
	start       time.Time // of the process
	tags        attribute.Set
	instruments *sdkmetric.ManualReader // collects the instruments of Start; nil: the producer has only histograms
	rows        []instrument            // the histograms

	mu      sync.Mutex
	last    time.Time // when samples were read
	samples []metrics.Sample
}

// NewProducer returns a producer of go.schedule.duration and
// go.memory.gc.pause.duration. The runtime keeps these as histograms, and
// OpenTelemetry has no observable histogram.
//
//	reader := metric.NewPeriodicReader(exporter, metric.WithProducer(runtimemetrics.NewProducer()))
//
// Both are cumulative since the process started, whatever temporality the reader
// asks for. They have the runtime's buckets, about 160, which an exporter may
// reduce. A bucket of the runtime includes its lower bound, a bucket of OpenTelemetry
// its upper bound: a duration that equals a bound is counted in the bucket above
// the bound. The sum is an estimate, as if every duration were in the middle of its
// bucket. Minimum and maximum are not set.
//
// WithMinimumInterval and WithWorkerID apply. The other options of Start are
// accepted and ignored. If an option is invalid, every Produce returns the error.
func NewProducer(opts ...Option) *Producer {
	c, err := newConfig(opts)
	return newProducer(producerInstruments(), c, err)
}

// NewCompleteProducer returns a producer of all instruments in the package comment:
// the process, the Go runtime, and the histograms of [NewProducer]. It replaces
// [Start] where a program can configure a reader, but not its MeterProvider:
//
//	reader := metric.NewPeriodicReader(exporter, metric.WithProducer(runtimemetrics.NewCompleteProducer()))
//
// Names, attributes, scopes and values equal the instruments of Start. The metrics do
// not pass through the reader's MeterProvider. So its views do not apply, and sums are
// cumulative whatever temporality the reader asks for. The series start with the
// process.
//
// Use either Start or a complete producer. With both, a reader gets every series
// twice. Package exporter sends the first of two points with one timestamp, and
// reports a collision.
//
// All options but WithMeterProvider apply. If an option is invalid, every Produce
// returns the error.
func NewCompleteProducer(opts ...Option) *Producer {
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	c, err := newConfig(opts)
	c.provider = provider
	if err == nil {
		_, err = startBoth(c) // The callbacks live as long as the producer, so they are never unregistered.
	}
	var histograms []instrument
	if c.goRuntime {
		histograms = producerInstruments()
	}
	p := newProducer(histograms, c, err)
	p.instruments = reader
	return p
}

func newProducer(rows []instrument, c config, err error) *Producer {
	p := &Producer{
		fault:    err,
		interval: c.interval,
		start:    time.Now(),
		tags:     attribute.NewSet(c.tags...),
		rows:     rows,
	}
	// If the age of the process is unknown, the start time is too late.
	if age, err := processAge(c.proc); err == nil {
		p.start = p.start.Add(-age)
	}
	for _, row := range rows {
		p.samples = append(p.samples, metrics.Sample{Name: row.points[0].source})
	}
	return p
}

// Produce returns the metrics. The caller may modify them, since later calls do not use
// them. If this release of Go lacks a histogram, Produce returns an error and the other
// metrics. If ctx has ended, it returns only an error.
func (p *Producer) Produce(ctx context.Context) ([]metricdata.ScopeMetrics, error) {
	if p.fault != nil {
		return nil, p.fault
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	var collected metricdata.ResourceMetrics
	if p.instruments != nil {
		if err := p.instruments.Collect(ctx, &collected); err != nil {
			return nil, err
		}
		p.setStart(collected.ScopeMetrics)
	}
	histograms, err := p.read()
	return withHistograms(collected.ScopeMetrics, histograms), err
}

// withHistograms adds histograms to the scope of this package.
func withHistograms(scopes []metricdata.ScopeMetrics, histograms []metricdata.Metrics) []metricdata.ScopeMetrics {
	if len(histograms) == 0 {
		return scopes
	}
	for i := range scopes {
		if scopes[i].Scope.Name == ScopeName {
			scopes[i].Metrics = append(scopes[i].Metrics, histograms...)
			return scopes
		}
	}
	return append(scopes, metricdata.ScopeMetrics{
		Scope:   instrumentation.Scope{Name: ScopeName, SchemaURL: semconv.SchemaURL},
		Metrics: histograms,
	})
}

// setStart sets the start time of all points to that of the process. In the SDK, it is
// the time at which the instrument was created.
func (p *Producer) setStart(scopes []metricdata.ScopeMetrics) {
	for _, scope := range scopes {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				setStart(data.DataPoints, p.start)
			case metricdata.Sum[float64]:
				setStart(data.DataPoints, p.start)
			case metricdata.Gauge[int64]:
				setStart(data.DataPoints, p.start)
			case metricdata.Gauge[float64]:
				setStart(data.DataPoints, p.start)
			}
		}
	}
}

func setStart[N int64 | float64](points []metricdata.DataPoint[N], start time.Time) {
	for i := range points {
		points[i].StartTime = start
	}
}

// read returns copies of the histograms. It holds the lock while it copies, because
// the next metrics.Read overwrites the histograms.
func (p *Producer) read() ([]metricdata.Metrics, error) {
	if len(p.rows) == 0 { // metrics.Read panics without samples.
		return nil, nil
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if now := time.Now(); p.last.IsZero() || now.Sub(p.last) >= p.interval {
		metrics.Read(p.samples)
		p.last = now
	}
	var (
		data []metricdata.Metrics
		err  error
	)
	for i, row := range p.rows {
		value := p.samples[i].Value
		if value.Kind() != metrics.KindFloat64Histogram {
			err = fmt.Errorf("runtimemetrics: %s is omitted: runtime/metrics has no histogram %s", row.name, p.samples[i].Name)
			continue
		}
		point := dataPoint(value.Float64Histogram())
		point.Attributes, point.StartTime, point.Time = p.tags, p.start, p.last
		data = append(data, metricdata.Metrics{
			Name:        row.name,
			Description: row.description,
			Unit:        row.unit,
			Data: metricdata.Histogram[float64]{
				Temporality: metricdata.CumulativeTemporality,
				DataPoints:  []metricdata.HistogramDataPoint[float64]{point},
			},
		})
	}
	return data, err
}

// dataPoint converts a histogram of the runtime, which lists all bounds, to a data
// point of OpenTelemetry, which lists the bounds between buckets. It drops infinite
// outermost bounds. Beyond a finite outermost bound it adds an empty bucket.
func dataPoint(h *metrics.Float64Histogram) metricdata.HistogramDataPoint[float64] {
	var point metricdata.HistogramDataPoint[float64]
	bounds, counts := slices.Clone(h.Buckets), slices.Clone(h.Counts)
	for i, n := range counts {
		point.Count += n
		if n > 0 {
			point.Sum += float64(n) * middle(bounds[i], bounds[i+1])
		}
	}
	if len(bounds) > 0 && math.IsInf(bounds[0], -1) {
		bounds = bounds[1:]
	} else {
		counts = slices.Insert(counts, 0, 0)
	}
	if n := len(bounds); n > 0 && math.IsInf(bounds[n-1], 1) {
		bounds = bounds[:n-1]
	} else if n > 0 {
		counts = append(counts, 0)
	}
	point.Bounds, point.BucketCounts = bounds, counts
	return point
}

// middle estimates a value in the bucket from low to high: the middle, or the finite
// bound if the other bound is infinite.
func middle(low, high float64) float64 {
	switch {
	case math.IsInf(low, -1) && math.IsInf(high, 1):
		return 0
	case math.IsInf(low, -1):
		return high
	case math.IsInf(high, 1):
		return low
	}
	return low + (high-low)/2
}
