// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package e2e tests the exporter, the client, queries and the command against real servers:
// VictoriaMetrics, InfluxDB 1.6 and Prometheus 3, with nginx and Caddy in front of them. It consists of tests
// only.
package e2e
