// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package settings

import "slices"

// Values and reasons that several rows share.
const (
	isFunction        = "a function"
	isGoValue         = "a Go value"
	attributesInstead = "instruments have attributes instead of encoded names"
	collectorSpool    = "`sending_queue` with `storage` keeps undelivered data on disk"
	collectorRetry    = "`retry_on_failure` of exporterhelper retries"
	senderChooses     = "the programs that send OTLP select it"
	addsUp            = "the reporter layout adds up its input, and exporterhelper passes the same input again when it retries"
	ownLog            = "the Collector's log"
	namesVariables    = "the exporter reads no variables; its configuration can refer to variables"
)

// All returns all settings, in the order of the documentation.
func All() []Setting {
	return slices.Concat(server(), credentials(), connection(), delivery(), spool(), names(), tags(), values(), reporter(), operation())
}

func server() []Setting {
	return []Setting{
		{
			Name: "endpoint", Group: Server, Options: []string{"apptuitclient.WithEndpoint"}, Variable: "APPTUIT_ENDPOINT", CollectorKey: "=",
			Type: URL, Default: "https://api.apptuit.ai", Secret: SecretInURL,
			Doc: "Base URL of the server, for example `http://localhost:4242`. Points are sent to the path `/api/put` below it.",
		},
		{
			Name: "server", Group: Server, Options: []string{"apptuitclient.WithServer"}, Variable: "APPTUIT_SERVER", CollectorKey: "=",
			Type: Choice, Choices: []string{"apptuit", "opentsdb", "victoriametrics", "influxdb", "generic"},
			Default: "`apptuit` for the default endpoint, otherwise `generic`",
			Doc:     "Kind of the server. It selects the defaults of `tag_values`, `max_tags` and `timestamp_resolution`, and the compressions that are accepted.",
		},
		{
			Name: "tag_values", Group: Server, Options: []string{"apptuitclient.WithTagValueRule"}, Variable: "APPTUIT_TAG_VALUES", CollectorKey: "=",
			Type: Choice, Choices: []string{"any", "opentsdb", "influxdb"}, Default: "`opentsdb` for OpenTSDB, `influxdb` for InfluxDB, otherwise `any`",
			Doc: "Rule by which tag values that the server cannot store are rewritten. The value `any` changes nothing.",
		},
		{
			Name: "max_tags", Group: Server, Options: []string{"apptuitclient.WithMaxTags"}, Variable: "APPTUIT_MAX_TAGS", CollectorKey: "=",
			Type: Integer, Default: "8 for OpenTSDB, otherwise 25",
			Doc: "Largest number of tags of a point, from 1 to 127. A point with more tags is rejected.",
		},
		{
			Name: "timestamp_resolution", Group: Server, Options: []string{"apptuitclient.WithTimestampResolution"}, Variable: "APPTUIT_TIMESTAMP_RESOLUTION", CollectorKey: "=",
			Type: Choice, Choices: []string{"s", "ms"}, Default: "`ms` for VictoriaMetrics, otherwise `s`",
			Doc: "Resolution of timestamps. InfluxDB 1.6 misreads `ms`.",
		},
	}
}

