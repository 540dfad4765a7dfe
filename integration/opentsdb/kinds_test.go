// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package opentsdb_test

import (
	"context"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/apptuitclient/apptuittest"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

// program has an instrument of each kind.
type program struct {
	reader *sdkmetric.ManualReader
	record func(ctx context.Context)
}

func newProgram(t *testing.T, res *resource.Resource, temporality sdkmetric.TemporalitySelector, more ...attribute.KeyValue) *program {
	t.Helper()
	reader := sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(temporality))
	exponential := sdkmetric.NewView(
		sdkmetric.Instrument{Name: "*.exponential"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}})
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(res), sdkmetric.WithReader(reader), sdkmetric.WithView(exponential))
	t.Cleanup(func() {
		if err := provider.Shutdown(context.Background()); err != nil { // the test's has ended
			t.Error(err)
		}
	})
	m := provider.Meter("kinds")
	attributes := attribute.NewSet(append(more, attribute.String("http.method", "GET"), attribute.Int("code", 200), attribute.Bool("cached", true))...)
	o := metric.WithAttributeSet(attributes)
	p := &program{reader: reader}

	intCounter, floatCounter := must(m.Int64Counter("int.counter")), must(m.Float64Counter("float.counter"))
	intUpDown, floatUpDown := must(m.Int64UpDownCounter("int.updown")), must(m.Float64UpDownCounter("float.updown"))
	intGauge, floatGauge := must(m.Int64Gauge("int.gauge")), must(m.Float64Gauge("float.gauge"))
	bounds := metric.WithExplicitBucketBoundaries(0.5, 1, 2.5e6)
	intHistogram, floatHistogram := must(m.Int64Histogram("int.histogram", bounds)), must(m.Float64Histogram("float.histogram", bounds))
	intExponential, floatExponential := must(m.Int64Histogram("int.exponential")), must(m.Float64Histogram("float.exponential"))
	p.record = func(ctx context.Context) {
		intCounter.Add(ctx, 1<<53+1, o)
		floatCounter.Add(ctx, 0.1, o)
		intUpDown.Add(ctx, -7, o)
		floatUpDown.Add(ctx, -0.25, o)
		intGauge.Record(ctx, -1<<62, o)
		floatGauge.Record(ctx, 1e-300, o)
		for _, v := range []int64{0, 1, 3, 1 << 40} {
			intHistogram.Record(ctx, v, o)
			intExponential.Record(ctx, v, o)
		}
		for _, v := range []float64{0.25, 0.75, 1.5, 1e9} {
			floatHistogram.Record(ctx, v, o)
			floatExponential.Record(ctx, v, o)
		}
	}
	whole := metric.WithInt64Callback(func(_ context.Context, observer metric.Int64Observer) error {
		observer.Observe(300, o)
		return nil
	})
	part := metric.WithFloat64Callback(func(_ context.Context, observer metric.Float64Observer) error {
		observer.Observe(2.5, o)
		return nil
	})
	must(m.Int64ObservableCounter("int.observable.counter", whole))
	must(m.Float64ObservableCounter("float.observable.counter", part))
	must(m.Int64ObservableUpDownCounter("int.observable.updown", whole))
	must(m.Float64ObservableUpDownCounter("float.observable.updown", part))
	must(m.Int64ObservableGauge("int.observable.gauge", whole))
	must(m.Float64ObservableGauge("float.observable.gauge", part))
	return p
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// collect records measurements, and collects them.
func (p *program) collect(t *testing.T) *metricdata.ResourceMetrics {
	t.Helper()
	p.record(t.Context())
	rm := &metricdata.ResourceMetrics{}
	if err := p.reader.Collect(t.Context(), rm); err != nil {
		t.Fatal(err)
	}
	return rm
}

