// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"maps"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	sdkmetric "go.opentelemetry.io/otel/sdk/metric"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/convert"
)

// Option configures an [Exporter]. If an option that sets a value is given several times,
// the last one applies.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithClient sets the client that sends the points. By default New creates one, configured
// by options such as [WithEndpoint] and the environment. Shutdown does not close a client that
// is set here. WithClient together with an option of the client is an error of New.
func WithClient(client *apptuitclient.Client) Option {
	return optionFunc(func(c *config) {
		if client == nil {
			c.fault("WithClient: the client is nil")
		}
		c.client, c.clientGiven = client, true
	})
}

// WithClientOptions passes options to the client that New creates. It is meant for a list that
// the program has as a value, for example because it creates a Client of its own with the same
// options. Otherwise use the options of this package, such as [WithEndpoint]. Each option of
// package apptuitclient is also an option of this package, with the same name and effect, except
// WithTags and WithSanitizeMode, which have a meaning of their own, WithoutEnvironment, which
// includes the variables of this package, and WithEncodedNames, which does not concern exporters.
// WithClientOptions and these options apply in the order in which they are given.
func WithClientOptions(opts ...apptuitclient.Option) Option {
	return optionFunc(func(c *config) {
		if len(opts) > 0 {
			c.addClientOptions("WithClientOptions", opts...)
		}
	})
}

// WithoutEnvironment ignores all environment variables whose names begin with APPTUIT_, and
// OTEL_GO_X_OBSERVABILITY. The variables for proxies remain in effect, and so do the variables
// that a client of [WithClient] has read.
func WithoutEnvironment() Option {
	return optionFunc(func(c *config) { c.ignored = true })
}

// WithSanitizeMode sets how invalid characters in metric names and tag keys are replaced.
// The default is the mode of the client: APPTUIT_SANITIZE_MODE, or prometheus.
func WithSanitizeMode(mode encoding.SanitizeMode) Option {
	return optionFunc(func(c *config) {
		if mode > encoding.SanitizeNone {
			c.fault("WithSanitizeMode: unknown mode %d", mode)
		}
		c.mode.Set("WithSanitizeMode", mode)
	})
}

// WithTags adds tags to every point. They override the global tags of the client, the tags
// of APPTUIT_TAGS and resource attributes, and are overridden by the attributes of the data
// point. A tag with an empty value is not sent, and suppresses the tags that it overrides.
// By default there are none.
func WithTags(tags map[string]string) Option {
	tags = maps.Clone(tags)
	return optionFunc(func(c *config) { c.tags = tags })
}

// WithPrefix adds a prefix to every metric name before sanitizing, without a separator:
// with "shop." the metric requests becomes shop.requests. The default is no prefix. It
// overrides APPTUIT_PREFIX.
func WithPrefix(prefix string) Option {
	return optionFunc(func(c *config) { c.prefix.Set("WithPrefix", prefix) })
}

// WithoutHostTag disables the host tag of the exporter. By default the exporter adds the
// tag host, with the resource attribute host.name or the name of this host, unless another
// source sets it (see the package comment). APPTUIT_DISABLE_HOST_TAG has the same effect.
func WithoutHostTag() Option {
	return optionFunc(func(c *config) { c.hostTag.Set("WithoutHostTag", false) })
}

// WithInstanceTag adds the tag service_instance_id, unless another source sets it. Its
// value is random, and constant for the life of the exporter. The tag distinguishes
// processes with the same service name on one host. APPTUIT_INSTANCE_TAG has the same
// effect.
func WithInstanceTag() Option {
	return optionFunc(func(c *config) { c.instanceTag.Set("WithInstanceTag", true) })
}

// WithResourceAttributes selects the resource attributes that become tags, by their keys
// before sanitizing. The default is service.name, service.namespace and
// service.instance.id. A nil filter selects all. It overrides APPTUIT_RESOURCE_ATTRIBUTES.
func WithResourceAttributes(filter attribute.Filter) Option {
	return optionFunc(func(c *config) {
		c.resource.Set("WithResourceAttributes", orAll(filter))
	})
}

