// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package servers starts real metric servers for tests: VictoriaMetrics,
// InfluxDB 1.6, Prometheus 3, and nginx and Caddy to stand in front of them and
// misbehave.
//
// Each Start function runs a server of its own on free ports of the loopback
// interface, with its data in a temporary folder of the test, and returns when
// it serves. It is killed when the test ends, and on Linux also when the test
// binary dies in any other way. Its log is shown if the test fails.
//
// A server that is not installed skips the test, and says so; with CI=true in
// the environment it fails the test instead. Every wait has a deadline.
//
// What a server has stored comes back as [Point] values, whatever the server
// calls them, and [Diff] compares it with what it should have.
package servers
