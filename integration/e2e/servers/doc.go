// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package servers starts real servers for tests: VictoriaMetrics, InfluxDB 1.6 and Prometheus 3, and the
// reverse proxies nginx and Caddy, which can be configured to fail.
//
// Each Start function starts a new server on free ports of the loopback interface, with its data in a
// temporary folder of the test, and returns when the server accepts requests. The server is killed when
// the test ends; on Linux it is also killed when the test binary dies in any other way. If the test fails,
// the log of the server is shown.
//
// If a server is not installed, the test is skipped; with CI=true in the environment it fails. Every wait
// has a deadline.
//
// The stored points of each server are read as [Point] values, which [Diff] compares with the points that
// the server should have.
package servers
