// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
)

func TestNew_FaultsOfLayouts(t *testing.T) {
	for name, c := range map[string]struct {
		env     map[string]string
		options []Option
		want    []string
	}{
		"unknown values": {
			options: []Option{WithLayout(7), WithHistograms(8), WithTimers(9)},
			want:    []string{"WithLayout: unknown layout 7", "WithHistograms: unknown value 8", "WithTimers: unknown value 9"},
		},
		"quantiles": {
			options: []Option{WithQuantiles(0.5, 0, 1, -0.1, math.NaN(), math.Inf(1))},
			want:    []string{"WithQuantiles", "quantile 0 must be", "quantile 1 must be", "quantile -0.1 must be", "quantile NaN must be", "quantile +Inf must be"},
		},
		"another layout's": {
			options: []Option{WithTimers(TimersNone), WithDurationUnit(time.Second), WithMeters()},
			want:    []string{"WithTimers: only valid in the reporter layout", "WithDurationUnit: only valid in the reporter layout", "WithMeters: only valid in the reporter layout"},
		},
		"no quantiles":       {options: []Option{WithQuantiles()}, want: []string{"WithQuantiles: there must be 1 to 100 quantiles, not 0"}},
		"many quantiles":     {options: []Option{WithQuantiles(manyQuantiles(101)...)}, want: []string{"WithQuantiles: there must be 1 to 100 quantiles, not 101"}},
		"durations":          {options: []Option{WithDurationUnit(0), WithDurationUnit(-time.Second)}, want: []string{"WithDurationUnit: 0s", "WithDurationUnit: -1s"}},
		"layout by name":     {env: map[string]string{"APPTUIT_LAYOUT": "pretty"}, want: []string{"APPTUIT_LAYOUT", `"pretty"`, "must be default or reporter"}},
		"histograms by name": {env: map[string]string{"APPTUIT_HISTOGRAMS": "bars"}, want: []string{"APPTUIT_HISTOGRAMS", "must be recorded, buckets, quantiles or both"}},
		"quantiles by name":  {env: map[string]string{"APPTUIT_QUANTILES": "0.5, x, 2"}, want: []string{"APPTUIT_QUANTILES", `quantile " x" is not a number`, "quantile 2 must be greater than 0"}},
		"timers by name":     {env: map[string]string{"APPTUIT_TIMERS": "some"}, want: []string{"APPTUIT_TIMERS", "must be unit, all or none"}},
		"duration by name":   {env: map[string]string{"APPTUIT_DURATION_UNIT": "fortnight"}, want: []string{"APPTUIT_DURATION_UNIT", "must be ns, us, ms, s, min, h or d"}},
		"meters by name":     {env: map[string]string{"APPTUIT_METERS": "http.*,,orders"}, want: []string{"APPTUIT_METERS: pattern 2 is empty"}},
		"meters": {
			options: []Option{WithLayout(LayoutReporter), WithMeters(""), WithMeters("orders", "!"), WithMeters("!!a"), WithMeters("a\xff")},
			want: []string{
				"WithMeters: pattern 1 is empty", "WithMeters: pattern 2: there is no pattern after the exclamation mark",
				"WithMeters: pattern 1 has two exclamation marks", "WithMeters: pattern 1 is not valid UTF-8",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range c.env {
				t.Setenv(variable, value)
			}
			_, err := New(t.Context(), append(c.options, toSink())...)
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q, want %q in it", err, part)
				}
			}
		})
	}
}

