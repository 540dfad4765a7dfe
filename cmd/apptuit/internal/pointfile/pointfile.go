// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package pointfile reads points from text: CSV, JSON, OpenTSDB's telnet lines and the
// Prometheus text format. It reads as a stream, so that a file can be larger than memory, and
// knows the place of each point, so that a later run can continue there.
package pointfile

import (
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Format is a form of text.
type Format string

// The formats. All of them are UTF-8, with or without a byte-order mark, and with lines that
// end in LF or CR LF.
const (
	// CSV (RFC 4180) has a header. The columns metric and value are required. The column time,
	// or else timestamp, is the time. Each other column is a tag. A tag whose key is the name of
	// one of these columns has the prefix "tag.", as query.Long writes it. An empty cell is no
	// tag.
	CSV Format = "csv"
	// JSON is objects of the put protocol, each on a line, or arrays of such objects. The time
	// is the member time or timestamp.
	JSON Format = "jsonl"
	// Telnet is "put METRIC TIMESTAMP VALUE KEY=VALUE …" a line. The word put can be missing, as
	// in files of OpenTSDB's import tool.
	Telnet Format = "telnet"
	// Prometheus is the text format of scrapes, version 0.0.4. Each sample is a point, so a
	// histogram is points of its _bucket, _sum and _count.
	Prometheus Format = "prometheus"
)

// Formats returns the names of all formats.
func Formats() []string {
	return []string{string(CSV), string(JSON), string(Telnet), string(Prometheus)}
}

// Point is a point as it was written.
type Point struct {
	Metric string
	Tags   map[string]string
	Time   time.Time   // zero if the text has none
	Value  model.Value // an integer if it was written as one, except in the format Prometheus
	// Missing says that the point has no value: the text has NaN, null or an empty cell.
	Missing bool
	// Line is the number of the line where the point begins, from 1.
	Line int64
}

// LineError is the error of a line that is not a point. The reader can go on after it.
type LineError struct {
	Line int64
	Err  error
}

// Error returns the number of the line and the cause.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the cause.
func (e *LineError) Unwrap() error { return e.Err }
