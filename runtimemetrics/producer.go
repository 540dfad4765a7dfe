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
	"go.opentelemetry.io/otel/sdk/instrumentation"   //nolint:depguard // A producer speaks the SDK's language.
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"  //nolint:depguard // A producer speaks the SDK's language.
	"go.opentelemetry.io/otel/sdk/metric/metricdata" //nolint:depguard // A producer speaks the SDK's language.
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// Producer gives metrics of the process and the Go runtime to a reader, by
// [go.opentelemetry.io/otel/sdk/metric.WithProducer]. [NewProducer] makes one of the
// histograms, [NewCompleteProducer] one of everything. It is safe for concurrent
// use, also by several readers. There is nothing to stop.
type Producer struct {
	fault       error
	interval    time.Duration
	start       time.Time // of the process
	tags        attribute.Set
	instruments *sdkmetric.ManualReader // nil: none, only histograms
	rows        []instrument            // of the histograms

	mu      sync.Mutex
	last    time.Time // of the last reading
	samples []metrics.Sample
}

// NewProducer makes a producer of go.schedule.duration and
// go.memory.gc.pause.duration, which the runtime keeps as histograms: there is
// no observable instrument for that.
//
//	reader := metric.NewPeriodicReader(exporter, metric.WithProducer(runtimemetrics.NewProducer()))
//
// Both are cumulative since the process started, whatever temporality the reader
// has. Their buckets are the runtime's, some 160 of them, which an exporter may
// want to reduce. The runtime's include their lower bound, OpenTelemetry's their
// upper one: a duration exactly on a bound counts as more than it. The sum is an
// estimate, for which every duration is in the middle of its bucket; there is no
// minimum and maximum.
//
// It heeds WithMinimumInterval and WithWorkerID, so that the options of Start
// fit as well. A fault in them is the error of each Produce.
func NewProducer(opts ...Option) *Producer {
	c, err := newConfig(opts)
	return newProducer(producerInstruments(), c, err)
}

// NewCompleteProducer makes a producer of all instruments in the package comment: the
// process, the Go runtime, and the histograms of [NewProducer].
// It takes the place of [Start] where a reader, but not its MeterProvider, can be
// configured:
//
//	reader := metric.NewPeriodicReader(exporter, metric.WithProducer(runtimemetrics.NewCompleteProducer()))
//
// Names, attributes, scopes and values equal the instruments of Start. Since they do not
// pass through the reader's MeterProvider, its views do not apply, and they are
// cumulative whatever temporality the reader has. They start with the process.
//
// Use either Start or a complete producer. With both, a reader gets every series
// twice. Package exporter sends the first of two points with one timestamp, and
// reports a collision.
//
// All options but WithMeterProvider apply. A fault in them is the error of each
// Produce.
func NewCompleteProducer(opts ...Option) *Producer {
	reader := sdkmetric.NewManualReader()
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	c, err := newConfig(opts)
	c.provider = provider
	if err == nil {
		_, err = startBoth(c) // There is nothing to unregister: the callbacks end with the producer.
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
	// Where the system does not tell, the histograms have counted for longer than they say.
	if age, err := processAge(c.proc); err == nil {
		p.start = p.start.Add(-age)
	}
	for _, row := range rows {
		p.samples = append(p.samples, metrics.Sample{Name: row.points[0].source})
	}
	return p
}

// Produce returns the metrics. They are the caller's, and no later call changes
// them. It fails, with the metrics that there are, if this release of Go lacks a
// histogram, and with none if ctx has ended.
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

// withHistograms adds to the metrics of this package's scope.
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

// setStart has the points begin with the process: for the SDK, they begin when their
// instrument is made.
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

// read returns the histograms. It holds the lock until it has its own copy: the next
// metrics.Read writes into the same histograms.
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
			err = fmt.Errorf("runtimemetrics: %s left out: runtime/metrics has no histogram %s", row.name, p.samples[i].Name)
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

// dataPoint converts from all bounds, also the outermost, to those between
// buckets. Outermost bounds that are infinite go without saying; finite ones
// stay, with an empty bucket beyond.
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

// middle estimates what a bucket holds. One with an infinite bound has no
// middle: what is in there is at least beyond the other.
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
