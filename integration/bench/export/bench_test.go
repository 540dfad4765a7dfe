// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package export compares exporters of metrics: the exporter of this project,
// OpenTelemetry's exporters for OTLP and Prometheus, remote write, and the put protocol with
// encoding/json. It contains only tests and benchmarks.
//
// A benchmark exports collections of metrics (data_test.go, service_test.go) with one
// exporter (peers_test.go) to a sink (sink_test.go), which is another process.
// TestTable runs the benchmark of each cell (plan_test.go) in a separate process, in
// several rounds, and writes the medians into a table (table_test.go).
package export

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/pprof"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/integration/bench/internal/measure"
)

// BenchmarkExport exports collections with each peer. An operation is an export. Its metrics are
// the time (ns/op), the CPU time of the process on all cores with garbage collection
// (cpu-ns/op), the allocations (allocs/op), the data points (points/op), and the bytes that the
// connections carry (wire-B/op).
//
// In the state "peak of memory", an operation is three exports, one cold and two warm. peak-B is
// the maximum increase of the resident memory, compared with the program that has prepared its
// first collection. This state requires Linux.
func BenchmarkExport(b *testing.B) {
	for _, r := range rows() {
		for _, p := range r.peers() {
			b.Run(r.name(p.name), func(b *testing.B) {
				if r.state == peakMemory {
					benchmarkMemory(b, r.start(b, startSink(b), p))
				} else {
					benchmarkTime(b, r.start(b, startSink(b), p))
				}
			})
		}
	}
}

func benchmarkTime(b *testing.B, r *run) {
	ctx := b.Context()
	points, err := r.check(ctx)
	// An exporter is warm after two collections, because the SDK alternates between two orders of
	// data points.
	for range 2 {
		err = errors.Join(err, r.collect(ctx), r.export(ctx))
	}
	if err != nil {
		b.Fatal(err)
	}
	before, cpu := r.to.received(false).Bytes, time.Duration(0)
	b.ReportAllocs()
	runtime.GC()
	for b.Loop() {
		b.StopTimer()
		err := r.collect(ctx)
		b.StartTimer()
		// Profiles can be filtered by this label: go tool pprof -tagfocus=state:warm.
		pprof.Do(ctx, pprof.Labels("state", r.state), func(ctx context.Context) {
			start := measure.CPU()
			err = errors.Join(err, r.export(ctx))
			cpu += measure.CPU() - start
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(points), "points/op")
	b.ReportMetric(float64(cpu)/float64(b.N), "cpu-ns/op")
	b.ReportMetric(float64(r.to.received(false).Bytes-before)/float64(b.N), "wire-B/op")
}

func benchmarkMemory(b *testing.B, r *run) {
	err := r.collect(b.Context())
	for b.Loop() {
		err = errors.Join(err, measure.ResetPeakMemory())
		resident, _, err1 := measure.Memory()
		for range 3 {
			err = errors.Join(err, r.export(b.Context()), r.collect(b.Context()))
		}
		_, peak, err2 := measure.Memory()
		if err := errors.Join(err, err1, err2, r.shutdown(b.Context())); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(peak-resident), "peak-B")
	}
	b.ReportMetric(float64(r.points), "points/op")
}

// run exports the collections of a source with one exporter.
type run struct {
	row
	to   *sink
	peer peer
	open opener
	next source

	collection *collection
	exporter   exporter // nil if it is not open
}

// start returns the run of a peer. Its exporter is shut down at the end of the test.
func (r *row) start(tb testing.TB, to *sink, p peer) *run {
	run := &run{row: *r, to: to, peer: p, open: r.opener(p), next: r.source(tb)}
	tb.Cleanup(func() {
		if err := run.shutdown(context.Background()); err != nil {
			tb.Error(err)
		}
	})
	return run
}

func (r *run) shutdown(ctx context.Context) error {
	e := r.exporter
	r.exporter = nil
	if e == nil {
		return nil
	}
	return e.Shutdown(ctx)
}

// collect prepares the next collection for export. If the run is cold, it shuts the exporter down.
func (r *run) collect(ctx context.Context) (err error) {
	if r.state == cold {
		err = r.shutdown(ctx)
	}
	if err == nil {
		r.collection, err = r.next(ctx)
	}
	return err
}

// export exports the collection. It opens the exporter if it is not open, so that a cold export
// includes this time.
func (r *run) export(ctx context.Context) error {
	if r.exporter == nil {
		e, err := r.open(ctx, r.to)
		if err != nil {
			return err
		}
		r.exporter = e
	}
	return r.exporter.Export(ctx, r.collection)
}

// check exports a collection, and compares it with the number of points that the sink has decoded
// and the sum of their values. It returns the number of data points.
func (r *run) check(ctx context.Context) (dataPoints int, err error) {
	if err := r.collect(ctx); err != nil {
		return 0, err
	}
	want, err := r.collection.count(ctx)
	if err != nil {
		return 0, err
	}
	before := r.to.received(true)
	err = r.export(ctx)
	after := r.to.received(false)
	if n := after.Points - before.Points; err == nil && n != r.peer.points(want) {
		err = fmt.Errorf("the sink decoded %d points, want %d", n, r.peer.points(want))
	}
	// The order of additions affects the sum, so that it is compared with a tolerance.
	if sum := after.Sum - before.Sum; err == nil && math.Abs(sum-want.sum) > 1e-9*(math.Abs(after.Sum)+math.Abs(want.sum)) {
		err = fmt.Errorf("the values in the sink add up to %v, want %v", sum, want.sum)
	}
	return want.data, err
}