func credentials() []Setting {
	return []Setting{
		{
			Name: "token", Group: Credentials, Options: []string{"apptuitclient.WithToken"}, Variable: "APPTUIT_API_TOKEN", Deprecated: "APPTUIT_PY_TOKEN", CollectorKey: "=",
			Override: []string{"WithTokenSource", "WithTokenFile"},
			Type:     Text, Secret: SecretValue,
			Doc:    "API token. It is required for the default endpoint, and with `user_id`. `APPTUIT_API_TOKEN` overrides `APPTUIT_API_TOKEN_FILE`.",
			KeyDoc: "A token or token file that an option or a key sets overrides both variables.",
		},
		{
			Name: "token_file", Group: Credentials, Options: []string{"apptuitclient.WithTokenFile"}, Variable: "APPTUIT_API_TOKEN_FILE", CollectorKey: "=",
			Override: []string{"WithToken", "WithTokenSource"},
			Type:     File, Secret: SecretFile,
			Doc: "File with the API token, of at most 64 KiB. It is read again when it changes, after a 401, and after a 403 at most once per minute.",
		},
		{
			Name: "token_source", Group: Credentials, Options: []string{"apptuitclient.WithTokenSource"},
			Type: Code, NoVariable: isFunction, NoKey: isFunction, NoCollectorKey: "a function; `auth` has extensions that get tokens",
			Doc: "Function that returns the API token.",
		},
		{
			Name: "user_id", Group: Credentials, Options: []string{"apptuitclient.WithUserID"}, Variable: "APPTUIT_USER_ID", CollectorKey: "=",
			Type: Text,
			Doc:  "User of Basic authentication, with the token as the password. By default the token is sent as a Bearer token.",
		},
		{
			Name: "headers", Group: Credentials, Options: []string{"apptuitclient.WithHeaders"}, Variable: "APPTUIT_HEADERS", CollectorKey: "=",
			Type: Headers, Secret: SecretValue,
			Doc:    "Headers that are added to every request. `Content-*`, `Host`, `Transfer-Encoding` and `User-Agent` are refused. `WithHeaders` replaces all headers of the variable. If the variable contains the header `Authorization`, variables of the token and the user ID are an error, and options of the token and the user ID override the header.",
			KeyDoc: "The key also replaces all headers of the variable. If the option or the key contains the header `Authorization`, the header overrides the variables of the token and the user ID, and options and keys of the token and the user ID are an error.",
		},
		{
			Name: "headers_list", Group: Credentials, Options: []string{"apptuitclient.WithHeaders"}, NoVariable: "see `headers`", NoCollectorKey: "see `headers`",
			Type: HeaderList, Secret: SecretValue,
			Doc: "The same headers in one string. A header of `headers` overrides the same header of the list.",
		},
	}
}

func connection() []Setting {
	return []Setting{
		{
			Name: "tls.ca_file", Group: Connection, Options: []string{"apptuitclient.WithTLSFiles"}, Variable: "APPTUIT_CERTIFICATE", CollectorKey: "tls::ca_file",
			Type: File, Default: "the certificates of the system",
			Doc: "PEM file with the certificates that verify the server's certificate. It is read again when it changes. `WithTLSClientConfig` and `WithHTTPClient` also override the variable.",
		},
		{
			Name: "tls.cert_file", Group: Connection, Options: []string{"apptuitclient.WithTLSFiles"}, Variable: "APPTUIT_CLIENT_CERTIFICATE", CollectorKey: "tls::cert_file",
			Type: File,
			Doc:  "PEM file with the client's certificate, followed by intermediate certificates. It requires `tls.key_file`, and is read again when it changes. `WithTLSClientConfig` and `WithHTTPClient` also override the variable.",
		},
		{
			Name: "tls.key_file", Group: Connection, Options: []string{"apptuitclient.WithTLSFiles"}, Variable: "APPTUIT_CLIENT_KEY", CollectorKey: "tls::key_file",
			Type: File, Secret: SecretFile,
			Doc: "PEM file with the private key of the client's certificate. It requires `tls.cert_file`, and is read again when it changes. `WithTLSClientConfig` and `WithHTTPClient` also override the variable.",
		},
		{
			Name: "tls_config", Group: Connection, Options: []string{"apptuitclient.WithTLSClientConfig"},
			Type: Code, NoVariable: isGoValue, NoKey: isGoValue + "; `tls` names files", NoCollectorKey: "`tls` of confighttp",
			Doc: "TLS configuration. Versions below 1.2 are refused.",
		},
		{
			Name: "proxy_url", Group: Connection, Options: []string{"apptuitclient.WithProxy"}, Variable: "APPTUIT_PROXY", CollectorKey: "=",
			Type: URL, Default: "`HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`, as in net/http", Secret: SecretInURL,
			Doc: "Proxy for all requests, with the scheme `http`, `https`, `socks5` or `socks5h`. The URL may contain a user and a password. `WithHTTPClient` also overrides the variable.",
		},
		{
			Name: "http_client", Group: Connection, Options: []string{"apptuitclient.WithHTTPClient"},
			Type: Code, NoVariable: isGoValue, NoKey: isGoValue + "; `tls`, `proxy_url` and `timeout` are keys", NoCollectorKey: "confighttp creates it",
			Doc: "HTTP client for requests.",
		},
		{
			Name: "timeout", Group: Connection, Options: []string{"apptuitclient.WithTimeout"}, Variable: "APPTUIT_TIMEOUT", CollectorKey: "=",
			Type: Duration, Default: "60s", CollectorDefault: "30s",
			Doc:    "Time limit of one request. In addition, a PeriodicReader limits all requests of an Export to its own timeout, 30 s by default.",
			KeyDoc: "A key with the value `0` means no limit.",
		},
		{
			Name: "compression", Group: Connection, Options: []string{"apptuitclient.WithCompression"}, Variable: "APPTUIT_COMPRESSION", CollectorKey: "=",
			Type: Choice, Choices: []string{"gzip", "deflate", "none"}, Default: "gzip",
			Doc: "Compression of request bodies. InfluxDB 1.6 and VictoriaMetrics 1.79 do not accept `deflate`; for the server `influxdb` it is an error.",
		},
		{
			Name: "sync_timeout", Group: Connection, Options: []string{"apptuitclient.WithSync"}, CollectorKey: "=",
			Type: Duration, Default: "the server answers before it has stored the points", CollectorDefault: "0s", NoVariable: "only OpenTSDB knows it",
			Doc: "The server answers when it has stored the points, or when this time has passed.",
		},
	}
}

