// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package doctor finds out why no data arrives. It checks a configuration in the order in
// which a person would: what is set and where it comes from, the faults of client and
// exporter, the spool, then the path to the server step by step (proxy, DNS, TCP, TLS), then a
// point of its own, which is sent as the program would send it and queried back. Each finding
// that is not ok comes with advice.
//
// The command "apptuit doctor" is its face. A program can run the checks when it starts, with
// the options that it passes to the exporter:
//
//	report := doctor.Run(ctx, doctor.WithExporterOptions(options...))
//	if err := report.Err(); err != nil {
//		log.Print(report)
//	}
//
// # What is written
//
// One point of the metric apptuit.doctor.probe goes to the server with all tags that points of
// the program have, and five more of that metric in series of the doctor's own: their only tags
// are source=doctor, probe and, for InfluxDB, time. [WithoutProbe] sends nothing. A spool is
// inspected, but not opened: nothing in it is delivered. Whether its folder can be written to
// is tested with a temporary file, except with WithoutProbe.
//
// Tokens and passwords are replaced in all findings, also where a server quotes them.
package doctor
