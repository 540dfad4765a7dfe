// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package promdiff compares exporter.WithPrometheusNames and WithTargetInfo with OpenTelemetry's Prometheus
// exporter. One program has both exporters: ours sends to a VictoriaMetrics, and another VictoriaMetrics
// scrapes theirs. Both servers must have the same series, except for the differences that the test lists
// with their reasons.
//
// The package is a module of its own, because OpenTelemetry's exporter requires client_golang. It consists
// of tests only.
package promdiff