func delivery() []Setting {
	retry := []string{"apptuitclient.WithRetry"}
	return []Setting{
		{
			Name: "retry.enabled", Group: Delivery, Options: retry,
			Type: Flag, Default: "yes", NoVariable: "`APPTUIT_RETRY_MAX_ELAPSED_TIME` limits retries", NoCollectorKey: collectorRetry,
			Doc: "Whether batches that failed for a temporary reason are sent again.",
		},
		{
			Name: "retry.initial_interval", Group: Delivery, Options: retry,
			Type: Duration, Default: "1s", NoVariable: "the default suits all servers", NoCollectorKey: collectorRetry,
			Doc: "Upper bound of the first delay between two attempts. The bound doubles with each retry. The delay is a random part of it.",
		},
		{
			Name: "retry.max_interval", Group: Delivery, Options: retry,
			Type: Duration, Default: "30s", NoVariable: "the default suits all servers", NoCollectorKey: collectorRetry,
			Doc: "Largest upper bound of a delay.",
		},
		{
			Name: "retry.max_elapsed_time", Group: Delivery, Options: retry, Variable: "APPTUIT_RETRY_MAX_ELAPSED_TIME",
			Type: Duration, Default: "60s", NoCollectorKey: collectorRetry,
			Doc: "Time limit for retries of a batch, from its first attempt to the start of its last one. With `0`, only the deadline of the Export limits retries.",
		},
		{
			Name: "max_batch_points", Group: Delivery, Options: []string{"apptuitclient.WithMaxBatchPoints"}, CollectorKey: "=",
			Type: Integer, Default: "50000", NoVariable: "the client adapts to the server's limit by itself",
			Doc: "Largest number of points in a request.",
		},
		{
			Name: "max_batch_bytes", Group: Delivery, Options: []string{"apptuitclient.WithMaxBatchBytes"}, CollectorKey: "=",
			Type: Bytes, Default: "16MiB", NoVariable: "the client adapts to the server's limit by itself",
			Doc: "Largest size of the text of a request before compression.",
		},
		{
			Name: "max_in_flight", Group: Delivery, Options: []string{"apptuitclient.WithMaxInFlight"},
			Type: Integer, Default: "2", NoVariable: "the default suits all servers", NoCollectorKey: "`num_consumers` of `sending_queue`",
			Doc: "Largest number of batches of one Export that are sent concurrently.",
		},
	}
}

