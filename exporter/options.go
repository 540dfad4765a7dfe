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
// the last value applies.
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithClient sets the client that sends the points. By default New creates one, configured
// by options such as [WithEndpoint] and by the environment. Shutdown does not close a client that
// WithClient has set. New returns an error if WithClient is used together with an option of the
// client.
func WithClient(client *apptuitclient.Client) Option {
	return optionFunc(func(c *config) {
		if client == nil {
			c.fault("WithClient: the client is nil")
		}
		c.client, c.clientGiven = client, true
	})
}

// WithClientOptions passes options to the client that New creates. Use it for a list of options
// that the program also passes to apptuitclient.New, and otherwise the options of this package,
// such as [WithEndpoint]. They have the names and effects of the options of apptuitclient. The
// exceptions are WithTags and WithSanitizeMode, which configure the exporter here,
// WithoutEnvironment, which also ignores the variables of this package, and WithEncodedNames,
// which exporters do not need. WithClientOptions and the other options apply in the order in
// which they are given.
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
// of APPTUIT_TAGS and resource attributes. The attributes of a data point override them. A tag
// with an empty value is not sent, and suppresses the tags that it overrides. By default no tags
// are added.
func WithTags(tags map[string]string) Option {
	tags = maps.Clone(tags)
	return optionFunc(func(c *config) { c.tags = tags })
}

// WithPrefix adds a prefix to every metric name before sanitizing, without a separator:
// with the prefix "shop.", the metric requests becomes shop.requests. The default is no prefix.
// WithPrefix overrides APPTUIT_PREFIX.
func WithPrefix(prefix string) Option {
	return optionFunc(func(c *config) { c.prefix.Set("WithPrefix", prefix) })
}

// WithoutHostTag disables the host tag. By default the exporter adds the tag host to points for
// which no other source sets it (see the package comment). Its value is the resource attribute
// host.name, or the name of this host if the attribute is missing. APPTUIT_DISABLE_HOST_TAG has
// the same effect.
func WithoutHostTag() Option {
	return optionFunc(func(c *config) { c.hostTag.Set("WithoutHostTag", false) })
}

// WithInstanceTag adds the tag service_instance_id, unless another source sets it. Its
// value is random, and does not change during the life of the exporter. The tag distinguishes
// processes with the same service name on one host. APPTUIT_INSTANCE_TAG has the same
// effect.
func WithInstanceTag() Option {
	return optionFunc(func(c *config) { c.instanceTag.Set("WithInstanceTag", true) })
}

// WithResourceAttributes selects the resource attributes that become tags, by their keys
// before sanitizing. The default is service.name, service.namespace and
// service.instance.id. A nil filter selects all. WithResourceAttributes overrides
// APPTUIT_RESOURCE_ATTRIBUTES.
func WithResourceAttributes(filter attribute.Filter) Option {
	return optionFunc(func(c *config) {
		c.resource.Set("WithResourceAttributes", orAll(filter))
	})
}

// WithAttributeFilter selects the attributes of data points that become tags: the attributes for
// which the filter returns true. By default, and with a nil filter, all attributes become tags. A
// data point that still has more tags than [WithMaxTags] allows is rejected.
//
// The filter does not apply to resource attributes ([WithResourceAttributes]), scope
// attributes, tags of options, and the attribute otel.metric.overflow, with which the SDK
// marks the data point for measurements beyond its cardinality limit. An attribute that the filter
// removes does not suppress a tag that it would override. Stats.Filtered and the metric
// apptuit.reporter.filtered count the data points from which attributes were removed.
//
// Data points that differ only in removed attributes become the same series. The exporter cannot
// aggregate them: it sends the first of them in an Export, and rejects the others with an error
// that names the filter. If the program can configure an SDK View, prefer a View with an
// AttributeFilter (metric.Stream of go.opentelemetry.io/otel/sdk/metric), which aggregates such
// data points.
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
// package comment has the rules. New returns an error if the sanitize mode is not prometheus, or
// the layout not [LayoutDefault]. APPTUIT_PROMETHEUS_NAMES has the same effect.
func WithPrometheusNames() Option {
	return optionFunc(func(c *config) { c.prometheusNames.Set("WithPrometheusNames", true) })
}

