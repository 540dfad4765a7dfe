// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/metric/noop"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

func TestUnregister_RemovesAllCallbacks(t *testing.T) {
	t.Setenv("OTEL_GO_X_DEPRECATED_RUNTIME_METRICS", "true") // With it, contrib registers more callbacks.
	provider, reader := newProvider(t)
	registration, err := Start(WithMeterProvider(provider))
	if err != nil {
		t.Fatal(err)
	}
	got := collectValues(t, reader)
	for _, name := range []string{"go.goroutine.count", "process.runtime.go.goroutines", "go.memory.gc.cycles"} {
		if _, ok := got[name]; !ok {
			t.Errorf("%s is not reported: %v", name, sortedKeys(got))
		}
	}
	for range 2 {
		if err := registration.Unregister(); err != nil {
			t.Errorf("Unregister: %v", err)
		}
		if got := collectValues(t, reader); len(got) > 0 {
			t.Errorf("reported after Unregister: %v", sortedKeys(got))
		}
	}

	again, err := Start(WithMeterProvider(provider))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(sortedKeys(got), sortedKeys(collectValues(t, reader))); diff != "" {
		t.Errorf("reported after another Start (-first +second):\n%s", diff)
	}
	if err := again.Unregister(); err != nil {
		t.Error(err)
	}
}

func TestUnregister_DuringCollections(t *testing.T) {
	provider, reader := newProvider(t)
	registration, err := Start(WithMeterProvider(provider))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for range 50 {
				var rm metricdata.ResourceMetrics
				if err := reader.Collect(t.Context(), &rm); err != nil {
					t.Errorf("Collect: %v", err)
				}
			}
		})
		wg.Go(func() {
			if err := registration.Unregister(); err != nil {
				t.Errorf("Unregister: %v", err)
			}
		})
	}
	wg.Wait()
	if got := collectValues(t, reader); len(got) > 0 {
		t.Errorf("reported after Unregister: %v", sortedKeys(got))
	}
}

func TestStart_ServesSeveralReaders(t *testing.T) {
	readers := []*sdkmetric.ManualReader{sdkmetric.NewManualReader(), sdkmetric.NewManualReader(), sdkmetric.NewManualReader()}
	var opts []sdkmetric.Option
	for _, reader := range readers {
		opts = append(opts, sdkmetric.WithReader(reader))
	}
	startOn(t, sdkmetric.NewMeterProvider(opts...))
	want := sortedKeys(collectValues(t, readers[0]))
	var wg sync.WaitGroup
	for _, reader := range readers {
		wg.Go(func() {
			for range 20 {
				var rm metricdata.ResourceMetrics
				if err := reader.Collect(t.Context(), &rm); err != nil {
					t.Errorf("Collect: %v", err)
				}
				if diff := cmp.Diff(want, sortedKeys(values(rm))); diff != "" {
					t.Errorf("a reader's series:\n%s", diff)
				}
			}
		})
	}
	wg.Wait()
}

// The comment of Start warns of this behaviour of OpenTelemetry.
func TestStart_TwiceDoublesValues(t *testing.T) {
	once := start(t, WithoutProcess())
	provider, twice := newProvider(t)
	for range 2 {
		startOn(t, provider, WithoutProcess())
	}
	const procs = "go.processor.limit"
	if a, b := collectValues(t, once)[procs], collectValues(t, twice)[procs]; b != 2*a {
		t.Errorf("%s is %v, with two Starts %v", procs, a, b)
	}
}

func TestStart_WithoutProcessOrGoRuntime(t *testing.T) {
	reportsOnly(t, start(t, WithoutProcess()), "go.", "process.")
	if here()&onUnix != 0 {
		reportsOnly(t, start(t, WithoutGoRuntime()), "process.", "go.")
	}
}

