// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package autoexport makes apptuit a value of OTEL_METRICS_EXPORTER, for programs that select
// their exporter by environment variables, with go.opentelemetry.io/contrib/exporters/autoexport.
// Such a program needs one more line, before it creates the reader:
//
//	apptuit.Register() // import apptuit "github.com/apptuitai/apptuit-go/integration/autoexport"
//	reader, err := autoexport.NewMetricReader(ctx)
//	provider := metric.NewMeterProvider(metric.WithReader(reader))
//
// The reader is a PeriodicReader with an exporter of package exporter, or for a list of
// exporters a reader with all of them. Its Shutdown exports once more and shuts down the
// exporters. The error of NewMetricReader joins all faults of the variables, and never contains
// the token.
//
// # Environment
//
//	OTEL_METRICS_EXPORTER        apptuit, in lower case, or a list of apptuit, otlp and console,
//	                             separated by commas, which export side by side. The contrib
//	                             package's default is otlp.
//	APPTUIT_*                    the server, the token, tags and all other settings that packages
//	                             exporter and apptuitclient document. No options override them.
//	OTEL_METRIC_EXPORT_INTERVAL  time between two exports in milliseconds (default: 60000).
//	                             To export every 10 s, as apptuit-py does, set 10000.
//	OTEL_METRIC_EXPORT_TIMEOUT   limit of one collection and its export, with retries, in milliseconds
//	                             (default: 30000). It also ends requests that APPTUIT_TIMEOUT would
//	                             allow to take longer.
//	OTEL_METRICS_PRODUCERS       further producers, separated by commas (default: none): runtime (all
//	                             instruments of package runtimemetrics, for the process and the Go
//	                             runtime), prometheus (the default registry of
//	                             prometheus/client_golang), none.
//
// The SDK reads the interval and the timeout. It logs a value that is not a positive number,
// and uses the default. Variables that begin with OTEL_EXPORTER_OTLP_ apply to OTLP only.
//
// # Lists
//
// OTEL_METRICS_EXPORTER=otlp,apptuit exports to both, for example during a migration. The order
// does not matter, white space around a name is ignored, and a name that occurs twice counts
// once. Each exporter has its own interval, its own OTEL_METRIC_EXPORT_TIMEOUT and its own
// errors, which name it. An exporter whose server is unavailable or hangs does not delay the
// others or make them fail. ForceFlush and Shutdown call all exporters at the same time.
//
// The exporters share one set of instruments in the SDK. It takes as much memory as for one
// exporter, and callbacks are called once for each exporter and interval. All exporters get the
// same data. The temporality is cumulative, since a collection for one exporter would reset the
// delta sums of the others. Variables that ask for another temporality, such as
// OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta or APPTUIT_LAYOUT=reporter, are an
// error, and so are different default aggregations. A program whose exporters need different
// data gives its MeterProvider a reader for each:
//
//	first, err := autoexport.NewMetricReader(ctx) // by OTEL_METRICS_EXPORTER
//	second, err := apptuit.NewMetricReader(ctx)
//	provider := metric.NewMeterProvider(metric.WithReader(first), metric.WithReader(second))
//
// A list that contains apptuit may contain no names but otlp and console. All other names are
// errors, including none, prometheus (which is scraped) and an empty name: the contrib package
// does not make the exporters of other packages available to a registered exporter. The contrib
// package refuses all lists without apptuit.
//
// # Producers
//
// The contrib package makes the producers of OTEL_METRICS_PRODUCERS available to its own
// exporters only. Therefore this package itself creates the producers prometheus and runtime. Any
// other name except none is an error, including the name of a producer that the program has
// registered by RegisterMetricProducer: otherwise its metrics would be missing without notice.
// WithFallbackMetricProducer has no effect. A program can give a producer to its reader in
// code:
//
//	exp, err := exporter.New(ctx)
//	reader := metric.NewPeriodicReader(exp, metric.WithProducer(producer))
//
// [Register] also registers runtime with the contrib package, for its own exporters. A program
// with the producer runtime must not call runtimemetrics.Start: each point would exist twice, and
// this exporter reports the collision.
//
// # Names
//
// The contrib package panics if a name is registered twice. [Register] registers each name
// once, however often it is called. It panics if the program registers an exporter apptuit or a
// producer runtime of its own. Otherwise the order of the registrations would decide which one
// exports.
package autoexport
