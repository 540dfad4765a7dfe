// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"
	"time"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// service creates the instruments of a program, and records measurements.
type service struct {
	meter   metric.Meter
	random  *rand.Rand
	created int // number of series so far
}

// recorded is a series of an instrument.
type recorded struct {
	option metric.MeasurementOption
	count  int64
	value  float64
}

func (s *service) newSeries() recorded {
	s.created++
	return recorded{option: metric.WithAttributeSet(seriesAttributes(s.created)), value: 50 + 20*s.random.NormFloat64()}
}

// newService returns a source of collections by the SDK, with the metrics of a service and all metrics
// of runtimemetrics. With replace, 1 % of the series are replaced before each collection except the
// first. These are series of observable instruments, because the SDK never drops other series.
func newService(tb testing.TB, points int, replace bool) source {
	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(runtimemetrics.NewProducer()))
	// A native histogram of Prometheus has a scale of at most 8. Higher scales would be downscaled.
	exponentials := sdkmetric.NewView(sdkmetric.Instrument{Name: "*.exponential.*"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: maxBuckets, MaxScale: 8}})
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader), sdkmetric.WithResource(newResource()),
		sdkmetric.WithView(exponentials), sdkmetric.WithCardinalityLimit(0))
	registration := must(runtimemetrics.Start(runtimemetrics.WithMeterProvider(provider)))
	tb.Cleanup(func() { _, _ = registration.Unregister(), provider.Shutdown(context.Background()) })

	s := &service{
		meter:  provider.Meter("example.com/shop", metric.WithInstrumentationVersion("2.14.3")),
		random: rand.New(rand.NewPCG(13, uint64(points))),
	}
	var work []func(context.Context) // records measurements between two collections, one function for each instrument
	for _, group := range []struct {
		percent int // share of the data points
		new     func(name string, all []recorded) func(context.Context, *recorded)
		replace bool
		names   []string
	}{
		{35, s.counter, false, []string{"http.server.requests", "http.server.errors", "db.client.operations", "cache.hits", "orders.placed"}},
		{10, s.upDownCounter, false, []string{"http.server.active_requests", "db.client.connections"}},
		{15, s.observableCounter, true, []string{"queue.messages.handled", "network.io"}},
		{15, s.observableGauge, true, []string{"queue.depth", "cache.fill"}},
		{5, s.gauge, false, []string{"orders.value"}},
		{15, s.histogram, false, []string{"http.server.request.duration", "http.server.response.body.size", "db.client.operation.duration"}},
		{5, s.histogram, false, []string{"rpc.client.exponential.duration"}},
	} {
		replaced := 0
		if group.replace && replace {
			replaced = max(points/100/4, 1) // number in each of the 4 instruments
		}
		for _, name := range group.names {
			all := make([]recorded, max(points*group.percent/100/len(group.names), 1))
			for i := range all {
				all[i] = s.newSeries()
			}
			record := group.new(name, all)
			next := -replaced // the first collection replaces nothing
			work = append(work, func(ctx context.Context) {
				for range replaced {
					if next >= 0 {
						all[next%len(all)] = s.newSeries()
					}
					next++
				}
				for i := range all {
					record(ctx, &all[i])
				}
			})
		}
	}
	c, at := &collection{metrics: new(metricdata.ResourceMetrics)}, time.Now()
	return func(ctx context.Context) (*collection, error) {
		for _, one := range work {
			one(ctx)
		}
		err := reader.Collect(ctx, c.metrics)
		at = at.Add(10 * time.Second)
		for _, scope := range c.metrics.ScopeMetrics {
			for _, m := range scope.Metrics {
				setTime(m.Data, at)
			}
		}
		return c, err
	}
}

// setTime sets the time of all data points. With the real time, a benchmark would export a series
// several times in a second, but its timestamps are seconds.
func setTime(data metricdata.Aggregation, at time.Time) {
	points := reflect.ValueOf(data).FieldByName("DataPoints")
	for i := range points.Len() {
		points.Index(i).FieldByName("Time").Set(reflect.ValueOf(at))
	}
}

// Each of the following methods registers an instrument, and returns a function that records the next
// measurement of a series.

func (s *service) counter(name string, _ []recorded) func(context.Context, *recorded) {
	c := must(s.meter.Int64Counter(name))
	return func(ctx context.Context, r *recorded) { c.Add(ctx, 1+s.random.Int64N(1000), r.option) }
}

func (s *service) upDownCounter(name string, _ []recorded) func(context.Context, *recorded) {
	c := must(s.meter.Int64UpDownCounter(name))
	return func(ctx context.Context, r *recorded) { c.Add(ctx, s.random.Int64N(11)-5, r.option) }
}

func (s *service) gauge(name string, _ []recorded) func(context.Context, *recorded) {
	g := must(s.meter.Float64Gauge(name))
	return func(ctx context.Context, r *recorded) {
		r.value += s.random.NormFloat64()
		g.Record(ctx, r.value, r.option)
	}
}

func (s *service) histogram(name string, all []recorded) func(context.Context, *recorded) {
	h := must(s.meter.Float64Histogram(name, metric.WithUnit("ms")))
	return func(ctx context.Context, r *recorded) {
		n := observations
		if r.count == 0 {
			n = firstObservations
		}
		r.count++
		for range n {
			h.Record(ctx, duration(s.random), r.option)
		}
	}
}

func (s *service) observableCounter(name string, all []recorded) func(context.Context, *recorded) {
	must(s.meter.Int64ObservableCounter(name, metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		for i := range all {
			o.Observe(all[i].count, all[i].option)
		}
		return nil
	})))
	return func(_ context.Context, r *recorded) { r.count += 1 + s.random.Int64N(1000) }
}

func (s *service) observableGauge(name string, all []recorded) func(context.Context, *recorded) {
	must(s.meter.Float64ObservableGauge(name, metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
		for i := range all {
			o.Observe(all[i].value, all[i].option)
		}
		return nil
	})))
	return func(_ context.Context, r *recorded) { r.value += s.random.NormFloat64() }
}