func spool() []Setting {
	return []Setting{
		{
			Name: "spool.directory", Group: Spool, Options: []string{"apptuitclient.WithSpool"}, Variable: "APPTUIT_SPOOL_DIR",
			Override: []string{"WithoutSpool"},
			Type:     Folder, NoCollectorKey: collectorSpool,
			Doc: "Folder in which batches that cannot be delivered now are kept until they can. Use an absolute path, and one folder for each exporter, unless `spool.instances` is set.",
		},
		{
			Name: "spool.instances", Group: Spool, Options: []string{"apptuitclient.WithSpoolInstances"}, Variable: "APPTUIT_SPOOL_INSTANCES",
			Type: Flag, Default: "no", NoCollectorKey: collectorSpool,
			Doc: "Lets up to 64 processes or exporters share the folder. The variable applies only to the folder of `APPTUIT_SPOOL_DIR`.",
		},
		{
			Name: "spool.max_bytes", Group: Spool, Options: []string{"apptuitclient.WithSpoolMaxBytes"}, Variable: "APPTUIT_SPOOL_MAX_BYTES",
			Type: Bytes, Default: "512MiB", NoCollectorKey: collectorSpool,
			Doc: "Size limit of the spool's files. When it is reached, the oldest batches are dropped.",
		},
		{
			Name: "spool.max_age", Group: Spool, Options: []string{"apptuitclient.WithSpoolMaxAge"}, Variable: "APPTUIT_SPOOL_MAX_AGE",
			Type: Duration, Default: "24h", NoCollectorKey: collectorSpool,
			Doc: "Age limit of a spooled batch. An older batch is dropped, but only after the server has answered an attempt to deliver it.",
		},
		{
			Name: "spool.rate", Group: Spool, Options: []string{"apptuitclient.WithSpoolRate"},
			Type: Number, Default: "10", NoVariable: "the default suits all servers", NoCollectorKey: collectorSpool,
			Doc: "Largest number of requests per second that deliver spooled batches.",
		},
		{
			Name: "spool.insecure_directory", Group: Spool, Options: []string{"apptuitclient.WithSpoolInsecureFolder"}, Variable: "APPTUIT_SPOOL_INSECURE_DIR",
			Type: Flag, Default: "no", NoCollectorKey: collectorSpool,
			Doc: "Accepts a folder for the spool that other users can write to, or that belongs to another user.",
		},
		{
			Name: "no_spool", Group: Spool, Options: []string{"apptuitclient.WithoutSpool"},
			Type: Code, NoVariable: "an empty `APPTUIT_SPOOL_DIR` does it", NoKey: "omit `spool`, and do not set `APPTUIT_SPOOL_DIR`", NoCollectorKey: collectorSpool,
			Doc: "Ignores `APPTUIT_SPOOL_DIR`, for a second client in the same process.",
		},
	}
}

func names() []Setting {
	return []Setting{
		{
			Name: "prefix", Group: Names, Options: []string{"exporter.WithPrefix"}, Variable: "APPTUIT_PREFIX", CollectorKey: "=",
			Type: Text,
			Doc:  "Prefix of all metric names. No separator is added.",
		},
		{
			Name: "sanitize_mode", Group: Names, Options: []string{"exporter.WithSanitizeMode", "apptuitclient.WithSanitizeMode"}, Variable: "APPTUIT_SANITIZE_MODE", CollectorKey: "=",
			Type: Choice, Choices: []string{"prometheus", "apptuit", "none"}, Default: "prometheus",
			Doc: "How invalid characters in metric names and tag keys are replaced.",
		},
		{
			Name: "prometheus_names", Group: Names, Options: []string{"exporter.WithPrometheusNames"}, Variable: "APPTUIT_PROMETHEUS_NAMES", CollectorKey: "=",
			Type: Flag, Default: "no",
			Doc: "Gives metrics and tags the names that OpenTelemetry's Prometheus exporter gives them, with units and `_total`. It requires the sanitize mode `prometheus` and the default layout.",
		},
		{
			Name: "encoded_names", Group: Names, Options: []string{"apptuitclient.WithEncodedNames"},
			Type: Code, NoVariable: "the program decides what a name means", NoKey: attributesInstead, NoCollectorKey: attributesInstead,
			Doc: "Reads names such as `node.cpu{\"core\": \"0\"}` as a metric and its tags. It applies to Send and SendTimeSeries.",
		},
	}
}

