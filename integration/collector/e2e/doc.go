// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the Collector that otelcol-apptuit builds, in a process of its
// own and with the configuration files of examples/collector: programs with the
// OpenTelemetry SDK send OTLP to it, and it sends to VictoriaMetrics, or to the
// server of apptuittest.
//
// It is a module of its own so that its SDK and servers do not decide over the
// versions that otelcol-apptuit is made of.
package e2e
