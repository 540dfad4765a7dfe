// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package export

import (
	"fmt"
	"strings"
	"testing"
)

// The states. A warm exporter has exported the same series before. A cold one is new,
// and making it is measured too. With churn, an exporter is warm, and one series in a
// hundred is new in each collection. Send and SendTimeSeries are uses of the client alone,
// and the last one is the state of the rows for memory.
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
	data     string // its name in the table
	kind     string // sum, gauge, histogram, exponential, mixed, or client
	points   int    // data points in a collection, of mixed data approximately
	state    string
	pushes   *shape // of the Collector's exporters
	fullOnly bool
}

// rounds returns the number of rounds with -full.
func (r *row) rounds() int {
	switch {
	case r.state == peakMemory:
		return 1
	case r.points >= 100_000:
		return 5
	default:
		return 11
	}
}

// rows returns the rows of the table, in order.
func rows() []row {
	var all []row
	for _, kind := range []string{"sum", "gauge", "histogram", "exponential", "mixed"} {
		for _, points := range []int{120, 1000, 10_000, 100_000} {
			for _, state := range []string{warm, cold, churn} {
				r := row{data: kind, kind: kind, points: points, state: state}
				r.fullOnly = points != 10_000 && (points != 120 || state != warm || kind == "mixed")
				if kind == "mixed" {
					r.data = "mixed, SDK"
				}
				all = append(all, r)
			}
		}
	}
	return append(
		all,
		row{data: "Collector, sum", kind: "sum", points: 10_000, state: warm, pushes: &shape{}},
		row{data: "Collector, histogram", kind: "histogram", points: 10_000, state: warm, pushes: &shape{}},
		row{data: "Collector, sum, 1,000 resources", kind: "sum", points: 10_000, state: warm, pushes: &shape{resources: 1000}},
		row{data: "Collector, sum, batches of 1,000", kind: "sum", points: 100_000, state: warm, pushes: &shape{batch: 1000}},
		row{data: "client alone", kind: "client", points: 10_000, state: send},
		row{data: "client alone", kind: "client", points: 50_000, state: sendTimeSeries},
	)
}

// memoryRows returns the rows for memory.
func memoryRows(points int) []row {
	return []row{
		{data: "sum", kind: "sum", points: points, state: peakMemory},
		{data: "histogram", kind: "histogram", points: points, state: peakMemory},
	}
}

// peers returns the exporters that have a cell in the row.
func (r *row) peers() []peer {
	all := peers()
	switch {
	case r.kind == "client":
		return []peer{all[0], {name: encodingJSON}}
	case r.pushes != nil:
		return collectorPeers(*r.pushes)
	default:
		return all
	}
}

// quick reports whether a cell is measured without -full: all exporters for 10,000 data
// points warm, and the first two for the other rows.
func (r *row) quick(p string) bool {
	return !r.fullOnly && (r.kind == "client" || r.points >= 10_000 && r.state == warm || p == apptuitGo || p == otlpHTTPGzip)
}

// benchmark returns the full name of the benchmark of a cell.
func (r *row) benchmark(p string) string {
	function := "BenchmarkExport"
	if r.state == peakMemory {
		function = "BenchmarkMemory"
	}
	name := fmt.Sprintf("%s/data=%s/points=%d/state=%s/peer=%s", function, r.data, r.points, r.state, strings.ReplaceAll(p, "/", "-"))
	return strings.ReplaceAll(name, " ", "_")
}

// benchTime returns the -benchtime flag of the benchmark: a tenth of a second, or one
// measurement of memory.
func (r *row) benchTime() string {
	if r.state == peakMemory {
		return "1x"
	}
	return "100ms"
}

// run runs the benchmark of each cell as a sub-benchmark.
func (r *row) run(b *testing.B, benchmark func(b *testing.B, r *row, p peer)) {
	for _, p := range r.peers() {
		_, name, _ := strings.Cut(r.benchmark(p.name), "/")
		b.Run(name, func(b *testing.B) { benchmark(b, r, p) })
	}
}

func (r *row) source(tb testing.TB) source {
	if r.kind == "mixed" {
		return newService(tb, r.points, r.state == churn)
	}
	return newMade(r.kind, r.points, r.state == churn)
}

func (r *row) work(tb testing.TB, to *sink, p peer) *work {
	if r.kind == "client" {
		return newSending(tb, to, p.name, r.state, r.points)
	}
	return newExporting(tb, to, p, r.source(tb), r.state == cold)
}