func TestStart_UsesGlobalMeterProviderByDefault(t *testing.T) {
	before := otel.GetMeterProvider()
	defer otel.SetMeterProvider(before)
	provider, reader := newProvider(t)
	otel.SetMeterProvider(provider)
	registration, err := Start(WithMeterProvider(nil))
	if err != nil {
		t.Fatal(err)
	}
	if len(collectValues(t, reader)) == 0 {
		t.Error("nothing is reported to the global MeterProvider")
	}
	if err := registration.Unregister(); err != nil {
		t.Error(err)
	}
}

func TestWithWorkerID_TagsEverySeries(t *testing.T) {
	want := "worker_id=" + strconv.Itoa(os.Getpid())
	reader := sdkmetric.NewManualReader(sdkmetric.WithProducer(NewProducer(WithWorkerID())))
	startOn(t, sdkmetric.NewMeterProvider(sdkmetric.WithReader(reader)), WithWorkerID())
	tagged := collectValues(t, reader)
	for series := range tagged {
		if !strings.Contains(series, want) {
			t.Errorf("%s has no %s", series, want)
		}
	}
	without := collectValues(t, start(t))
	for series := range without {
		if strings.Contains(series, "worker_id") {
			t.Errorf("%s has a worker_id without WithWorkerID", series)
		}
	}
	if len(tagged) != len(without)+2 {
		t.Errorf("%d series with worker_id, want %d and two histograms", len(tagged), len(without))
	}
}

func TestStart_ReturnsAllOptionErrors(t *testing.T) {
	f := func(wants []string, opts ...Option) {
		t.Helper()
		registration, err := Start(opts...)
		if err == nil || registration != nil {
			t.Fatalf("Start gave %v, %v", registration, err)
		}
		for _, want := range wants {
			if !strings.Contains(err.Error(), want) {
				t.Errorf("%q does not mention %q", err, want)
			}
		}
	}
	f([]string{"WithMinimumInterval: -1s is negative"}, WithMinimumInterval(-time.Second))
	f([]string{"-1s is negative", "omit every instrument"}, WithMinimumInterval(-time.Second), WithoutProcess(), WithoutGoRuntime())
}

var errRefused = errors.New("refused")

// refuser is a MeterProvider that refuses one instrument, or the callback with this number.
type refuser struct {
	metric.MeterProvider
	instrument string
	callback   int
	registered int
}

func (r *refuser) Meter(name string, opts ...metric.MeterOption) metric.Meter {
	return refusingMeter{r.MeterProvider.Meter(name, opts...), r}
}

type refusingMeter struct {
	metric.Meter
	r *refuser
}

func (m refusingMeter) Int64ObservableUpDownCounter(name string, opts ...metric.Int64ObservableUpDownCounterOption) (metric.Int64ObservableUpDownCounter, error) {
	if name == m.r.instrument {
		return noop.Int64ObservableUpDownCounter{}, errRefused
	}
	return m.Meter.Int64ObservableUpDownCounter(name, opts...)
}

func (m refusingMeter) RegisterCallback(callback metric.Callback, instruments ...metric.Observable) (metric.Registration, error) {
	m.r.registered++
	if m.r.registered == m.r.callback {
		return nil, errRefused
	}
	return m.Meter.RegisterCallback(callback, instruments...)
}

func TestStart_LeavesNothingRegisteredAfterAnError(t *testing.T) {
	f := func(about string, r *refuser) {
		t.Run(about, func(t *testing.T) {
			provider, reader := newProvider(t)
			r.MeterProvider = provider
			registration, err := Start(WithMeterProvider(r))
			if !errors.Is(err, errRefused) || registration != nil {
				t.Fatalf("Start gave %v, %v", registration, err)
			}
			if r.instrument == "go.memory.heap.live" && !strings.Contains(err.Error(), r.instrument) {
				t.Errorf("%q does not name the instrument", err)
			}
			if got := collectValues(t, reader); len(got) > 0 {
				t.Errorf("reported after the error: %v", sortedKeys(got))
			}
		})
	}
	f("an instrument of ours", &refuser{instrument: "go.memory.heap.live"})
	f("an instrument of contrib", &refuser{instrument: "go.goroutine.count"})
	f("our callback", &refuser{callback: 1})
	f("the callback of contrib", &refuser{callback: 2})
}