// WithTargetInfo adds a point of the metric target_info, with the value 1, to each Export. It has
// the tags that all points of the resource have, and a tag for each resource attribute that the
// filter selects. A nil filter selects all attributes. Queries join target_info with other metrics:
//
//	requests_total * on (service_name, host) group_left (k8s_pod_name) target_info
//
// The prefix is not added to the name. A point with more tags than [WithMaxTags] allows is
// rejected. By default there is no target_info. APPTUIT_TARGET_INFO=yes selects all attributes;
// WithTargetInfo overrides it.
func WithTargetInfo(filter attribute.Filter) Option {
	return optionFunc(func(c *config) { c.target.Set("WithTargetInfo", orAll(filter)) })
}

// WithStartPoints sends a start point, with the value 0, before the first point of each
// cumulative monotonic series: sums, and the counts, sums and buckets of histograms. Servers
// compute rates and increases from pairs of points. Without a start point, they do not see
// the first increment of a series: a counter that appears with the value 1 has not increased.
//
// The time of a start point is the time of the previous collection of the instrument, since the
// series had counted nothing until then. In the first collection of an instrument, and for a
// series that starts later than the previous collection, it is the start time of the series,
// which may be older than the server accepts. A series without a start time gets no start point.
// While the cache ([WithCacheBytes]) has no room for all series of an instrument, its new series
// get no start points either, because the exporter cannot distinguish a new series from a series
// that was dropped from the cache. A start point is sent once; if that Export fails, it is lost. It
// is counted as a point of the data point that it precedes.
//
// Do not use the option if new series of an instrument do not start at 0. This is true of
// observable counters that continue a total from elsewhere, such as a counter of the kernel, and of
// observable counters that stop observing a series for more than five minutes and then resume
// it: their whole total counts as an increase. A bucket that an exponential histogram gets later
// than its first buckets, because it has become wider, has no start point.
//
// By default there are no start points. In the reporter layout New returns an error, because
// apptuit-py's reporter has none. APPTUIT_START_POINTS has the same effect, except that the
// reporter layout ignores it with a warning.
func WithStartPoints() Option {
	return optionFunc(func(c *config) { c.startPoints.Set("WithStartPoints", true) })
}

// WithoutScopeTags disables the tags of the instrumentation scope. By default, each point
// has the tags otel_scope_name and otel_scope_version, unless they are empty, as the
// specification demands (OpenTelemetry Specification, Common, Mapping to non-OTLP formats).
// With WithPrometheusNames it also has otel_scope_schema_url, and a tag otel_scope_<key> for
// each attribute of the scope, as with OpenTelemetry's Prometheus exporter. Without scope
// tags, instruments of two libraries collide if they have the same name and equal attributes. Scope
// tags count towards the largest number of tags, which is 8 for OpenTSDB ([WithServer]). The
// exporter's own metrics and target_info have no scope tags. In the reporter layout no point has
// scope tags, unless APPTUIT_SCOPE_TAGS=yes adds them. APPTUIT_SCOPE_TAGS=no has the same effect as
// WithoutScopeTags, which overrides the variable.
func WithoutScopeTags() Option {
	return optionFunc(func(c *config) { c.scopeTags.Set("WithoutScopeTags", false) })
}

// WithErrorHandler sets a function that is called with the error of each batch with failed
// points. It is also called with an error about points that were rejected before they were sent,
// unless they were rejected for the same reason before. By default there is no handler. Export
// returns its error with and without a handler.
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
// next Export. WithTemporalitySelector overrides APPTUIT_TEMPORALITY_PREFERENCE, whose values
// [ParseTemporalityPreference] parses.
func WithTemporalitySelector(selector sdkmetric.TemporalitySelector) Option {
	return optionFunc(func(c *config) {
		if selector == nil {
			c.fault("WithTemporalitySelector: the selector is nil")
		}
		c.temporality.Set("WithTemporalitySelector", selector)
	})
}

// WithAggregationSelector sets the default aggregation of each kind of instrument; a View
// overrides it. The default is that of the SDK, except for histograms in the reporter layout,
// which are exponential. WithAggregationSelector overrides APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION,
// whose values [ParseHistogramAggregation] parses.
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
// is compatible with dashboards for apptuit-py. Its defaults are delta temporality for
// histograms ([WithTemporalitySelector]), and exponential histograms with up to 160 buckets and a
// scale of at most 20 ([WithAggregationSelector]). Its state takes up to half of the memory of
// [WithCacheBytes]. WithLayout overrides APPTUIT_LAYOUT.
func WithLayout(layout Layout) Option {
	return optionFunc(func(c *config) {
		if layout > LayoutReporter {
			c.fault("WithLayout: unknown layout %d", layout)
		}
		c.layout.Set("WithLayout", layout)
	})
}

