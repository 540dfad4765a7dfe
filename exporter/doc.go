// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package exporter implements an OpenTelemetry metrics exporter for Apptuit, and for other
// servers that implement OpenTSDB's put protocol.
//
//	exp, err := exporter.New(ctx) // with APPTUIT_API_TOKEN in the environment, or exporter.WithToken
//	if err != nil {
//		return err
//	}
//	provider := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(exp)))
//	defer provider.Shutdown(ctx)
//	otel.SetMeterProvider(provider)
//
// An [Exporter] converts the metrics that a MeterProvider of
// go.opentelemetry.io/otel/sdk/metric collects to points, and sends them with a client of
// package apptuitclient. Options such as [WithEndpoint], [WithToken], [WithHeaders] and
// [WithTimeout] configure that client; with [WithClient], the exporter uses a client that the
// program has created.
//
// In this documentation, a data point is an OpenTelemetry data point. A point, or wire point,
// is a point of the put protocol: a metric name, tags, a timestamp and one number. For example,
// a histogram data point with 16 buckets becomes 20 points.
//
// # Names and values
//
// In the default layout, a data point becomes these series:
//
//	Sum, Gauge             name
//	Histogram              name.bucket with the tag le, cumulative, up to le="+Inf", which is
//	                       the count; name.count, name.sum; name.min and name.max if recorded
//	ExponentialHistogram   name with the tag quantile: 0.5, 0.75, 0.95, 0.99, 0.999;
//	                       name.count, name.sum; name.min and name.max if recorded
//	Summary                name with the tag quantile; name.count, name.sum
//
// [WithHistograms] sends buckets, quantiles or both for both kinds of histograms, and
// [WithQuantiles] selects the quantiles. [WithSparseBuckets] omits buckets that have counted
// nothing. With cumulative temporality, quantiles describe all measurements since the start
// of the program.
//
// A name is sanitized after its suffix is added. In the default sanitize mode, the count of
// http.server.duration becomes http_server_duration_count.
//
// A histogram without bucket bounds, for example of a View without boundaries, has only the
// bucket le="+Inf". If the buckets contain more measurements than the count, no bucket is sent
// with a value above the count.
//
// Histograms of gauges and up-down counters, which a View can select, have no name.sum, because
// the SDK does not record their sum (specification, Metrics SDK, histogram aggregations). It
// leaves the sum at 0. The exporter recognizes this when the minimum and maximum, or without
// them the buckets, prove that the sum cannot be 0: at least one measurement is not 0, and all
// such measurements have the same sign. From then on it sends no sum of 0 for any data point of
// the instrument. Until then a sum of 0 is sent, for example if the measurements are −3 and 5.
// A sum that is not 0 is always sent.
//
// Integers are sent as 64-bit integers, and floats without a loss of precision. A NaN among the
// sum, minimum, maximum and quantiles of a histogram is omitted. A sum or gauge that is NaN, and
// any infinite value, is rejected. The put protocol has no exemplars, units, descriptions, start
// times and staleness markers. The exporter ignores them, except that [WithPrometheusNames] makes
// units a part of names. A series that ends just stops, and queries must detect the resets of
// counters.
//
// # Reporter layout
//
// [WithLayout] with [LayoutReporter] sends the names of apptuit-py's reporter:
//
//	counter, up-down counter   name.count
//	gauge                      name.value
//	meter                      name.count, .mean_rate, .1m_rate, .5m_rate, .15m_rate
//	histogram                  name.count, .avg, .min, .max, .std_dev,
//	                           .75_percentile, .95_percentile, .99_percentile, .999_percentile
//	timer                      as histogram and meter, and also .sum and .50_percentile
//
// Monotonic sums are counters, or meters if [WithMeters] selects them. Histograms with a unit
// of time are timers ([WithTimers]), in seconds ([WithDurationUnit]). Summaries, tags, the
// prefix and sanitizing are as in the default layout: response.time.75_percentile becomes
// response_time_75_percentile.
//
// Counts and sums are totals since the exporter was created; for sums and histograms with
// cumulative temporality, they are the values of the data points. An Export adds the
// observations to the totals before it sends anything. If it then fails to send them, the next
// Export sends totals that include them.
//
// Rates are per second. The mean rate is the rate since the series started. The other rates are
// moving averages over 1, 5 and 15 minutes, exponentially weighted as in pyformance. An Export at
// least 5 s after the last update moves each average towards the rate since that update, by the
// fraction 1 − e^(−Δt/window), where Δt is the time since the update. A counter that is reset
// does not make a rate negative.
//
// All other values describe one interval between two Exports. Minimum, maximum and average
// are exact. The percentile q of n values is the value of rank q·(n+1), estimated from
// exponential buckets with an error of at most (2^(2^-scale) − 1)/2. The scale is 5, and the
// error 1.1 %, if all values of the interval are within a factor of 32. If they are within
// seven decades, the scale is 2. The standard deviation, of a sample, is estimated from the
// same buckets. For histograms with explicit buckets, which a View can select, percentiles
// are interpolated linearly. For histograms with cumulative temporality, the values are
// computed from the difference between two data points; minimum and maximum are then estimated
// like percentiles, unless they are new extremes. Histograms of gauges and up-down counters
// have no average and no sum (see Names and values). Their standard deviation is computed
// around the mean of the buckets.
//
// With delta temporality, the SDK does not export a histogram for an interval without
// observations. The exporter then sends its count, sum and rates, with the time at which the
// interval ended. It does so one Export late, because a reader can split a collection into several
// Exports, and only if the histogram is also missing in that Export. If the histogram has returned
// by then, no point is sent for the interval. After one hour without observations the series ends,
// and its count starts again at zero when it returns. A series with cumulative temporality ends
// when the SDK no longer exports it. [WithCacheBytes] limits the memory of this state.
//
// # Tags
//
// If several sources set the same tag, the first source in this list takes precedence:
//
//	the attributes of the data point
//	otel_scope_name and otel_scope_version, unless empty (WithoutScopeTags)
//	WithTags
//	the global tags of the client, then those of APPTUIT_TAGS
//	resource attributes: service.name, service.namespace and service.instance.id, or
//	    the attributes that WithResourceAttributes selects
//	service_instance_id (WithInstanceTag)
//	host: host.name of the resource, or the name of this host
//
// A tag with an empty value is not sent, and suppresses the same tag from sources with lower
// precedence. For example, WithTags with the tag host="" removes the host tag. The values of
// two attributes of a data point whose keys are the same after sanitizing are joined with
// ";". The exporter sets the tags le and quantile where the layout requires them; an
// attribute with such a key becomes exported_le or exported_quantile. A point with more tags
// than the client allows ([WithMaxTags], encoding.MaxTags by default) is rejected;
// [WithAttributeFilter] removes attributes.
//
// The values of all these tags, including le and quantile, are rewritten by the rule of the
// client ([WithServer], [WithTagValueRule]) when a data point is first exported. By
// default they are sent unchanged. Data points whose values become equal collide.
//
// # Collisions
//
// Two data points collide if they become points of the same series with the same timestamp, for
// example if one scope has the instruments a.b and a_b, or with [WithoutScopeTags] if two scopes
// have an instrument of the same name. The exporter sends the first of them, rejects the others,
// and reports each pair once. If the metrics share only some names, as the counter h.count and the
// histogram h do, it may send the second instead of the first. Collisions are detected within one
// Export, but not all of them if their series do not fit into the cache ([WithCacheBytes]).
//
// Two processes on one host without service.instance.id write the same series.
// [WithInstanceTag] distinguishes them.
//
// # Times
//
// A point has the time of its data point in whole seconds, or in milliseconds
// ([WithTimestampResolution]). A server keeps one value of a series for each
// timestamp, so the exporter gives the data points of a series different timestamps. A data point
// that is later than the last data point of its series, but within the same second, gets the next
// timestamp. For example, after flushes at 100.2, 100.5 and 100.9 s, the points are at 100, 101
// and 102 s. Timestamps are advanced by at most 10 s, or 250 ms if they are in milliseconds. A data
// point that would need more is rejected, and reported once for each series: export less often, or
// use milliseconds. Unless the clock is set back, no later Export overwrites an accepted point.
//
// A data point with the time of the last data point is the same data, exported again, and gets the
// same timestamp again. Two data points of a series in one Export collide, for example a data point
// of an instrument and a data point of a producer. An earlier data point gets the timestamp of its
// own time. If that is the timestamp of the last point, the data point is rejected. If a data point
// is more than 10 s earlier, or 250 ms with milliseconds, then the clock was set back, and the
// series goes on from there. After a smaller step back, a point can overwrite a point that was sent
// before the step.
//
// Two readers may share an exporter: up to ten Exports that run at the same time get different
// timestamps. This includes series that do not fit into the cache ([WithCacheBytes]); they also get
// different timestamps in successive Exports within one second.
//
// # Prometheus names
//
// With [WithPrometheusNames], metrics and tags have the names that OpenTelemetry's Prometheus
// exporter gives them, by the specification "Prometheus and OpenMetrics Compatibility".
// Both exporters use github.com/prometheus/otlptranslator.
//
//	counter http.requests, {request}           http_requests_total
//	counter req.total, total.req               req_total
//	up-down counter memory, By                 memory_bytes
//	gauge cpu.utilization, 1                   cpu_utilization_ratio
//	gauge io, By/s                             io_bytes_per_second
//	histogram http.server.duration, s          http_server_duration_seconds_bucket, _count, _sum, _min, _max
//	attributes http.route, 2nd                 http_route, key_2nd
//	attributes a.b="z" and a_b="y"             a_b="y;z", with the values sorted
//
// A prefix is added to the name before the translation: with the prefix shop., http.requests
// becomes shop_http_requests_total. Unlike a namespace of the Prometheus exporter, a prefix is not
// followed by an underscore. Where the translation results in a name that cannot be sent, the name
// is sanitized as in mode prometheus: a name or key without letters and digits, such as ///,
// becomes _; a colon in a name or unit becomes _; and a key with two leading underscores,
// which Prometheus reserves, keeps one of them (__name__ becomes _name_). The same rules apply to
// WithTags, resource attributes, and the exporter's own metrics, for example
// apptuit_reporter_send_failed_total.
//
// [WithTargetInfo] adds the metric target_info to each Export, with the timestamp of its
// newest data point, but not twice with the same timestamp. It is omitted in an Export without data
// points, and for a resource without selected attributes. Its points are counted like the program's.
//
// The differences from the Prometheus exporter are these. The exporter sends no NaN and infinities,
// and no labels job and instance, which a scraper adds. A collision, or a reserved or empty label,
// rejects one point, and does not make a scrape fail. The exporter also sends _min and _max, host
// and resource attributes.
//
// # Delivery and errors
//
// Each point is accepted by the server, rejected (invalid, or refused by the server), spooled
// (kept on disk, see [WithSpool]) or dropped (not delivered in time).
// [Exporter.Stats] counts them. The error of Export is a *apptuitclient.SendError about the
// points that were rejected or dropped; the SDK passes it to otel.Handle. A point that is
// refused for the same reason at every Export is reported once. [WithErrorHandler] sets a
// function that is called with the error of each batch.
//
// A failed batch does not stop the other batches of an Export. Requests are retried as
// package apptuitclient describes, until the deadline of the context. Without a spool, points
// that are not delivered by then are dropped. With cumulative temporality, which is the
// default, the next Export sends values that include them. With delta temporality they are
// lost, except for the counts and sums of the reporter layout.
//
// # Self metrics
//
// The exporter adds metrics about the previous Exports to each Export, but not twice with the
// same timestamp. They are not counted in Stats, and have no scope tags. [WithoutSelfMetrics]
// disables them.
//
//	apptuit.reporter.send.total        points
//	apptuit.reporter.send.successful   points accepted
//	apptuit.reporter.send.failed       points rejected or dropped
//	apptuit.reporter.send.time         duration of an Export in seconds: .count, .bucket with
//	                                   le="+Inf", .sum, .min, .max
//	apptuit.reporter.overflowed        data points with the attribute otel.metric.overflow, see
//	                                   Cardinality and cost
//	apptuit.reporter.filtered          data points from which WithAttributeFilter has removed
//	                                   attributes; only with that option
//	apptuit.reporter.spool.points, .bytes
//	                                   content of the client's spool; only with a spool
//	apptuit.reporter.spool.spooled, .replayed, .rejected, .dropped
//	                                   points since the client was created; only with a spool
//	apptuit.reporter.usage.series, .points, .bytes
//	                                   usage of each instrument in the previous Export; only with
//	                                   WithUsageMetrics
//
// In the reporter layout, send.total, .successful, .failed, overflowed and filtered are
// counters, and send.time is a timer in the unit of WithDurationUnit.
//
// # Cardinality and cost
//
// [Exporter.Usage] returns the series, points and compressed bytes of each instrument in the
// last Export. [WithUsageMetrics] sends them.
//
// The SDK limits an instrument to 2,000 attribute sets, unless the program sets another
// limit (WithCardinalityLimit of go.opentelemetry.io/otel/sdk/metric). It aggregates
// measurements with further attribute sets in one data point with the attribute
// otel.metric.overflow, so sums that are grouped by other attributes are too small. When the
// exporter gets the first such data point of an instrument, it passes an error that names the
// instrument and its scope to the warning handler of the client ([WithWarningHandler]), which is
// otel.Handle by default. Stats.Overflowed and apptuit.reporter.overflowed count these data points.
// To avoid them, raise the limit, or remove attributes with a View. [WithCardinalityWarning] warns
// above a lower or higher number of series.
//
// # OpenTelemetry's exporter metrics
//
// [WithMeterProvider] records the metrics about exporters that OpenTelemetry's semantic
// conventions 1.43.0 define. Without this option, OTEL_GO_X_OBSERVABILITY=true records them with
// the global MeterProvider, as for OpenTelemetry's OTLP exporters. They count data
// points, each once per Export. A data point has failed if any of its wire points was rejected or
// dropped. A duration includes retries.
//
//	otel.sdk.exporter.metric_data_point.inflight   data points of Exports in progress
//	otel.sdk.exporter.metric_data_point.exported   data points of finished Exports; failed ones have error.type
//	otel.sdk.exporter.operation.duration           duration of an Export in seconds, with
//	                                               http.response.status_code; with error.type
//	                                               unless all points were accepted
//
// All of them have the attributes otel.component.type, with the value
// github.com/apptuitai/apptuit-go/exporter.Exporter, otel.component.name, which is the same
// followed by a number, server.address and server.port.
//
// The attribute http.response.status_code has the status of the last answer to the first batch with
// failed points, or if no point failed, to the last batch. It is missing if there was no answer. The
// error.type of a data point is that of its first failed wire point. The error.type of an Export is
// that of the first batch with failed points. If no batch has failed points, it is "spooled" if
// points were spooled, and otherwise that of the first point that the exporter rejected:
//
//	400, 401, 503, …   the status of the last answer to a batch that was refused or dropped as a whole
//	rejected           the server refused the point, but not its batch
//	invalid            the point cannot be sent, for example because of NaN or too many tags
//	collision          the Export has a point with the same series and timestamp
//	timeout            the server did not answer conclusively by the deadline
//	canceled           the context was canceled
//	shutdown           the exporter or the client was shut down
//	dns, tls, network  there was no answer, because of such an error
//	spooled            of an Export: some points were spooled, and none failed
//	_OTHER             other errors, for example of a token source
//
// Spooled data points have not failed; the self metrics of the spool count whether they are
// delivered later. If the server refuses points without naming them, the exporter counts as many
// data points as possible as failed, so that no failed data point is counted as exported.
//
// # Environment
//
// The exporter reads these variables, and those of package apptuitclient unless [WithClient] is
// given. Each is listed with the options that override it. An empty variable counts as unset.
// Booleans are yes, true, on and 1, or no, false, off and 0, in any case. A variable that has no
// effect in the layout ([WithLayout]) is ignored with a warning. An option that has no effect is
// an error of New, or its comment says that it is ignored.
//
//	APPTUIT_PREFIX (WithPrefix)
//	    Prefix of all metric names. No separator is added.
//	    Value: text.
//	APPTUIT_PROMETHEUS_NAMES (WithPrometheusNames)
//	    Gives metrics and tags the names that OpenTelemetry's Prometheus exporter gives them, with
//	    units and _total. It requires the sanitize mode prometheus and the default layout.
//	    Value: yes or no. Default: no.
//	APPTUIT_DISABLE_HOST_TAG (WithoutHostTag)
//	    The tag host: the resource attribute host.name, or the name of this host if the attribute
//	    is missing.
//	    Value: yes, which disables it, or no. Default: no.
//	APPTUIT_INSTANCE_TAG (WithInstanceTag)
//	    Adds the tag service_instance_id with a random value, which distinguishes processes with
//	    the same service name on one host.
//	    Value: yes or no. Default: no.
//	APPTUIT_SCOPE_TAGS (WithoutScopeTags)
//	    Adds the tags otel_scope_name and otel_scope_version; with APPTUIT_PROMETHEUS_NAMES also
//	    otel_scope_schema_url and the attributes of the scope. Without these tags, instruments of
//	    two libraries with the same name collide.
//	    Value: yes or no. Default: yes, in the reporter layout no.
//	APPTUIT_RESOURCE_ATTRIBUTES (WithResourceAttributes)
//	    Resource attributes that become tags. In a pattern, * stands for any text and ? for one
//	    character. Exclusion overrides inclusion. If all patterns exclude, all other attributes
//	    are included.
//	    Value: patterns, separated by commas; ! before a pattern excludes. Default: service.name,
//	    service.namespace and service.instance.id.
//	APPTUIT_ATTRIBUTES (WithAttributeFilter)
//	    Data point attributes that become tags. If the remaining attributes no longer distinguish
//	    two series, they collide; prefer an SDK View with an attribute filter. The attribute
//	    otel.metric.overflow is always sent.
//	    Value: patterns, separated by commas; ! before a pattern excludes. Default: all.
//	APPTUIT_TARGET_INFO (WithTargetInfo)
//	    Adds a point of the metric target_info to each Export, with resource attributes as tags.
//	    Value: yes or no. Default: no.
//	APPTUIT_TEMPORALITY_PREFERENCE (WithTemporalitySelector)
//	    Temporality, with the names that OTLP exporters use. If an Export fails, its delta points
//	    are lost.
//	    Value: cumulative, delta or low_memory. Default: cumulative, in the reporter layout delta
//	    for histograms.
//	APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION (WithAggregationSelector)
//	    Default aggregation of histograms, with the names that OTLP exporters use. A View
//	    overrides it.
//	    Value: explicit_bucket_histogram or base2_exponential_bucket_histogram. Default:
//	    explicit_bucket_histogram, in the reporter layout base2_exponential_bucket_histogram.
//	APPTUIT_HISTOGRAMS (WithHistograms)
//	    Sends histograms as buckets, quantiles or both. The value recorded sends explicit buckets
//	    as buckets, and exponential histograms as quantiles.
//	    Value: recorded, buckets, quantiles or both. Default: recorded.
//	APPTUIT_QUANTILES (WithQuantiles)
//	    Quantiles of histograms, up to 100.
//	    Value: numbers between 0 and 1, separated by commas. Default: 0.5,0.75,0.95,0.99,0.999.
//	APPTUIT_SPARSE_BUCKETS (WithSparseBuckets)
//	    Omits buckets of cumulative histograms that have counted nothing. The documentation of
//	    exporter.WithSparseBuckets lists the queries that it changes.
//	    Value: yes or no. Default: no.
//	APPTUIT_START_POINTS (WithStartPoints)
//	    Sends a point with the value 0 before the first point of each cumulative monotonic series,
//	    so that rate and increase count its first increment.
//	    Value: yes or no. Default: no.
//	APPTUIT_LAYOUT (WithLayout)
//	    Names of metrics, and the series that a data point becomes. The value reporter sends those
//	    of apptuit-py's reporter.
//	    Value: default or reporter. Default: default.
//	APPTUIT_TIMERS (WithTimers)
//	    In the reporter layout: histograms that are sent as timers. The value unit selects
//	    histograms with a unit of time.
//	    Value: unit, all or none. Default: unit.
//	APPTUIT_DURATION_UNIT (WithDurationUnit)
//	    In the reporter layout: unit of the values of timers.
//	    Value: ns, us, ms, s, min, h or d. Default: s.
//	APPTUIT_METERS (WithMeters)
//	    In the reporter layout: monotonic sums that are sent as meters, with rates. Either all, or
//	    those whose names the patterns select. In a pattern, * stands for any text and ? for one
//	    character. If all patterns exclude, all other names are included.
//	    Value: yes, no, or patterns, separated by commas; ! before a pattern excludes. Default:
//	    no.
//	APPTUIT_SELF_METRICS (WithoutSelfMetrics)
//	    Adds the exporter's own metrics, apptuit.reporter.*.
//	    Value: yes or no. Default: yes.
//	APPTUIT_USAGE_METRICS (WithUsageMetrics)
//	    Adds apptuit.reporter.usage.*: the series, points and bytes of each instrument in the
//	    previous Export. It requires APPTUIT_SELF_METRICS.
//	    Value: yes or no. Default: no.
//	APPTUIT_CARDINALITY_WARNING (WithCardinalityWarning)
//	    Number of series of an instrument within five minutes above which the exporter warns,
//	    once. 0 disables the warning.
//	    Value: an integer. Default: 0.
//
// # Concurrency
//
// An Exporter is safe for concurrent use. While up to two batches of an Export are being sent
// ([WithMaxInFlight]), Export converts the next batch. It does not retain the metrics that it is
// passed. Attribute filters are called concurrently. The error handler is called with one error at
// a time.
//
// # Limits
//
//	tags of a point       encoding.MaxTags (WithMaxTags)
//	points per request    50,000, and 16 MiB of text (WithMaxBatchPoints, WithMaxBatchBytes)
//	cached series         64 MiB (WithCacheBytes); other series are sent, but rendered at each Export
//	errors waiting for the error handler
//	                      100; further ones are discarded
package exporter
