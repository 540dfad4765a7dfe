// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package pointfile reads points from text: CSV, JSON, OpenTSDB's telnet lines and the Prometheus text
// format. It reads a stream, so that a file can be larger than memory. It reports its place in the text,
// so that a later run can continue there.
package pointfile

import (
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Format is a text format.
type Format string

// The formats. All are UTF-8, with or without a byte-order mark. Lines end in LF or CR LF.
const (
	// CSV (RFC 4180) has a header. The columns metric and value are required. The column time,
	// or else timestamp, is the time. Each other column is a tag. A tag whose key is the name of
	// one of these columns has the prefix "tag.", as query.Long writes it. A row does not have the
	// tag of an empty cell.
	CSV Format = "csv"
	// JSON has objects of the put protocol, each on a line, or arrays of such objects. The time is
	// the member time or timestamp.
	JSON Format = "jsonl"
	// Telnet is "put METRIC TIMESTAMP VALUE KEY=VALUE …" a line. The word put can be missing, as
	// in files of OpenTSDB's import tool.
	Telnet Format = "telnet"
	// Prometheus is the text format of scrapes, version 0.0.4. Each sample is a point: a histogram
	// becomes points of _bucket, _sum and _count.
	Prometheus Format = "prometheus"
)

// Formats returns the names of all formats.
func Formats() []string {
	return []string{string(CSV), string(JSON), string(Telnet), string(Prometheus)}
}

// Point is a point of the text.
type Point struct {
	Metric string
	Tags   map[string]string
	Time   time.Time   // zero if the text has no time
	Value  model.Value // an integer if the text has an integer, except in the format Prometheus
	// Missing means that the point has no value: the text has NaN, null or an empty cell.
	Missing bool
	// Line is the number of the line where the point begins. The first line is 1.
	Line int64
}

// LineError is the error of a line that is not a point. The reader can continue after it.
type LineError struct {
	Line int64
	Err  error
}

// Error returns the number of the line and the cause.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns the cause.
func (e *LineError) Unwrap() error { return e.Err }
