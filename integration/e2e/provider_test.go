// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"context"
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"
	"go.opentelemetry.io/otel/sdk/resource"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/exporter"
	"github.com/apptuitai/apptuit-go/integration/e2e/servers"
)

func shop() *resource.Resource {
	return resource.NewSchemaless(
		attribute.String("service.name", "shop"), attribute.String("service.namespace", "eu"),
		attribute.String("service.instance.id", "7"), attribute.String("host.name", "db-1.example"),
		attribute.String("os.type", "not among the tags"))
}

func shopTags() map[string]string {
	return map[string]string{
		"service_name": "shop", "service_namespace": "eu", "service_instance_id": "7",
		"host": "db-1.example", "region": "Köln, \"east\"",
	}
}

// spread has the measurements of an exponential histogram with many values. Its quantiles are estimates,
// which checkSpread checks.
func spread() measured[float64] {
	var m measured[float64]
	for i := range m {
		for j := range 500 {
			m[i] = append(m[i], math.Ldexp(float64(1+(j*7919+i)%500), -4)) // sums are exact
		}
	}
	return m
}

// instrument creates instruments of all kinds, and their measurements.
func (p *program) instrument() {
	get := set{
		[]attribute.KeyValue{
			attribute.String("http.method", "GET"), attribute.Int("http.status_code", 200), attribute.Bool("cached", true),
			attribute.Float64("ratio", 0.25), attribute.StringSlice("list", []string{"a", "b"}), attribute.String("empty", ""),
		},
		map[string]string{"http_method": "GET", "http_status_code": "200", "cached": "true", "ratio": "0.25", "list": `["a","b"]`},
	}
	other := tagged("http_method", "POST", "host", "overridden")
	full := manyTags(19) // with the 6 of all points: as many as there may be

	intCounter := must(p.meter.Int64Counter("http.server.requests"))
	for s, m := range map[*set]measured[int64]{
		&get: {{1, 2, 3}, {10}}, &other: {{1 << 60}, {1}}, &full: {{0}, {}},
	} {
		records(p, *s, m, func(ctx context.Context, v int64, o metric.MeasurementOption) { intCounter.Add(ctx, v, o) })
		sums(p, "http_server_requests", *s, m)
	}
	floatCounter := must(p.meter.Float64Counter("cpu.time"))
	for s, m := range map[*set]measured[float64]{&get: {{0.5, 0.25}, {2.125}}, &other: {{0.1}, {}}} {
		records(p, *s, m, func(ctx context.Context, v float64, o metric.MeasurementOption) { floatCounter.Add(ctx, v, o) })
		sums(p, "cpu_time", *s, m)
	}
	intUpDown := must(p.meter.Int64UpDownCounter("queue-length"))
	connections := measured[int64]{{5, -2}, {-10}}
	records(p, get, connections, func(ctx context.Context, v int64, o metric.MeasurementOption) { intUpDown.Add(ctx, v, o) })
	sums(p, "queue_length", get, connections)
	floatUpDown := must(p.meter.Float64UpDownCounter("balance"))
	balance := measured[float64]{{-1.5}, {-2.25, 0.5}}
	records(p, other, balance, func(ctx context.Context, v float64, o metric.MeasurementOption) { floatUpDown.Add(ctx, v, o) })
	sums(p, "balance", other, balance)

	p.gauges()
	p.observables(get)
	p.histograms(get, other)
}

// gauges creates gauges with values of all magnitudes, each in a different series: within one series,
// VictoriaMetrics keeps few digits of small values.
func (p *program) gauges() {
	intGauge := must(p.meter.Int64Gauge("int.gauge"))
	for name, m := range map[string]measured[int64]{
		"extremes": {{math.MaxInt64}, {math.MinInt64}}, "beyond float64": {{1<<53 + 1}, {1<<53 + 3}}, "zero": {{0}, {0}},
	} {
		s := tagged("value", "", "what", name)
		delete(s.tags, "value")
		records(p, s, m, func(ctx context.Context, v int64, o metric.MeasurementOption) { intGauge.Record(ctx, v, o) })
		lasts(p, "int_gauge", s, m)
	}
	floatGauge := must(p.meter.Float64Gauge("float.gauge"))
	for name, m := range map[string]measured[float64]{
		"π": {{math.Pi}, {-math.Pi}}, "tiny": {{-math.E * 1e-9}, {1.000000000001e-9}}, "huge": {{1.7976931348623157e308}, {-1e308}},
		"third": {{1.0 / 3}, {2.0 / 3}}, "sum": {{0.1, 0.1 + 0.2}, {0.7}}, "whole": {{3}, {4}}, "e16": {{1e16}, {1.2345678901e16}}, "zero": {{0}, {0}},
	} {
		s := tagged("what", name)
		records(p, s, m, func(ctx context.Context, v float64, o metric.MeasurementOption) { floatGauge.Record(ctx, v, o) })
		lasts(p, "float_gauge", s, m)
	}
}