// exportTwice exports two collections in different seconds, since OpenTSDB stores one value per second.
func (p *program) exportTwice(t *testing.T, exporters ...*exporter.Exporter) {
	t.Helper()
	for collection := range 2 {
		if collection > 0 {
			servers.NextSecond()
		}
		rm := p.collect(t)
		for _, e := range exporters {
			if err := e.Export(within(t, time.Minute), rm); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func shop() *resource.Resource {
	return resource.NewSchemaless(attribute.String("service.name", "shop"), attribute.String("host.name", "db-1.example"))
}

// received returns the points that apptuittest has accepted.
func received(judge *apptuittest.Server) []servers.Point {
	var points []servers.Point
	for _, p := range judge.Take() {
		points = append(points, servers.Point{Metric: p.Metric, Tags: p.Tags, Time: p.Time().UnixMilli(), Value: p.Float()})
	}
	return points
}

// All values of each kind of instrument come back, in both layouts, if OpenTSDB accepts the + of
// le="+Inf".
func TestKinds_ComeBackInBothLayouts(t *testing.T) {
	t.Parallel()
	o := shared.start(t, map[string]string{"tsd.core.tag.allow_specialchars": "+"})
	judge := apptuittest.NewServer()
	t.Cleanup(judge.Close)
	for name, layout := range map[string]exporter.Layout{"default": exporter.LayoutDefault, "reporter": exporter.LayoutReporter} {
		t.Run(name, func(t *testing.T) {
			prefix := shared.unique("kinds")
			options := []exporter.Option{exporter.WithPrefix(prefix), exporter.WithLayout(layout)}
			ours := newExporter(t, o.Endpoint(), options...)
			theirs := newExporter(t, judge.URL, options...)
			p := newProgram(t, shop(), ours.Temporality)
			p.exportTwice(t, ours, theirs)
			want := received(judge)
			stores(t, o, prefix, want)
			t.Logf("%d points", len(want))
			if layout == exporter.LayoutDefault {
				checkDefaultLayout(t, prefix, o.Points(t, prefix))
			}
		})
	}
}

// checkDefaultLayout compares points with the literal values below, except for quantiles, which are
// estimates.
func checkDefaultLayout(t *testing.T, prefix string, points []servers.Point) {
	t.Helper()
	want := map[string][2]float64{
		"int_counter":              {1<<53 + 1, 1<<54 + 2},
		"float_counter":            {0.1, 0.2},
		"int_updown":               {-7, -14},
		"float_updown":             {-0.25, -0.5},
		"int_gauge":                {-1 << 62, -1 << 62},
		"float_gauge":              {1e-300, 1e-300},
		"int_observable_counter":   {300, 300},
		"float_observable_counter": {2.5, 2.5},
		"int_observable_updown":    {300, 300},
		"float_observable_updown":  {2.5, 2.5},
		"int_observable_gauge":     {300, 300},
		"float_observable_gauge":   {2.5, 2.5},

		"int_histogram_bucket le=0.5":       {1, 2},
		"int_histogram_bucket le=1":         {2, 4},
		"int_histogram_bucket le=2.5e+06":   {3, 6},
		"int_histogram_bucket le=+Inf":      {4, 8},
		"int_histogram_count":               {4, 8},
		"int_histogram_sum":                 {1<<40 + 4, 1<<41 + 8},
		"int_histogram_min":                 {0, 0},
		"int_histogram_max":                 {1 << 40, 1 << 40},
		"float_histogram_bucket le=0.5":     {1, 2},
		"float_histogram_bucket le=1":       {2, 4},
		"float_histogram_bucket le=2.5e+06": {3, 6},
		"float_histogram_bucket le=+Inf":    {4, 8},
		"float_histogram_count":             {4, 8},
		"float_histogram_sum":               {1000000002.5, 2000000005},
		"float_histogram_min":               {0.25, 0.25},
		"float_histogram_max":               {1e9, 1e9},
		"int_exponential_count":             {4, 8},
		"int_exponential_sum":               {1<<40 + 4, 1<<41 + 8},
		"int_exponential_min":               {0, 0},
		"int_exponential_max":               {1 << 40, 1 << 40},
		"float_exponential_count":           {4, 8},
		"float_exponential_sum":             {1000000002.5, 2000000005},
		"float_exponential_min":             {0.25, 0.25},
		"float_exponential_max":             {1e9, 1e9},
	}
	first := map[string]servers.Point{}
	got := map[string][2]float64{}
	for _, p := range points {
		tags := maps.Clone(p.Tags)
		name := strings.TrimPrefix(p.Metric, prefix)
		if le := tags["le"]; le != "" {
			name += " le=" + le
			delete(tags, "le")
		}
		if tags["quantile"] != "" {
			continue
		}
		if diff := cmp.Diff(map[string]string{"otel_scope_name": "kinds", "service_name": "shop", "host": "db-1.example", "http_method": "GET", "code": "200", "cached": "true"}, tags); diff != "" {
			t.Errorf("tags of %s (-want +got):\n%s", name, diff)
		}
		earlier, ok := first[name]
		switch {
		case !ok:
			first[name] = p
		case earlier.Time < p.Time:
			got[name] = [2]float64{earlier.Value, p.Value}
		default:
			got[name] = [2]float64{p.Value, earlier.Value}
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("values (-want +got):\n%s", diff)
	}
}

// With OpenTSDB's default configuration, each histogram loses its bucket le="+Inf" and the buckets whose
// bound has an exponent, at every export.
func TestKinds_HistogramsLoseBucketsByDefault(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	judge := apptuittest.NewServer()
	t.Cleanup(judge.Close)
	prefix := shared.unique("buckets")
	ours, theirs := newExporter(t, o.Endpoint(), exporter.WithPrefix(prefix)), newExporter(t, judge.URL, exporter.WithPrefix(prefix))
	rm := newProgram(t, shop(), ours.Temporality).collect(t)
	if err := theirs.Export(within(t, time.Minute), rm); err != nil {
		t.Fatal(err)
	}
	var want []servers.Point
	all := received(judge)
	for _, p := range all {
		if !strings.Contains(p.Tags["le"], "+") {
			want = append(want, p)
		}
	}
	reasons := refused(t, ours.Export(within(t, time.Minute), rm), len(all))
	if lost := len(all) - len(want); lost != 4 || len(reasons) != lost { // of two histograms +Inf and 2.5e+06
		t.Errorf("%d points refused, want %d: %q", len(reasons), lost, reasons)
	}
	for _, reason := range reasons {
		if !strings.Contains(reason, `: Invalid tag value with key [le] ("`) || !strings.HasSuffix(reason, `"): illegal character: +`) {
			t.Errorf("reason %q", reason)
		}
	}
	stores(t, o, prefix, want)
}

// A program without a service name has service_name="unknown_service:PROGRAM" on each point: with
// OpenTSDB's default configuration, no point is stored.
func TestKinds_NothingIsStoredWithoutServiceName(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	prefix := shared.unique("nameless")
	e := newExporter(t, o.Endpoint(), exporter.WithPrefix(prefix), exporter.WithoutHostTag())
	err := e.Export(within(t, time.Minute), newProgram(t, resource.Default(), e.Temporality).collect(t))
	var failed *apptuitclient.SendError
	if !errors.As(err, &failed) || failed.Successful != 0 || failed.Failed == 0 ||
		!strings.Contains(err.Error(), `Invalid tag value with key [service_name] ("unknown_service:`) {
		t.Errorf("error %v, want that all points are refused", err)
	}
	stores(t, o, prefix, nil)
}

// There are five flushes of delta sums within one second. OpenTSDB keeps all increments and answers
// queries, also if the encodings of the numbers have different lengths.
func TestKinds_KeepDeltasInOneSecond(t *testing.T) {
	t.Parallel()
	o := shared.opentsdb(t)
	prefix := shared.unique("delta")
	e := newExporter(t, o.Endpoint(), exporter.WithPrefix(prefix), exporter.WithSync(20*time.Second))
	reader := sdkmetric.NewManualReader(sdkmetric.WithTemporalitySelector(func(sdkmetric.InstrumentKind) metricdata.Temporality {
		return metricdata.DeltaTemporality
	}))
	provider := sdkmetric.NewMeterProvider(sdkmetric.WithResource(shop()), sdkmetric.WithReader(reader))
	meter := provider.Meter("deltas")
	near, far, floats := must(meter.Int64Counter("near")), must(meter.Int64Counter("far")), must(meter.Float64Counter("floats"))
	rms := make([]metricdata.ResourceMetrics, 5)
	servers.NextSecond() // all flushes are within one second
	began := time.Now()
	for i := range rms {
		near.Add(t.Context(), int64(i+1))
		far.Add(t.Context(), []int64{1, 300, 70_000, 1 << 40, 2}[i])
		floats.Add(t.Context(), []float64{0.5, 0.1, 2, 1e300, 3}[i])
		if err := reader.Collect(t.Context(), &rms[i]); err != nil {
			t.Fatal(err)
		}
	}
	for i := range rms {
		if err := e.Export(within(t, time.Minute), &rms[i]); err != nil {
			t.Fatal(err)
		}
	}
	if s := e.Stats(); s.Accepted != 15 {
		t.Errorf("%d points accepted, want 15", s.Accepted)
	}
	time.Sleep(time.Until(began.Add(6 * time.Second))) // a query ends at the present
	for name, want := range map[string]float64{"near": 15, "far": 1<<40 + 70_303, "floats": 1e300} {
		sum, points := 0.0, o.Points(t, prefix+name)
		for _, p := range points {
			sum += p.Value
		}
		if len(points) != 5 || sum != want {
			t.Errorf("%s: points %v, want five whose sum is %v", name, points, want)
		}
	}
	if err := provider.Shutdown(t.Context()); err != nil {
		t.Error(err)
	}
}
