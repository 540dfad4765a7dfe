// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package otelconf adds the exporter apptuit to OpenTelemetry's declarative configuration. It
// replaces go.opentelemetry.io/contrib/otelconf in programs that are configured by a YAML
// document:
//
//	file_format: "1.0"
//	meter_provider:
//	  readers:
//	    - periodic:
//	        exporter:
//	          apptuit:
//	            token: ${APPTUIT_API_TOKEN}
//
// If OTEL_CONFIG_FILE names the document, [NewSDK] needs no options. A program can also parse
// the document itself:
//
//	cfg, err := otelconf.ParseYAML(text)
//	sdk, err := otelconf.NewSDK(otelconf.WithOpenTelemetryConfiguration(*cfg))
//	defer sdk.Shutdown(ctx)
//
// The result is otelconf's SDK. Its MeterProvider has one more PeriodicReader for each
// exporter apptuit. Otelconf configures everything else: the resource, views, other readers,
// propagators, traces and logs.
//
// # Errors
//
// [ParseYAML] reports the faults of the document. [NewSDK] reports the faults that depend on
// files and variables, such as a missing token. Both report all faults at once. Each fault of a
// reader or exporter apptuit is a [*KeyError] with line and key.
//
// A key apptuit that otelconf would ignore is an error: one that is not the exporter of a
// periodic reader, or that is beside another exporter. So are unknown keys in its reader and
// unknown metric exporters, such as a misspelt apptuit.
//
// # The reader
//
// interval, timeout and cardinality_limits mean the same as in other periodic readers. If
// interval or timeout is 0 or missing, the SDK's default applies: 60 s and 30 s, or the values
// of OTEL_METRIC_EXPORT_INTERVAL and OTEL_METRIC_EXPORT_TIMEOUT.
//
// producers is a list of producers, of which two are supported:
//
//	runtime     all instruments of package runtimemetrics, for the process and the Go runtime
//	prometheus  the default registry of prometheus/client_golang
//
// [WithProducers] adds others. In readers without apptuit, the producer runtime is an error, and
// otelconf ignores all other producers. A program with the producer runtime must not call
// runtimemetrics.Start: each point would exist twice, and the exporter reports the collision.
//
// max_export_batch_size/development is the limit of the data points in one Export, at least 1
// (default: no limit). The reader exports a collection in parts of this size, one after the
// other. timeout limits each part, and target_info is sent with each. A data point of a
// histogram becomes several points; the exporter's max_batch_points limits the points of a
// request. Otelconf ignores this key in its own readers.
//
// # The exporter
//
// All keys are optional. The README lists them, with the limits of their values. A key
// overrides its environment variable and the options of [WithExporterOptions]. A key without
// a value, or with an empty string, counts as missing; but an empty prefix overrides its
// variable.
//
// Durations are integers in milliseconds. Any scalar is accepted as a string, as it is written.
// Aliases and merges (<<) work as everywhere in YAML. The limits are 1 MiB for a document and
// 1,000 keys for a mapping.
//
// # Environment
//
//	OTEL_CONFIG_FILE  the file that NewSDK reads. It overrides WithOpenTelemetryConfiguration.
//	APPTUIT_*         the variables of packages exporter and apptuitclient. Keys override them.
//
// # References
//
// A document can refer to environment variables, by the rules of OpenTelemetry's configuration
// data model:
//
//	${NAME}, ${env:NAME}   the value, or nothing if the variable is unset
//	${NAME:-text}          the text, if the variable is unset or empty
//	$$                     a $ that does not begin a reference: $${NAME} is the text ${NAME}
//
// References are replaced after the document is parsed, and only in scalar values, not in
// keys or comments. A value therefore cannot change the structure of the document, whatever
// its characters. Values and defaults are not searched for further references.
//
// An unquoted scalar gets the type of its text after the replacement, as go.yaml.in/yaml/v3
// determines it, except that a date is a string. For example, timeout: ${T} is an integer if T
// is 5000, and null if T is unset. A quoted scalar is a string.
//
// Any other ${…} with printable characters between the braces is an error, for example
// ${NAME:?text}. ${} and a ${ without a closing brace are text. The values of all variables in
// a document are limited to 1 MiB together.
//
// The document must be valid YAML before the replacement: a scalar with ": " or " #" in a
// default needs quotation marks. In flow collections, such as {token: ${TOKEN}}, YAML does not
// allow braces in a scalar. Here they are allowed, unless the reference contains quotation
// marks, commas, brackets or further braces.
//
// Otelconf's own ParseYAML replaces references before it parses the document.
package otelconf