// WithAttributeFilter selects the attributes of data points that become tags: those for
// which the filter returns true. By default, and with a nil filter, all attributes are
// sent. A data point that then has more tags than [WithMaxTags] allows is rejected.
//
// The filter does not apply to resource attributes ([WithResourceAttributes]), scope
// attributes, tags of options, and the attribute otel.metric.overflow, with which the SDK
// marks the data point for measurements beyond its cardinality limit. An attribute that is
// removed does not suppress a tag that it would override. Stats.Filtered and the metric
// apptuit.reporter.filtered count the data points from which attributes were removed.
//
// Data points that differ only in removed attributes become one series. The exporter cannot
// aggregate them: it sends the first one of an Export, and rejects the others with an error
// that names the filter. Prefer an SDK View with an AttributeFilter (metric.Stream of
// go.opentelemetry.io/otel/sdk/metric) where the program can configure one, because it
// aggregates them.
//
// The filter is called concurrently, with keys before sanitizing. Its result is cached for
// each set of attributes, so it must always return the same result for the same attribute.
// WithAttributeFilter overrides APPTUIT_ATTRIBUTES.
func WithAttributeFilter(filter attribute.Filter) Option {
	return optionFunc(func(c *config) { c.filter.Set("WithAttributeFilter", filter) })
}

func orAll(filter attribute.Filter) attribute.Filter {
	if filter == nil {
		return all
	}
	return filter
}

func all(attribute.KeyValue) bool { return true }

// WithPrometheusNames gives metrics and tags the names that OpenTelemetry's Prometheus
// exporter gives them, so that dashboards and alerts for that exporter continue to work:
// the unit is appended (http.server.duration in s becomes http_server_duration_seconds),
// monotonic sums get the suffix _total, and attribute keys become valid label names. The
// package comment has the rules. It requires the sanitize mode prometheus and the default
// layout, which are the defaults. APPTUIT_PROMETHEUS_NAMES has the same effect.
func WithPrometheusNames() Option {
	return optionFunc(func(c *config) { c.prometheusNames.Set("WithPrometheusNames", true) })
}

// WithTargetInfo adds a point of the metric target_info to each Export. Its value is 1. Its
// tags are those of all points, and the resource attributes that the filter selects; a nil
// filter selects all. Queries join it with other metrics, for example requests_total * on
// (service_name, host) group_left (k8s_pod_name) target_info. The prefix is not added to
// its name. If it has more tags than [WithMaxTags] allows, it is rejected. By
// default there is no target_info. APPTUIT_TARGET_INFO selects all attributes; WithTargetInfo
// overrides it.
func WithTargetInfo(filter attribute.Filter) Option {
	return optionFunc(func(c *config) { c.target.Set("WithTargetInfo", orAll(filter)) })
}

// WithStartPoints sends a start point, with the value 0, before the first point of each
// cumulative monotonic series: sums, and the counts, sums and buckets of histograms. Servers
// compute rates and increases from pairs of points. Without a start point, they do not see
// the first increment of a series: a counter that appears with the value 1 has not increased.
//
// The time of a start point is that of the previous collection of the instrument, since the
// series had counted nothing until then. In the first collection of an instrument, and for a
// series that starts later than the previous collection, it is the start time of the series,
// which may be older than data that the server accepts. A series without a start time gets
// no start point. Nor does a series that may only have been dropped from the cache
// ([WithCacheBytes]): there are none while the series of an instrument do not all fit. A start
// point is sent once; if that Export fails, it is lost. It is counted as a point of the data
// point that it precedes.
//
// The option is wrong for instruments whose new series do not start at 0. These are observable
// counters that continue a total from elsewhere, such as a counter of the kernel, and
// observable counters that stop observing a series for more than five minutes and then resume
// it: their whole total counts as an increase. It is also wrong for a series of exponential
// buckets that appears later than its histogram, because a wider histogram gets further
// buckets; it has no start point.
//
// By default there are no start points. In the reporter layout New returns an error, because
// apptuit-py's reporter has none. APPTUIT_START_POINTS has the same effect.
func WithStartPoints() Option {
	return optionFunc(func(c *config) { c.startPoints.Set("WithStartPoints", true) })
}