// A variable may be set for several programs. If it has no effect in the layout of this program, this
// is a warning, and not a fault.
func TestVariables_WithoutEffectInTheLayoutAreWarnings(t *testing.T) {
	reporter, standard := WithLayout(LayoutReporter), WithLayout(LayoutDefault)
	for name, c := range map[string]struct {
		env     map[string]string
		options []Option
		want    []string // variables
	}{
		"settings of the default layout in the reporter layout": {
			env:     map[string]string{"APPTUIT_START_POINTS": "yes", "APPTUIT_HISTOGRAMS": "both", "APPTUIT_QUANTILES": "0.5", "APPTUIT_SPARSE_BUCKETS": "yes"},
			options: []Option{reporter},
			want:    []string{"APPTUIT_START_POINTS", "APPTUIT_HISTOGRAMS", "APPTUIT_QUANTILES", "APPTUIT_SPARSE_BUCKETS"},
		},
		"the same, disabled": {
			env:     map[string]string{"APPTUIT_START_POINTS": "no", "APPTUIT_SPARSE_BUCKETS": "no"},
			options: []Option{reporter},
		},
		"the same in the default layout": {
			env: map[string]string{"APPTUIT_START_POINTS": "yes", "APPTUIT_HISTOGRAMS": "both", "APPTUIT_QUANTILES": "0.5", "APPTUIT_SPARSE_BUCKETS": "yes"},
		},
		"the layout of a variable": {
			env:  map[string]string{"APPTUIT_START_POINTS": "yes", "APPTUIT_LAYOUT": "reporter"},
			want: []string{"APPTUIT_START_POINTS"},
		},
		"settings of the reporter layout in the default layout": {
			env:     map[string]string{"APPTUIT_TIMERS": "all", "APPTUIT_DURATION_UNIT": "ms", "APPTUIT_METERS": "yes"},
			options: []Option{standard},
			want:    []string{"APPTUIT_TIMERS", "APPTUIT_DURATION_UNIT", "APPTUIT_METERS"},
		},
		"no meters in the default layout": {env: map[string]string{"APPTUIT_METERS": "no"}},
		"settings of the reporter layout in that layout": {
			env:     map[string]string{"APPTUIT_TIMERS": "all", "APPTUIT_DURATION_UNIT": "ms", "APPTUIT_METERS": "yes"},
			options: []Option{reporter},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range c.env {
				t.Setenv(variable, value)
			}
			var got []string
			warn := WithWarningHandler(func(err error) {
				variable, ineffective := strings.CutPrefix(err.Error(), "apptuit: the environment variable ")
				variable, rest, _ := strings.Cut(variable, " ")
				if !ineffective || !strings.HasPrefix(rest, "has no effect in the ") {
					t.Error(err)
				}
				got = append(got, variable)
			})
			mustExport(t, newExporter(t, append(c.options, toSink(), warn)...), metricsOf(metricOf("orders", sumUntil[int64](0, 1))))
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("warnings about variables (-want +got):\n%s", diff)
			}
		})
	}
}

// In the reporter layout, APPTUIT_START_POINTS adds no points.
func TestVariables_StartPointsInTheReporterLayout(t *testing.T) {
	t.Setenv("APPTUIT_START_POINTS", "yes")
	srv := memoryServer(t)
	quiet := WithWarningHandler(func(error) {})
	e := newExporter(t, toServer(srv), quiet, WithLayout(LayoutReporter), WithoutSelfMetrics(), WithoutHostTag())
	point := number[int64](1)
	point.StartTime = at().Add(-time.Minute)
	mustExport(t, e, metricsOf(counter("n", point)))
	wantArrived(t, srv, "n_count{service_name=shop} 1700000000 1")
}

func manyQuantiles(n int) []float64 {
	quantiles := make([]float64, n)
	for i := range quantiles {
		quantiles[i] = float64(i+1) / float64(n+1)
	}
	return quantiles
}

// namesOf exports a counter, a histogram in milliseconds and a histogram of sizes, and
// returns the names of their series, without the part before the first "_".
func namesOf(t *testing.T, opts ...Option) string {
	t.Helper()
	srv := memoryServer(t)
	e := newExporter(t, append(opts, toServer(srv), WithoutSelfMetrics(), WithoutHostTag())...)
	point := delta(0, 1)
	mustExport(t, e, metricsOf(metricOf("orders", sumUntil[int64](0, 1)), deltas("time", "ms", point), deltas("size", "By", point)))
	var names []string
	for _, p := range srv.Take() {
		name := p.Metric + p.Tags["quantile"]
		if p.Metric == "time_min" {
			name += "=" + p.Value.String()
		}
		names = append(names, name)
	}
	slices.Sort(names)
	return strings.Join(slices.Compact(names), " ")
}

