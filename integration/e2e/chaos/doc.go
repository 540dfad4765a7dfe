// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package chaos tests that no point is lost while servers, networks, clocks or the exporting process fail.
// An SDK program exports during each fault; then every point is accounted for. The package consists of
// tests only.
//
// A ledger lists the series, time and value of every point. It is computed from the recorded
// measurements, without the code under test. The tests compare it with the points that the server has in
// the end, with the requests and answers on the wire, and with the statistics of the exporter and its
// spool. For each fault, this equation must hold exactly:
//
//	points = stored + rejected + dropped - both + forgotten + lost
//
// Rejected and dropped points are reported to the program. Points counted as both are reported as
// rejected or dropped, but the server has stored them without confirming it. Forgotten points were
// acknowledged by VictoriaMetrics, which keeps the last seconds in memory, after the snapshot that
// preceded its kill. Lost points are none of these: there must not be any. A point may be stored twice
// only if a request with the point got no answer that tells whether the point was stored.
//
// A run takes a minute, with LONG_TESTS=1 about ten minutes. CHAOS_SEED, by default 1, determines the
// measurements and the order of the faults, but not the scheduling of threads and processes. go test -v
// shows the table of results; CHAOS_TABLE names a file to write it to.
package chaos