// WithoutScopeTags disables the tags of the instrumentation scope. By default, each point
// has the tags otel_scope_name and otel_scope_version, unless they are empty, as the
// specification demands (OpenTelemetry Specification, Common, Mapping to non-OTLP formats).
// With WithPrometheusNames it also has otel_scope_schema_url, and a tag otel_scope_<key> for
// each attribute of the scope, as with OpenTelemetry's Prometheus exporter. Without scope
// tags, instruments of two libraries with one name and equal attributes collide. They count
// towards the largest number of tags, which is 8 for OpenTSDB ([WithServer]). The
// exporter's own metrics and target_info have no scope tags, and in the reporter layout no
// point has. APPTUIT_SCOPE_TAGS=no has the same effect; yes adds the tags in the reporter
// layout. WithoutScopeTags overrides it.
func WithoutScopeTags() Option {
	return optionFunc(func(c *config) { c.scopeTags.Set("WithoutScopeTags", false) })
}

// WithErrorHandler sets a function that is called with the error of each batch with failed
// points, and with an error about points that were rejected before they were sent, if they
// were not rejected for the same reason before. By default there is none. Export returns
// its error whether or not there is a handler.
//
// The handler is called on a goroutine of its own, with one error at a time. It may call
// Export, ForceFlush and Shutdown of the exporter. A panic in it is recovered and
// discarded. Export and Shutdown wait up to 100 ms for it to return. While 100 errors are
// waiting for a handler that does not return, further errors are discarded.
func WithErrorHandler(handler func(*apptuitclient.SendError)) Option {
	return optionFunc(func(c *config) { c.handler = handler })
}

// WithTemporalitySelector sets the temporality of each kind of instrument. The default is
// cumulative, except for histograms in the reporter layout, which are delta. Delta points
// of an Export that fails are lost; the reporter layout adds their counts and sums to the
// next Export. It overrides APPTUIT_TEMPORALITY_PREFERENCE, whose values
// [ParseTemporalityPreference] parses.
func WithTemporalitySelector(selector sdkmetric.TemporalitySelector) Option {
	return optionFunc(func(c *config) {
		if selector == nil {
			c.fault("WithTemporalitySelector: the selector is nil")
		}
		c.temporality.Set("WithTemporalitySelector", selector)
	})
}

// WithAggregationSelector sets the aggregation of each kind of instrument. The default is
// that of the SDK, except for histograms in the reporter layout, which are exponential. It
// overrides APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION, whose values [ParseHistogramAggregation]
// parses.
func WithAggregationSelector(selector sdkmetric.AggregationSelector) Option {
	return optionFunc(func(c *config) {
		if selector == nil {
			c.fault("WithAggregationSelector: the selector is nil")
		}
		c.aggregation.Set("WithAggregationSelector", selector)
	})
}

// WithLayout sets the layout: the series that each data point becomes, and their names. The
// package comment describes the layouts. The default is [LayoutDefault]. [LayoutReporter]
// is compatible with dashboards for apptuit-py. It selects delta temporality for
// histograms, and exponential histograms with up to 160 buckets and a scale of at most 20,
// unless WithTemporalitySelector, WithAggregationSelector or their environment variables
// are set. Its state takes up to half of WithCacheBytes. WithLayout overrides
// APPTUIT_LAYOUT.
func WithLayout(layout Layout) Option {
	return optionFunc(func(c *config) {
		if layout > LayoutReporter {
			c.fault("WithLayout: unknown layout %d", layout)
		}
		c.layout.Set("WithLayout", layout)
	})
}

// WithHistograms sets whether histograms are sent as buckets, quantiles or both. The
// default is [HistogramsRecorded]. It has no effect in the reporter layout. It overrides
// APPTUIT_HISTOGRAMS.
//
// Quantiles of explicit buckets are interpolated linearly within a bucket, and limited to
// the recorded minimum and maximum. Without a recorded minimum, the lowest bucket begins at
// 0 if its bound is positive; otherwise, and without a recorded maximum in the highest
// bucket, the values are taken to be equal to the bound of the bucket. A histogram with
// neither bounds nor minimum and maximum has no quantiles.
//
// Buckets of all exponential histograms share the same bounds, so that they can be
// aggregated: the powers of the fourth root of 2, from the lowest to the highest that a
// histogram needs. If these are more than 64, the powers of the square root of 2 are used,
// then those of 2, and so on. A histogram with a lower scale keeps its own bounds.
func WithHistograms(histograms Histograms) Option {
	return optionFunc(func(c *config) {
		if histograms > HistogramsBoth {
			c.fault("WithHistograms: unknown value %d", histograms)
		}
		c.histograms.Set("WithHistograms", histograms)
	})
}

