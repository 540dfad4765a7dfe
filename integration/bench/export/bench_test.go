// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package export compares exporters of metrics: the exporter of this project,
// OpenTelemetry's for OTLP and Prometheus, remote write, and the put protocol by
// encoding/json. It consists of tests and benchmarks only.
//
// A benchmark exports collections of metrics (data_test.go, service_test.go) with one
// exporter (peers_test.go) to a sink (sink_test.go), which is another process.
// TestTable runs each benchmark in a process of its own, in several rounds, and
// writes the medians into a table (table_test.go).
package export

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"testing"
	"time"

	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/apptuitai/apptuit-go/integration/bench/internal/measure"
)

// BenchmarkExport exports collections with each peer. ns/op, cpu-ns/op (CPU time of
// the process on all cores, garbage collection included) and allocs/op are those of an
// export of points/op data points, which puts wire-B/op on the connections.
func BenchmarkExport(b *testing.B) {
	for _, r := range rows() {
		r.run(b, benchmarkExport)
	}
}

// work is something that is sent again and again, each time with other values.
type work struct {
	next func(ctx context.Context) error // prepares what send sends; not measured
	send func(ctx context.Context) error

	// What next has prepared: data points, points of the protocol, and the sum of their
	// values as the sink adds them up.
	dataPoints, points int
	sum                float64
}

func benchmarkExport(b *testing.B, r *row, p peer) {
	to := startSink(b)
	w := r.work(b, to, p)
	ctx := b.Context()
	if err := check(ctx, to, w); err != nil {
		b.Fatal(err)
	}
	// An exporter is warm when it has seen both orders in which the SDK collects.
	for range 2 {
		if err := errors.Join(w.next(ctx), w.send(ctx)); err != nil {
			b.Fatal(err)
		}
	}
	before := must(to.received(false))
	cpu, points := time.Duration(0), 0
	b.ReportAllocs()
	runtime.GC()
	for b.Loop() {
		b.StopTimer()
		err := w.next(ctx)
		points += w.dataPoints
		b.StartTimer()
		// Profiles have the label: go tool pprof -tagfocus=state.
		pprof.Do(ctx, pprof.Labels("state", r.state), func(ctx context.Context) {
			start := measure.CPU()
			err = errors.Join(err, w.send(ctx))
			cpu += measure.CPU() - start
		})
		if err != nil {
			b.Fatal(err)
		}
	}
	n := float64(b.N)
	b.ReportMetric(float64(points)/n, "points/op")
	b.ReportMetric(float64(cpu)/n, "cpu-ns/op")
	b.ReportMetric(float64(must(to.received(false)).Bytes-before.Bytes)/n, "wire-B/op")
}

// check sends once, and compares the number of points that the sink decodes and the
// sum of their values with the data.
func check(ctx context.Context, to *sink, w *work) error {
	if err := w.next(ctx); err != nil {
		return err
	}
	before := must(to.received(true))
	err := w.send(ctx)
	after := must(to.received(false))
	if n := after.Points - before.Points; err == nil && n != int64(w.points) {
		err = fmt.Errorf("the sink decoded %d points, want %d", n, w.points)
	}
	// The sum is as precise as its terms, whatever their order.
	if got := after.Sum - before.Sum; err == nil && math.Abs(got-w.sum) > 1e-9*(math.Abs(after.Sum)+math.Abs(w.sum)) {
		err = fmt.Errorf("the values in the sink add up to %v, want %v", got, w.sum)
	}
	return err
}

// newExporting returns the work of an exporter of collections.
func newExporting(tb testing.TB, to *sink, p peer, next source, cold bool) *work {
	var rm *metricdata.ResourceMetrics
	var current exporter
	end := func() {
		if current != nil {
			if err := current.Shutdown(context.Background()); err != nil {
				tb.Error(err)
			}
			current = nil
		}
	}
	tb.Cleanup(end)
	open := func(ctx context.Context) (err error) {
		if current == nil {
			current, err = p.open(ctx, to)
		}
		return err
	}
	w := &work{}
	w.next = func(ctx context.Context) (err error) {
		if rm, err = next(ctx); err != nil {
			return err
		}
		c := count(rm)
		w.dataPoints, w.points, w.sum = c.dataPoints, p.points(c), c.sum
		if cold {
			end() // making an exporter is a part of a first export
			return nil
		}
		if err := open(ctx); err != nil {
			return err
		}
		if c, ok := current.(*pushing); ok {
			return c.prepare(ctx, rm)
		}
		return nil
	}
	w.send = func(ctx context.Context) error {
		if err := open(ctx); err != nil {
			return err
		}
		return current.Export(ctx, rm)
	}
	return w
}

// BenchmarkMemory exports three collections, one cold and two warm. peak-B is how far
// the resident memory rises above that of the program with its first collection,
// held-B is the memory that the exporter still uses afterwards. It needs Linux.
func BenchmarkMemory(b *testing.B) {
	for _, points := range []int{1000, 1_000_000} {
		for _, r := range memoryRows(points) {
			r.run(b, benchmarkMemory)
		}
	}
}

func benchmarkMemory(b *testing.B, r *row, p peer) {
	to, next := startSink(b), r.source(b)
	rm := must(next(b.Context()))
	for b.Loop() {
		if err := measure.ResetPeakMemory(); err != nil {
			b.Fatal(err)
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		resident, _, err := measure.Memory()
		e := must(p.open(b.Context(), to))
		for range 3 {
			err = errors.Join(err, e.Export(b.Context(), rm))
			rm = must(next(b.Context()))
		}
		_, peak, err2 := measure.Memory()
		debug.FreeOSMemory()
		runtime.ReadMemStats(&after)
		if err := errors.Join(err, err2, e.Shutdown(b.Context())); err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(peak-resident), "peak-B")
		b.ReportMetric(float64(after.HeapAlloc)-float64(before.HeapAlloc), "held-B")
	}
	b.ReportMetric(float64(r.points), "points/op")
	runtime.KeepAlive(rm)
}
