// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// These are the states of a row. A warm exporter has exported the same series before. A cold exporter
// is new, and its creation is included. With churn, the exporter is warm, and 1 % of the series are new
// in each collection. Send and SendTimeSeries measure the client without an exporter.
const (
	warm           = "warm"
	cold           = "cold"
	churn          = "1 % new"
	send           = "Send"
	sendTimeSeries = "SendTimeSeries"
	peakMemory     = "peak of memory"
)

// row is a row of the table.
type row struct {
	data   string // the name of the data in the table
	kind   string // sum, gauge, histogram, exponential, or mixed; empty for the client without an exporter
	points int    // data points in a collection; approximate for mixed data
	state  string
	pushes *division // only for exporters of the Collector
}

// rows returns the rows of the table, in order.
func rows() []row {
	var all []row
	for _, kind := range []string{"sum", "gauge", "histogram", "exponential", "mixed"} {
		for _, points := range []int{120, 1000, 10_000, 100_000} {
			for _, state := range []string{warm, cold, churn} {
				r := row{data: kind, kind: kind, points: points, state: state}
				if kind == "mixed" {
					r.data = "mixed, SDK"
				}
				all = append(all, r)
			}
		}
	}
	return append(
		all,
		row{data: "Collector, sum", kind: "sum", points: 10_000, state: warm, pushes: &division{}},
		row{data: "Collector, histogram", kind: "histogram", points: 10_000, state: warm, pushes: &division{}},
		row{data: "Collector, sum, 1,000 resources", kind: "sum", points: 10_000, state: warm, pushes: &division{points: 10, resources: true}},
		row{data: "Collector, sum, batches of 1,000", kind: "sum", points: 100_000, state: warm, pushes: &division{points: 1000}},
		row{data: "client alone", points: 10_000, state: send},
		row{data: "client alone", points: 50_000, state: sendTimeSeries},
		row{data: "sum", kind: "sum", points: 1_000_000, state: peakMemory},
		row{data: "histogram", kind: "histogram", points: 1_000_000, state: peakMemory},
	)
}

// quick reports whether a cell is measured without -full. These cells are all peers for warm exports
// of 10,000 data points, for the Collector, and for the client. For other exports of 10,000 data points,
// and warm exports of 120 data points except mixed data, they are the first two peers. The peak of
// memory requires -memory.
func (r *row) quick(peer string) bool {
	switch {
	case r.state == peakMemory:
		return *memory
	case r.kind == "" || r.pushes != nil || r.points == 10_000 && r.state == warm:
		return true
	case r.points == 10_000 || r.points == 120 && r.state == warm && r.kind != "mixed":
		return peer == apptuitGo || peer == otlpHTTPGzip
	default:
		return false
	}
}

// name returns the name of the benchmark of a cell.
func (r *row) name(peer string) string {
	name := fmt.Sprintf("data=%s/points=%d/state=%s/peer=%s", r.data, r.points, r.state, strings.ReplaceAll(peer, "/", "-"))
	return strings.ReplaceAll(name, " ", "_")
}

// peers returns the peers that have a cell in the row.
func (r *row) peers() []peer {
	return slices.DeleteFunc(peers(), func(p peer) bool { return r.opener(p) == nil })
}

func (r *row) opener(p peer) opener {
	switch {
	case r.kind == "":
		return p.client
	case r.pushes != nil:
		return p.collector
	default:
		return p.sdk
	}
}

func (r *row) source(tb testing.TB) source {
	switch {
	case r.state == send:
		return newTimeSeries(r.points, 1)
	case r.state == sendTimeSeries:
		return newTimeSeries(r.points, 50)
	case r.kind == "mixed":
		return newService(tb, r.points, r.state == churn)
	case r.pushes != nil:
		return newPushes(newMade(r.kind, r.points, false), *r.pushes)
	default:
		return newMade(r.kind, r.points, r.state == churn)
	}
}