// Each variable has the effect of its option, which overrides it. An empty variable counts
// as unset.
func TestVariables_Layouts(t *testing.T) {
	variables := []string{"APPTUIT_LAYOUT", "APPTUIT_HISTOGRAMS", "APPTUIT_QUANTILES", "APPTUIT_TIMERS", "APPTUIT_DURATION_UNIT", "APPTUIT_METERS", "APPTUIT_SPARSE_BUCKETS"}
	reporter := WithLayout(LayoutReporter)
	for variable, c := range map[string]struct {
		value         string
		same, instead []Option // options with the same effect as the variable, and options with another one
		more          []Option
	}{
		"APPTUIT_LAYOUT":        {value: "Reporter", same: []Option{reporter}, instead: []Option{WithLayout(LayoutDefault)}},
		"APPTUIT_HISTOGRAMS":    {value: "BOTH", same: []Option{WithHistograms(HistogramsBoth)}, instead: []Option{WithHistograms(HistogramsBuckets)}},
		"APPTUIT_QUANTILES":     {value: "0.9, 0.25,0.9", same: []Option{WithQuantiles(0.25, 0.9)}, instead: []Option{WithQuantiles(0.1)}},
		"APPTUIT_TIMERS":        {value: "all", same: []Option{WithTimers(TimersAll)}, instead: []Option{WithTimers(TimersNone)}, more: []Option{reporter}},
		"APPTUIT_DURATION_UNIT": {value: "us", same: []Option{WithDurationUnit(time.Microsecond)}, instead: []Option{WithDurationUnit(time.Hour)}, more: []Option{reporter}},
		"APPTUIT_METERS":        {value: "yes", same: []Option{WithMeters()}, instead: []Option{WithMeters("visits")}, more: []Option{reporter}},
	} {
		for _, v := range variables {
			t.Setenv(v, "")
		}
		without, same := namesOf(t, c.more...), namesOf(t, append(c.same, c.more...)...)
		other := namesOf(t, append(c.instead, c.more...)...)
		t.Setenv(variable, c.value)
		if got := namesOf(t, c.more...); got != same || got == without {
			t.Errorf("%s=%s gives %s, the option %s, neither %s", variable, c.value, got, same, without)
		}
		if len(c.instead) == 0 {
			continue
		}
		t.Setenv(variable, "nonsense")
		if got := namesOf(t, append(c.instead, c.more...)...); got != other {
			t.Errorf("with the option, %s gives %s, want %s", variable, got, other)
		}
	}
}

