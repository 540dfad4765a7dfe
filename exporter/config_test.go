// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

func newClient(t *testing.T, opts ...apptuitclient.Option) *apptuitclient.Client {
	t.Helper()
	c, err := apptuitclient.New(append([]apptuitclient.Option{apptuitclient.WithEndpoint("http://127.0.0.1:1")}, opts...)...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

// The error has one prefix, and one line for each fault of the exporter and its client.
func TestNew_ErrorHasOnePrefix(t *testing.T) {
	t.Setenv("APPTUIT_API_TOKEN", "")
	_, err := New(t.Context(), WithCacheBytes(-1), WithEndpoint("ftp://x"), WithToken("a b"))
	if want := "apptuit: configuration: WithCacheBytes: -1 is negative\n" +
		"WithEndpoint: the scheme must be http or https, as in https://host:port\n" +
		"WithToken: the token contains white space or control characters"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	_, err = New(t.Context(), WithEndpoint("http://127.0.0.1:1"), WithSpool("config_test.go"))
	if want := "apptuit: configuration: spool: "; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("%v, want %s…", err, want)
	}
}

func TestNew_Faults(t *testing.T) {
	endpoint := WithEndpoint("http://127.0.0.1:1")
	for name, c := range map[string]struct {
		env     map[string]string
		options []Option
		want    []string // parts of the error
		not     string
	}{
		"no token":     {want: []string{"token"}},
		"the client's": {options: []Option{WithEndpoint("ftp://x")}, want: []string{"WithEndpoint", "http or https"}},
		"two clients": {
			options: []Option{WithToken("secret"), WithClient(newClient(t)), endpoint, WithClientOptions(), WithClientOptions(apptuitclient.WithMaxInFlight(1)), endpoint},
			want:    []string{"WithClient excludes options of the client: pass them to apptuitclient.New instead of WithToken, WithEndpoint, WithClientOptions"},
			not:     "WithClientOptions, ",
		},
		"no client":             {options: []Option{WithClient(nil)}, want: []string{"WithClient: the client is nil"}, not: "token"},
		"no client, and two":    {options: []Option{WithClient(nil), endpoint}, want: []string{"the client is nil", "instead of WithEndpoint"}},
		"sanitize mode":         {options: []Option{endpoint, WithSanitizeMode(7)}, want: []string{"WithSanitizeMode: unknown mode 7"}},
		"temporality":           {options: []Option{endpoint, WithTemporalitySelector(nil)}, want: []string{"WithTemporalitySelector"}},
		"aggregation":           {options: []Option{endpoint, WithAggregationSelector(nil)}, want: []string{"WithAggregationSelector"}},
		"cache":                 {options: []Option{endpoint, WithCacheBytes(-1)}, want: []string{"WithCacheBytes: -1"}},
		"an empty tag key":      {options: []Option{endpoint, WithTags(map[string]string{"": "v"})}, want: []string{"tag key"}},
		"a tag key, mode none":  {options: []Option{endpoint, WithSanitizeMode(encoding.SanitizeNone), WithTags(map[string]string{"a b": "v"})}, want: []string{`"a b"`}},
		"the client's tag keys": {options: []Option{WithClient(newClient(t, apptuitclient.WithTags(map[string]string{"a b": "v"}))), WithSanitizeMode(encoding.SanitizeNone)}, want: []string{`"a b"`}},
		"Prometheus names":      {options: []Option{endpoint, WithPrometheusNames(), WithSanitizeMode(encoding.SanitizeApptuit)}, want: []string{"WithPrometheusNames: the sanitize mode must be prometheus, not apptuit"}},
		"… and another layout":  {options: []Option{endpoint, WithPrometheusNames(), WithLayout(LayoutReporter)}, want: []string{"WithPrometheusNames: the reporter layout (WithLayout) does not support Prometheus names"}},
		"… both by variables":   {env: map[string]string{"APPTUIT_PROMETHEUS_NAMES": "yes", "APPTUIT_LAYOUT": "reporter"}, options: []Option{endpoint}, want: []string{"APPTUIT_PROMETHEUS_NAMES: the reporter layout (APPTUIT_LAYOUT) does not support Prometheus names"}},
		"… the client's mode":   {options: []Option{WithClient(newClient(t, apptuitclient.WithSanitizeMode(encoding.SanitizeNone))), WithPrometheusNames()}, want: []string{"WithPrometheusNames: the sanitize mode must be prometheus, not none"}},
		"… by variables":        {env: map[string]string{"APPTUIT_PROMETHEUS_NAMES": "yes", "APPTUIT_SANITIZE_MODE": "none"}, options: []Option{endpoint}, want: []string{"APPTUIT_PROMETHEUS_NAMES: the sanitize mode must be prometheus, not none"}},
		"… or none":             {env: map[string]string{"APPTUIT_PROMETHEUS_NAMES": "perhaps"}, options: []Option{endpoint}, want: []string{"APPTUIT_PROMETHEUS_NAMES", "perhaps"}},
		"start points":          {options: []Option{endpoint, WithStartPoints(), WithLayout(LayoutReporter)}, want: []string{"WithStartPoints: the reporter layout (WithLayout) does not support start points"}},
		"… by a variable":       {env: map[string]string{"APPTUIT_START_POINTS": "perhaps"}, options: []Option{endpoint}, want: []string{"APPTUIT_START_POINTS", "perhaps"}},
		"target_info":           {env: map[string]string{"APPTUIT_TARGET_INFO": "perhaps"}, options: []Option{endpoint}, want: []string{"APPTUIT_TARGET_INFO", "perhaps"}},
		"host tag":              {env: map[string]string{"APPTUIT_DISABLE_HOST_TAG": "perhaps"}, options: []Option{endpoint}, want: []string{"APPTUIT_DISABLE_HOST_TAG", "perhaps"}},
		"temporality by name":   {env: map[string]string{"APPTUIT_TEMPORALITY_PREFERENCE": "deltas"}, options: []Option{endpoint}, want: []string{"APPTUIT_TEMPORALITY_PREFERENCE", `"deltas"`, "low_memory"}},
		"aggregation by name":   {env: map[string]string{"APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION": "buckets"}, options: []Option{endpoint}, want: []string{"APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION", `"buckets"`, "base2_exponential_bucket_histogram"}},
		"the environment":       {env: map[string]string{"APPTUIT_TAGS": "k:v:w"}, options: []Option{endpoint}, want: []string{"APPTUIT_TAGS", "k:v:w"}},
		"all at once": {
			env: map[string]string{"APPTUIT_DISABLE_HOST_TAG": "perhaps", "APPTUIT_COMPRESSION": "lzma"},
			options: []Option{
				nil, WithSanitizeMode(9), WithTemporalitySelector(nil), WithAggregationSelector(nil), WithCacheBytes(-2), WithTags(map[string]string{"": "v"}),
				WithTimeout(-1), WithMaxBatchPoints(0),
			},
			want: []string{
				"unknown mode 9", "WithTemporalitySelector", "WithAggregationSelector", "WithCacheBytes", "tag key", "WithTimeout", "WithMaxBatchPoints",
				"APPTUIT_DISABLE_HOST_TAG", "APPTUIT_COMPRESSION", "token",
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range c.env {
				t.Setenv(variable, value)
			}
			e, err := New(t.Context(), c.options...)
			if err == nil || e != nil {
				t.Fatalf("New = %v, %v, want an error", e, err)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q, want %q in it", err, part)
				}
			}
			if c.not != "" && strings.Contains(err.Error(), c.not) {
				t.Errorf("error %q, with %q in it", err, c.not)
			}
		})
	}
}

