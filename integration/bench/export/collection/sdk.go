// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package collection

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"

	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// provided is a source that collects from a MeterProvider.
type provided struct {
	provider *sdkmetric.MeterProvider
	reader   *sdkmetric.ManualReader
	rm       metricdata.ResourceMetrics
	record   []func(context.Context) // what the program does between two collections
	end      []func() error
}

// newProvider returns a source without instruments.
func newProvider(cfg Config, opts ...sdkmetric.ManualReaderOption) *provided {
	temporality := sdkmetric.CumulativeTemporalitySelector
	if cfg.Delta {
		temporality = sdkmetric.DeltaTemporalitySelector
	}
	reader := sdkmetric.NewManualReader(append(opts, sdkmetric.WithTemporalitySelector(temporality))...)
	// A scale of more than 8 does not fit into Prometheus' native histograms: they would have to be made coarser.
	exponentials := sdkmetric.NewView(
		sdkmetric.Instrument{Name: "*.exponential.*"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 8}},
	)
	return &provided{
		reader: reader,
		provider: sdkmetric.NewMeterProvider(
			sdkmetric.WithReader(reader), sdkmetric.WithResource(theResource()), sdkmetric.WithView(exponentials),
			sdkmetric.WithCardinalityLimit(0),
		),
	}
}

func newSDK(cfg Config) (*provided, error) {
	p := newProvider(cfg)
	meter := p.provider.Meter("example.com/shop", metric.WithInstrumentationVersion("2.14.3"))
	switch {
	case cfg.Churn && !cfg.Observable && !cfg.Delta:
		return nil, errors.New("an SDK forgets no series of cumulative, synchronous instruments")
	case cfg.Observable && (cfg.Kind == Histogram || cfg.Kind == Exponential):
		return nil, errors.New("there are no observable histograms")
	}
	all := &population{random: rand.New(rand.NewPCG(11, uint64(cfg.Points)))}
	for i := range instruments {
		n := cfg.Points*(i+1)/instruments - cfg.Points*i/instruments
		name := fmt.Sprintf("shop.%s.%d", cfg.Kind, i)
		if err := p.instrument(cfg, meter, name, all.more(n, cfg.churned(n))); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// instrument registers an instrument of the configuration's kind.
func (p *provided) instrument(cfg Config, meter metric.Meter, name string, all *set) error {
	switch {
	case cfg.Kind == Sum && cfg.Observable:
		return p.observableCounter(meter, name, all)
	case cfg.Kind == Sum:
		return p.counter(meter, name, all)
	case cfg.Kind == Gauge && cfg.Observable:
		return p.observableGauge(meter, name, all)
	case cfg.Kind == Gauge:
		return p.gauge(meter, name, all)
	case cfg.Kind == Histogram, cfg.Kind == Exponential:
		return p.histogram(meter, name, all)
	default:
		return fmt.Errorf("there is no kind %q", cfg.Kind)
	}
}

func (p *provided) counter(meter metric.Meter, name string, all *set) error {
	counter, err := meter.Int64Counter(name)
	p.record = append(p.record, func(ctx context.Context) {
		all.churn()
		for i := range all.series {
			counter.Add(ctx, 1+all.random.Int64N(1000), all.series[i].option)
		}
	})
	return err
}

func (p *provided) upDownCounter(meter metric.Meter, name string, all *set) error {
	counter, err := meter.Int64UpDownCounter(name)
	p.record = append(p.record, func(ctx context.Context) {
		all.churn()
		for i := range all.series {
			counter.Add(ctx, all.random.Int64N(11)-5, all.series[i].option)
		}
	})
	return err
}

func (p *provided) gauge(meter metric.Meter, name string, all *set) error {
	gauge, err := meter.Float64Gauge(name)
	p.record = append(p.record, func(ctx context.Context) {
		all.churn()
		for i := range all.series {
			s := &all.series[i]
			s.value += all.random.NormFloat64()
			gauge.Record(ctx, s.value, s.option)
		}
	})
	return err
}

func (p *provided) histogram(meter metric.Meter, name string, all *set) error {
	histogram, err := meter.Float64Histogram(name, metric.WithUnit("ms"))
	first := before - observed
	p.record = append(p.record, func(ctx context.Context) {
		all.churn()
		for i := range all.series {
			for range first + observed {
				histogram.Record(ctx, duration(all.random), all.series[i].option)
			}
		}
		first = 0
	})
	return err
}

func (p *provided) observableCounter(meter metric.Meter, name string, all *set) error {
	_, err := meter.Int64ObservableCounter(name, metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		for i := range all.series {
			o.Observe(all.series[i].count, all.series[i].option)
		}
		return nil
	}))
	p.record = append(p.record, func(context.Context) {
		all.churn()
		for i := range all.series {
			all.series[i].count += 1 + all.random.Int64N(1000)
		}
	})
	return err
}

func (p *provided) observableGauge(meter metric.Meter, name string, all *set) error {
	_, err := meter.Float64ObservableGauge(name, metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
		for i := range all.series {
			o.Observe(all.series[i].value, all.series[i].option)
		}
		return nil
	}))
	p.record = append(p.record, func(context.Context) {
		all.churn()
		for i := range all.series {
			all.series[i].value += all.random.NormFloat64()
		}
	})
	return err
}

// Next records, and collects.
func (p *provided) Next(ctx context.Context) (*metricdata.ResourceMetrics, error) {
	for _, record := range p.record {
		record(ctx)
	}
	err := p.reader.Collect(ctx, &p.rm)
	return &p.rm, err
}

// Close shuts the provider down.
func (p *provided) Close() error {
	var errs []error
	for _, end := range p.end {
		errs = append(errs, end())
	}
	return errors.Join(append(errs, p.provider.Shutdown(context.Background()))...)
}

// population numbers the series of all instruments.
type population struct {
	random *rand.Rand
	next   int
}

// set is the series of one instrument.
type set struct {
	*population
	series  []series
	churned int // so many are replaced before a collection
	at      int
	begun   bool
}

type series struct {
	option metric.MeasurementOption
	count  int64
	value  float64
}

func (p *population) more(n, churned int) *set {
	s := &set{population: p, series: make([]series, n), churned: churned}
	for i := range s.series {
		s.series[i] = p.one()
	}
	return s
}

func (p *population) one() series {
	p.next++
	return series{option: metric.WithAttributeSet(attributes(p.next)), value: 50 + 20*p.random.NormFloat64()}
}

// churn replaces series, but not before the first collection.
func (s *set) churn() {
	if s.begun {
		for range s.churned {
			s.series[s.at%len(s.series)] = s.one()
			s.at++
		}
	}
	s.begun = true
}
