// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"fmt"
	"net/http"
)

// Profile selects the server that [WithProfile] imitates. The package comment describes the differences.
type Profile uint8

const (
	// Apptuit is Apptuit, the default.
	Apptuit Profile = iota
	// OpenTSDB is OpenTSDB 2.4.1 with its default configuration, except that it creates unknown metrics.
	OpenTSDB
	// VictoriaMetrics is VictoriaMetrics 1.151 with its default configuration.
	VictoriaMetrics
	// InfluxDB is the OpenTSDB service of InfluxDB 1.6, with a database that has no limits.
	InfluxDB
)

// dialect defines how a server checks points, answers puts and keeps values.
type dialect interface {
	// refuse returns the answer to a request that the server rejects without reading its body, and true.
	refuse(r *http.Request) (answer, bool)
	// judge returns the point in the form in which it is stored, or the reason for which it is rejected. If it returns an
	// error, the server rejects the whole body.
	judge(p wirePoint) (stored Point, reason string, err error)
	// unreadable returns the answer to a body that is malformed or, with errTooLarge, longer than the limit.
	unreadable(err error, limit int64) answer
	// answer returns the answer to a put of which a number of points are stored, and the others failed.
	answer(e *exchange, stored int, failures []pointFail) answer
	// keep returns the values of one series that a query finds, in ascending order of time, or the reason for which the
	// query fails. The received values are in order of arrival.
	keep(received []datapoint) (kept []datapoint, reason string)
}

func (p Profile) dialect() dialect {
	switch p {
	case Apptuit:
		return openTSDB{apptuit: true, maxTags: 25}
	case OpenTSDB:
		return openTSDB{maxTags: 8, maxBody: 8192}
	case VictoriaMetrics:
		return victoriaMetrics{}
	case InfluxDB:
		return influxDB{}
	default:
		panic(fmt.Sprintf("apptuittest: unknown profile %d", p))
	}
}
