// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// interval is the time between two collections of made data.
const interval = 10 * time.Second

// made is a source of metricdata that no SDK collected: the same at every run,
// in the same order at every collection.
type made struct {
	cfg    Config
	rm     *metricdata.ResourceMetrics
	steps  []func(i int) // the next value of a series, one function an instrument
	begin  []func(i int) // the first value of a series
	random *rand.Rand

	sets     []func(i int, set attribute.Set)
	stamps   []func(at time.Time)
	sizes    []int
	at       time.Time
	series   int // so many there have been
	replaced int // the position where the next series is replaced
	started  bool
}

func newMade(cfg Config) (*made, error) {
	m := &made{
		cfg: cfg, random: rand.New(rand.NewPCG(7, uint64(cfg.Points))),
		at: time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC),
	}
	scope := metricdata.ScopeMetrics{Scope: instrumentation.Scope{Name: "example.com/shop", Version: "2.14.3"}}
	for i := range instruments {
		n := cfg.Points*(i+1)/instruments - cfg.Points*i/instruments
		data, err := m.instrument(n)
		if err != nil {
			return nil, err
		}
		scope.Metrics = append(scope.Metrics, metricdata.Metrics{
			Name: fmt.Sprintf("shop.%s.%d", cfg.Kind, i), Description: "Made for a benchmark.", Unit: "1", Data: data,
		})
		m.sizes = append(m.sizes, n)
		for p := range n {
			m.sets[i](p, attributes(m.series))
			m.begin[i](p)
			m.series++
		}
	}
	m.rm = &metricdata.ResourceMetrics{Resource: theResource(), ScopeMetrics: []metricdata.ScopeMetrics{scope}}
	return m, nil
}

// instrument makes the data of one instrument and the functions that change it.
func (m *made) instrument(n int) (metricdata.Aggregation, error) {
	start := m.at.Add(-time.Hour)
	switch m.cfg.Kind {
	case Sum:
		data := make([]metricdata.DataPoint[int64], n)
		number(m, data, start, func(v *int64) { *v = m.random.Int64N(1_000_000) }, func(v *int64) { *v += 1 + m.random.Int64N(1000) })
		return metricdata.Sum[int64]{DataPoints: data, Temporality: metricdata.CumulativeTemporality, IsMonotonic: true}, nil
	case Gauge:
		data := make([]metricdata.DataPoint[float64], n)
		number(m, data, start, func(v *float64) { *v = 50 + 20*m.random.NormFloat64() }, func(v *float64) { *v += m.random.NormFloat64() })
		return metricdata.Gauge[float64]{DataPoints: data}, nil
	case Histogram:
		data := make([]metricdata.HistogramDataPoint[float64], n)
		own := make([]explicit, n)
		m.change(
			func(i int) { own[i].begin(&data[i], m.random) },
			func(i int) { own[i].step(&data[i], m.random) },
			func(i int, set attribute.Set) { data[i].Attributes = set },
			func(at time.Time) {
				for i := range data {
					data[i].StartTime, data[i].Time = start, at
				}
			})
		return metricdata.Histogram[float64]{DataPoints: data, Temporality: metricdata.CumulativeTemporality}, nil
	case Exponential:
		data := make([]metricdata.ExponentialHistogramDataPoint[float64], n)
		own := make([]exponential, n)
		m.change(
			func(i int) { own[i].begin(&data[i], m.random) },
			func(i int) { own[i].step(&data[i], m.random) },
			func(i int, set attribute.Set) { data[i].Attributes = set },
			func(at time.Time) {
				for i := range data {
					data[i].StartTime, data[i].Time = start, at
				}
			})
		return metricdata.ExponentialHistogram[float64]{DataPoints: data, Temporality: metricdata.CumulativeTemporality}, nil
	default:
		return nil, fmt.Errorf("there is no kind %q", m.cfg.Kind)
	}
}

// number has the points of a sum or gauge changed.
func number[N int64 | float64](m *made, data []metricdata.DataPoint[N], start time.Time, begin, step func(*N)) {
	m.change(
		func(i int) { begin(&data[i].Value) },
		func(i int) { step(&data[i].Value) },
		func(i int, set attribute.Set) { data[i].Attributes = set },
		func(at time.Time) {
			for i := range data {
				data[i].StartTime, data[i].Time = start, at
			}
		})
}

func (m *made) change(begin, step func(int), set func(int, attribute.Set), stamp func(time.Time)) {
	m.begin = append(m.begin, begin)
	m.steps = append(m.steps, step)
	m.sets = append(m.sets, set)
	m.stamps = append(m.stamps, stamp)
}

// Next changes every series, and gives the collection.
func (m *made) Next(context.Context) (*metricdata.ResourceMetrics, error) {
	if m.started {
		for range m.cfg.churned(m.cfg.Points) {
			m.replace()
		}
	}
	m.started = true
	m.at = m.at.Add(interval)
	for i, n := range m.sizes {
		for p := range n {
			m.steps[i](p)
		}
		m.stamps[i](m.at)
	}
	return m.rm, nil
}

// replace puts a new series where one has been. The position after it is that
// of another instrument.
func (m *made) replace() {
	i := m.replaced % instruments
	p := m.replaced / instruments % m.sizes[i]
	m.replaced++
	m.sets[i](p, attributes(m.series))
	m.series++
	m.begin[i](p)
}

// Close does nothing.
func (*made) Close() error { return nil }
