// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/exporter"
)

// key is a key of the exporter. The table in the README is made of this.
type key struct {
	name      string
	kind      string // of its value
	otherwise string // the default
	meaning   string
	options   []string // that it gives
	variables []string // that it beats
	fields    []key    // of a mapping, or of the items of a list
	set       func(*settings, value)
}

const (
	texts        = "text"
	flags        = "`true` or `false`"
	integers     = "integer"
	milliseconds = "milliseconds"
	mappings     = "mapping"

	servers       = "`apptuit`, `opentsdb`, `victoriametrics`, `influxdb` or `generic`"
	valueRules    = "`any`, `opentsdb` or `influxdb`"
	resolutions   = "`s` or `ms`"
	compressions  = "`gzip`, `deflate` or `none`"
	sanitizeModes = "`prometheus`, `apptuit` or `none`"
	temporalities = "`cumulative`, `delta` or `low_memory`"
	layouts       = "`default` or `reporter`"
	forms         = "`recorded`, `buckets`, `quantiles` or `both`"
	timerKinds    = "`unit`, `all` or `none`"
	durations     = "`ns`, `us`, `ms`, `s`, `min`, `h` or `d`"
	aggregations  = "`explicit_bucket_histogram` or `base2_exponential_bucket_histogram`"
)

// keys are all keys, in the order of the documentation.
func keys() []key {
	return []key{
		{
			name: "endpoint", kind: texts, otherwise: "`https://api.apptuit.ai`",
			meaning: "base URL of the server",
			options: []string{"apptuitclient.WithEndpoint"}, variables: []string{"APPTUIT_ENDPOINT"},
			set: (*settings).readEndpoint,
		},
		{
			name: "server", kind: servers, otherwise: "`apptuit` for the default endpoint, else `generic`",
			meaning: "kind of the server: selects defaults of other keys, see the [table of servers](../../README.md#servers)",
			options: []string{"apptuitclient.WithServer"}, variables: []string{"APPTUIT_SERVER"},
			set: client(oneOf(apptuitclient.ParseServer, servers), apptuitclient.WithServer),
		},
		{
			name: "token", kind: texts,
			meaning: "API token; needed for the default endpoint",
			options: []string{"apptuitclient.WithToken"}, variables: []string{"APPTUIT_API_TOKEN", "APPTUIT_API_TOKEN_FILE", "APPTUIT_PY_TOKEN"},
			set: client(value.word, apptuitclient.WithToken),
		},
		{
			name: "token_file", kind: texts,
			meaning: "a file that holds the token, read again when it changes; in place of `token`",
			options: []string{"apptuitclient.WithTokenFile"}, variables: []string{"APPTUIT_API_TOKEN", "APPTUIT_API_TOKEN_FILE", "APPTUIT_PY_TOKEN"},
			set: client(value.word, apptuitclient.WithTokenFile),
		},
		{
			name: "user_id", kind: texts,
			meaning: "Basic authentication as this user, the token as the password",
			options: []string{"apptuitclient.WithUserID"}, variables: []string{"APPTUIT_USER_ID"},
			set: client(value.word, apptuitclient.WithUserID),
		},
		{
			name: "headers", kind: "list of name and value",
			meaning: "headers of every request. A null value is left out",
			options: []string{"apptuitclient.WithHeaders"},
			fields:  []key{{name: "name"}, {name: "value"}},
			set:     (*settings).readHeaders,
		},
		{
			name: "headers_list", kind: "`name=value,name=value`",
			meaning: "the same, values percent-encoded; `headers` beats it",
			options: []string{"apptuitclient.WithHeaders"},
			set:     (*settings).readHeadersList,
		},
		{
			name: "tls", kind: mappings,
			meaning: "as for OTLP over HTTP; files in PEM format, read again when they change",
			options: []string{"apptuitclient.WithTLSFiles"},
			fields: []key{
				{name: "ca_file", kind: texts, otherwise: "the system's", meaning: "certificates that the server's is verified with"},
				{name: "cert_file", kind: texts, meaning: "certificate of the client, with `key_file`"},
				{name: "key_file", kind: texts, meaning: "its private key"},
			},
			set: (*settings).readTLS,
		},
		{
			name: "proxy_url", kind: texts, otherwise: "as `net/http`",
			meaning: "`http`, `https`, `socks5` or `socks5h`; may have user and password",
			options: []string{"apptuitclient.WithProxy"}, variables: []string{"HTTPS_PROXY", "HTTP_PROXY", "NO_PROXY"},
			set: (*settings).readProxy,
		},
		{
			name: "timeout", kind: milliseconds, otherwise: "`60000`",
			meaning: "of one request; `0`: none. The reader's `timeout` bounds all of an export",
			options: []string{"apptuitclient.WithTimeout"}, variables: []string{"APPTUIT_TIMEOUT"},
			set: (*settings).readTimeout,
		},
		{
			name: "retry", kind: mappings,
			meaning: "of batches whose failure may pass",
			options: []string{"apptuitclient.WithRetry"},
			fields: []key{
				{name: "enabled", kind: flags, otherwise: "`true`"},
				{name: "initial_interval", kind: milliseconds, otherwise: "`1000`", meaning: "bound of the first wait, each next is twice as long; a wait is a random part of it"},
				{name: "max_interval", kind: milliseconds, otherwise: "`30000`", meaning: "the largest bound"},
				{name: "max_elapsed_time", kind: milliseconds, otherwise: "`60000`", meaning: "from the first attempt to the start of the last; `0`: no limit of its own"},
			},
			set: (*settings).readRetry,
		},
		{
			name: "spool", kind: mappings, otherwise: "none",
			meaning: "keeps on disk what cannot be delivered now, and delivers it later",
			options: []string{
				"apptuitclient.WithSpool", "apptuitclient.WithSpoolMaxBytes", "apptuitclient.WithSpoolMaxAge",
				"apptuitclient.WithSpoolRate", "apptuitclient.WithSpoolInstances", "apptuitclient.WithSpoolInsecureFolder",
			},
			variables: []string{
				"APPTUIT_SPOOL_DIR", "APPTUIT_SPOOL_INSTANCES", "APPTUIT_SPOOL_MAX_BYTES", "APPTUIT_SPOOL_MAX_AGE", "APPTUIT_SPOOL_INSECURE_DIR",
			},
			fields: []key{
				{name: "directory", kind: texts, meaning: "needed. Each reader has its own, unless `instances`"},
				{name: "max_bytes", kind: integers, otherwise: "`536870912`", meaning: "the oldest goes, what is over it"},
				{name: "max_age", kind: milliseconds, otherwise: "`86400000`", meaning: "what is older goes"},
				{name: "rate", kind: "number", otherwise: "`10`", meaning: "requests a second that deliver it"},
				{name: "instances", kind: flags, otherwise: "`false`", meaning: "up to 64 processes or readers share the directory"},
				{name: "insecure_directory", kind: flags, otherwise: "`false`", meaning: "allows a directory that other users can change"},
			},
			set: (*settings).readSpool,
		},
		{
			name: "sync_timeout", kind: milliseconds, otherwise: "not asked for",
			meaning: "the server answers when the points are stored, at the latest after this time",
			options: []string{"apptuitclient.WithSync"},
			set:     client(value.positiveMilliseconds, apptuitclient.WithSync),
		},
		{
			name: "compression", kind: compressions, otherwise: "`gzip`",
			meaning: "of requests. InfluxDB 1.6 and VictoriaMetrics 1.79 refuse `deflate`; with the `server` `influxdb` it is a fault",
			options: []string{"apptuitclient.WithCompression"}, variables: []string{"APPTUIT_COMPRESSION"},
			set: client(oneOf(apptuitclient.ParseCompression, compressions), apptuitclient.WithCompression),
		},
		{
			name: "max_batch_points", kind: integers, otherwise: "`50000`",
			meaning: "points in one request",
			options: []string{"apptuitclient.WithMaxBatchPoints"},
			set:     client(value.count, apptuitclient.WithMaxBatchPoints),
		},
		{
			name: "max_batch_bytes", kind: integers, otherwise: "`16777216`",
			meaning: "text of one request before compression",
			options: []string{"apptuitclient.WithMaxBatchBytes"},
			set:     client(value.positiveSize, apptuitclient.WithMaxBatchBytes),
		},
		{
			name: "max_in_flight", kind: integers, otherwise: "`2`",
			meaning: "batches of one export on their way at once",
			options: []string{"apptuitclient.WithMaxInFlight"},
			set:     client(value.count, apptuitclient.WithMaxInFlight),
		},
		{
			name: "timestamp_resolution", kind: resolutions, otherwise: "the server's",
			meaning: "of timestamps. InfluxDB 1.6 misreads `ms`",
			options: []string{"apptuitclient.WithTimestampResolution"}, variables: []string{"APPTUIT_TIMESTAMP_RESOLUTION"},
			set: client(oneOf(apptuitclient.ParseTimestampResolution, resolutions), apptuitclient.WithTimestampResolution),
		},
		{
			name: "tag_values", kind: valueRules, otherwise: "the server's",
			meaning: "rule by which tag values are rewritten; `any` changes nothing",
			options: []string{"apptuitclient.WithTagValueRule"}, variables: []string{"APPTUIT_TAG_VALUES"},
			set: client(oneOf(encoding.ParseTagValueRule, valueRules), apptuitclient.WithTagValueRule),
		},
		{
			name: "max_tags", kind: integers, otherwise: "the server's",
			meaning: "limit of the tags of a point, 1 to 127; a point with more is rejected",
			options: []string{"apptuitclient.WithMaxTags"}, variables: []string{"APPTUIT_MAX_TAGS"},
			set: client(value.count, apptuitclient.WithMaxTags),
		},
		{
			name: "prefix", kind: texts,
			meaning: "put before all metric names, without a separator",
			options: []string{"exporter.WithPrefix"}, variables: []string{"APPTUIT_PREFIX"},
			set: export(value.text, exporter.WithPrefix),
		},
		{
			name: "sanitize_mode", kind: sanitizeModes, otherwise: "`prometheus`",
			meaning: "how metric names and tag keys are made valid",
			options: []string{"exporter.WithSanitizeMode", "apptuitclient.WithSanitizeMode"}, variables: []string{"APPTUIT_SANITIZE_MODE"},
			set: (*settings).readSanitizeMode,
		},
		{
			name: "tags", kind: "mapping of texts",
			meaning: "on every point, over those of the variable; an empty text hides a tag from there, or the host",
			options: []string{"exporter.WithTags"}, variables: []string{"APPTUIT_TAGS", "APPTUIT_PY_TAGS"},
			set: (*settings).readTags,
		},
		{
			name: "environment_tags", kind: flags, otherwise: "`true`",
			meaning: "`false` leaves out those of the variable",
			options: []string{"apptuitclient.WithoutEnvironmentTags"}, variables: []string{"APPTUIT_TAGS", "APPTUIT_PY_TAGS"},
			set: clientIf(false, apptuitclient.WithoutEnvironmentTags),
		},
		{
			name: "host_tag", kind: flags, otherwise: "`true`",
			meaning: "a tag `host`: `host.name` of the resource, else this host's name. `false` beats the variable, `true` does not",
			options: []string{"exporter.WithoutHostTag"}, variables: []string{"APPTUIT_DISABLE_HOST_TAG"},
			set: exportIf(false, exporter.WithoutHostTag),
		},
		{
			name: "instance_tag", kind: flags, otherwise: "`false`",
			meaning: "a random tag `service_instance_id`, to tell processes apart",
			options: []string{"exporter.WithInstanceTag"},
			set:     exportIf(true, exporter.WithInstanceTag),
		},
		{
			name: "scope_tags", kind: flags, otherwise: "`true`, in the reporter layout `false`",
			meaning: "tags `otel_scope_name` and `otel_scope_version`; with `prometheus_names` also `otel_scope_schema_url` and the scope's attributes. `false` beats the variable, `true` does not",
			options: []string{"exporter.WithoutScopeTags"}, variables: []string{"APPTUIT_SCOPE_TAGS"},
			set: exportIf(false, exporter.WithoutScopeTags),
		},
		{
			name: "prometheus_names", kind: flags, otherwise: "`false`",
			meaning: "names as OpenTelemetry's Prometheus exporter gives them: units, `_total`, labels. `true` beats the variable, `false` does not",
			options: []string{"exporter.WithPrometheusNames"}, variables: []string{"APPTUIT_PROMETHEUS_NAMES"},
			set: exportIf(true, exporter.WithPrometheusNames),
		},
		{
			name: "start_points", kind: flags, otherwise: "`false`",
			meaning: "a point 0 before the first one of each cumulative monotonic series. `true` beats the variable, `false` does not",
			options: []string{"exporter.WithStartPoints"}, variables: []string{"APPTUIT_START_POINTS"},
			set: exportIf(true, exporter.WithStartPoints),
		},
		{
			name: "target_info", kind: mappings, otherwise: "none",
			meaning: "a point `target_info` an export, with more attributes of the resource; `{}`: with all. Over `max_tags` it is rejected",
			options: []string{"exporter.WithTargetInfo"}, variables: []string{"APPTUIT_TARGET_INFO"},
			fields: []key{
				{name: "included", kind: "list of patterns", otherwise: "all", meaning: "as in `resource_attributes`"},
				{name: "excluded", kind: "list of patterns", otherwise: "none", meaning: "beats `included`"},
			},
			set: chosen(exporter.WithTargetInfo),
		},
		{
			name: "resource_attributes", kind: mappings, otherwise: "`service.name`, `service.namespace`, `service.instance.id`",
			meaning: "which attributes of the resource become tags; `?` is any character, `*` any number of them",
			options: []string{"exporter.WithResourceAttributes"},
			fields: []key{
				{name: "included", kind: "list of patterns", otherwise: "all", meaning: "`[]` is refused, as it reads both ways"},
				{name: "excluded", kind: "list of patterns", otherwise: "none", meaning: "beats `included`"},
			},
			set: chosen(exporter.WithResourceAttributes),
		},
		{
			name: "attributes", kind: mappings, otherwise: "all",
			meaning: "which attributes of points become tags, as above; points that they no longer tell apart collide. `otel.metric.overflow` always does",
			options: []string{"exporter.WithAttributeFilter"},
			fields: []key{
				{name: "included", kind: "list of patterns", otherwise: "all", meaning: "`[]` is refused, as it reads both ways"},
				{name: "excluded", kind: "list of patterns", otherwise: "none", meaning: "beats `included`"},
			},
			set: chosen(exporter.WithAttributeFilter),
		},
		{
			name: "temporality_preference", kind: temporalities, otherwise: "`cumulative`",
			meaning: "as for OTLP. Delta points of an export that fails are lost",
			options: []string{"exporter.WithTemporalitySelector"}, variables: []string{"APPTUIT_TEMPORALITY_PREFERENCE"},
			set: export(oneOf(exporter.ParseTemporalityPreference, temporalities), exporter.WithTemporalitySelector),
		},
		{
			name: "default_histogram_aggregation", kind: aggregations,
			otherwise: "`explicit_bucket_histogram`", meaning: "as for OTLP; views beat it",
			options: []string{"exporter.WithAggregationSelector"}, variables: []string{"APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION"},
			set: export(oneOf(exporter.ParseHistogramAggregation, aggregations), exporter.WithAggregationSelector),
		},
		{
			name: "layout", kind: layouts, otherwise: "`default`",
			meaning: "names and series: OpenTelemetry's, or those of apptuit-py's reporter, which sets `temporality_preference` and `default_histogram_aggregation` unless they are given",
			options: []string{"exporter.WithLayout"}, variables: []string{"APPTUIT_LAYOUT"},
			set: export(oneOf(exporter.ParseLayout, layouts), exporter.WithLayout),
		},
		{
			name: "histograms", kind: forms, otherwise: "`recorded`",
			meaning: "what the default layout makes of histograms; `recorded`: buckets of explicit buckets, quantiles of exponential ones",
			options: []string{"exporter.WithHistograms"}, variables: []string{"APPTUIT_HISTOGRAMS"},
			set: export(oneOf(exporter.ParseHistograms, forms), exporter.WithHistograms),
		},
		{
			name: "quantiles", kind: "list of numbers between 0 and 1", otherwise: "0.5, 0.75, 0.95, 0.99, 0.999",
			meaning: "those of histograms in the default layout",
			options: []string{"exporter.WithQuantiles"}, variables: []string{"APPTUIT_QUANTILES"},
			set: (*settings).readQuantiles,
		},
		{
			name: "sparse_buckets", kind: flags, otherwise: "`false`",
			meaning: "buckets of cumulative histograms are sent from the first time on that they, or the buckets above them, have counted something. `true` beats the variable, `false` does not",
			options: []string{"exporter.WithSparseBuckets"}, variables: []string{"APPTUIT_SPARSE_BUCKETS"},
			set: exportIf(true, exporter.WithSparseBuckets),
		},
		{
			name: "timers", kind: timerKinds, otherwise: "`unit`",
			meaning: "which histograms are timers in the reporter layout; `unit`: those whose unit is one of time",
			options: []string{"exporter.WithTimers"}, variables: []string{"APPTUIT_TIMERS"},
			set: export(oneOf(exporter.ParseTimers, timerKinds), exporter.WithTimers),
		},
		{
			name: "duration_unit", kind: durations, otherwise: "`s`",
			meaning: "unit of the values of timers",
			options: []string{"exporter.WithDurationUnit"}, variables: []string{"APPTUIT_DURATION_UNIT"},
			set: export(oneOf(exporter.ParseDurationUnit, durations), exporter.WithDurationUnit),
		},
		{
			name: "meters", kind: flags, otherwise: "`false`",
			meaning: "monotonic sums have rates in the reporter layout. `true` beats the variable, `false` does not",
			options: []string{"exporter.WithMeters"}, variables: []string{"APPTUIT_METERS"},
			set: exportIf(true, exporter.WithMeters),
		},
		{
			name: "self_metrics", kind: flags, otherwise: "`true`",
			meaning: "the exporter's own `apptuit.reporter.*`",
			options: []string{"exporter.WithoutSelfMetrics"},
			set:     exportIf(false, exporter.WithoutSelfMetrics),
		},
		{
			name: "usage_metrics", kind: flags, otherwise: "`false`",
			meaning: "`apptuit.reporter.usage.*`: series, points and bytes of each instrument in the previous export. `true` beats the variable, `false` does not",
			options: []string{"exporter.WithUsageMetrics"}, variables: []string{"APPTUIT_USAGE_METRICS"},
			set: exportIf(true, exporter.WithUsageMetrics),
		},
		{
			name: "cardinality_warning", kind: integers, otherwise: "`0`",
			meaning: "series of an instrument, seen within five minutes, above which there is one warning; `0`: none",
			options: []string{"exporter.WithCardinalityWarning"}, variables: []string{"APPTUIT_CARDINALITY_WARNING"},
			set: export(value.series, exporter.WithCardinalityWarning),
		},
		{
			name: "cache_bytes", kind: integers, otherwise: "`67108864`",
			meaning: "memory for series, some 350,000; `0`: none",
			options: []string{"exporter.WithCacheBytes"},
			set:     export(value.size, exporter.WithCacheBytes),
		},
	}
}

// codeOnly are the options that no key gives, and why.
func codeOnly() map[string]string {
	return map[string]string{
		"exporter.WithClient":               "a reader makes a client of its own, of its keys",
		"exporter.WithClientOptions":        "what these set are keys",
		"exporter.WithErrorHandler":         "a function",
		"exporter.WithMeterProvider":        "a value of Go: `otel.GetMeterProvider()`, where the SDK's becomes the global one",
		"apptuitclient.WithTokenSource":     "a function",
		"apptuitclient.WithTags":            "`tags` are the exporter's, which beat these",
		"apptuitclient.WithEncodedNames":    "for points that a program sends itself: exporters have no such names",
		"apptuitclient.WithoutSpool":        "for programs beside the one that has the folder; without `spool` and `APPTUIT_SPOOL_DIR` there is none",
		"apptuitclient.WithoutEnvironment":  "the variables are there to complete a document; `environment_tags` leaves out what would add to it",
		"apptuitclient.WithHTTPClient":      "a value of Go; `tls`, `proxy_url` and `timeout` are keys",
		"apptuitclient.WithTLSClientConfig": "a value of Go; `tls` is a key",
		"apptuitclient.WithWarningHandler":  "a function",
	}
}