func (p *program) observables(s set) {
	attributes := metric.WithAttributes(s.attributes...)
	ints, floats := measured[int64]{{40}, {42}}, measured[float64]{{98.75}, {101.5}}
	observeInt, observeFloat := observes(p, ints), observes(p, floats)
	onInt := metric.WithInt64Callback(func(_ context.Context, o metric.Int64Observer) error {
		o.Observe(observeInt(), attributes)
		return nil
	})
	onFloat := metric.WithFloat64Callback(func(_ context.Context, o metric.Float64Observer) error {
		o.Observe(observeFloat(), attributes)
		return nil
	})
	must(p.meter.Int64ObservableGauge("threads", onInt))
	must(p.meter.Float64ObservableGauge("temperature", onFloat))
	must(p.meter.Int64ObservableCounter("faults", onInt))
	must(p.meter.Float64ObservableCounter("disk/time", onFloat))
	must(p.meter.Int64ObservableUpDownCounter("heap.objects", onInt))
	must(p.meter.Float64ObservableUpDownCounter("load.1m", onFloat))
	lasts(p, "threads", s, ints)
	lasts(p, "temperature", s, floats)
	lasts(p, "faults", s, ints)
	lasts(p, "disk_time", s, floats)
	lasts(p, "heap_objects", s, ints)
	lasts(p, "load_1m", s, floats)
}

func (p *program) histograms(a, b set) {
	histogram := func(name string, bounds ...float64) func(context.Context, float64, metric.MeasurementOption) {
		h := must(p.meter.Float64Histogram(name, metric.WithExplicitBucketBoundaries(bounds...)))
		return func(ctx context.Context, v float64, o metric.MeasurementOption) { h.Record(ctx, v, o) }
	}
	bounds := map[string]float64{"-10": -10, "-1": -1, "0": 0, "0.005": 0.005, "1": 1, "1e+06": 1e6}
	signed := measured[float64]{{-20, -10, -9.5, -1, -0.5, 0, 0.25}, {1, 2, 1e6, 1000000.5}}
	positive := measured[float64]{{0.001953125}, {}}
	record := histogram("latency", slices.Sorted(maps.Values(bounds))...)
	records(p, a, signed, record)
	buckets(p, "latency", a, signed, bounds)
	records(p, b, positive, record)
	buckets(p, "latency", b, positive, bounds)

	whole := measured[int64]{{0, 5, 5, 6, 10_001}, {-3, 250, 10_000}}
	h := must(p.meter.Int64Histogram("payload.size"))
	records(p, a, whole, func(ctx context.Context, v int64, o metric.MeasurementOption) { h.Record(ctx, v, o) })
	sdkDefault := map[string]float64{}
	for _, bound := range []float64{0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10000} {
		sdkDefault[strconv.Itoa(int(bound))] = bound
	}
	buckets(p, "payload_size", a, whole, sdkDefault)

	same := measured[float64]{{3.75, 3.75, 3.75}, {3.75}}
	records(p, a, same, histogram("exponential.same"))
	exactQuantiles(p, "exponential_same", a, same)
	negative := measured[float64]{{-0.125, -0.125}, {-0.125}}
	records(p, b, negative, histogram("exponential.negative"))
	exactQuantiles(p, "exponential_negative", b, negative)
	records(p, b, spread(), histogram("exponential.spread"))
	totals(p, "exponential_spread", b, spread())
}

// exponential returns a View that makes histograms whose names begin with "exponential" exponential
// histograms.
func exponential() sdkmetric.Option {
	return sdkmetric.WithView(sdkmetric.NewView(
		sdkmetric.Instrument{Name: "exponential.*"},
		sdkmetric.Stream{Aggregation: sdkmetric.AggregationBase2ExponentialHistogram{MaxSize: 160, MaxScale: 20}},
	))
}

// align gives all points of a collection the time of its start: a collection may extend into the next
// second.
func align(points []servers.Point, from, to int64) {
	for i := range points {
		if from <= points[i].Time && points[i].Time <= to {
			points[i].Time = from
		}
	}
}

