// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/runtimemetrics"
)

// inMemory runs a test in simulated time with a server in memory.
func inMemory(t *testing.T, test func(t *testing.T, srv *apptuittest.Server)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		srv := apptuittest.NewMemoryServer()
		defer srv.Close()
		test(t, srv)
	})
}

// readerWith returns a document with one reader of the exporter apptuit. The keys of both are in flow
// style. The keys of the reader end with a comma.
func readerWith(srv *apptuittest.Server, reader, keys string) string {
	return "file_format: '1.0'\nmeter_provider:\n  readers:\n    - periodic: {" + reader +
		" exporter: {apptuit: {endpoint: '" + srv.URL + "', self_metrics: false, " + keys + "}}}\n"
}

func TestReader_ExportsByInterval(t *testing.T) {
	inMemory(t, func(t *testing.T, srv *apptuittest.Server) {
		sdk := newSDK(t, readerWith(srv, "interval: 1500,", ""), through(srv))
		count(t, sdk, "requests", 1)
		for _, want := range []int{0, 1, 2} {
			if got := srv.Total(); got != want {
				t.Errorf("after %d intervals: %d points", want, got)
			}
			time.Sleep(1501 * time.Millisecond)
			synctest.Wait()
		}
		shutdown(t, sdk)
	})
}

func TestReader_LimitsCardinality(t *testing.T) {
	for limits, want := range map[string]int{ // number of points of a counter and a gauge with 9 series each
		"default: 4":             4 + 4,
		"default: 4, counter: 6": 6 + 4,
		"gauge: 3":               9 + 3,
	} {
		srv := newServer(t)
		sdk := newSDK(t, readerWith(srv, "cardinality_limits: {"+limits+"},", ""))
		gauge, err := sdk.MeterProvider().Meter("test").Int64Gauge("gauge")
		if err != nil {
			t.Fatal(err)
		}
		for i := range 9 {
			route := metric.WithAttributes(attribute.Int("route", i))
			count(t, sdk, "requests", 1, route)
			gauge.Record(t.Context(), 1, route)
		}
		shutdown(t, sdk)
		if got := srv.Total(); got != want {
			t.Errorf("%s: %d points, want %d", limits, got, want)
		}
	}
}

func TestReader_LimitsEachInstrumentKind(t *testing.T) {
	c := parse(t, "file_format: '1.0'\nmeter_provider:\n  readers:\n    - periodic:\n        exporter: {apptuit: }\n        cardinality_limits:\n"+
		"          {counter: 1, up_down_counter: 2, histogram: 3, observable_counter: 4, observable_up_down_counter: 5, observable_gauge: 6, gauge: 7}\n")
	limit := cardinalityLimit(c.readers[0].limits)
	for kind, want := range map[sdkmetric.InstrumentKind]int{
		sdkmetric.InstrumentKindCounter: 1, sdkmetric.InstrumentKindUpDownCounter: 2, sdkmetric.InstrumentKindHistogram: 3,
		sdkmetric.InstrumentKindObservableCounter: 4, sdkmetric.InstrumentKindObservableUpDownCounter: 5,
		sdkmetric.InstrumentKindObservableGauge: 6, sdkmetric.InstrumentKindGauge: 7,
	} {
		if got, fallback := limit(kind); got != want || fallback {
			t.Errorf("%v: %d, %v", kind, got, fallback)
		}
	}
	if _, fallback := limit(0); !fallback {
		t.Error("an instrument of an unknown kind does not have the limit of the SDK")
	}
}

// pointsOf exports 15 data points of three instruments. It returns the points that the server has
// received, without their timestamps, and the number of requests.
func pointsOf(t *testing.T, reader, keys string) (points []string, requests int) {
	t.Helper()
	inMemory(t, func(t *testing.T, srv *apptuittest.Server) {
		sdk := newSDK(t, readerWith(srv, reader, keys), through(srv))
		gauge, err := sdk.MeterProvider().Meter("other").Int64Gauge("gauge")
		histogram, err2 := sdk.MeterProvider().Meter("other").Float64Histogram("histogram", metric.WithUnit("s"))
		if err := errors.Join(err, err2); err != nil {
			t.Fatal(err)
		}
		for i := range 5 {
			route := metric.WithAttributes(attribute.Int("route", i))
			count(t, sdk, "requests", int64(i+1), route)
			gauge.Record(t.Context(), int64(i), route)
			histogram.Record(t.Context(), float64(i), route)
		}
		time.Sleep(1501 * time.Millisecond)
		synctest.Wait()
		requests = len(srv.Requests())
		for _, p := range srv.Points() {
			p.Timestamp = ""
			points = append(points, p.String())
		}
		shutdown(t, sdk)
	})
	slices.Sort(points)
	return points, requests
}

