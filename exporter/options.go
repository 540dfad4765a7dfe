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

// WithClient sends with a client of yours. It stays yours to close: Shutdown
// does not. It excludes WithClientOptions.
func WithClient(client *apptuitclient.Client) Option {
	return optionFunc(func(c *config) {
		if client == nil {
			c.fault("WithClient: the client is nil")
		}
		c.client, c.clientGiven = client, true
	})
}

// WithClientOptions configures the client that New makes. The options beat the
// client's environment variables.
func WithClientOptions(opts ...apptuitclient.Option) Option {
	return optionFunc(func(c *config) { c.clientOptions = append(c.clientOptions, opts...) })
}

// WithSanitizeMode says how metric names and tag keys are made valid, by
// default as the client does (APPTUIT_SANITIZE_MODE, else prometheus).
func WithSanitizeMode(mode encoding.SanitizeMode) Option {
	return optionFunc(func(c *config) {
		if mode > encoding.SanitizeNone {
			c.fault("WithSanitizeMode: unknown mode %d", mode)
		}
		c.names.Mode, c.modeSet = mode, true
	})
}

// WithTags adds tags to every point. They beat the client's global tags, those
// of APPTUIT_TAGS and the resource's; the point's own attributes beat them. An
// empty value removes the tag. Given twice, the last one counts.
func WithTags(tags map[string]string) Option {
	tags = maps.Clone(tags)
	return optionFunc(func(c *config) { c.tags = tags })
}

// WithPrefix puts a text before every metric name, without a separator
// ("apr." gives apr.requests, before sanitizing). It beats APPTUIT_PREFIX.
func WithPrefix(prefix string) Option {
	return optionFunc(func(c *config) { c.names.Prefix, c.prefixSet = prefix, true })
}

// WithoutHostTag sends no host tag of the exporter's own. By default it is
// host.name of the resource, else the name of this host, unless any other
// source of tags sets host. APPTUIT_DISABLE_HOST_TAG does the same.
func WithoutHostTag() Option {
	return optionFunc(func(c *config) { c.noHostTag = true })
}

// WithInstanceTag adds the tag service_instance_id with a random text for the
// life of the exporter, unless another source of tags sets it. It keeps apart
// the series of processes that run on one host under one service name.
func WithInstanceTag() Option {
	return optionFunc(func(c *config) { c.instanceTag = true })
}

// WithResourceAttributes chooses the resource attributes that become tags, by
// default service.name, service.namespace and service.instance.id. Nil chooses
// all.
func WithResourceAttributes(filter attribute.Filter) Option {
	return optionFunc(func(c *config) {
		c.resource = orAll(filter)
	})
}

// WithAttributeFilter sends of the attributes of data points only those that the
// filter returns true for, so that a point that has more of them than a point may
// have tags (encoding.MaxTags) is sent with fewer instead of being rejected. By
// default, and with nil, all are sent. Attributes of the resource
// (WithResourceAttributes), of the scope, and tags of options are not filtered, nor
// is otel.metric.overflow: without it the SDK's point for what is over its
// cardinality limit would pass for one of the others. What is left out hides no tag
// of a lower source. Stats.Filtered and the metric apptuit.reporter.filtered count
// the data points that have lost attributes.
//
// Points that differ in nothing else are one series then. An exporter cannot add
// them up: the first of an Export is sent, and the others are rejected, in an error
// that names the filter. A View with an AttributeFilter (metric.Stream of
// go.opentelemetry.io/otel/sdk/metric) aggregates them, and is the better tool
// wherever the program can have one.
//
// The filter is asked about keys as they are before sanitizing, by several Exports
// at once, and once for a set of attributes that is remembered: it must always
// answer the same.
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