func TestNew_FaultsAreTyped(t *testing.T) {
	_, err := New(t.Context(), WithEndpoint("http://127.0.0.1:1"), WithSanitizeMode(encoding.SanitizeNone),
		WithTags(map[string]string{"a b": "v"}))
	var e *encoding.Error
	if !errors.As(err, &e) || e.Field != encoding.FieldTagKey || e.Value != "a b" {
		t.Errorf("error %v, want one about the key", err)
	}
}

// Options of the client apply in the order in which they are given, directly or in a list.
func TestOptions_OfTheClientApplyInOrder(t *testing.T) {
	seconds, milliseconds := apptuitclient.WithTimestampResolution(time.Second), apptuitclient.WithTimestampResolution(time.Millisecond)
	for want, options := range map[string][]Option{
		"1700000000":    {WithTimestampResolution(time.Millisecond), WithClientOptions(milliseconds, seconds)},
		"1700000000000": {WithClientOptions(milliseconds, seconds), WithTimestampResolution(time.Millisecond)},
	} {
		srv := memoryServer(t)
		e := newExporter(t, append(options, toServer(srv), WithoutSelfMetrics(), WithoutHostTag())...)
		mustExport(t, e, metricsOf(counter("n", number[int64](1))))
		wantArrived(t, srv, "n{service_name=shop} "+want+" 1")
	}
}

