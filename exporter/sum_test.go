// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

// observe records the values with each kind of instrument of the API.
func observe(t *testing.T, meter metric.Meter, values ...float64) {
	t.Helper()
	fatal := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	counter, err := meter.Float64Counter("counter")
	fatal(err)
	upDown, err := meter.Float64UpDownCounter("up.down")
	fatal(err)
	gauge, err := meter.Float64Gauge("gauge")
	fatal(err)
	histogram, err := meter.Float64Histogram("histogram")
	fatal(err)
	for _, v := range values {
		counter.Add(t.Context(), v)
		upDown.Add(t.Context(), v)
		gauge.Record(t.Context(), v)
		histogram.Record(t.Context(), v)
	}
}

// observables registers the observable instruments, which observe a value.
func observables(t *testing.T, meter metric.Meter, value *float64) {
	t.Helper()
	counter, err := meter.Float64ObservableCounter("observable.counter")
	if err != nil {
		t.Fatal(err)
	}
	upDown, err := meter.Float64ObservableUpDownCounter("observable.up.down")
	if err != nil {
		t.Fatal(err)
	}
	gauge, err := meter.Float64ObservableGauge("observable.gauge")
	if err != nil {
		t.Fatal(err)
	}
	_, err = meter.RegisterCallback(func(_ context.Context, o metric.Observer) error {
		for _, i := range []metric.Float64Observable{counter, upDown, gauge} {
			o.ObserveFloat64(i, *value)
		}
		return nil
	}, counter, upDown, gauge)
	if err != nil {
		t.Fatal(err)
	}
}

// A View can aggregate all instruments as histograms. Histograms of gauges and up-down counters have no
// sum and no average, in each layout.
func TestHistogramSum_OmittedForGaugesAndUpDownCounters(t *testing.T) {
	withSum := []string{"counter", "histogram", "observable_counter"}
	without := []string{"gauge", "observable_gauge", "observable_up_down", "up_down"}
	for name, aggregation := range map[string]sdkmetric.Aggregation{
		"explicit":                      sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0, 5, 10}},
		"explicit, without extremes":    sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0, 5, 10}, NoMinMax: true},
		"explicit, one bucket":          sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{}},
		"exponential":                   sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20},
		"exponential, without extremes": sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20, NoMinMax: true},
	} {
		for _, layout := range []Layout{LayoutDefault, LayoutReporter} {
			for _, temporality := range []metricdata.Temporality{metricdata.CumulativeTemporality, metricdata.DeltaTemporality} {
				t.Run(strings.Join([]string{name, []string{"default", "reporter"}[layout], temporality.String()}, ", "), func(t *testing.T) {
					inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
						e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithLayout(layout), timersIn(layout),
							WithTemporalitySelector(func(sdkmetric.InstrumentKind) metricdata.Temporality { return temporality }))
						provider := newProvider(sdkmetric.NewPeriodicReader(e), "shop",
							sdkmetric.WithView(sdkmetric.NewView(sdkmetric.Instrument{Name: "*"}, sdkmetric.Stream{Aggregation: aggregation})))
						defer func() { _ = provider.Shutdown(t.Context()) }()
						meter := provider.Meter("app")
						observed := 7.0
						observables(t, meter, &observed)
						for range 3 {
							observe(t, meter, 3, 8)
							if err := provider.ForceFlush(t.Context()); err != nil {
								t.Fatal(err)
							}
							sums, averages, counts, deviations := map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
							for _, p := range srv.Take() {
								for suffix, found := range map[string]map[string]bool{"_sum": sums, "_avg": averages, "_count": counts, "_std_dev": deviations} {
									if instrument, ok := strings.CutSuffix(p.Metric, suffix); ok {
										found[instrument] = true
									}
								}
							}
							all := slices.Sorted(slices.Values(slices.Concat(withSum, without)))
							want := map[string][]string{"sums": withSum, "counts": all, "averages": nil, "deviations": nil}
							if layout == LayoutReporter {
								want["averages"], want["deviations"] = withSum, all
							}
							got := map[string][]string{"sums": names(sums), "counts": names(counts), "averages": names(averages), "deviations": names(deviations)}
							if diff := cmp.Diff(want, got); diff != "" {
								t.Errorf("instruments (-want +got):\n%s", diff)
							}
							time.Sleep(time.Minute)
						}
					})
				})
			}
		}
	}
}

func names(set map[string]bool) []string { return slices.Sorted(maps.Keys(set)) }

// timersIn sends all histograms as timers in the reporter layout.
func timersIn(layout Layout) Option {
	if layout == LayoutReporter {
		return WithTimers(TimersAll)
	}
	return nil
}

// sumsOf returns the sums that arrive of a histogram with a data point for each k, in order.
func sumsOf(t *testing.T, e *Exporter, srv *apptuittest.Server, points ...metricdata.HistogramDataPoint[int64]) (sums []string) {
	t.Helper()
	mustExport(t, e, metricsOf(explicitHistogram(points...)))
	for _, p := range srv.Take() {
		if p.Metric == "latency_sum" {
			sums = append(sums, p.Tags["k"]+" "+p.Value.String())
		}
	}
	return sums
}

// A sum of 0 is sent as long as it may be the sum. Once a data point proves that the instrument has no
// sum, no data point of the instrument has one.
func TestHistogramSum_ZeroIsSentUntilItIsDisproved(t *testing.T) {
	type ints = metricdata.HistogramDataPoint[int64]
	of := func(tag string, count uint64, sum, least, most int64) ints {
		return ints{
			Attributes: attribute.NewSet(k(tag)), Count: count, Sum: sum,
			Min: metricdata.NewExtrema(least), Max: metricdata.NewExtrema(most),
		}
	}
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics())
	for _, step := range []struct {
		points []ints
		want   []string
	}{
		{[]ints{of("cancel", 2, 0, -3, 3), of("zero", 5, 0, 0, 0), of("sum", 2, 9, 4, 5)}, []string{"cancel 0", "sum 9", "zero 0"}},
		{[]ints{of("cancel", 2, 0, -3, 3), {Attributes: attribute.NewSet(k("empty"))}}, []string{"cancel 0", "empty 0"}},
		{[]ints{of("positive", 1, 0, 2, 2), of("zero", 5, 0, 0, 0)}, nil},
		{[]ints{of("cancel", 2, 0, -3, 3), of("zero", 5, 0, 0, 0), {Attributes: attribute.NewSet(k("empty"))}}, nil},
		// A sum that is not 0 was recorded, by another instrument of that name.
		{[]ints{of("sum", 2, 9, 4, 5)}, []string{"sum 9"}},
	} {
		if diff := cmp.Diff(step.want, sumsOf(t, e, srv, step.points...)); diff != "" {
			t.Errorf("sums (-want +got):\n%s", diff)
		}
	}
}