// WithHistograms sets whether histograms are sent as buckets, quantiles or both. The
// default is [HistogramsRecorded]. In the reporter layout the option is ignored. WithHistograms
// overrides APPTUIT_HISTOGRAMS.
//
// Quantiles of explicit buckets are interpolated linearly within a bucket, and limited to
// the recorded minimum and maximum. If there is no recorded minimum, the lowest bucket begins at 0
// if its bound is positive; if its bound is not positive, all of its values count as equal to the
// bound. If there is no recorded maximum, the values of the highest bucket count as equal to its
// lower bound. A histogram with neither bounds nor minimum and maximum has no quantiles.
//
// Buckets of all exponential histograms share the same bounds, so that they can be
// aggregated: the powers of the fourth root of 2, from the lowest to the highest that a
// histogram needs. If these are more than 64, the powers of the square root of 2 are used,
// then the powers of 2, and so on. A histogram with a lower scale keeps its own bounds.
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
// 0.999. It does not apply to summaries, which have their own quantiles, and is ignored in the
// reporter layout. WithQuantiles overrides APPTUIT_QUANTILES.
func WithQuantiles(quantiles ...float64) Option {
	clean, err := convert.CleanQuantiles(quantiles)
	return optionFunc(func(c *config) {
		if err != nil {
			c.fault("WithQuantiles: %w", err)
		}
		c.quantiles.Set("WithQuantiles", clean)
	})
}

// WithSparseBuckets omits empty buckets of cumulative histograms with explicit buckets. When a bucket, or the bucket above it, counts something for the first time in
// any series of the metric, the bucket appears: from then on it is sent for all series of the
// metric. Until then its value is that of the next lower bucket that is sent, or 0. The bucket
// le="+Inf" is always sent. When a bucket appears in a series that was sent before, its value at
// the previous Export is sent first, with the timestamp of that Export. By default all buckets are
// sent. APPTUIT_SPARSE_BUCKETS has the same effect.
//
// An Export of examples/httpservice, with the metrics of its requests and of the Go runtime, has
// 240 to 270 points in 3.2 to 4.4 KB, instead of 530 points in 6.6 to 6.9 KB. Its
// http.server.request.duration has 8 buckets instead of 15 (go test -run SparseBuckets -v
// ./examples/httpservice).
//
// Queries with histogram_quantile give the same answers, for each series and for sums by le,
// with three exceptions:
//
//   - If a window of rate or increase begins before a bucket appears and ends later, the window
//     lacks the earlier values of the bucket. Quantiles over that window can be wrong: of random
//     queries over such windows, a third had other answers.
//   - Sums over several processes, or over several resources of a Collector, lack the
//     observations of the processes or resources that do not send a bucket. Quantiles in buckets
//     that some of them do not send can be too high, up to the largest bound that one of them
//     sends. Do not use the option if such sums matter, unless all of them have counted in the same
//     buckets.
//   - A query for a single le finds nothing as long as the bucket is not sent.
//
// The exporter forgets which buckets have appeared when it ends, or when the series leave the cache.
// Data points whose bounds differ from the first bounds of the metric, and series that do not fit
// into the cache ([WithCacheBytes]), have all buckets. If an Export fails, the previous values that
// it was to send are lost. Each series takes 16 bytes of the cache, and 8 bytes for each bound.
//
// The option has no effect on delta temporality, on quantiles, and in the reporter layout. It has
// no effect on exponential histograms either, which have only the buckets from the lowest to the
// highest that they need. With [WithStartPoints], a bucket of the first
// data point of a series has a start point like all other series. A bucket that appears later has
// its value at the previous Export instead.
func WithSparseBuckets() Option {
	return optionFunc(func(c *config) { c.sparseBuckets.Set("WithSparseBuckets", true) })
}

// WithTimers sets which histograms are timers in the reporter layout. The default is
// [TimersByUnit]. WithTimers overrides APPTUIT_TIMERS. In the default layout New returns an error.
func WithTimers(timers Timers) Option {
	return optionFunc(func(c *config) {
		if timers > TimersNone {
			c.fault("WithTimers: unknown value %d", timers)
		}
		c.timers.Set("WithTimers", timers)
	})
}

// WithDurationUnit sets the unit of timers in the reporter layout. The default is one
// second, as in apptuit-py. The values of histograms with another unit of time are converted.
// WithDurationUnit overrides APPTUIT_DURATION_UNIT. In the default layout New returns an error.
func WithDurationUnit(unit time.Duration) Option {
	return optionFunc(func(c *config) {
		if unit <= 0 {
			c.fault("WithDurationUnit: %v is not positive", unit)
		}
		c.durationUnit.Set("WithDurationUnit", unit)
	})
}

