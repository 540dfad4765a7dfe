// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package promdiff tests exporter.WithPrometheusNames and WithTargetInfo against
// OpenTelemetry's Prometheus exporter: one program has both. What ours sends to a
// VictoriaMetrics, and what another one scrapes of theirs, must be the same
// series, but for what the test lists, each difference with its reason.
//
// It is a module of its own because that exporter brings client_golang along. It
// consists of tests only.
package promdiff
