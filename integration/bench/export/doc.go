// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package export measures exporters of metrics beside each other: this project's,
// those of OpenTelemetry for OTLP and Prometheus, a conversion to remote write
// and an encoding of OpenTSDB's put with the standard library.
//
// What goes in: collections, the same ones for all (package collection), peers
// (package peer), and a sink in a process of its own (package sink). What comes
// out: [Result], and of many a table in Markdown ([Table]).
//
// Each peer is alone in a process, as it is in a service, and pays for its own
// garbage. In a round each of them exports for a tenth of a second, one after the
// other, so that what else the machine does hits all alike; who is first changes
// from round to round. Only exports are measured, not what is collected between
// them. Figures are medians of the rounds, and how many times as much one takes
// as another is the median of what each round gives.
//
// Per point means per data point of OpenTelemetry. A histogram of 16 buckets is
// one, though 20 points in OpenTSDB's put.
package export