// WithPrometheusNames names metrics and tags as OpenTelemetry's Prometheus
// exporter does, so that dashboards and alerts of a program that it was in go on:
// a metric has its unit (http.server.duration in s becomes
// http_server_duration_seconds) and, if it only grows, _total; an attribute's key
// is made a label's. The package comment has the rules. It needs the sanitize
// mode prometheus and the default layout, which are the defaults.
// APPTUIT_PROMETHEUS_NAMES, a boolean, does the same.
func WithPrometheusNames() Option {
	return optionFunc(func(c *config) { c.names.Prometheus, c.prometheusSet = true, true })
}

// WithTargetInfo adds a point of target_info to each Export, whose value is 1 and
// whose tags are those of all points and the attributes of the resource that a
// filter chooses; nil chooses all. It is for joins, as
// requests_total * on (service_name, host) group_left (k8s_pod_name) target_info.
// Its name gets no prefix. It has at most encoding.MaxTags tags, as any point, or
// is rejected: a filter can leave out what a resource has more.
// APPTUIT_TARGET_INFO, a boolean, chooses all; this option beats it.
func WithTargetInfo(filter attribute.Filter) Option {
	return optionFunc(func(c *config) { c.target = orAll(filter) })
}

// WithScopeTags adds otel_scope_name and otel_scope_version to each point, with
// WithPrometheusNames also otel_scope_schema_url and, of each attribute of the
// scope, otel_scope_ and its key. By default they are left out: points have at
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

// WithTemporalitySelector sets the temporality of each kind of instrument, by
// default cumulative for all, but delta for histograms in the reporter layout. Delta
// points of an Export that fails are lost, of which that layout keeps the counts. It
// beats APPTUIT_TEMPORALITY_PREFERENCE; [ParseTemporalityPreference] gives its
// selectors.
func WithTemporalitySelector(selector sdkmetric.TemporalitySelector) Option {
	return optionFunc(func(c *config) {
		if selector == nil {
			c.fault("WithTemporalitySelector: the selector is nil")
		}
		c.temporality, c.temporalitySet = selector, true
	})
}

// WithAggregationSelector sets the aggregation of each kind of instrument, by
// default the SDK's, but exponential histograms in the reporter layout. It beats APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION;
// [ParseHistogramAggregation] gives its selectors.
func WithAggregationSelector(selector sdkmetric.AggregationSelector) Option {
	return optionFunc(func(c *config) {
		if selector == nil {
			c.fault("WithAggregationSelector: the selector is nil")
		}
		c.aggregation, c.aggregationSet = selector, true
	})
}

// WithLayout chooses the names of series and what data points become, as the
// package comment lists them, by default [LayoutDefault]. [LayoutReporter] is for
// who has dashboards from apptuit-py. It selects delta temporality for histograms
// and exponential ones, of 160 buckets at a scale of up to 20, unless
// WithTemporalitySelector, WithAggregationSelector or their variables say
// otherwise, and keeps state: half of WithCacheBytes. It beats APPTUIT_LAYOUT.
func WithLayout(layout Layout) Option {
	return optionFunc(func(c *config) {
		if layout > LayoutReporter {
			c.fault("WithLayout: unknown layout %d", layout)
		}
		c.layout, c.layoutSet = layout, true
	})
}

// WithHistograms says what the default layout makes of histograms, by default
// [HistogramsRecorded]. The reporter layout has its own. It beats
// APPTUIT_HISTOGRAMS.
//
// Quantiles of explicit buckets are interpolated linearly within their bucket, and
// kept within the recorded extremes. Without those the lowest bucket begins at 0,
// if it ends above, and what is in the open ones is taken for their bound; without
// bounds either there are no quantiles.
//
// Buckets of an exponential histogram are of bounds that all such histograms share:
// powers of the fourth root of 2 from the lowest that is needed to the highest, or,
// where those were more than 64, of the square root of 2, of 2, and so on.
// Histograms that are recorded more coarsely have the bounds that they have.
func WithHistograms(histograms Histograms) Option {
	return optionFunc(func(c *config) {
		if histograms > HistogramsBoth {
			c.fault("WithHistograms: unknown value %d", histograms)
		}
		c.histograms, c.histogramsSet = histograms, true
	})
}

