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

// Option configures an [Exporter].
type Option interface{ apply(*config) }

type optionFunc func(*config)

func (f optionFunc) apply(c *config) { f(c) }

// WithClient sets the client that sends the points. Shutdown does not close it. It cannot
// be combined with WithClientOptions.
func WithClient(client *apptuitclient.Client) Option {
	return optionFunc(func(c *config) {
		if client == nil {
			c.fault("WithClient: the client is nil")
		}
		c.client, c.clientGiven = client, true
	})
}

// WithClientOptions configures the client that New creates. The options override the
// client's environment variables.
func WithClientOptions(opts ...apptuitclient.Option) Option {
	return optionFunc(func(c *config) { c.clientOptions = append(c.clientOptions, opts...) })
}

// WithSanitizeMode sets how invalid characters in metric names and tag keys are replaced.
// The default is the mode of the client: APPTUIT_SANITIZE_MODE, or prometheus.
func WithSanitizeMode(mode encoding.SanitizeMode) Option {
	return optionFunc(func(c *config) {
		if mode > encoding.SanitizeNone {
			c.fault("WithSanitizeMode: unknown mode %d", mode)
		}
		c.names.Mode, c.modeSet = mode, true
	})
}

// WithTags adds tags to every point. They override the global tags of the client, those of
// APPTUIT_TAGS and those of the resource, and are overridden by the attributes of the
// point. A tag with an empty value is not sent, and hides those that it overrides. If the
// option is given several times, the last one applies.
func WithTags(tags map[string]string) Option {
	tags = maps.Clone(tags)
	return optionFunc(func(c *config) { c.tags = tags })
}

// WithPrefix adds a prefix to every metric name before sanitizing, without a separator:
// with "shop." the metric requests becomes shop.requests. The default is no prefix. It
// overrides APPTUIT_PREFIX.
func WithPrefix(prefix string) Option {
	return optionFunc(func(c *config) { c.names.Prefix, c.prefixSet = prefix, true })
}

// WithoutHostTag disables the host tag of the exporter. By default the tag host is
// host.name of the resource, or the name of this host, unless another source of tags sets
// it. APPTUIT_DISABLE_HOST_TAG has the same effect.
func WithoutHostTag() Option {
	return optionFunc(func(c *config) { c.noHostTag = true })
}

// WithInstanceTag adds the tag service_instance_id, with a random value that does not
// change during the life of the exporter, unless another source of tags sets it. It
// distinguishes processes with the same service name on one host.
func WithInstanceTag() Option {
	return optionFunc(func(c *config) { c.instanceTag = true })
}

// WithResourceAttributes selects the resource attributes that become tags. The default is
// service.name, service.namespace and service.instance.id. A nil filter selects all.
func WithResourceAttributes(filter attribute.Filter) Option {
	return optionFunc(func(c *config) {
		c.resource = orAll(filter)
	})
}

// WithAttributeFilter sends only those attributes of data points for which the filter
// returns true. Without it, a data point with more attributes than a point can have tags
// (encoding.MaxTags) is rejected. By default, and with a nil filter, all attributes are
// sent. The filter does not apply to attributes of the resource (WithResourceAttributes)
// and of the scope, to tags of options, and to otel.metric.overflow, which marks the SDK's
// data point for everything above its cardinality limit. An attribute that is left out does
// not hide a tag that it would override. Stats.Filtered and the metric
// apptuit.reporter.filtered count the data points with fewer attributes.
//
// Data points that differ only in attributes that are left out become one series. The
// exporter cannot add them up: it sends the first one of an Export, and rejects the others
// with an error that names the filter. If the program can have a View with an
// AttributeFilter (metric.Stream of go.opentelemetry.io/otel/sdk/metric), use that instead:
// it aggregates them.
//
// The filter gets attributes with keys before sanitizing. It is called concurrently, and
// its result is cached per set of attributes: it must always return the same result for
// the same attribute.
func WithAttributeFilter(filter attribute.Filter) Option {
	return optionFunc(func(c *config) { c.filter = filter })
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
	return optionFunc(func(c *config) { c.names.Prometheus, c.prometheusSet = true, true })
}

// WithTargetInfo adds a point of the metric target_info to each Export. Its value is 1; its
// tags are those that all points have, and the resource attributes that the filter selects.
// A nil filter selects all. The metric is used in joins, for example
// requests_total * on (service_name, host) group_left (k8s_pod_name) target_info. Its name
// gets no prefix. With more than encoding.MaxTags tags the point is rejected, as any point
// is. APPTUIT_TARGET_INFO selects all attributes; this option overrides it.
func WithTargetInfo(filter attribute.Filter) Option {
	return optionFunc(func(c *config) { c.target = orAll(filter) })
}

// WithScopeTags adds the tags otel_scope_name and otel_scope_version to each point. With
// WithPrometheusNames it also adds otel_scope_schema_url, and a tag otel_scope_<key> for
// each attribute of the scope. By default there are no scope tags, because a point has at
// most encoding.MaxTags tags.
func WithScopeTags() Option {
	return optionFunc(func(c *config) { c.scopeTags = true })
}

