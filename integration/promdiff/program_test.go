// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package promdiff_test

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"
)

// program is an instrumented program. Its instruments have numbered names, because the API accepts only
// some of the names of the test. A View gives them their names.
type program struct {
	t     *testing.T
	names map[string]string // by the numbered name of the instrument
	meter metric.Meter
	last  int64 // value
}

// view gives an instrument its name, and selects histograms for the instruments that need them.
func (p *program) view(i sdkmetric.Instrument) (sdkmetric.Stream, bool) {
	name, ok := p.names[i.Name]
	stream := sdkmetric.Stream{Name: name, Description: i.Description, Unit: i.Unit}
	switch {
	case strings.HasPrefix(name, "buckets.histogram."):
		stream.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{0, 10, 1000}}
	case strings.HasPrefix(name, "bucket.histogram."):
		stream.Aggregation = sdkmetric.AggregationExplicitBucketHistogram{Boundaries: []float64{}}
	}
	return stream, ok
}

// called returns a numbered name for an instrument, to which the View gives the name.
func (p *program) called(name string) string {
	own := fmt.Sprintf("instrument.%d", len(p.names))
	p.names[own] = name
	return own
}

func (p *program) must(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

// value returns values that no other instrument has.
func (p *program) value() (int64, float64) {
	p.last++
	return p.last, float64(p.last) + 0.25
}

// recorder creates an instrument and records a value with attributes.
type recorder func(name, unit string, attributes ...attribute.KeyValue)

// kinds returns a recorder of each kind of instrument.
func (p *program) kinds() map[string]recorder {
	ctx := p.t.Context()
	sync := func(record func(name, unit string, o metric.MeasurementOption)) recorder {
		return func(name, unit string, attributes ...attribute.KeyValue) {
			record(p.called(name), unit, metric.WithAttributes(attributes...))
		}
	}
	observe := func(create func(name, unit string, i metric.Int64Callback, f metric.Float64Callback) error) recorder {
		return func(name, unit string, attributes ...attribute.KeyValue) {
			whole, part := p.value()
			o := metric.WithAttributes(attributes...)
			p.must(create(p.called(name), unit,
				func(_ context.Context, observer metric.Int64Observer) error {
					observer.Observe(whole, o)
					return nil
				},
				func(_ context.Context, observer metric.Float64Observer) error {
					observer.Observe(part, o)
					return nil
				}))
		}
	}
	return map[string]recorder{
		"counter": sync(func(name, unit string, o metric.MeasurementOption) {
			i, err := p.meter.Int64Counter(name, metric.WithUnit(unit))
			p.must(err)
			whole, _ := p.value()
			i.Add(ctx, whole, o)
			i.Add(ctx, 1<<40, o)
		}),
		"floatcounter": sync(func(name, unit string, o metric.MeasurementOption) {
			i, err := p.meter.Float64Counter(name, metric.WithUnit(unit))
			p.must(err)
			_, part := p.value()
			i.Add(ctx, part, o)
		}),
		"updown": sync(func(name, unit string, o metric.MeasurementOption) {
			i, err := p.meter.Int64UpDownCounter(name, metric.WithUnit(unit))
			p.must(err)
			whole, _ := p.value()
			i.Add(ctx, -whole, o)
		}),
		"floatupdown": sync(func(name, unit string, o metric.MeasurementOption) {
			i, err := p.meter.Float64UpDownCounter(name, metric.WithUnit(unit))
			p.must(err)
			_, part := p.value()
			i.Add(ctx, -part, o)
		}),
		"gauge": sync(func(name, unit string, o metric.MeasurementOption) {
			i, err := p.meter.Int64Gauge(name, metric.WithUnit(unit))
			p.must(err)
			whole, _ := p.value()
			i.Record(ctx, whole, o)
		}),
		"floatgauge": sync(func(name, unit string, o metric.MeasurementOption) {
			i, err := p.meter.Float64Gauge(name, metric.WithUnit(unit))
			p.must(err)
			_, part := p.value()
			i.Record(ctx, part, o)
		}),
		"histogram": sync(func(name, unit string, o metric.MeasurementOption) {
			i, err := p.meter.Int64Histogram(name, metric.WithUnit(unit))
			p.must(err)
			whole, _ := p.value()
			i.Record(ctx, whole, o)
			i.Record(ctx, 20_000, o)
		}),
		"floathistogram": sync(func(name, unit string, o metric.MeasurementOption) {
			i, err := p.meter.Float64Histogram(name, metric.WithUnit(unit), metric.WithExplicitBucketBoundaries(0.005, 1, 2.5, 1e6))
			p.must(err)
			_, part := p.value()
			i.Record(ctx, part, o)
			i.Record(ctx, 0.001, o)
		}),
		"observedcounter": observe(func(name, unit string, whole metric.Int64Callback, _ metric.Float64Callback) error {
			_, err := p.meter.Int64ObservableCounter(name, metric.WithUnit(unit), metric.WithInt64Callback(whole))
			return err
		}),
		"observedfloatcounter": observe(func(name, unit string, _ metric.Int64Callback, part metric.Float64Callback) error {
			_, err := p.meter.Float64ObservableCounter(name, metric.WithUnit(unit), metric.WithFloat64Callback(part))
			return err
		}),
		"observedupdown": observe(func(name, unit string, whole metric.Int64Callback, _ metric.Float64Callback) error {
			_, err := p.meter.Int64ObservableUpDownCounter(name, metric.WithUnit(unit), metric.WithInt64Callback(whole))
			return err
		}),
		"observedfloatupdown": observe(func(name, unit string, _ metric.Int64Callback, part metric.Float64Callback) error {
			_, err := p.meter.Float64ObservableUpDownCounter(name, metric.WithUnit(unit), metric.WithFloat64Callback(part))
			return err
		}),
		"observedgauge": observe(func(name, unit string, whole metric.Int64Callback, _ metric.Float64Callback) error {
			_, err := p.meter.Int64ObservableGauge(name, metric.WithUnit(unit), metric.WithInt64Callback(whole))
			return err
		}),
		"observedfloatgauge": observe(func(name, unit string, _ metric.Int64Callback, part metric.Float64Callback) error {
			_, err := p.meter.Float64ObservableGauge(name, metric.WithUnit(unit), metric.WithFloat64Callback(part))
			return err
		}),
	}
}

// shop is the resource. It has more attributes than those that identify the service.
func shop() *resource.Resource {
	return resource.NewSchemaless(
		attribute.String("service.name", "shop"), attribute.String("service.namespace", "eu"), attribute.String("service.instance.id", "7"),
		attribute.String("host.name", "web1"), attribute.Int("process.pid", 4711), attribute.StringSlice("process.command_args", []string{"shop", `"-v"`}),
		attribute.String("a.b", "z"), attribute.String("a_b", "y"), attribute.String("2nd", "digit"), attribute.String("größe", "ü\n\\"), attribute.String("empty", ""))
}

// units are the units of the conventions, and others that people write.
func units() []string {
	return []string{
		"", "1", "%", "s", "ms", "us", "ns", "min", "h", "d", "By", "KiBy", "MiBy", "GiBy", "TiBy", "KBy", "MBy", "GBy", "TBy", "m", "V", "A", "J", "W", "g", "Cel", "Hz",
		"{request}", "{request}/s", "m/s", "By/s", "1/s", "req/min", "By/{cpu}", "s/", "/s", "By / s", "seconds", "bytes", "Seconds", "µs", "m^2", "kg.m/s2", "__x__", "m%", "m%/s",
		"total", "ratio", "count", "{", "}{", "number of things", "5", "总数", "a/b/c", "per_s", "w", "y", "mo", "h/mo",
	}
}

// names returns names in which * is replaced by a unique text: the Prometheus exporter would drop one of
// two equal names.
func names() []string {
	return []string{
		"req.*.total", "total.*.req", "*.total.total", "*_seconds", "seconds.*", "req*total", "total*", "*_total_seconds", "*.ratio", "ratio.*", "*.bytes.per.second", "*.second",
		"5xx.*", "5*", "*.5", "_*_", "__*__", "*..a--b", "*/a/b", "a b*", "größe.*.总数", "*.ärger", "总数*", "*\xff", "*.é", "*.count", "*.sum", "*.bucket", "*.info", "*.created", "*.milliseconds.ms",
		"UPPER.*", "*.percent", "*.request",
	}
}

// instrument creates the instruments, and records their values.
func (p *program) instrument(provider *sdkmetric.MeterProvider) {
	text := attribute.String
	method := text("http.method", "GET")
	p.meter = provider.Meter("main", metric.WithInstrumentationVersion("1.0"))
	kinds := p.kinds()
	for kind, record := range kinds {
		for i, unit := range units() {
			record(fmt.Sprintf("unit%d.%s", i, kind), unit, method)
		}
		for i, name := range names() {
			for j, unit := range []string{"", "s", "1", "By/s"} {
				record(strings.Replace(name, "*", fmt.Sprintf("%s%dx%d", kind, i, j), 1), unit, method)
			}
		}
		record("attributes."+kind, "", attributes()...)
		record("none."+kind, "")
	}
	for _, m := range []struct {
		name    string
		options []metric.MeterOption
	}{
		{"", nil},
		{"schema", []metric.MeterOption{metric.WithSchemaURL("https://example.com/schema/1")}},
		{"attributes", []metric.MeterOption{
			metric.WithInstrumentationVersion("v2"), metric.WithSchemaURL("https://example.com/schema/2"),
			metric.WithInstrumentationAttributes(text("a.b", "z"), text("a_b", "y"), text("name", "not this"), text("schema.url", "nor this"), text("version", "nor this"),
				attribute.Int("n", 7), text("2nd", "digit"), text("größe", "ü"), text("empty", "")),
		}},
		{"Ünïcode \"quoted\"", nil},
	} {
		p.meter = provider.Meter(m.name, m.options...)
		for kind, record := range p.kinds() {
			record("scopes."+kind, "s", method) // one name in several scopes
		}
	}
	p.meter = provider.Meter("collisions")
	kinds = p.kinds()
	kinds["gauge"]("collision.a", "", method)
	kinds["gauge"]("collision_a", "", method)
	kinds["counter"]("collision.seconds", "", method)
	kinds["counter"]("collision", "s", method)
	p.distributions(provider)
	p.odd(provider)
}

// attributes are of all types, and with keys of all kinds.
func attributes() []attribute.KeyValue {
	text := attribute.String
	return []attribute.KeyValue{
		attribute.Bool("bool", true), attribute.Int64("int64", math.MinInt64), attribute.Float64("float64", 0.1), attribute.Float64("whole", 3), attribute.Float64("nan", math.NaN()),
		attribute.BoolSlice("bools", []bool{true, false}), attribute.Int64Slice("int64s", []int64{1, -2}), attribute.StringSlice("strings", []string{"a", `"b"`}),
		text("a.b", "z"), text("a_b", "y"), text("a-b", ""), text("empty", ""), text("2nd", "digit"), text("_x_", "v"), text("Größe/总数", "ü 总数 🦆"),
		text("quotes", "line\nbreak\ttab \\ \" '"), text("a..c", "v"), text("key_2", "v"), text("_2", "v"),
	}
}

// distributions makes histograms of instruments that are none, with buckets and without.
func (p *program) distributions(provider *sdkmetric.MeterProvider) {
	p.meter = provider.Meter("distributions")
	for kind, record := range p.kinds() {
		if !strings.Contains(kind, "histogram") && !strings.Contains(kind, "float") {
			record("buckets.histogram."+kind, "", attribute.String("kind", kind))
			record("bucket.histogram."+kind, "", attribute.String("kind", kind))
		}
	}
}

// odd creates instruments that the Prometheus exporter refuses, or shows in another way than ours.
func (p *program) odd(provider *sdkmetric.MeterProvider) {
	p.meter = provider.Meter("odd")
	kinds := p.kinds()
	kinds["gauge"]("rule:sum", "")
	kinds["gauge"]("odd.unit", "a:b")
	kinds["gauge"]("///", "")
	kinds["gauge"]("odd.reserved", "", attribute.String("__name__", "v"))
	kinds["gauge"]("odd.symbols", "", attribute.String("-", "v"))
	kinds["gauge"]("odd.scope", "", attribute.String("otel.scope.name", "own"))
	kinds["histogram"]("odd.le", "", attribute.String("le", "own"))
}
