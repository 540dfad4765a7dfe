// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package export compares exporters of metrics: the exporter of this project,
// OpenTelemetry's for OTLP and Prometheus, remote write, and the put protocol by
// encoding/json. It consists of tests and benchmarks only.
//
// A benchmark exports collections of metrics (data_test.go, sdk_test.go) with one
// exporter (peers_test.go) to a sink (sink_test.go), which is another process.
// TestTable runs each benchmark in a process of its own, in several rounds, and
// writes the medians into a table (table_test.go).
package export
