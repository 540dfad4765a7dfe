// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package collector is the exporter component "apptuit" of the OpenTelemetry Collector. It
// sends metrics that a Collector receives to Apptuit, or to a server that accepts OpenTSDB's
// put protocol (VictoriaMetrics, InfluxDB 1.6, OpenTSDB). The points are the same that
// package exporter sends for these metrics from within a process.
//
//	exporters:
//	  apptuit:
//	    token: ${env:APPTUIT_API_TOKEN}
//
// [NewFactory] returns the factory for a Collector's main program: the program
// otelcol-apptuit beside this package, or one made with the Collector's builder. [Config]
// documents the keys, as does a table in the README. The component reads no environment
// variables except those of proxies (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). Variables can be
// used in the configuration (${env:NAME}).
//
// # Differences to package exporter
//
//   - OTLP has no integer histograms: sum, min and max are floats.
//   - Data points with the flag "no recorded value" are skipped.
//   - Values are sent with the temporality in which they are received.
//   - There is no reporter layout. It accumulates values, and exporterhelper pushes the same
//     values again when it retries.
//   - The host tag is host.name of the resource, never the name of the Collector's host.
//   - The sources of tags are, highest priority first: attributes of the data point,
//     scope_tags, tags, attributes of the resource, the host tag.
//   - target_info is sent once for each resource of a push. It is pushed again together with
//     the data point whose timestamp it has.
//
// # Errors
//
// exporterhelper queues and retries. The client does not retry, except that it splits a
// batch that is too large, and asks for another token after a 401. A push makes one attempt
// to deliver each batch. Its error is
//
//   - retryable, if points could not be delivered for a temporary reason. The error
//     contains the data points of these points only, and the delay that the server
//     requested. A data point that becomes several points, for example a histogram, is sent
//     again as a whole: same series, same timestamps, same values.
//   - permanent, if no point was accepted and none can be accepted later.
//   - nil otherwise. Invalid points and points that the server refused are counted and
//     logged, once for each series and reason.
//
// A push does not modify the metrics it gets.
//
// # Telemetry
//
// The counter otelcol_exporter_apptuit_points counts the points of all pushes by the
// attribute outcome: accepted; rejected; dropped, for a reason that is not temporary, such as
// a certificate; returned to exporterhelper for another push, which counts them again.
//
//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml
//go:generate go test -run=TestConfigSchema . -update
package collector
