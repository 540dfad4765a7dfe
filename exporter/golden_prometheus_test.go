// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/instrumentation"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
	"go.opentelemetry.io/otel/sdk/resource"
)

// in sets the unit of a metric.
func in(unit string, m metricdata.Metrics) metricdata.Metrics {
	m.Unit = unit
	return m
}

func prometheusConversions() []conversion {
	const cumulative = metricdata.CumulativeTemporality
	text := attribute.String
	one := func(name string, metrics ...metricdata.Metrics) conversion {
		return one(name, metrics...).with(WithPrometheusNames())
	}
	grows := func(unit, name string) metricdata.Metrics { return in(unit, counter(name, number[int64](1, k("v")))) }
	upDown := func(unit, name string) metricdata.Metrics {
		return in(unit, metricOf(name, metricdata.Sum[int64]{Temporality: cumulative, DataPoints: []metricdata.DataPoint[int64]{number[int64](1, k("v"))}}))
	}
	level := func(unit, name string) metricdata.Metrics { return in(unit, gauge(name, number(1.5, k("v")))) }
	spread := func(unit string) metricdata.Metrics {
		return in(unit, explicitHistogram(metricdata.HistogramDataPoint[float64]{
			Count: 3, Sum: 4.5, Min: metricdata.NewExtrema(0.5), Max: metricdata.NewExtrema(3.0), Bounds: []float64{1}, BucketCounts: []uint64{1, 2},
		}))
	}
	exponential := in("By", metricOf("size", metricdata.ExponentialHistogram[int64]{
		Temporality: cumulative, DataPoints: []metricdata.ExponentialHistogramDataPoint[int64]{{
			Attributes: attribute.NewSet(k("v")), Time: at(), Count: 1, Sum: 2, PositiveBucket: metricdata.ExponentialBucket{Counts: []uint64{1}},
		}},
	}))
	summary := in("ms", metricOf("wait", metricdata.Summary{DataPoints: []metricdata.SummaryDataPoint{{
		Attributes: attribute.NewSet(k("v")), Time: at(), Count: 1, Sum: 2, QuantileValues: []metricdata.QuantileValue{{Quantile: 0.5, Value: 2}},
	}}}))
	scopes := resourceMetrics(
		metricdata.ScopeMetrics{
			Scope: instrumentation.Scope{
				Name: "one", Version: "1.0", SchemaURL: "https://example.com/1",
				Attributes: attribute.NewSet(text("a.b", "z"), text("a_b", "y"), text("name", "not this"), text("schema.url", "nor this"), attribute.Int("n", 1), text("", "none")),
			},
			Metrics: []metricdata.Metrics{counter("n", number[int64](1, text("otel.scope.n", "own")))},
		},
		metricdata.ScopeMetrics{Metrics: []metricdata.Metrics{counter("n", number[int64](1))}},
	)
	return []conversion{
		one("units of sums", grows("s", "cpu.time"), grows("By/s", "rate"), grows("1", "n"), grows("", "none"), grows("{request}", "http.requests"), grows("{request}/s", "load")),
		one("units of sums that go up and down", upDown("By", "memory"), upDown("1", "n"), upDown("{connection}", "connections")),
		one("units of gauges", level("Cel", "temperature"), level("%", "fill"), level("1", "cpu.utilization"), level("KiBy", "cache"), level("m/s", "speed"), level("furlong", "distance")),
		one("units of histograms", spread("s")),
		one("an exponential histogram and a summary", exponential, summary),
		one("names that have what is added", grows("", "req.total"), grows("", "total.req"), grows("s", "x_seconds"), grows("s", "seconds.x.total"), grows("", "reqtotal"), level("1", "ratio.x")),
		one("names that are not Prometheus'", grows("", "5xx"), grows("", "größe/总数"), level("", "__a..b__"), level("a:b", "unit"), level("", "rule:sum"), level("", "///")),
		one("an empty name", grows("s", "")),
		one("one name, two units", level("s", "n"), level("By", "n"), level("{x}", "n"), level("", "n")),
		one("names that become one", grows("", "a.b"), grows("", "a.b.total"), level("s", "c"), level("", "c.seconds")),
		one("a prefix", grows("By", "n"), level("1", "ratio")).with(WithPrefix("shop.")),
		one("keys", counter("n", number[int64](1, text("2nd", "v"), text("__name__", "v"), text("_x_", "v"), text("город", "v"), text("a..b", "v")))),
		one("a key of a tag of ours, and of a label", counter("n", number[int64](1))).with(WithTags(map[string]string{"2nd": "v"}), WithResourceAttributes(nil)),
		one("colliding keys", counter("n", number[int64](1, text("a.b", "z"), text("a_b", "y"), text("a-b", "")))),
		one("an empty key", counter("n", number[int64](1, text("", "v")))),
		conversion{name: "scopes", exports: []*metricdata.ResourceMetrics{scopes}}.with(WithPrometheusNames()),
		{name: "scopes, by our own names", exports: []*metricdata.ResourceMetrics{scopes}},
		conversion{name: "scopes, without tags", exports: []*metricdata.ResourceMetrics{scopes}}.with(WithPrometheusNames(), WithoutScopeTags()),
	}
}

func targetConversions() []conversion {
	of := func(name string, r *resource.Resource, options ...Option) conversion {
		rm := metricsOf(counter("n", number[int64](1)))
		rm.Resource = r
		return conversion{name: name, exports: []*metricdata.ResourceMetrics{rm}}.with(append(options, WithTargetInfo(nil))...)
	}
	shop := []attribute.KeyValue{
		attribute.String("service.name", "shop"), attribute.String("host.name", "web1"), attribute.String("os.type", "linux"),
		attribute.StringSlice("process.command_args", []string{"shop", "-v"}),
	}
	large := resource.NewSchemaless(append(many(25), shop...)...)
	later := func(c conversion) *metricdata.ResourceMetrics {
		rm := metricsOf(counter("n", metricdata.DataPoint[int64]{Time: at().Add(time.Second), Value: 2}))
		rm.Resource = c.exports[0].Resource
		return rm
	}
	twice := of("a resource with too many attributes, twice", large)
	twice.exports = append(twice.exports, later(twice))
	again := of("one timestamp, twice", resource.NewSchemaless(shop...))
	again.exports = append(again.exports, again.exports[0], later(again), metricsOf())
	named := of("a metric of that name", resource.NewSchemaless(shop...), WithResourceAttributes(nil))
	named.exports[0].ScopeMetrics = append(named.exports[0].ScopeMetrics, metricdata.ScopeMetrics{Metrics: []metricdata.Metrics{gauge("target.info", number(7.5))}})
	scoped := of("with other tags", resource.NewSchemaless(shop...), WithPrometheusNames(), WithTags(map[string]string{"os.type": "", "zone": "eu"}), WithPrefix("p."))
	scoped.exports[0].ScopeMetrics[0].Scope = instrumentation.Scope{Name: "scope", Version: "1.0"}
	return []conversion{
		of("all attributes", resource.NewSchemaless(shop...)),
		scoped,
		of("some", large).with(WithTargetInfo(func(kv attribute.KeyValue) bool { return strings.HasPrefix(string(kv.Key), "os") })),
		of("nothing to tell", resource.Empty(), WithoutHostTag(), WithTags(map[string]string{"zone": "eu"})),
		of("nothing is chosen", resource.NewSchemaless(shop...)).with(WithTargetInfo(func(attribute.KeyValue) bool { return false })),
		twice, again, named,
	}
}