// WithQuantiles sets the quantiles of histograms in the default layout, by default
// 0.5, 0.75, 0.95, 0.99 and 0.999: up to 100 numbers between 0 and 1, both
// excluded. Order and repetition do not matter. Summaries and the reporter layout
// have their own. It beats APPTUIT_QUANTILES.
func WithQuantiles(quantiles ...float64) Option {
	clean, err := convert.CleanQuantiles(quantiles)
	return optionFunc(func(c *config) {
		if err != nil {
			c.fault("WithQuantiles: %w", err)
		}
		c.quantiles, c.quantilesSet = clean, true
	})
}

// WithTimers says which histograms are timers in the reporter layout, by default
// [TimersByUnit]. It beats APPTUIT_TIMERS. In another layout it is an error of New.
func WithTimers(timers Timers) Option {
	return optionFunc(func(c *config) {
		if timers > TimersNone {
			c.fault("WithTimers: unknown value %d", timers)
		}
		c.timers, c.timersSet = timers, true
	})
}

// WithDurationUnit sets the unit of the values of timers in the reporter layout, by
// default a second, as in apptuit-py. Timers whose own unit is another one are
// converted. It beats APPTUIT_DURATION_UNIT. In another layout it is an error of New.
func WithDurationUnit(unit time.Duration) Option {
	return optionFunc(func(c *config) {
		if unit <= 0 {
			c.fault("WithDurationUnit: %v is not positive", unit)
		}
		c.durationUnit, c.durationUnitSet = unit, true
	})
}

// WithMeters makes meters, a count with rates, of all monotonic sums in the reporter
// layout. By default they are counters. APPTUIT_METERS does the same. In another
// layout it is an error of New.
func WithMeters() Option {
	return optionFunc(func(c *config) { c.meters, c.metersSet = true, true })
}

// WithoutSelfMetrics leaves out the exporter's own metrics,
// apptuit.reporter.send.
func WithoutSelfMetrics() Option {
	return optionFunc(func(c *config) { c.noSelfMetrics = true })
}

// WithMeterProvider records OpenTelemetry's own metrics about exporters, in
// addition to apptuit.reporter.send: otel.sdk.exporter.metric_data_point.inflight
// and .exported, and otel.sdk.exporter.operation.duration, as the package comment
// describes them. By default there are none.
//
// The provider may be the one that this exporter serves. It is not there yet when
// the exporter is made; the global one stands in for it, and passes on what is
// recorded from the moment on that it is set:
//
//	exp, err := exporter.New(ctx, exporter.WithMeterProvider(otel.GetMeterProvider()))
//	…
//	provider := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(exp)))
//	otel.SetMeterProvider(provider)
//
// The instruments are made by New, and Export only records with them, while no
// collection is under way: it does not wait for itself. What it records goes out
// with the next Export, and causes none. There is no variable: a provider is a value
// of Go.
func WithMeterProvider(provider metric.MeterProvider) Option {
	return optionFunc(func(c *config) {
		if provider == nil {
			c.fault("WithMeterProvider: the provider is nil")
		}
		c.meterProvider = provider
	})
}

// WithCacheBytes bounds the memory in which series are kept from one Export to the
// next, by default 64 MiB: some 130,000 sums or gauges that are alike, or 90,000
// histograms, for tags of 350 bytes. What is beyond is
// rendered at each Export, and collisions among it are not noticed. In the reporter
// layout half of it is for state, some 100,000 series too: those beyond have no
// counts and no rates, which are rejected (those with cumulative temporality have a
// count, but nothing about the interval).
func WithCacheBytes(n int64) Option {
	return optionFunc(func(c *config) {
		if n < 0 {
			c.fault("WithCacheBytes: %d is negative", n)
		}
		c.cacheBytes = n
	})
}
