// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package otelconf makes the declarative configuration of OpenTelemetry know the
// exporter apptuit. It is go.opentelemetry.io/contrib/otelconf with another
// import path:
//
//	file_format: "1.0"
//	meter_provider:
//	  readers:
//	    - periodic:
//	        interval: 10000
//	        exporter:
//	          apptuit:
//	            token: ${APPTUIT_API_TOKEN}
//	            tags: {zone: eu}
//
//	cfg, err := otelconf.ParseYAML(text)
//	sdk, err := otelconf.NewSDK(otelconf.WithOpenTelemetryConfiguration(*cfg))
//	defer sdk.Shutdown(ctx)
//
// or, for a file that OTEL_CONFIG_FILE names, NewSDK alone.
//
// What goes in: a document. What comes out: otelconf's SDK, with a PeriodicReader
// more for each exporter apptuit, all of them on one MeterProvider. Resource,
// views, other readers, propagators, traces and logs are otelconf's. What fails:
// [ParseYAML], for what the document alone shows, and [NewSDK], for what files and
// variables add; all faults of the exporters at once, each a [*KeyError] with
// line and key, none with a value.
//
// What otelconf would pass over is an error: an apptuit that is elsewhere than in a
// periodic reader, another exporter beside it, unknown keys in its reader, a metric
// exporter that nobody knows, such as a misspelt apptuit.
//
// # The reader
//
// interval, timeout and cardinality_limits mean what they mean for the readers
// that otelconf makes. An interval or timeout that is 0, or not there, is the SDK's
// default: 60 s and 30 s, or OTEL_METRIC_EXPORT_INTERVAL and _TIMEOUT.
//
// producers is a list, which otelconf ignores:
//
//	runtime     all instruments of package runtimemetrics, those of the process and of the Go runtime
//	prometheus  the default registry of prometheus/client_golang
//
// Others are an error. [WithProducers] adds some in code. runtime is an error in a reader
// without apptuit, which otelconf makes. A program that calls runtimemetrics.Start
// reports the same series by itself: with both, each point is there twice, and the
// exporter reports a collision.
//
// max_export_batch_size/development, which otelconf ignores, is the largest number of
// data points in one Export, at least 1. By default there is no limit. With it, the
// reader exports a collection in parts, one after the other, and timeout bounds each
// part. A data point of a histogram is several points on the wire; max_batch_points of
// the exporter bounds those of a request. target_info is exported with each part.
//
// # The exporter
//
// All keys are optional, and one without a value, or with an empty text, is as if
// it was not there; but an empty prefix beats its variable. The README has a table
// of all keys with the options of packages exporter and apptuitclient that they
// give, where limits are documented. A key beats its environment variable, and the
// options of [WithExporterOptions]; without the key these are in force.
//
// Times are whole milliseconds. Any scalar is a text, as it is written. Aliases
// and merges (<<) work as everywhere in YAML. A document has at most 1 MiB, and
// 1,000 keys in a mapping.
//
// # Environment
//
//	OTEL_CONFIG_FILE  a document, for NewSDK; none. It beats WithOpenTelemetryConfiguration.
//	APPTUIT_*         those of packages exporter and apptuitclient. Keys beat them.
//
// # References
//
// References to environment variables follow OpenTelemetry's configuration data
// model, in documents with and without apptuit:
//
//	${NAME}, ${env:NAME}   the value, or nothing if the variable is unset
//	${NAME:-text}          the text, if the variable is unset or empty
//	$$                     a $ that begins no reference: $${NAME} is the text ${NAME}
//
// They are replaced after the document is parsed, in scalar values; keys and comments
// stay as they are. So a value is data, whatever its characters, and neither it nor a
// default is searched for references. An unquoted scalar has the type of its text after the
// replacement, as go.yaml.in/yaml/v3 decides it, except that a date is a text. For example,
// timeout: ${T} is an integer if T is 5000, and null if T is unset. A quoted scalar is a text. Any other ${…} with printable
// characters is an error, for example ${NAME:?text}. All variables of a document
// together may have 1 MiB.
//
// The document must be YAML before the replacement: a default with ": " or " #" needs
// quotation marks around the scalar. In flow collections, as {token: ${TOKEN}}, YAML
// itself knows no braces within a scalar; here, they are allowed there unless the
// reference contains quotation marks, commas, brackets or further braces.
//
// Otelconf's own ParseYAML differs: it replaces references in the text, before parsing.
package otelconf