// WithQuantiles sets the quantiles of histograms in the default layout: up to 100 numbers
// between 0 and 1, both exclusive, in any order. The default is 0.5, 0.75, 0.95, 0.99 and
// 0.999. It does not apply to summaries, which have their own quantiles. It overrides
// APPTUIT_QUANTILES.
func WithQuantiles(quantiles ...float64) Option {
	clean, err := convert.CleanQuantiles(quantiles)
	return optionFunc(func(c *config) {
		if err != nil {
			c.fault("WithQuantiles: %w", err)
		}
		c.quantiles.Set("WithQuantiles", clean)
	})
}

// WithSparseBuckets omits buckets of cumulative histograms with explicit buckets that have
// counted nothing. A bucket is sent from the first time on that it, or the bucket above it,
// has counted something in any series of the metric, and then always, for all of its series.
// Until then it equals the next lower bucket that is sent, or is 0. le="+Inf" is always sent.
// When a bucket appears in a series that was sent before, its value at the previous Export
// goes first, with the timestamp of that Export. By default all buckets are sent.
// APPTUIT_SPARSE_BUCKETS has the same effect.
//
// An Export of examples/httpservice, with the metrics of its requests and of the Go runtime, has
// 240 to 270 points in 3.2 to 4.4 KB in place of 530 in 6.6 to 6.9 KB; its
// http.server.request.duration has 8 buckets in place of 15 (go test -run SparseBuckets -v
// ./examples/httpservice).
//
// Queries with histogram_quantile give the same answers, for each series and for sums by le,
// with three exceptions:
//
//   - A window of rate or increase that begins before a bucket appeared and ends after it
//     lacks earlier values of the bucket. Quantiles over that window can be wrong: of random
//     queries over such windows, a third had other answers.
//   - Sums over several processes, or over several resources of a Collector, lack the
//     observations of those that do not send a bucket. Quantiles in buckets that are not sent
//     by all of them can be too high, up to the largest bound that one of them sends. Do not
//     use the option if such sums matter, unless all of them have counted in the same buckets.
//   - A query for one le finds nothing as long as the bucket is not sent.
//
// The exporter forgets the buckets when it ends or when the series leave the cache. Data
// points with other bounds than the first ones of the metric, and series that do not fit into
// the cache ([WithCacheBytes]), have all buckets. If an Export fails, the previous values that
// went first are lost with it. Each series takes 8 bytes for each bound, and 16, of the cache.
//
// The option has no effect on delta temporality, where an omitted bucket would not be 0, on
// exponential histograms, which have only the buckets from the lowest to the highest that they
// need, on quantiles, and in the reporter layout. A bucket of the first data point of a series
// has a start point as all others do ([WithStartPoints]); one that appears later has the value
// of the previous Export in its place.
func WithSparseBuckets() Option {
	return optionFunc(func(c *config) { c.sparseBuckets.Set("WithSparseBuckets", true) })
}

// WithTimers sets which histograms are timers in the reporter layout. The default is
// [TimersByUnit]. It overrides APPTUIT_TIMERS. In another layout New returns an error.
func WithTimers(timers Timers) Option {
	return optionFunc(func(c *config) {
		if timers > TimersNone {
			c.fault("WithTimers: unknown value %d", timers)
		}
		c.timers.Set("WithTimers", timers)
	})
}

// WithDurationUnit sets the unit of timers in the reporter layout. The default is one
// second, as in apptuit-py. Timers with another unit are converted. It overrides
// APPTUIT_DURATION_UNIT. In another layout New returns an error.
func WithDurationUnit(unit time.Duration) Option {
	return optionFunc(func(c *config) {
		if unit <= 0 {
			c.fault("WithDurationUnit: %v is not positive", unit)
		}
		c.durationUnit.Set("WithDurationUnit", unit)
	})
}