// If a collection is exported in several batches, they contain the same points as a single export.
func TestReader_ExportsInBatches(t *testing.T) {
	for _, keys := range []string{"", "layout: reporter", "layout: reporter, meters: true", "prometheus_names: true"} {
		want, one := pointsOf(t, "interval: 1500,", keys)
		if one != 1 || len(want) < 15 {
			t.Fatalf("%q: %d points in %d requests", keys, len(want), one)
		}
		for size, requests := range map[string]int{"1": 15, "4": 4, "5": 3, "14": 2, "15": 1, "1000000": 1, "null": 1, "${UNSET}": 1, "${UNSET:-4}": 4} {
			got, n := pointsOf(t, "interval: 1500, max_export_batch_size/development: "+size+",", keys)
			if diff := cmp.Diff(want, got); diff != "" || n != requests {
				t.Errorf("%q, %s: %d requests, want %d; points (-want +got):\n%s", keys, size, n, requests, diff)
			}
		}
	}
}

// one is a producer with one gauge.
type one struct{}

func (one) Produce(context.Context) ([]metricdata.ScopeMetrics, error) {
	return []metricdata.ScopeMetrics{{Metrics: []metricdata.Metrics{{
		Name: "produced", Data: metricdata.Gauge[int64]{DataPoints: []metricdata.DataPoint[int64]{{Value: 1, Time: time.Now()}}},
	}}}}, nil
}

func TestReader_ExportsProducers(t *testing.T) {
	bridged := prometheus.NewCounter(prometheus.CounterOpts{Name: "bridged_total"})
	prometheus.MustRegister(bridged)
	defer prometheus.Unregister(bridged)
	srv, without := newServer(t), newServer(t)
	exportOnce(t, readerWith(srv, "producers: [{prometheus: }],", ""), WithProducers(one{}))
	exportOnce(t, readerWith(without, "producers: [],", ""))
	if got := metrics(srv); !slices.Contains(got, "bridged_total") || !slices.Contains(got, "produced") {
		t.Errorf("got %v", got)
	}
	if diff := cmp.Diff([]string{"requests"}, metrics(without)); diff != "" {
		t.Error(diff)
	}
}

// Each export contains each instrument of the process and the Go runtime once, even if the document
// names the producer twice.
func TestReader_RuntimeProducerExportsAllInstruments(t *testing.T) {
	scopes, err := runtimemetrics.NewCompleteProducer().Produce(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, scope := range scopes {
		for _, m := range scope.Metrics {
			name := strings.ReplaceAll(m.Name, ".", "_")
			if _, ok := m.Data.(metricdata.Histogram[float64]); ok {
				name += "_count"
			}
			want = append(want, name)
		}
	}
	if len(want) < 14 {
		t.Fatalf("there are only %d instruments", len(want))
	}

	srv := newServer(t)
	sdk := newSDK(t, readerWith(srv, "interval: 3600000, producers: [{runtime: }, {runtime: {}}],", ""))
	provider, ok := sdk.MeterProvider().(*sdkmetric.MeterProvider)
	if !ok {
		t.Fatalf("the provider is a %T", sdk.MeterProvider())
	}
	for export := range 2 {
		srv.Reset()
		if err := provider.ForceFlush(t.Context()); err != nil {
			t.Fatal(err)
		}
		got := metrics(srv)
		for _, name := range want {
			if !slices.Contains(got, name) {
				t.Errorf("export %d does not contain %s", export, name)
			}
		}
		points := 0
		for _, p := range srv.Points() {
			switch p.Metric {
			case "process_uptime", "process_memory_usage", "go_goroutine_count":
				if v, err := p.Value.Float64(); err != nil || v <= 0 {
					t.Errorf("%s is %s", p.Metric, p.Value)
				}
			}
			if p.Metric == "go_goroutine_count" {
				points++
			}
		}
		if points != 1 {
			t.Errorf("export %d has %d points of one series", export, points)
		}
	}
	shutdown(t, sdk)
}
