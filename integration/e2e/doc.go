// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the exporter and the client against servers that others
// have written: VictoriaMetrics, InfluxDB 1.6, and nginx in front of them, and
// queries against Prometheus 3. It consists of tests only.
package e2e