func TestOptions_OfTheClientAddUp(t *testing.T) {
	srv := memoryServer(t)
	e := newExporter(t, toServer(srv), WithoutSelfMetrics(), WithoutHostTag(), nil,
		WithClientOptions(apptuitclient.WithTags(map[string]string{"a": "1"})), WithTimestampResolution(time.Millisecond))
	mustExport(t, e, metricsOf(counter("n", number[int64](1))))
	wantArrived(t, srv, "n{a=1, service_name=shop} 1700000000000 1")
}

func TestSelectors_DefaultsAndOptions(t *testing.T) {
	e := newExporter(t, toSink())
	if e.Temporality(sdkmetric.InstrumentKindCounter) != metricdata.CumulativeTemporality {
		t.Error("the default is not cumulative")
	}
	if _, ok := e.Aggregation(sdkmetric.InstrumentKindHistogram).(sdkmetric.AggregationExplicitBucketHistogram); !ok {
		t.Error("the default aggregation is not the SDK's")
	}
	exponential := func(sdkmetric.InstrumentKind) sdkmetric.Aggregation {
		return sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}
	}
	e = newExporter(t, toSink(), WithTemporalitySelector(sdkmetric.DeltaTemporalitySelector), WithAggregationSelector(exponential))
	if e.Temporality(sdkmetric.InstrumentKindCounter) != metricdata.DeltaTemporality {
		t.Error("the temporality selector is not used")
	}
	if _, ok := e.Aggregation(sdkmetric.InstrumentKindHistogram).(sdkmetric.AggregationBase2ExponentialHistogram); !ok {
		t.Error("the aggregation selector is not used")
	}
}