func tags() []Setting {
	return []Setting{
		{
			Name: "tags", Group: Tags, Options: []string{"exporter.WithTags", "apptuitclient.WithTags"}, Variable: "APPTUIT_TAGS", Deprecated: "APPTUIT_PY_TAGS", CollectorKey: "=",
			Override: []string{"WithoutEnvironmentTags"},
			Type:     KeyValues,
			Doc:      "Tags of all points. Attributes of data points override them, and they override resource attributes. A tag with an empty value is omitted, and suppresses the same tag from lower-priority sources. `exporter.WithTags` overrides single tags of the variable; `apptuitclient.WithTags` replaces the whole variable for points that a program sends itself.",
			KeyDoc:   "The key overrides single tags of the variable.",
		},
		{
			Name: "environment_tags", Group: Tags, Options: []string{"apptuitclient.WithoutEnvironmentTags"},
			Type: Flag, Switch: Disable, Default: "yes", NoVariable: "the option disables the variable", NoCollectorKey: namesVariables,
			Doc: "Whether `APPTUIT_TAGS` is used.",
		},
		{
			Name: "environment", Group: Tags, Options: []string{"exporter.WithoutEnvironment", "apptuitclient.WithoutEnvironment"},
			Type: Code, NoVariable: "the option disables all variables", NoKey: "variables set what the document leaves out; `environment_tags: false` disables `APPTUIT_TAGS`, which adds to the tags of the document", NoCollectorKey: namesVariables,
			Doc: "Ignores all variables named `APPTUIT_*`; the option of the exporter also ignores `OTEL_GO_X_OBSERVABILITY`.",
		},
		{
			Name: "host_tag", Group: Tags, Options: []string{"exporter.WithoutHostTag"}, Variable: "APPTUIT_DISABLE_HOST_TAG", CollectorKey: "=",
			Type: Flag, Switch: Disable, Default: "yes",
			Doc:    "The tag `host`: the resource attribute `host.name`, or the name of this host if the attribute is missing.",
			KeyDoc: "The Collector's exporter uses only the attribute.",
		},
		{
			Name: "instance_tag", Group: Tags, Options: []string{"exporter.WithInstanceTag"}, Variable: "APPTUIT_INSTANCE_TAG",
			Type: Flag, Default: "no", NoCollectorKey: "the value would be the same for all programs that send to a Collector",
			Doc: "Adds the tag `service_instance_id` with a random value, which distinguishes processes with the same service name on one host.",
		},
		{
			Name: "scope_tags", Group: Tags, Options: []string{"exporter.WithoutScopeTags"}, Variable: "APPTUIT_SCOPE_TAGS", CollectorKey: "=",
			Type: Flag, Switch: Off, Default: "`yes`, in the reporter layout `no`", CollectorDefault: "yes",
			Doc: "Adds the tags `otel_scope_name` and `otel_scope_version`; with `prometheus_names` also `otel_scope_schema_url` and the attributes of the scope. Without these tags, instruments of two libraries with the same name collide.",
		},
		{
			Name: "resource_attributes", Group: Tags, Options: []string{"exporter.WithResourceAttributes"}, Variable: "APPTUIT_RESOURCE_ATTRIBUTES", CollectorKey: "=",
			Type: Patterns, Default: "`service.name`, `service.namespace` and `service.instance.id`", CollectorDefault: "the most important ones",
			Doc: "Resource attributes that become tags. In a pattern, `*` stands for any text and `?` for one character. Exclusion overrides inclusion. If all patterns exclude, all other attributes are included.",
		},
		{
			Name: "attributes", Group: Tags, Options: []string{"exporter.WithAttributeFilter"}, Variable: "APPTUIT_ATTRIBUTES", CollectorKey: "=",
			Type: Patterns, Default: "all",
			Doc: "Data point attributes that become tags. If the remaining attributes no longer distinguish two series, they collide; prefer an SDK View with an attribute filter. The attribute `otel.metric.overflow` is always sent.",
		},
		{
			Name: "target_info", Group: Tags, Options: []string{"exporter.WithTargetInfo"}, Variable: "APPTUIT_TARGET_INFO", CollectorKey: "=",
			Type: FlagOrPatterns, Default: "no",
			Doc:    "Adds a point of the metric `target_info` to each Export, with resource attributes as tags.",
			KeyDoc: "The patterns select the attributes. The variable, and an empty mapping `{}`, select all.",
		},
	}
}