// WithErrorHandler sets a function that is called with the error of each batch of
// which points failed, and with the points that were refused before they were sent,
// when the reason is new. There is none by default. The error that Export returns
// reaches otel.Handle with and without it.
//
// The handler is called with one error after the other, on a goroutine of its own. It
// may call Export, ForceFlush and Shutdown of the exporter. A panic in it is ignored.
// Export and Shutdown wait up to 100 ms for it to return. While 100 errors wait for a
// handler that does not return, further ones are dropped.
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
		c.temporality, c.temporalitySet = selector, true
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
		c.aggregation, c.aggregationSet = selector, true
	})
}

// WithLayout sets the layout: the series that each data point becomes, and their names. The
// package comment lists them. The default is [LayoutDefault]. [LayoutReporter] is
// compatible with dashboards for apptuit-py. It selects delta temporality for histograms,
// and exponential histograms of 160 buckets with a scale of at most 20, unless
// WithTemporalitySelector, WithAggregationSelector or their environment variables are set.
// Its state takes up to half of WithCacheBytes. It overrides APPTUIT_LAYOUT.
func WithLayout(layout Layout) Option {
	return optionFunc(func(c *config) {
		if layout > LayoutReporter {
			c.fault("WithLayout: unknown layout %d", layout)
		}
		c.layout, c.layoutSet = layout, true
	})
}

// WithHistograms sets whether histograms are sent as buckets, quantiles or both. The default
// is [HistogramsRecorded]. It has no effect in the reporter layout. It overrides
// APPTUIT_HISTOGRAMS.
//
// Quantiles of explicit buckets are interpolated linearly within the bucket, and limited to
// the recorded minimum and maximum. If these are not recorded, the lowest bucket begins at
// 0 if its bound is positive, and values in the lowest and the highest bucket are otherwise
// taken to be at its bound. A histogram without bounds and extremes has no quantiles.
//
// Buckets of exponential histograms get bounds that all of them share: powers of the fourth
// root of 2 from the lowest needed to the highest. If these are more than 64, they are
// powers of the square root of 2, of 2, and so on. A histogram with a lower scale keeps its
// own bounds.
func WithHistograms(histograms Histograms) Option {
	return optionFunc(func(c *config) {
		if histograms > HistogramsBoth {
			c.fault("WithHistograms: unknown value %d", histograms)
		}
		c.histograms, c.histogramsSet = histograms, true
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
		c.quantiles, c.quantilesSet = clean, true
	})
}

// WithTimers sets which histograms are timers in the reporter layout. The default is
// [TimersByUnit]. It overrides APPTUIT_TIMERS. In another layout New returns an error.
func WithTimers(timers Timers) Option {
	return optionFunc(func(c *config) {
		if timers > TimersNone {
			c.fault("WithTimers: unknown value %d", timers)
		}
		c.timers, c.timersSet = timers, true
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
		c.durationUnit, c.durationUnitSet = unit, true
	})
}

// WithMeters sends all monotonic sums as meters in the reporter layout: a count with rates.
// By default they are counters. APPTUIT_METERS has the same effect. In another layout New
// returns an error.
func WithMeters() Option {
	return optionFunc(func(c *config) { c.meters, c.metersSet = true, true })
}

// WithoutSelfMetrics disables the exporter's own metrics, apptuit.reporter.*.
func WithoutSelfMetrics() Option {
	return optionFunc(func(c *config) { c.noSelfMetrics = true })
}

// WithMeterProvider sets the provider of the instruments for OpenTelemetry's metrics about
// exporters: otel.sdk.exporter.metric_data_point.inflight and .exported, and
// otel.sdk.exporter.operation.duration. The package comment describes them. By default they
// are not recorded.
//
// The provider can be the one that this exporter serves, which does not exist yet when the
// exporter is created. Use the global provider, which delegates to it as soon as it is set:
//
//	exp, err := exporter.New(ctx, exporter.WithMeterProvider(otel.GetMeterProvider()))
//	…
//	provider := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(exp)))
//	otel.SetMeterProvider(provider)
//
// New creates the instruments. Export records with them after the collection has ended, so
// it cannot wait for itself. The measurements are sent with the next Export, and do not
// cause one. There is no environment variable for it.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return optionFunc(func(c *config) {
		if provider == nil {
			c.fault("WithMeterProvider: the provider is nil")
		}
		c.meterProvider = provider
	})
}

// WithCacheBytes limits the memory, in bytes, for series that are kept between Exports. The
// default is 64 MiB, enough for some 130,000 similar sums or gauges, or 90,000 histograms,
// with tags of 350 bytes. Series that do not fit are rendered at each Export, and collisions
// between them are not detected. In the reporter layout half of the memory is for state,
// enough for some 100,000 series. The counts and rates of series that do not fit are
// rejected; those with cumulative temporality keep their count.
func WithCacheBytes(n int64) Option {
	return optionFunc(func(c *config) {
		if n < 0 {
			c.fault("WithCacheBytes: %d is negative", n)
		}
		c.cacheBytes = n
	})
}
