// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package exporter is the OpenTelemetry metrics exporter for Apptuit, and for
// servers that speak OpenTSDB's put protocol.
//
//	exp, err := exporter.New(ctx)
//	provider := metric.NewMeterProvider(metric.WithReader(metric.NewPeriodicReader(exp)))
//
// What goes in: what a MeterProvider of go.opentelemetry.io/otel/sdk/metric
// collects. What comes out: points, sent by package apptuitclient. What fails is
// in the error of Export, a *apptuitclient.SendError; the SDK passes it to
// otel.Handle.
//
// # Names and values
//
//	Sum, Gauge             name
//	Histogram              name.bucket with the tag le, cumulative, up to le="+Inf";
//	                       name.count, name.sum; name.min and name.max when recorded
//	ExponentialHistogram   name with the tag quantile, 0.5, 0.75, 0.95, 0.99 and 0.999;
//	                       name.count, name.sum, name.min, name.max
//	Summary                name with the tag quantile; name.count, name.sum
//
// This is the default layout. WithHistograms makes buckets, quantiles or both of
// all histograms, WithQuantiles says which quantiles.
//
// Names are sanitized after the suffix was joined: in the default mode
// http.server.duration becomes http_server_duration_count, and so on. Quantiles
// say what the data point carries: with cumulative temporality, all since the
// start. Integers stay integers of 64 bits, floats keep every bit. NaN sums,
// extremes and quantiles are left out; a sum or gauge that is NaN, and anything
// infinite, is rejected. Exemplars are ignored.
//
// The wire has no start times and no staleness: a series that ends just stops,
// and whoever reads it detects the resets of counters.
//
// # The reporter layout
//
// WithLayout(LayoutReporter) gives the names that apptuit-py's reporter gave:
//
//	counter, up-down counter   name.count
//	gauge                      name.value
//	meter                      name.count, .mean_rate, .1m_rate, .5m_rate, .15m_rate
//	histogram                  name.count, .avg, .min, .max, .std_dev,
//	                           .75_percentile, .95_percentile, .99_percentile, .999_percentile
//	timer                      those of a histogram and a meter, .sum and .50_percentile
//
// Histograms are timers if their unit is one of time (WithTimers), in seconds
// (WithDurationUnit); monotonic sums are counters, or meters (WithMeters).
// Summaries are as in the default layout. So are tags, prefix and sanitizing:
// response.time becomes response_time_75_percentile.
//
// Counts and sums are since the exporter was made. An Export adds up all of its
// points before it sends any, so that one that fails loses none: the next says it. Of
// sums and histograms with cumulative temporality, count and sum are what they say.
// Rates are a second: the mean since the start, and averages that move at each Export
// of 5 s or more after the last move towards the rate since then, by 1 − e^(−Δt/window)
// (as pyformance's). A counter that begins anew lowers no rate below zero.
//
// All else is of one interval. Minimum, maximum and average are exact. A percentile
// of rank q·(n+1) is taken from exponential buckets: at most (2^(2^-scale) − 1)/2 off, 1.1 %
// at scale 5, and the scale is 5 if all values of the interval are within a factor of
// 32, and 2 if they are within seven decades. The standard deviation, of a sample, is
// estimated from the same. A view may make explicit buckets of a histogram: then
// percentiles are interpolated linearly. Cumulative histograms are taken apart: what
// is reported is what is new, and minimum and maximum are estimated, as percentiles
// are, unless they are new ones.
//
// A histogram that had no observations in an interval does not come from the SDK
// (delta temporality). If it has none in two intervals or more in a row, its count,
// sum and rates are reported all the same, one Export late and at the time at which the
// interval ended: before, it might come with another part of the collection. The last
// interval before it comes again has no point. After an hour without any the series
// ends, and its count begins anew when it comes again. What has cumulative temporality
// ends when the SDK has it no more. State has bounds, see WithCacheBytes.
//
// # Tags
//
// Of several tags with one key the first of these stands:
//
//	the point's attributes
//	otel_scope_name, otel_scope_version and so on (WithScopeTags)
//	WithTags
//	the client's global tags, then those of APPTUIT_TAGS
//	attributes of the resource: service.name, service.namespace and service.instance.id,
//	or those of WithResourceAttributes
//	service_instance_id (WithInstanceTag)
//	host: host.name of the resource, or the name of this host
//
// A tag without a value is not sent, and hides those below it: WithTags with an
// empty host sends none. Two attributes of one point whose keys become one when
// sanitized are joined with ";". The tags le and quantile are ours where they
// are needed: an attribute of that name moves to exported_le, exported_quantile.
// A point has at most encoding.MaxTags tags, or is rejected; WithAttributeFilter
// leaves out attributes of points.
//
// Two data points of one Export that render to the same series and timestamp
// (instruments a.b and a_b, or one name in two scopes) are a collision: the first
// is sent, the others are rejected, and each pair is reported once. It is noticed
// within one Export (a reader may split one collection into several), and among
// the series that there is room for (WithCacheBytes). Two processes
// on one host without service.instance.id write the same series: WithInstanceTag
// keeps them apart. Timestamps are in seconds: the second of two Exports within
// one second overwrites the first.
//
// # Prometheus names
//
// With [WithPrometheusNames] metrics and tags have the names that OpenTelemetry's
// Prometheus exporter gives them, made by github.com/prometheus/otlptranslator as
// it does (specification, Prometheus and OpenMetrics Compatibility):
//
//	counter http.requests, {request}           http_requests_total
//	counter req.total, total.req               req_total
//	up-down counter memory, By                 memory_bytes
//	gauge cpu.utilization, 1                   cpu_utilization_ratio
//	gauge io, By/s                             io_bytes_per_second
//	histogram http.server.duration, s          http_server_duration_seconds_bucket, _count, _sum, _min, _max
//	attributes http.route, 2nd                 http_route, key_2nd
//	attributes a.b="z" and a_b="y"             a_b="y;z": the values in their own order
//
// The prefix is put before the name first: shop. gives shop_http_requests_total,
// and is no namespace, which would have an underscore after it. Where those rules
// give nothing that can be sent, names are sanitized as in mode prometheus: a
// name or key without a letter or digit, such as ///, becomes _; a colon, in a
// name or unit, becomes _ as well; a key with two underscores before it, which
// are Prometheus' own, keeps one (__name__ becomes _name_). The same goes for
// WithTags, the attributes of the resource, and the exporter's own metrics, as
// apptuit_reporter_send_failed_total.
//
// [WithTargetInfo] adds the point target_info to each Export, at the time of its
// newest data point, but once a timestamp. An Export without data has none, and
// neither has a resource without attributes. The point is counted: it is
// produced, accepted and so on as those of the program are.
//
// What the Prometheus exporter has and this does not: job and instance, which
// whoever scrapes adds; NaN and infinities; what makes all of a scrape fail or go
// missing there (collisions, reserved or empty labels) costs one point here. What
// this has in addition: _min and _max, host, and the attributes of the resource
// that are tags.
//
// # Accounting
//
// Every wire point is accepted, rejected (invalid, or refused by the server),
// spooled (kept on disk, see apptuitclient.WithSpool) or dropped (not delivered
// in time); see [Exporter.Stats]. The exporter adds
// metrics of its own to each Export, but the second one within a second, about those
// before it, which are not counted:
//
//	apptuit.reporter.send.total        points
//	apptuit.reporter.send.successful   points accepted
//	apptuit.reporter.send.failed       points rejected or dropped
//	apptuit.reporter.send.time         seconds an Export took: .count, .sum, .min, .max
//	apptuit.reporter.filtered          data points that lost attributes to WithAttributeFilter,
//	                                   if it is given
//
// (in the reporter layout all but the last are counters, or meters with WithMeters, and
// the last is a timer, in the unit of WithDurationUnit) and, of the client's spool if
// there is one,
//
//	apptuit.reporter.spool.points, .bytes                in it now
//	apptuit.reporter.spool.spooled, .replayed, .rejected, .dropped
//	                                                     points, since the client was made
//
// WithMeterProvider adds OpenTelemetry's metrics about exporters (semantic
// conventions for SDK metrics, 1.41.0). They count data points, not wire points,
// each once an Export: one has failed if any of its wire points has. Retries are
// within one duration.
//
//	otel.sdk.exporter.metric_data_point.inflight   in Exports that are under way
//	otel.sdk.exporter.metric_data_point.exported   of Exports that have ended; error.type on those that failed
//	otel.sdk.exporter.operation.duration           seconds an Export took; error.type unless all was accepted,
//	                                               http.response.status_code
//
// All have otel.component.type, github.com/apptuitai/apptuit-go/exporter.Exporter,
// otel.component.name, that with a number, server.address and server.port. The status
// is that of the last answer to the first batch of which points failed, or else to the
// last batch; there is none if no answer came. error.type of a data point is that of the first
// of its wire points that failed, and of an Export that of the first batch with
// failures, else spooled, else that of the first point that was rejected here:
//
//	400, 401, 503, …   the status of the last answer to what was refused or dropped as a whole
//	rejected           refused by the server, one by one: the reasons are texts
//	invalid            cannot be sent: NaN, too many tags
//	collision          of a series and timestamp that the Export has already
//	timeout            no answer, or none that decides, by the deadline
//	canceled           the context was
//	shutdown           the exporter or the client was shut down
//	dns, tls, network  no answer, for this reason
//	spooled            of an Export: of its points some, and none that failed, are kept on disk
//	_OTHER             anything else, as a token source that fails
//
// Spooled data points have not failed: the spool has taken them over, and the metrics
// above say what becomes of them. Of points that the server refuses without naming
// them, the most data points that it can be have failed.
//
// Points of an Export that fails are lost with it, unless there is a spool. With cumulative temporality,
// the default, the next one makes up for them; with delta it does not, but for the counts and sums of
// the reporter layout.
//
// # Environment
//
// The variables of package apptuitclient, unless WithClient is given, and
//
//	APPTUIT_DISABLE_HOST_TAG   a boolean (yes, true, 1, …): no host tag; no. WithoutHostTag beats it.
//	APPTUIT_PREFIX             a text before all metric names; none. WithPrefix beats it.
//	APPTUIT_PROMETHEUS_NAMES   a boolean: names as OpenTelemetry's Prometheus exporter gives them; no.
//	                           WithPrometheusNames does the same.
//	APPTUIT_TARGET_INFO        a boolean: target_info with all attributes of the resource; no.
//	                           WithTargetInfo beats it.
//	APPTUIT_TEMPORALITY_PREFERENCE
//	                           cumulative, delta or low_memory; cumulative. WithTemporalitySelector beats it.
//	APPTUIT_LAYOUT             default or reporter; default. WithLayout beats it.
//	APPTUIT_HISTOGRAMS         recorded, buckets, quantiles or both; recorded. WithHistograms beats it.
//	APPTUIT_QUANTILES          a list of numbers between 0 and 1; 0.5,0.75,0.95,0.99,0.999. WithQuantiles beats it.
//	APPTUIT_TIMERS             which histograms are timers: unit, all or none; unit. WithTimers beats it.
//	APPTUIT_DURATION_UNIT      of the values of timers: ns, us, ms, s, min, h or d; s. WithDurationUnit beats it.
//	APPTUIT_METERS             a boolean: monotonic sums are meters; no. WithMeters beats it.
//	APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION
//	                           explicit_bucket_histogram or base2_exponential_bucket_histogram; the first.
//	                           WithAggregationSelector beats it.
package exporter
