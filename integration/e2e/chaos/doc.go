// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package chaos breaks servers, networks, clocks and the exporting process
// itself while an SDK program exports, and then does the accounts. It consists of
// tests only.
//
// What goes in: a ledger, made of what the program recorded and of nothing of the
// code under test: series, time and value of every point. What is compared with
// it: all that the server has in the end, what was seen on the wire, and what the
// exporter and its spool say of themselves. For each fault, exactly:
//
//	points = stored + rejected + dropped - both + forgotten + lost
//
// Rejected and dropped are reported to the program. Both points are reported so,
// and stored all the same: a server has taken them and not said so. Forgotten
// points were acknowledged by VictoriaMetrics, which keeps the last seconds in
// memory, less than a snapshot before it was killed. Lost points are nowhere:
// there must not be any. A point is stored twice only where a request of it had no
// answer that says what became of it.
//
// A run takes a minute; LONG_TESTS=1 makes it about ten. What
// is recorded, and which fault comes when, follows from CHAOS_SEED, by
// default 1; how the threads of processes interleave does not. go test -v shows the
// table, and CHAOS_TABLE names a file that gets it.
package chaos
