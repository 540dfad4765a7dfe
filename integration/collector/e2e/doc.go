// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package e2e tests otelcol-apptuit as a process, with the configuration files of
// examples/collector. Programs with the OpenTelemetry SDK send OTLP to it, and it sends to
// VictoriaMetrics, InfluxDB or the server of apptuittest.
//
// It is a module of its own, so that its SDK and servers do not affect the versions of
// otelcol-apptuit.
package e2e