// Each variable has the effect of its option, which overrides it.
func TestVariables_Selectors(t *testing.T) {
	type kinds = map[sdkmetric.InstrumentKind]metricdata.Temporality
	const delta, cumulative = metricdata.DeltaTemporality, metricdata.CumulativeTemporality
	f := func(preference string, want kinds, opts ...Option) {
		t.Helper()
		t.Setenv("APPTUIT_TEMPORALITY_PREFERENCE", preference)
		e := newExporter(t, append(opts, toSink())...)
		for kind, temporality := range want {
			if got := e.Temporality(kind); got != temporality {
				t.Errorf("%q: %v is %v, want %v", preference, kind, got, temporality)
			}
		}
	}
	counter, observed, upDown := sdkmetric.InstrumentKindCounter, sdkmetric.InstrumentKindObservableCounter, sdkmetric.InstrumentKindUpDownCounter
	f("", kinds{counter: cumulative})
	f("Cumulative", kinds{counter: cumulative, observed: cumulative})
	f("delta", kinds{counter: delta, observed: delta, upDown: cumulative})
	f("lowmemory", kinds{counter: delta, observed: cumulative})
	f("LOW_MEMORY", kinds{counter: delta, observed: cumulative})
	f("delta", kinds{counter: cumulative}, WithTemporalitySelector(sdkmetric.CumulativeTemporalitySelector))
	f("nonsense", kinds{counter: cumulative}, WithTemporalitySelector(sdkmetric.CumulativeTemporalitySelector))

	g := func(name string, exponential bool, opts ...Option) {
		t.Helper()
		t.Setenv("APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION", name)
		e := newExporter(t, append(opts, toSink())...)
		if _, ok := e.Aggregation(sdkmetric.InstrumentKindHistogram).(sdkmetric.AggregationBase2ExponentialHistogram); ok != exponential {
			t.Errorf("%q: a histogram is %T", name, e.Aggregation(sdkmetric.InstrumentKindHistogram))
		}
		if _, ok := e.Aggregation(counter).(sdkmetric.AggregationSum); !ok {
			t.Errorf("%q: a counter is %T", name, e.Aggregation(counter))
		}
	}
	t.Setenv("APPTUIT_TEMPORALITY_PREFERENCE", "")
	g("", false)
	g("explicit_bucket_histogram", false)
	g("base2_exponential_bucket_histogram", true)
	g("base2_exponential_bucket_histogram", false, WithAggregationSelector(sdkmetric.DefaultAggregationSelector))
}

func TestVariables_Prefix(t *testing.T) {
	t.Setenv("APPTUIT_PREFIX", "env.")
	srv := memoryServer(t)
	for want, opts := range map[string][]Option{"env_n": nil, "option_n": {WithPrefix("option.")}, "n": {WithPrefix("")}} {
		e := newExporter(t, append(opts, toServer(srv), WithoutSelfMetrics(), WithoutHostTag())...)
		mustExport(t, e, metricsOf(counter("n", number[int64](1))))
		wantArrived(t, srv, want+"{service_name=shop} 1700000000 1")
	}
}

// Each variable has the effect of its option. An option overrides it, and an empty variable
// has no effect.
func TestVariables_PrometheusNamesAndTargetInfo(t *testing.T) {
	const target = "target_info{host_name=web1, service_name=shop} 1700000000 1"
	f := func(names, targetInfo string, options []Option, want ...string) {
		t.Helper()
		t.Setenv("APPTUIT_PROMETHEUS_NAMES", names)
		t.Setenv("APPTUIT_TARGET_INFO", targetInfo)
		srv := memoryServer(t)
		e := newExporter(t, append(options, toServer(srv), WithoutSelfMetrics(), WithoutHostTag())...)
		mustExport(t, e, metricsOf(counter("n", number[int64](1))))
		wantArrived(t, srv, want...)
	}
	named, plain := "n_total{service_name=shop} 1700000000 1", "n{service_name=shop} 1700000000 1"
	f("", "", nil, plain)
	f("no", "off", nil, plain)
	f("yes", "1", nil, named, target)
	f("", "", []Option{WithPrometheusNames(), WithTargetInfo(nil)}, named, target)
	f("nonsense", "nonsense", []Option{WithPrometheusNames(), WithTargetInfo(func(attribute.KeyValue) bool { return false })}, named)
}

// The printed form of an exporter contains no secret.
func TestExporter_PrintsNoSecret(t *testing.T) {
	e := newExporter(t, toSink(
		apptuitclient.WithToken("s3cr3t-t0k3n"), apptuitclient.WithHeaders(map[string]string{"X-Key": "s3cr3t-h34d3r"}),
	))
	for _, text := range []string{
		fmt.Sprint(e), fmt.Sprintf("%v", e), fmt.Sprintf("%+v", e), fmt.Sprintf("%#v", e), fmt.Sprintf("%+v", e.MarshalLog()), fmt.Sprintf("%#v", e.MarshalLog()),
	} {
		if strings.Contains(text, "s3cr3t") || !strings.Contains(text, "http://127.0.0.1:1") {
			t.Errorf("printed as %q", text)
		}
	}
}