// Patterns select the meters by the names of instruments, before prefix and sanitizing. Neither
// up-down counters nor the exporter's own metrics are meters.
func TestWithMeters_SelectsByName(t *testing.T) {
	const all = "9lives http.client.requests http.server.requests orders"
	for name, c := range map[string]struct {
		variable string
		options  []Option
		want     string
	}{
		"none":                                 {"", nil, ""},
		"no":                                   {"no", nil, ""},
		"yes":                                  {"Yes", nil, all},
		"a name":                               {"orders", nil, "orders"},
		"names":                                {" http.client.requests ,orders", nil, "http.client.requests orders"},
		"a pattern":                            {"http.*.requests", nil, "http.client.requests http.server.requests"},
		"one character":                        {"?lives", nil, "9lives"},
		"a name after sanitizing":              {"http_client_requests,_9lives_count,shop.orders", nil, ""},
		"another case":                         {"Orders", nil, ""},
		"exclusions":                           {"!http.*", nil, "9lives orders"},
		"exclusions of names":                  {"http.*,!*.server.*", nil, "http.client.requests"},
		"own metrics":                          {"apptuit.reporter.*", nil, ""},
		"an up-down counter":                   {"queue", nil, ""},
		"an option without patterns":           {"", []Option{WithMeters()}, all},
		"an option":                            {"", []Option{WithMeters("orders", "?lives")}, "9lives orders"},
		"an option with exclusions":            {"", []Option{WithMeters("*", "!orders")}, "9lives http.client.requests http.server.requests"},
		"an option over the variable":          {"yes", []Option{WithMeters("orders")}, "orders"},
		"an option that selects none":          {"yes", []Option{WithMeters("!*")}, ""},
		"an option over a variable with fault": {",", []Option{WithMeters()}, all},
		"the last of two options":              {"", []Option{WithMeters(), WithMeters("orders")}, "orders"},
		"without the environment":              {"yes", []Option{WithoutEnvironment()}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("APPTUIT_METERS", c.variable)
			srv := memoryServer(t)
			e := newExporter(t, append(c.options, toServer(srv), WithLayout(LayoutReporter), WithPrefix("shop."))...)
			upDown := metricOf("queue", metricdata.Sum[int64]{Temporality: metricdata.CumulativeTemporality, DataPoints: []metricdata.DataPoint[int64]{number[int64](3)}})
			metrics := []metricdata.Metrics{upDown}
			for name := range strings.FieldsSeq(all) {
				metrics = append(metrics, metricOf(name, sumUntil[int64](0, 1)))
			}
			mustExport(t, e, metricsOf(metrics...))
			rated := map[string]int{}
			for _, p := range srv.Take() {
				if metric, ok := strings.CutSuffix(p.Metric, "_rate"); ok && !strings.Contains(metric, "send_time") {
					rated[metric[:strings.LastIndexByte(metric, '_')]]++
				}
			}
			want := map[string]int{}
			for name := range strings.FieldsSeq(c.want) {
				want["shop_"+strings.ReplaceAll(name, ".", "_")] = 4
			}
			if diff := cmp.Diff(want, rated); diff != "" {
				t.Errorf("rates of metrics (-want +got):\n%s", diff)
			}
		})
	}
}

// If a View renames an instrument, patterns select it by its new name.
func TestWithMeters_SelectsByTheNameOfAView(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithLayout(LayoutReporter), WithMeters("meter.*"))
	provider := sdkmetric.NewMeterProvider(
		sdkmetric.WithReader(sdkmetric.NewPeriodicReader(e)),
		sdkmetric.WithView(sdkmetric.NewView(sdkmetric.Instrument{Name: "orders", Scope: instrumentation.Scope{Name: "app"}}, sdkmetric.Stream{Name: "meter.orders"})),
	)
	for _, scope := range []string{"app", "library"} {
		counter, err := provider.Meter(scope).Int64Counter("orders")
		if err != nil {
			t.Fatal(err)
		}
		counter.Add(t.Context(), 1)
	}
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range srv.Take() {
		got = append(got, p.Metric)
	}
	slices.Sort(got)
	want := []string{"meter_orders_15m_rate", "meter_orders_1m_rate", "meter_orders_5m_rate", "meter_orders_count", "meter_orders_mean_rate", "orders_count"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("metrics (-want +got):\n%s", diff)
	}
}

