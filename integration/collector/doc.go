// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package collector is the exporter apptuit of the OpenTelemetry Collector. It sends the metrics
// of a Collector to Apptuit, or to another server with OpenTSDB's put protocol (VictoriaMetrics,
// InfluxDB 1.6, OpenTSDB). The points are those that package exporter sends for the same metrics,
// except for the tags of resources.
//
//	exporters:
//	  apptuit:
//	    token: ${env:APPTUIT_API_TOKEN}
//
// [NewFactory] returns the factory for the main program of a Collector. That can be
// otelcol-apptuit beside this package, or a program of the Collector's builder. [Config] and the
// README document the keys. The exporter reads no environment variables except those of proxies
// (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). The configuration can refer to others (${env:NAME}).
//
// # Differences from package exporter
//
//   - OTLP has no integer histograms: sum, min and max are floats.
//   - Data points with the flag "no recorded value" are skipped.
//   - Values are sent with the temporality in which they are received.
//   - There is no reporter layout. It accumulates values, and exporterhelper pushes the same
//     values again when it retries.
//   - The host tag is host.name of the resource, never the name of the Collector's host.
//   - By default, all attributes of the resource that distinguish entities become tags, in the
//     order of their importance, up to the limit of tags. attributes.md lists them.
//   - Points of two resources with the same series and timestamp collide: the first is sent, the
//     others are rejected. The pair of resources is logged once.
//   - The sources of tags are, highest priority first: attributes of the data point,
//     scope_tags, tags, attributes of the resource, the host tag.
//   - target_info is sent once for each resource in a push, with the timestamp of the newest data
//     point of the resource. If that data point is pushed again, so is target_info.
//
// # Errors
//
// exporterhelper queues and retries. It calls the exporter with a batch of data points; such a
// call is a push. A push makes one attempt to deliver the points. During the attempt, the client
// splits requests that are too large, and reads the token again after a 401; it does not retry
// otherwise. The error of a push is
//
//   - retryable, if points could not be delivered for a temporary reason. The error
//     contains the data points of these points only, and the delay that the server
//     requested. A data point that becomes several points, for example a histogram, is sent
//     again as a whole, with the same series, timestamps and values.
//   - permanent, if no point was accepted and none can be accepted later.
//   - nil otherwise. Points that are invalid or that the server has rejected are counted, and
//     logged once for each series and reason.
//
// A push does not modify the metrics.
//
// # Telemetry
//
// The counter otelcol_exporter_apptuit_points counts the points of all pushes by the attribute
// outcome. Its values are accepted, rejected, dropped (lost by an internal error) and returned (to
// exporterhelper for another push, which counts the points again). documentation.md lists all
// counters.
//
//go:generate go tool -modfile=../../tools/go.mod mdatagen metadata.yaml
//go:generate go test -run=TestConfigSchema . -update
package collector
