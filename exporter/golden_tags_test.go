// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"math"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
)

// tagged returns a case with one counter and these attributes.
func tagged(name string, attributes ...attribute.KeyValue) conversion {
	return one(name, counter("n", number[int64](1, attributes...)))
}

// scoped returns a case with one data point of a scope.
func scoped(name string) conversion {
	return conversion{name: name, exports: []*metricdata.ResourceMetrics{resourceMetrics(scopeMetrics("scope", counter("n", number[int64](1))))}}
}

// with adds options to a case.
func (c conversion) with(options ...Option) conversion {
	c.options = append(c.options, options...)
	return c
}

func tagConversions() []conversion {
	text := attribute.String
	all := map[string]string{"client": "y", "env": "x"}
	return []conversion{
		tagged("types of attributes",
			attribute.Bool("bool", true), attribute.Int64("int64", math.MinInt64), attribute.Float64("float64", 0.1), attribute.Float64("whole", 3),
			attribute.Float64("nan", math.NaN()), attribute.Float64("inf", math.Inf(-1)), text("string", "s"),
			attribute.BoolSlice("bools", []bool{true, false}), attribute.Int64Slice("int64s", []int64{1, -2}),
			attribute.Float64Slice("float64s", []float64{1, 0.5}), attribute.StringSlice("strings", []string{"a", `"b"`}), attribute.StringSlice("none", nil),
			attribute.KeyValue{Key: "bytes", Value: attribute.ByteSliceValue([]byte{0, 255})},
			attribute.KeyValue{Key: "slice", Value: attribute.SliceValue(attribute.IntValue(1), attribute.StringValue("a"))},
			attribute.KeyValue{Key: "map", Value: attribute.MapValue(text("z", "1"), attribute.Bool("a", true))}),
		tagged("a value that is empty is no tag", text("k", ""), attribute.KeyValue{Key: "empty"}, text("x", " ")),
		tagged("it hides the host", text("host", "")),
		tagged("and the service", text("service.name", "")),
		tagged("all tags hidden", text("host", ""), text("service_name", "")),
		tagged("Unicode", text("город", "Москва"), text("emoji", "🦆\u2028\ufeff")),
		tagged("Unicode keys, apptuit", text("город", "Москва"), text("emoji🦆", "v")).with(WithSanitizeMode(encoding.SanitizeApptuit)),
		tagged("invalid UTF-8", text("k", "a\xffb\xc3"), text("k\xff", "v")),
		tagged("control characters", text("k", "line\nbreak\ttab\r\x00\x1f\x7f\"\\</script>"), text("a\nb", "v")),
		tagged("colliding keys", text("a.b", "1"), text("a_b", "2"), text("a-b", "3"), text("a b", "0")),
		tagged("colliding keys, one of them empty", text("a.b", ""), text("a_b", "2")),
		tagged("between layers precedence decides", text("service_name", "mine")),
		tagged("a leading digit", text("2nd", "v")),
		tagged("an empty key", text("", "v")),
		tagged("25 tags after merging", many(23)...),
		tagged("26 tags after merging", many(24)...),
		tagged("25 after sanitizing", append(many(22), text("k.00", "joined"), text("k_00", "joined"))...),
		tagged("mode none", text("a.b", "1"), text("a_b", "2")).with(WithSanitizeMode(encoding.SanitizeNone)),
		tagged("mode none, an invalid key", text("a b", "1"), text("k", "v")).with(WithSanitizeMode(encoding.SanitizeNone)),
		tagged("layers", k("point")).with(WithTags(map[string]string{"k": "exporter", "client": "exporter", "e.x": "1"}),
			WithClientOptions(apptuitclient.WithTags(all))),
		scoped("scope tags"),
		scoped("no scope tags").with(WithoutScopeTags()),
		{
			name: "scope tags do not leak", exports: []*metricdata.ResourceMetrics{resourceMetrics(
				scopeMetrics("one", counter("a", number[int64](1))), scopeMetrics("", counter("b", number[int64](1))),
				metricdata.ScopeMetrics{Metrics: []metricdata.Metrics{counter("c", number[int64](1, text("otel.scope.name", "mine")))}},
			)},
		},
	}
}

func collisionConversions() []conversion {
	point := func(v int64) metricdata.DataPoint[int64] { return number(v, k("v")) }
	again := func(name string, rm *metricdata.ResourceMetrics) conversion {
		return conversion{name: name, exports: []*metricdata.ResourceMetrics{rm, rm}}
	}
	twoScopes := func(x, y metricdata.Metrics) *metricdata.ResourceMetrics {
		return resourceMetrics(scopeMetrics("x", x), scopeMetrics("y", y))
	}
	histograms := twoScopes(
		explicitHistogram(metricdata.HistogramDataPoint[int64]{Count: 1, Sum: 1, BucketCounts: []uint64{1}}),
		explicitHistogram(metricdata.HistogramDataPoint[int64]{Count: 2, Sum: 2, BucketCounts: []uint64{2}}),
	)
	return []conversion{
		again("one point twice", metricsOf(counter("n", point(1), point(2)))),
		again("one instrument twice", metricsOf(counter("n", point(1)), counter("n", point(2)))),
		again("names that sanitize to one", metricsOf(counter("a.b", point(1)), counter("a_b", point(2)), counter("a-b", point(3)))),
		again("one name in two scopes", twoScopes(counter("n", point(1)), counter("n", point(2)))),
		again("one name in two scopes, without scope tags", twoScopes(counter("n", point(1)), counter("n", point(2)))).with(WithoutScopeTags()),
		again("keys that sanitize to one", metricsOf(counter("n", number[int64](1, attribute.String("a.b", "v")), number[int64](2, attribute.String("a_b", "v"))))),
		again("a sum and a gauge", metricsOf(counter("n", point(1)), gauge("n", number(2.5, k("v"))))),
		again("a suffix", metricsOf(counter("latency.count", point(1)), explicitHistogram(metricdata.HistogramDataPoint[int64]{Count: 2, Sum: 3}))),
		again("histograms of two scopes", histograms),
		again("histograms", histograms).with(WithoutScopeTags()),
	}
}