// The reporter layout selects delta temporality and exponential aggregation for histograms,
// unless the program or the environment selects others.
func TestReporter_Selectors(t *testing.T) {
	const histogram, counter = sdkmetric.InstrumentKindHistogram, sdkmetric.InstrumentKindCounter
	f := func(temporality metricdata.Temporality, exponential bool, opts ...Option) {
		t.Helper()
		e := newExporter(t, append(opts, toSink(), WithLayout(LayoutReporter))...)
		if e.Temporality(histogram) != temporality || e.Temporality(counter) != metricdata.CumulativeTemporality {
			t.Errorf("histograms are %v, counters %v", e.Temporality(histogram), e.Temporality(counter))
		}
		want := sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
		if got := e.Aggregation(histogram); (got == want) != exponential {
			t.Errorf("a histogram is %+v", got)
		}
		if _, ok := e.Aggregation(counter).(sdkmetric.AggregationSum); !ok {
			t.Errorf("a counter is %T", e.Aggregation(counter))
		}
	}
	f(metricdata.DeltaTemporality, true)
	f(metricdata.CumulativeTemporality, true, WithTemporalitySelector(sdkmetric.CumulativeTemporalitySelector))
	f(metricdata.DeltaTemporality, false, WithAggregationSelector(func(kind sdkmetric.InstrumentKind) sdkmetric.Aggregation {
		if kind == histogram {
			return sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{1}}
		}
		return sdkmetric.DefaultAggregationSelector(kind)
	}))
	t.Setenv("APPTUIT_TEMPORALITY_PREFERENCE", "cumulative")
	t.Setenv("APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION", "explicit_bucket_histogram")
	f(metricdata.CumulativeTemporality, false)
}

// The reporter layout also applies to the self metrics. They are the 18 series of apptuit-py, and
// overflowed, which apptuit-py does not have.
func TestReporter_SelfMetrics(t *testing.T) {
	inBubble(t, func(t *testing.T, srv *apptuittest.Server) {
		e := newExporter(t, toServer(srv), withoutRetry(), WithLayout(LayoutReporter))
		export := func() []string {
			_ = e.Export(t.Context(), points(30))
			got := selfMetricsOf(t, srv)
			time.Sleep(10 * time.Second)
			return got
		}
		srv.Fail(apptuittest.Fault{Delay: 2 * time.Second})
		want := []string{
			"total_count 0", "successful_count 0", "failed_count 0",
			"time_count 0", "time_sum 0.0", "time_mean_rate 0.0", "time_1m_rate 0.0", "time_5m_rate 0.0", "time_15m_rate 0.0",
			"overflowed_count 0",
		}
		if diff := cmp.Diff(want, export()); diff != "" {
			t.Errorf("self metrics (-want +got):\n%s", diff)
		}
		got := export()
		if len(got) != 19 {
			t.Errorf("%d self metrics, want 19: %v", len(got), got)
		}
		for _, line := range []string{"total_count 30", "time_count 1", "time_sum 2.0", "time_min 2.0", "time_max 2.0", "time_avg 2.0", "time_std_dev 0.0", "time_999_percentile 2.0"} {
			if !slices.Contains(got, line) {
				t.Errorf("%q is missing in %v", line, got)
			}
		}
		if got := export(); !slices.Contains(got, "time_count 2") || !slices.Contains(got, "time_max 0.0") {
			t.Errorf("self metrics %v, want those of the last interval", got)
		}
	})
}

// The configured quantiles are sent for both kinds of histograms.
func TestWithQuantiles(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithHistograms(HistogramsQuantiles), WithQuantiles(0.75, 0.25))
	mustExport(t, e, metricsOf(
		metricOf("wait", metricdata.Histogram[int64]{DataPoints: []metricdata.HistogramDataPoint[int64]{
			{Attributes: attribute.NewSet(k("v")), Time: at(), Count: 4, Bounds: []float64{4, 8}, BucketCounts: []uint64{0, 4, 0}},
		}}),
		deltas("time", "s", delta(0, 4)),
	))
	got := values(srv)
	for _, want := range []string{
		"wait{host=web1, k=v, quantile=0.25, service_name=shop} 5.0", "wait{host=web1, k=v, quantile=0.75, service_name=shop} 7.0",
		"time{host=web1, k=v, quantile=0.75, service_name=shop} 1.5",
	} {
		if !slices.Contains(got, want) {
			t.Errorf("%s is missing in %v", want, got)
		}
	}
}
