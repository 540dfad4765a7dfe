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
// A document without apptuit goes to otelconf as it is. What otelconf would pass
// over is an error: an apptuit that is elsewhere than in a periodic reader,
// another exporter beside it, unknown keys in its reader.
//
// # The reader
//
// interval, timeout and cardinality_limits mean what they mean for the readers
// that otelconf makes. An interval or timeout that is 0, or not there, is the SDK's
// default: 60 s and 30 s, or OTEL_METRIC_EXPORT_INTERVAL and _TIMEOUT. Of producers, which otelconf ignores, prometheus is the default registry of
// prometheus/client_golang; others are an error. [WithProducers] adds some in code.
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
// and merges (<<) work as everywhere in YAML.
//
// # Environment
//
//	OTEL_CONFIG_FILE  a document, for NewSDK; none. It beats WithOpenTelemetryConfiguration.
//	APPTUIT_*         those of packages exporter and apptuitclient. Keys beat them.
//
// In the document, before it is parsed, ${NAME} and ${env:NAME} become the value of
// a variable, or nothing; ${NAME:-text} becomes the text if the variable is unset
// or empty; $$ becomes $, so that $${NAME} is left as ${NAME}. This is otelconf's
// doing: values are not looked at again, and must be scalars. Two things differ in
// documents with apptuit. References are found in flow style as well, where otelconf
// takes {a: ${B}} as it is. And a reference that cannot be replaced is an error,
// where otelconf forgets it when a later one can be.
//
// Put references to secrets in quotes, "${APPTUIT_API_TOKEN}": then nothing in them
// is YAML but quotes and backslashes.
package otelconf
