// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package runtime measures what one collection of metrics of the process and
// the Go runtime costs: by runtimemetrics, by OpenTelemetry's contrib alone, and
// by the collectors of prometheus/client_golang.
package runtime