func values() []Setting {
	return []Setting{
		{
			Name: "temporality_preference", Group: Values, Options: []string{"exporter.WithTemporalitySelector"}, Variable: "APPTUIT_TEMPORALITY_PREFERENCE",
			Type: Choice, Choices: []string{"cumulative", "delta", "low_memory"}, Default: "`cumulative`, in the reporter layout `delta` for histograms", NoCollectorKey: senderChooses,
			Doc: "Temporality, with the names that OTLP exporters use. If an Export fails, its delta points are lost.",
		},
		{
			Name: "default_histogram_aggregation", Group: Values, Options: []string{"exporter.WithAggregationSelector"}, Variable: "APPTUIT_DEFAULT_HISTOGRAM_AGGREGATION",
			Type: Choice, Choices: []string{"explicit_bucket_histogram", "base2_exponential_bucket_histogram"}, Default: "`explicit_bucket_histogram`, in the reporter layout `base2_exponential_bucket_histogram`", NoCollectorKey: senderChooses,
			Doc: "Default aggregation of histograms, with the names that OTLP exporters use. A View overrides it.",
		},
		{
			Name: "histograms", Group: Values, Options: []string{"exporter.WithHistograms"}, Variable: "APPTUIT_HISTOGRAMS", CollectorKey: "=",
			Type: Choice, Choices: []string{"recorded", "buckets", "quantiles", "both"}, Default: "recorded",
			Doc: "Sends histograms as buckets, quantiles or both. The value `recorded` sends explicit buckets as buckets, and exponential histograms as quantiles.",
		},
		{
			Name: "quantiles", Group: Values, Options: []string{"exporter.WithQuantiles"}, Variable: "APPTUIT_QUANTILES", CollectorKey: "=",
			Type: Quantiles, Default: "0.5,0.75,0.95,0.99,0.999",
			Doc: "Quantiles of histograms, up to 100.",
		},
		{
			Name: "sparse_buckets", Group: Values, Options: []string{"exporter.WithSparseBuckets"}, Variable: "APPTUIT_SPARSE_BUCKETS", CollectorKey: "=",
			Type: Flag, Default: "no",
			Doc: "Omits buckets of cumulative histograms that have counted nothing. The documentation of `exporter.WithSparseBuckets` lists the queries that it changes.",
		},
		{
			Name: "start_points", Group: Values, Options: []string{"exporter.WithStartPoints"}, Variable: "APPTUIT_START_POINTS", CollectorKey: "=",
			Type: Flag, Default: "no",
			Doc: "Sends a point with the value 0 before the first point of each cumulative monotonic series, so that `rate` and `increase` count its first increment.",
		},
	}
}

func reporter() []Setting {
	return []Setting{
		{
			Name: "layout", Group: Reporter, Options: []string{"exporter.WithLayout"}, Variable: "APPTUIT_LAYOUT",
			Type: Choice, Choices: []string{"default", "reporter"}, Default: "default", NoCollectorKey: addsUp,
			Doc: "Names of metrics, and the series that a data point becomes. The value `reporter` sends those of apptuit-py's reporter.",
		},
		{
			Name: "timers", Group: Reporter, Options: []string{"exporter.WithTimers"}, Variable: "APPTUIT_TIMERS",
			Type: Choice, Choices: []string{"unit", "all", "none"}, Default: "unit", NoCollectorKey: addsUp,
			Doc: "In the reporter layout: histograms that are sent as timers. The value `unit` selects histograms with a unit of time.",
		},
		{
			Name: "duration_unit", Group: Reporter, Options: []string{"exporter.WithDurationUnit"}, Variable: "APPTUIT_DURATION_UNIT",
			Type: Choice, Choices: []string{"ns", "us", "ms", "s", "min", "h", "d"}, Default: "s", NoCollectorKey: addsUp,
			Doc: "In the reporter layout: unit of the values of timers.",
		},
		{
			Name: "meters", Group: Reporter, Options: []string{"exporter.WithMeters"}, Variable: "APPTUIT_METERS",
			Type: FlagOrNames, Default: "no", NoCollectorKey: addsUp,
			Doc: "In the reporter layout: monotonic sums that are sent as meters, with rates. Either all, or those whose names the patterns select. In a pattern, `*` stands for any text and `?` for one character. If all patterns exclude, all other names are included.",
		},
	}
}

