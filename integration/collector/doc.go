// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package collector is the exporter component "apptuit" of the OpenTelemetry
// Collector: metrics that a Collector receives go to Apptuit, or to a server that
// speaks OpenTSDB's put protocol (VictoriaMetrics, InfluxDB 1.x, OpenTSDB).
//
// What goes in: pmetric.Metrics, from any pipeline. What comes out: the points that
// package exporter makes of the same metrics in a process, under the same names
// and tags, sent by package apptuitclient. What fails: see Errors.
//
//	exporters:
//	  apptuit:
//	    token: ${env:APPTUIT_API_TOKEN}
//
// [NewFactory] is for a Collector's main program: the one in otelcol-apptuit
// beside this package, or one that the Collector's builder makes. [Config] has
// the keys; the README has them in a table. No environment variable is read but
// those that the configuration names, and those of proxies (HTTPS_PROXY,
// HTTP_PROXY, NO_PROXY).
//
// # Names, values and tags
//
// As in package exporter, with these differences, which are OTLP's or the
// Collector's. OTLP has no integer histograms: their sum, min and max are
// floats. Points with the flag "no recorded value" are skipped. Temporality passes
// through as it comes: the wire does not tell. There is no reporter layout: it adds
// up what it is given, and exporterhelper gives the same data again when it retries. The host tag is host.name of
// the resource, never the name of the host on which the Collector runs. Tags come
// from, highest first: the point's attributes; scope_tags; tags; attributes of
// the resource; the host tag. target_info comes once for each resource of a push,
// and is pushed again with the data point whose time it has.
//
// # Errors
//
// The Collector's exporterhelper retries and queues; the client does not retry
// (but it sends a batch that is too large in halves, and asks for another token
// after a 401). A push makes one attempt at each wire batch. Then
//
//   - if wire points could not be delivered for a reason that may pass, the error
//     carries just the data points that they are of, to be pushed again, and
//     how long the server asks to wait. Of a data point that becomes several wire
//     points, such as a histogram, all are sent again then: same series, same
//     timestamp, same value.
//   - points that were refused (invalid, or by the server) are logged, the same
//     series for the same reason once, and counted. They are not in that error.
//   - if nothing was accepted and nothing may pass, the error is permanent.
//
// A push does not change what it is given, and panics on nothing.
//
// # Telemetry
//
// The counter otelcol_exporter_apptuit_points has the wire points of all pushes,
// by the attribute outcome: accepted; rejected; dropped, given up for a reason
// that does not pass, such as a certificate; returned to exporterhelper for another
// push, which counts them again.
package collector
