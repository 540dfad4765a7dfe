// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/embedded"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// newProvider returns a MeterProvider and its reader.
func newProvider(t testing.TB, opts ...sdkmetric.ManualReaderOption) (*sdkmetric.MeterProvider, *sdkmetric.ManualReader) {
	t.Helper()
	reader := sdkmetric.NewManualReader(opts...)
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader))
	t.Cleanup(func() {
		if err := provider.Shutdown(context.Background()); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
	})
	return provider, reader
}

// start starts the instruments on a new provider until the test ends, and returns its reader.
func start(t testing.TB, opts ...Option) *sdkmetric.ManualReader {
	t.Helper()
	provider, reader := newProvider(t)
	startOn(t, provider, opts...)
	return reader
}

// startOn starts the instruments on provider until the test ends.
func startOn(t testing.TB, provider metric.MeterProvider, opts ...Option) {
	t.Helper()
	registration, err := Start(append(opts, WithMeterProvider(provider))...)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() {
		if err := registration.Unregister(); err != nil {
			t.Errorf("Unregister: %v", err)
		}
	})
}

func collect(t testing.TB, reader *sdkmetric.ManualReader) metricdata.ResourceMetrics {
	t.Helper()
	var rm metricdata.ResourceMetrics
	if err := reader.Collect(context.Background(), &rm); err != nil {
		t.Fatalf("Collect: %v", err)
	}
	return rm
}

// seriesOf returns the name of a series, in the form name{key=value}.
func seriesOf(name string, attrs attribute.Set) string {
	if attrs.Len() == 0 {
		return name
	}
	return name + "{" + attrs.Encoded(attribute.DefaultEncoder()) + "}"
}

// values returns the values of a collection by series. The value of a histogram is its count.
func values(rm metricdata.ResourceMetrics) map[string]float64 {
	all := make(map[string]float64)
	for _, scope := range rm.ScopeMetrics {
		for _, m := range scope.Metrics {
			switch data := m.Data.(type) {
			case metricdata.Sum[int64]:
				add(all, m.Name, data.DataPoints)
			case metricdata.Sum[float64]:
				add(all, m.Name, data.DataPoints)
			case metricdata.Gauge[int64]:
				add(all, m.Name, data.DataPoints)
			case metricdata.Gauge[float64]:
				add(all, m.Name, data.DataPoints)
			case metricdata.Histogram[float64]:
				for _, p := range data.DataPoints {
					all[seriesOf(m.Name, p.Attributes)] = float64(p.Count)
				}
			}
		}
	}
	return all
}

func add[N int64 | float64](all map[string]float64, name string, points []metricdata.DataPoint[N]) {
	for _, p := range points {
		all[seriesOf(name, p.Attributes)] = float64(p.Value)
	}
}

func collectValues(t testing.TB, reader *sdkmetric.ManualReader) map[string]float64 {
	t.Helper()
	return values(collect(t, reader))
}

// reportsOnly checks that some series begin with the prefix has, and none with the prefix hasNot.
func reportsOnly(t *testing.T, reader *sdkmetric.ManualReader, has, hasNot string) {
	t.Helper()
	series := sortedKeys(collectValues(t, reader))
	if !slices.ContainsFunc(series, func(s string) bool { return strings.HasPrefix(s, has) }) {
		t.Errorf("no series with the prefix %s is reported: %v", has, series)
	}
	for _, s := range series {
		if strings.HasPrefix(s, hasNot) {
			t.Errorf("%s is reported", s)
		}
	}
}

// processStart returns the time at which this process started.
func processStart(t *testing.T) time.Time {
	t.Helper()
	age, err := processAge("/proc")
	if errors.Is(err, errors.ErrUnsupported) {
		t.Skip("NOT TESTED: the start time of the process is unknown on this platform")
	}
	if err != nil {
		t.Fatal(err)
	}
	return time.Now().Add(-age)
}

func sortedKeys[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}

// errorLog keeps the errors that were passed to otel.Handle.
type errorLog struct {
	mu   sync.Mutex
	errs []error
}

func (l *errorLog) Handle(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.errs = append(l.errs, err)
}

func (l *errorLog) all() []error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Clone(l.errs)
}

// handledErrors returns a log of the errors that are passed to otel.Handle until the test ends.
func handledErrors(t testing.TB) *errorLog {
	t.Helper()
	log := &errorLog{}
	otel.SetErrorHandler(log)
	t.Cleanup(func() {
		otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { t.Logf("after the test: %v", err) }))
	})
	return log
}

// catcher is a MeterProvider that keeps the registered callbacks.
type catcher struct {
	metric.MeterProvider
	callbacks []metric.Callback
}

func (c *catcher) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	return &catchingMeter{Meter: c.MeterProvider.Meter(name, opts...), catcher: c}
}

type catchingMeter struct {
	metric.Meter
	catcher *catcher
}

func (m *catchingMeter) RegisterCallback(callback metric.Callback, instruments ...metric.Observable) (metric.Registration, error) {
	m.catcher.callbacks = append(m.catcher.callbacks, callback)
	return m.Meter.RegisterCallback(callback, instruments...)
}

// countingObserver counts observations.
type countingObserver struct {
	embedded.Observer
	n int
}

func (o *countingObserver) ObserveInt64(metric.Int64Observable, int64, ...metric.ObserveOption) {
	o.n++
}

func (o *countingObserver) ObserveFloat64(metric.Float64Observable, float64, ...metric.ObserveOption) {
	o.n++
}