func operation() []Setting {
	return []Setting{
		{
			Name: "self_metrics", Group: Operation, Options: []string{"exporter.WithoutSelfMetrics"}, Variable: "APPTUIT_SELF_METRICS",
			Type: Flag, Switch: Off, Default: "yes", NoCollectorKey: "the Collector's own telemetry has the counters",
			Doc: "Adds the exporter's own metrics, `apptuit.reporter.*`.",
		},
		{
			Name: "usage_metrics", Group: Operation, Options: []string{"exporter.WithUsageMetrics"}, Variable: "APPTUIT_USAGE_METRICS",
			Type: Flag, Default: "no", NoCollectorKey: "a Collector would have series for the instruments of all programs that send to it, and a push is not a whole collection",
			Doc: "Adds `apptuit.reporter.usage.*`: the series, points and bytes of each instrument in the previous Export. It requires `self_metrics`.",
		},
		{
			Name: "cardinality_warning", Group: Operation, Options: []string{"exporter.WithCardinalityWarning"}, Variable: "APPTUIT_CARDINALITY_WARNING", CollectorKey: "=",
			Type: Integer, Default: "0",
			Doc:    "Number of series of an instrument within five minutes above which the exporter warns, once. `0` disables the warning.",
			KeyDoc: "In the Collector it applies to each metric of a resource.",
		},
		{
			Name: "cache_bytes", Group: Operation, Options: []string{"exporter.WithCacheBytes"}, CollectorKey: "=",
			Type: Bytes, Default: "64MiB", NoVariable: "the default holds 350,000 series; other series are sent, but take more CPU time",
			Doc: "Memory for series that are kept between Exports. With `0`, none are kept.",
		},
		{
			Name: "error_handler", Group: Operation, Options: []string{"exporter.WithErrorHandler"},
			Type: Code, NoVariable: isFunction, NoKey: isFunction, NoCollectorKey: ownLog,
			Doc: "Function that is called with the error of each failed batch. Export returns its error with and without this function.",
		},
		{
			Name: "warning_handler", Group: Operation, Options: []string{"apptuitclient.WithWarningHandler"},
			Type: Code, Default: "`otel.Handle`", NoVariable: isFunction, NoKey: isFunction, NoCollectorKey: ownLog,
			Doc: "Function that is called with warnings.",
		},
		{
			Name: "known_variables", Group: Operation, Options: []string{"apptuitclient.WithKnownVariables"},
			Type: Code, NoVariable: "the option lists variables", NoKey: "variables that the document refers to are known", NoCollectorKey: namesVariables,
			Doc: "Further variables that begin with `APPTUIT_`, and that the program reads itself. There is no warning about them.",
		},
		{
			Name: "meter_provider", Group: Operation, Options: []string{"exporter.WithMeterProvider"}, Variable: "OTEL_GO_X_OBSERVABILITY",
			Type: Code, Default: "none", NoKey: isGoValue + "; the variable selects the global MeterProvider", NoCollectorKey: "exporterhelper records what it sends and how long that takes",
			Doc: "MeterProvider of OpenTelemetry's metrics about exporters, `otel.sdk.exporter.*`. The variable with the value `true` selects the global MeterProvider.",
		},
		{
			Name: "client", Group: Operation, Options: []string{"exporter.WithClient"},
			Type: Code, NoVariable: isGoValue, NoKey: "each exporter creates a client from its keys", NoCollectorKey: "each exporter creates a client from its keys",
			Doc: "Client that sends the points, instead of a client that the exporter creates.",
		},
		{
			Name: "client_options", Group: Operation, Options: []string{"exporter.WithClientOptions"},
			Type: Code, NoVariable: isGoValue, NoKey: "use the keys of the options in the list", NoCollectorKey: "use the keys of the options in the list",
			Doc: "List of options of the client.",
		},
	}
}
