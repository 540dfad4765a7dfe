// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package autoexport makes OTEL_METRICS_EXPORTER=apptuit work in programs that
// choose their exporter by the environment, with
// go.opentelemetry.io/contrib/exporters/autoexport. One line, before the reader
// is made:
//
//	apptuit.Register() // import apptuit "github.com/apptuitai/apptuit-go/integration/autoexport"
//	reader, err := autoexport.NewMetricReader(ctx)
//	provider := metric.NewMeterProvider(metric.WithReader(reader))
//
// What goes in: environment variables. What comes out: a PeriodicReader of
// go.opentelemetry.io/otel/sdk/metric with an exporter of package exporter,
// which the reader's Shutdown shuts down; or, for a list, a reader with several
// exporters. What fails: [NewMetricReader], with every fault of the variables in one
// error, none of which has a token in it.
//
// # Environment
//
//	OTEL_METRICS_EXPORTER        apptuit: this exporter, in exactly these letters; or a list of apptuit,
//	                             otlp and console with commas between them, which export side by side.
//	                             Unset, it is otlp: that is the contrib package's default. Beaten by
//	                             nothing.
//	APPTUIT_*                    the server, the token, tags and all else that package exporter and
//	                             package apptuitclient document. There are no options here to beat them.
//	OTEL_METRIC_EXPORT_INTERVAL  milliseconds between two exports; 60000, where apptuit-py reports every
//	                             10 s: set 10000 for the same. Read by the SDK, which logs a value that
//	                             is no positive number, and takes the default.
//	OTEL_METRIC_EXPORT_TIMEOUT   milliseconds for one collection and its export, retries included; 30000.
//	                             Read by the SDK likewise. It ends requests that APPTUIT_TIMEOUT would let
//	                             run for longer.
//	OTEL_METRICS_PRODUCERS       what else is exported, names with commas between them: runtime (all
//	                             instruments of package runtimemetrics: the process and the Go runtime),
//	                             prometheus (the default registry of prometheus/client_golang), none.
//	                             Unset, it is none.
//
// The variables that begin with OTEL_EXPORTER_OTLP_ are OTLP's alone.
//
// # Lists
//
// OTEL_METRICS_EXPORTER=otlp,apptuit exports to both, for a migration without risk.
// The order does not matter, white space around a name is ignored, and a name that is
// there twice counts once. Each exporter keeps its own interval, its own
// OTEL_METRIC_EXPORT_TIMEOUT and its own errors, which name it: an exporter whose
// server is down or hangs neither delays nor fails the others. ForceFlush and Shutdown
// reach all of them at the same time.
//
// The exporters share one set of instruments in the SDK. It takes as much memory as
// for one exporter, and callbacks are called once for each exporter and interval. The
// shared set uses one default aggregation, and is cumulative, since each collection
// would reset delta sums for the other exporters. Another temporality, for example by
// OTEL_EXPORTER_OTLP_METRICS_TEMPORALITY_PREFERENCE=delta or APPTUIT_LAYOUT=reporter,
// is an error, and so are default aggregations that differ. A program that needs both
// gives its MeterProvider two readers:
//
//	first, err := autoexport.NewMetricReader(ctx) // by OTEL_METRICS_EXPORTER
//	second, err := apptuit.NewMetricReader(ctx)
//	provider := metric.NewMeterProvider(metric.WithReader(first), metric.WithReader(second))
//
// none, prometheus, an empty name and any other name in a list with apptuit are
// errors: a registered exporter cannot get at the exporters of other packages, and
// prometheus is scraped. Lists without apptuit are left to the contrib package, which
// refuses them.
//
// # Producers
//
// The contrib package keeps the producers that OTEL_METRICS_PRODUCERS chooses
// from to its own exporters: a registered one cannot get at them. So the two that
// it knows by itself, and runtime, are made here, and mean what they mean with OTLP; any other
// name, one of RegisterMetricProducer among them, is an error rather than metrics
// that are silently missing. WithFallbackMetricProducer has no effect either. A
// program with a producer of its own gives it to its reader in code:
//
//	exp, err := exporter.New(ctx)
//	reader := metric.NewPeriodicReader(exp, metric.WithProducer(producer))
//
// [Register] registers runtime with the contrib package, which makes it available to its
// exporters, too. A program that calls runtimemetrics.Start reports the same series by
// itself: with both, each point is there twice, and this exporter reports a collision.
//
// # The name
//
// The contrib package panics when a name is registered twice. [Register] does it
// once, however often it is called. If the program registers an exporter
// "apptuit" or a producer "runtime" of its own, Register panics as well: which of the
// two would export must not depend on their order.
package autoexport
