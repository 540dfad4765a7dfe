// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package doctor finds out why no data arrives at the server. It checks the settings and their
// sources, the configuration of client and exporter, and the spool. Then it checks each step of the
// path to the server: proxy, DNS, TCP and TLS. Finally it sends a test point, the probe, as the
// program would send it, and queries it back. Each finding that is not ok comes with advice.
//
// The command "apptuit doctor" prints the report of this package. A program can also run the checks
// when it starts, with the options that it passes to the exporter:
//
//	report := doctor.Run(ctx, doctor.WithExporterOptions(options...))
//	if err := report.Err(); err != nil {
//		log.Print(report)
//	}
//
// # What is written
//
// The probe is a point of the metric apptuit.doctor.probe, with all tags that points of the program
// have. The doctor also sends five more points of this metric, in series of their own, whose only
// tags are source=doctor, probe and, for InfluxDB, time. To test whether the folder of a spool can be
// written to, it creates a temporary file there, and removes it. It does not open the spool, so that
// no spooled batch is delivered. With [WithoutProbe] the doctor writes nothing.
//
// Tokens and passwords are replaced in all findings, also where a server quotes them.
package doctor