// WithMeters selects the monotonic sums that are meters in the reporter layout: each has a
// count and four rates. All other sums are counters, which have a count only. By default no
// sum is a meter.
//
// The patterns select by the name of the instrument, before prefix and sanitizing, but after
// a View has renamed it. In a pattern, * stands for any text and ? for one character; the
// rest must be equal, with regard to case. A pattern after an exclamation mark excludes the
// names that it matches, and overrides the others:
//
//	exporter.WithMeters()                            // all
//	exporter.WithMeters("http.*", "orders")          // these
//	exporter.WithMeters("http.*", "!http.server.*")  // those of http that are not the server's
//	exporter.WithMeters("!queue.*")                  // all but these
//
// Up-down counters and the exporter's own metrics, apptuit.reporter.*, are never meters.
//
// WithMeters overrides APPTUIT_METERS, and the last WithMeters the earlier ones. In another
// layout New returns an error, as for an empty pattern.
func WithMeters(patterns ...string) Option {
	return optionFunc(func(c *config) {
		meters, err := metersOf(patterns...)
		if err != nil {
			c.fault("WithMeters: %w", err)
		}
		c.meters.Set("WithMeters", meters)
	})
}

// WithUsageMetrics adds metrics about the usage of each instrument in the previous Export to the
// exporter's own metrics: apptuit.reporter.usage.series, .points and .bytes, with the tags
// instrument and scope. [InstrumentUsage] describes the numbers. The 100 instruments that
// take most bytes are named; all others are added up, with the tag instrument="_OTHER" and
// no scope. So there are up to 303 points more in each Export. By default there are none.
// APPTUIT_USAGE_METRICS has the same effect. With WithoutSelfMetrics New returns an error.
func WithUsageMetrics() Option {
	return optionFunc(func(c *config) { c.usageMetrics.Set("WithUsageMetrics", true) })
}

// WithCardinalityWarning sets the number of series of an instrument above which there is a
// warning: an error that names the instrument and its scope is passed to the warning handler
// of the client ([WithWarningHandler]), once for each instrument. A series is an
// attribute set that had a data point within the last five minutes; series that do not fit
// into [WithCacheBytes] are counted if they are in one Export. The default is 0, which
// disables the warning: the SDK limits an instrument to 2,000 series unless a program raises
// that, and the exporter always warns when this limit has taken effect. It overrides
// APPTUIT_CARDINALITY_WARNING.
func WithCardinalityWarning(series int) Option {
	return optionFunc(func(c *config) {
		if series < 0 {
			c.fault("WithCardinalityWarning: %d is negative", series)
		}
		c.cardinality.Set("WithCardinalityWarning", series)
	})
}

// WithoutSelfMetrics disables the exporter's own metrics, apptuit.reporter.*. It overrides
// APPTUIT_SELF_METRICS.
func WithoutSelfMetrics() Option {
	return optionFunc(func(c *config) { c.selfMetrics.Set("WithoutSelfMetrics", false) })
}

// WithMeterProvider sets the provider of the instruments for OpenTelemetry's metrics about
// exporters: otel.sdk.exporter.metric_data_point.inflight and .exported, and
// otel.sdk.exporter.operation.duration. The package comment describes them. By default they
// are not recorded. With OTEL_GO_X_OBSERVABILITY=true, which OpenTelemetry's OTLP exporters
// honour as well, the default is the global provider, otel.GetMeterProvider().
// WithMeterProvider overrides the variable; a provider of
// go.opentelemetry.io/otel/metric/noop disables the metrics.
//
// The provider can be the one that the exporter serves. It does not exist yet when the
// exporter is created, so use the global provider, which delegates to it as soon as it is
// set:
//
//	exp, err := exporter.New(ctx, exporter.WithMeterProvider(otel.GetMeterProvider()))
//	…
//	provider := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(exp)))
//	otel.SetMeterProvider(provider)
//
// New creates the instruments. Export records measurements after the collection, so it does
// not wait for itself. They are sent with the next Export, and do not cause one.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return optionFunc(func(c *config) {
		if provider == nil {
			c.fault("WithMeterProvider: the provider is nil")
		}
		c.meterProvider.Set("WithMeterProvider", provider)
	})
}

// WithCacheBytes limits the memory, in bytes, for series that are kept between Exports. The
// default is 64 MiB, which is enough for about 350,000 sums, gauges or histograms with six
// attributes each. Series that do not fit are sent, but rendered at each Export, and not all
// collisions between them are detected. In the reporter layout, half of the
// memory is for state, which is enough for about 100,000 series. For series whose state
// does not fit, counts and rates are rejected; with cumulative temporality, the count is
// sent.
func WithCacheBytes(n int64) Option {
	return optionFunc(func(c *config) {
		if n < 0 {
			c.fault("WithCacheBytes: %d is negative", n)
		}
		c.cacheBytes = n
	})
}