// WithMeters selects the monotonic sums that are meters in the reporter layout. A meter has a
// count and four rates. All other sums are counters, which have only a count. By default no
// sum is a meter.
//
// The patterns are compared with the name of the instrument, or the name that a View gives it,
// without the prefix and before sanitizing. In a pattern, * stands for any text and ? for one
// character; all other characters must be equal, including their case. A pattern after an
// exclamation mark excludes the names that it matches, and overrides the other patterns:
//
//	exporter.WithMeters()                            // all
//	exporter.WithMeters("http.*", "orders")          // orders, and all that begin with http.
//	exporter.WithMeters("http.*", "!http.server.*")  // begin with http., but not with http.server.
//	exporter.WithMeters("!queue.*")                  // all that do not begin with queue.
//
// Up-down counters and the exporter's own metrics, apptuit.reporter.*, are never meters.
//
// WithMeters overrides APPTUIT_METERS and earlier calls of WithMeters. New returns an error for
// an empty pattern, and in the default layout.
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
// instrument and scope. [InstrumentUsage] describes the values. The 100 instruments with the most
// bytes have series of their own. The usage of all other instruments is added up in series with the
// tag instrument="_OTHER" and no scope, so that an Export has at most 303 additional points. By
// default there are no usage metrics. APPTUIT_USAGE_METRICS has the same effect. New returns an
// error if WithoutSelfMetrics is also given.
func WithUsageMetrics() Option {
	return optionFunc(func(c *config) { c.usageMetrics.Set("WithUsageMetrics", true) })
}

// WithCardinalityWarning sets the number of series of an instrument above which the exporter
// warns. It passes an error that names the instrument and its scope to the warning handler
// of the client ([WithWarningHandler]), once for each instrument. A series is an attribute set that had
// a data point within the last five minutes. If the series of an instrument do not fit into the cache
// ([WithCacheBytes]), only the series of one Export are counted together. The default is 0, which
// disables the warning. The exporter
// always warns when the SDK's cardinality limit has taken effect, which is 2,000 series of an
// instrument by default. WithCardinalityWarning overrides APPTUIT_CARDINALITY_WARNING.
func WithCardinalityWarning(series int) Option {
	return optionFunc(func(c *config) {
		if series < 0 {
			c.fault("WithCardinalityWarning: %d is negative", series)
		}
		c.cardinality.Set("WithCardinalityWarning", series)
	})
}

// WithoutSelfMetrics disables the exporter's own metrics, apptuit.reporter.*. It overrides
// APPTUIT_SELF_METRICS, and also disables the metrics of APPTUIT_USAGE_METRICS.
func WithoutSelfMetrics() Option {
	return optionFunc(func(c *config) { c.selfMetrics.Set("WithoutSelfMetrics", false) })
}

// WithMeterProvider sets the provider of the instruments for OpenTelemetry's metrics about
// exporters: otel.sdk.exporter.metric_data_point.inflight and .exported, and
// otel.sdk.exporter.operation.duration. The package comment describes them. By default they
// are not recorded. With OTEL_GO_X_OBSERVABILITY=true, which OpenTelemetry's OTLP exporters
// also read, the default is the global provider, otel.GetMeterProvider().
// WithMeterProvider overrides the variable; a provider of
// go.opentelemetry.io/otel/metric/noop disables the metrics.
//
// The exporter can export these metrics itself. Its own MeterProvider does not exist yet when New
// is called, so pass the global provider, which delegates to the MeterProvider as soon as it is
// set:
//
//	exp, err := exporter.New(ctx, exporter.WithMeterProvider(otel.GetMeterProvider()))
//	…
//	provider := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(exp)))
//	otel.SetMeterProvider(provider)
//
// New creates the instruments. Export records measurements when the collection has ended, so that
// it does not wait for itself. The measurements are sent with the next Export, and do not cause one.
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
// attributes each. Series that do not fit are also sent, but they are rendered at each Export, and
// not all collisions between them are detected. In the reporter layout, half of the memory is for
// state, which is enough for about 100,000 series. If the state of a series does not fit, its count
// and rates are rejected; with cumulative temporality, its count is sent.
func WithCacheBytes(n int64) Option {
	return optionFunc(func(c *config) {
		if n < 0 {
			c.fault("WithCacheBytes: %d is negative", n)
		}
		c.cacheBytes = n
	})
}