// Two collections of all kinds of instruments are exported, and all points of the server are compared. The
// profile of the server is selected; times are whole seconds in all profiles.
func TestExport_OfEveryInstrument(t *testing.T) {
	onEachBackend(t, func(t *testing.T, b backend) {
		exp := newExporter(t, b.endpoint, exporter.WithTags(map[string]string{"region": "Köln, \"east\""}),
			exporter.WithClientOptions(b.profile(), apptuitclient.WithTimestampResolution(time.Second)))
		provider := sdkmetric.NewMeterProvider(
			sdkmetric.WithReader(sdkmetric.NewPeriodicReader(exp, sdkmetric.WithInterval(time.Hour))),
			sdkmetric.WithResource(shop()), exponential())
		p := &program{t: t, meter: provider.Meter("e2e"), base: shopTags()}
		p.base["otel_scope_name"] = "e2e"
		p.instrument()

		var from, to [2]int64 // milliseconds
		for i := range p.run {
			p.step.Store(int32(i))
			for _, record := range p.run[i] {
				record(t.Context())
			}
			servers.NextSecond()
			from[i] = millis(time.Now())
			if err := provider.ForceFlush(within(t, 20*time.Second)); err != nil {
				t.Fatalf("collection %d: %v", i, err)
			}
			to[i] = millis(time.Now())
		}
		produced := uint64(len(p.points[0]) + len(p.points[1]) + 2*5) // and the quantiles of the spread
		want := exporter.Stats{Exports: 2, Produced: produced, Accepted: produced}
		if got := exp.Stats(); got != want {
			t.Errorf("stats: %+v, want %+v", got, want)
		}

		got := b.points(t)
		for i := range from {
			align(got, from[i], to[i])
		}
		got = p.checkSpread(got, from)
		got = p.checkSelfMetrics(got, from, to)
		var all []servers.Point
		for i := range p.points {
			for _, point := range p.points[i] {
				point.Time = from[i]
				all = append(all, point)
			}
		}
		if diff := servers.Diff(all, got, b.tolerance); diff != "" {
			t.Errorf("in %s: %s", b.name, diff)
		}
		if err := provider.Shutdown(within(t, 20*time.Second)); err != nil {
			t.Errorf("shutdown: %v", err)
		}
	})
}

// checkSpread checks the quantiles of the exponential histogram with many values, and returns the other
// points. The 160 buckets cover less than 10 powers of two, so that each power has at least 8 buckets: the
// error of an estimate is less than the width of such a bucket.
func (p *program) checkSpread(points []servers.Point, times [2]int64) (others []servers.Point) {
	found := map[string]int{}
	for _, point := range points {
		if point.Metric != "exponential_spread" {
			others = append(others, point)
			continue
		}
		i := slices.Index(times[:], point.Time)
		q, err := strconv.ParseFloat(point.Tags["quantile"], 64)
		if i < 0 || err != nil {
			p.t.Errorf("a point of another time or quantile: %s", point.Key())
			continue
		}
		found[strconv.Itoa(i)+" "+point.Tags["quantile"]]++
		sorted := spread().upTo(i)
		slices.Sort(sorted)
		exact := sorted[int(math.Ceil(q*float64(len(sorted))))-1]
		if ratio := point.Value / exact; ratio < math.Exp2(-1.0/8) || ratio > math.Exp2(1.0/8) {
			p.t.Errorf("%s = %v, far from %v", point.Key(), point.Value, exact)
		}
	}
	want := map[string]int{}
	for _, q := range []string{"0.5", "0.75", "0.95", "0.99", "0.999"} {
		want["0 "+q], want["1 "+q] = 1, 1
	}
	if !maps.Equal(want, found) {
		p.t.Errorf("quantiles of the spread: %v, want %v", found, want)
	}
	return others
}

// checkSelfMetrics checks the exporter's own metrics, which describe earlier Exports, and returns the
// other points.
func (p *program) checkSelfMetrics(points []servers.Point, from, to [2]int64) (others []servers.Point) {
	first := float64(len(p.points[0]) + 5)
	var want, own, times []servers.Point
	expect := func(i int, name string, value float64) {
		want = append(want, servers.Point{Metric: "apptuit_reporter_" + name, Tags: shopTags(), Time: from[i], Value: value})
	}
	for i, sent := range []float64{0, first} {
		expect(i, "send_total", sent)
		expect(i, "send_successful", sent)
		expect(i, "send_failed", 0)
		expect(i, "send_time_count", float64(i))
		expect(i, "send_time_bucket", float64(i))
		bucket := &want[len(want)-1]
		bucket.Tags = maps.Clone(bucket.Tags)
		bucket.Tags["le"] = "+Inf"
		expect(i, "overflowed", 0)
	}
	expect(0, "send_time_sum", 0)
	for _, point := range points {
		switch point.Metric {
		case "apptuit_reporter_send_time_sum", "apptuit_reporter_send_time_min", "apptuit_reporter_send_time_max":
			if point.Time == from[1] {
				times = append(times, point)
				continue
			}
			own = append(own, point)
		case "apptuit_reporter_send_total", "apptuit_reporter_send_successful", "apptuit_reporter_send_failed", "apptuit_reporter_send_time_count", "apptuit_reporter_send_time_bucket",
			"apptuit_reporter_overflowed":
			own = append(own, point)
		default:
			others = append(others, point)
		}
	}
	if diff := servers.Diff(want, own, 0); diff != "" {
		p.t.Errorf("self metrics: %s", diff)
	}
	// One Export so far: it took as long as the shortest, the longest, and all.
	longest := float64(to[0]-from[0])/1000 + 1
	if len(times) != 3 {
		p.t.Errorf("self metrics have %d times of the first export, want sum, min and max: %v", len(times), times)
	}
	for _, point := range times {
		if !maps.Equal(point.Tags, shopTags()) || point.Value <= 0 || point.Value > longest || point.Value != times[0].Value {
			p.t.Errorf("%s = %v, want a time below %v s like the others: %v", point.Key(), point.Value, longest, times)
		}
	}
	return others
}
