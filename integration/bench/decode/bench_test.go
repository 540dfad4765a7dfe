// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package decode

import (
	"bytes"
	"testing"

	"github.com/prometheus/common/model"

	"github.com/apptuitai/apptuit-go/query"
)

// large is the answer that is measured.
var large = size{series: 1000, points: 1000}

// BenchmarkNative decodes the native format.
func BenchmarkNative(b *testing.B) {
	var text bytes.Buffer
	writeNative(&text, large)
	body := text.Bytes()
	client := newClient(b, inMemory(body))
	measure(b, "apptuit-go", len(body), func() (*query.Result, error) { return native(b.Context(), client, large) })
	measure(b, "encoding-json", len(body), func() (*query.Result, error) { return nativeByJSON(body) })
	measure(b, "encoding-json-stream", len(body), func() (*query.Result, error) { return nativeByJSONStream(bytes.NewReader(body)) })
}

// BenchmarkMatrix decodes the matrix format of Prometheus.
func BenchmarkMatrix(b *testing.B) {
	var text bytes.Buffer
	writeMatrix(&text, large.series, 0, large.points)
	body := text.Bytes()
	client := newClient(b, inMemory(body))
	peer := newPrometheus(b, inMemory(body))
	measure(b, "apptuit-go", len(body), func() (*query.Result, error) { return matrix(b.Context(), client, large) })
	measure(b, "client_golang", len(body), func() (model.Matrix, error) { return matrixByPrometheus(b.Context(), peer, large) })
}

// measure reports what decoding the large answer costs: the time that passes, and
// the processor time of the process, which has the garbage collector's on other
// cores in it, and not the waiting for other processes.
func measure[T any](b *testing.B, by string, size int, decode func() (T, error)) {
	b.Run("by="+by, func(b *testing.B) {
		b.SetBytes(int64(size))
		b.ReportAllocs()
		before, known := cpu()
		for b.Loop() {
			if _, err := decode(); err != nil {
				b.Fatal(err)
			}
		}
		after, _ := cpu()
		points := float64(large.total()) * float64(b.N)
		b.ReportMetric(float64(b.Elapsed().Nanoseconds())/points, "ns/point")
		if known {
			b.ReportMetric(float64((after-before).Nanoseconds())/points, "cpu-ns/point")
		}
	})
}
