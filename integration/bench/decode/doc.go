// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package decode measures how fast, and in how much memory, the answers to
// queries become series: this project's package query beside encoding/json, and
// beside the client of Prometheus. It consists of tests and benchmarks only.
package decode
