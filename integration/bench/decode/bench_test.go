// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package decode compares decoders of answers to queries: package query of this project,
// encoding/json, and the client of Prometheus.
package decode

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"runtime/metrics"
	"testing"
	"time"

	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/integration/bench/internal/measure"
	"github.com/apptuitai/apptuit-go/query"
)

// A decode decodes one answer into a *query.Result or a model.Matrix.
type decode func(ctx context.Context) (any, error)

// decoder is a decoder of one of the two formats.
type decoder struct {
	format, name string
	open         func(t *transport, s size) decode
}

const apptuitGo = "apptuit-go"

func decoders() []decoder {
	return []decoder{
		{"native", apptuitGo, func(t *transport, s size) decode {
			c := newClient(t)
			return func(ctx context.Context) (any, error) { return c.Query(ctx, "fetch('"+metric+"')", epoch, s.end()) }
		}},
		{"native", "encoding-json", func(t *transport, s size) decode {
			text, err := os.ReadFile(t.files[0])
			return func(context.Context) (any, error) {
				var a nativeAnswer
				if err == nil {
					err = json.Unmarshal(text, &a)
				}
				return a.result(), err
			}
		}},
		{"native", "encoding-json-stream", func(t *transport, s size) decode {
			return func(context.Context) (any, error) {
				var a nativeAnswer
				file, err := t.open()
				if err == nil {
					err = errors.Join(json.NewDecoder(file).Decode(&a), file.Close())
				}
				return a.result(), err
			}
		}},
		{"matrix", apptuitGo, func(t *transport, s size) decode {
			c := newClient(t)
			return func(ctx context.Context) (any, error) {
				return c.QueryRange(ctx, "{__name__='"+metric+"'}", epoch, s.end(), step)
			}
		}},
		{"matrix", "client_golang", func(t *transport, s size) decode {
			c, err := api.NewClient(api.Config{Address: "http://server.invalid", RoundTripper: t})
			if err != nil {
				panic(err)
			}
			return func(ctx context.Context) (any, error) {
				v, _, _, err := promv1.NewAPI(c).QueryRange(ctx, "{__name__='"+metric+"'}", promv1.Range{Start: epoch, End: s.end(), Step: step})
				return v, err
			}
		}},
	}
}

func newClient(t *transport) *query.Client {
	c, err := apptuitclient.New(apptuitclient.WithEndpoint("http://server.invalid"), apptuitclient.WithHTTPClient(&http.Client{Transport: t}))
	if err != nil {
		panic(err)
	}
	return query.New(c, query.WithMaxResponseBytes(1<<30))
}

// cell is a decoder with an answer for it.
type cell struct {
	decoder
	size
}

// parts returns the number of requests in which package query asks for the answer: servers
// limit the points of a series to 11,000.
func (c cell) parts() int {
	if c.format == "native" || c.name != apptuitGo {
		return 1
	}
	return (c.points + 10_999) / 11_000
}

func (c cell) benchmark() string {
	return fmt.Sprintf("format=%s/size=%dx%d/by=%s", c.format, c.series, c.points, c.name)
}

// cells returns all cells: answers of 200,000 points, and of a million.
func cells() (all []cell) {
	for _, s := range []size{{200, 1000}, {1, 200_000}, {10, 20_000}, {1000, 1000}, {1, 1_000_000}, {20, 50_000}} {
		for _, d := range decoders() {
			if s.series > 1 || d.format == "native" { // as a matrix, it would take 19 or 91 requests
				all = append(all, cell{d, s})
			}
		}
	}
	return all
}

// TestDecoders_Agree compares the decoded data with the data of the answer.
func TestDecoders_Agree(t *testing.T) {
	s := size{series: 40, points: 250}
	for _, d := range decoders() {
		decoded, err := d.open(writeAnswers(t, cell{d, s}), s)(t.Context())
		if err != nil || !agrees(decoded, newMatrix(s)) {
			t.Errorf("%s by %s is not the data of the answer; error: %v", d.format, d.name, err)
		}
	}
}

// BenchmarkDecode decodes answers from files. For the answer of 1,000 series, ns/point
// and cpu-ns/point (of the process on all cores) are the figures to read. Memory is in
// sizes of the final slices: how far the heap and the resident memory rise at most, and
// all allocated memory. It is valid in a process of its own, as TestMemory runs it. The
// first decoded data must be the data of the answer, with all digits of each value.
func BenchmarkDecode(b *testing.B) {
	for _, c := range cells() {
		b.Run(c.benchmark(), func(b *testing.B) {
			decode, points := c.open(writeAnswers(b, c), c.size), float64(c.series*c.points)
			memory := checkedDecode(b, decode, c.size)
			b.ReportAllocs()
			runtime.GC()
			used := measure.CPU()
			for b.Loop() {
				if _, err := decode(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			used = measure.CPU() - used
			b.ReportMetric(float64(b.Elapsed())/points/float64(b.N), "ns/point")
			b.ReportMetric(float64(used)/points/float64(b.N), "cpu-ns/point")
			for unit, bytes := range memory {
				b.ReportMetric(float64(bytes)/(16*points), unit) // 8 bytes for a time and 8 for a value
			}
		})
	}
}

// checkedDecode decodes once, checks the data, and returns memory in bytes.
func checkedDecode(b *testing.B, decode decode, s size) map[string]uint64 {
	_ = measure.ResetPeakMemory() // without it, on other systems than Linux, resident/final means nothing
	resident, _, _ := measure.Memory()
	before, allocated := heap()
	highest, done, stopped := before, make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for {
			now, _ := heap()
			highest = max(highest, now)
			select {
			case <-done:
				return
			case <-time.After(200 * time.Microsecond):
			}
		}
	}()
	decoded, err := decode(b.Context())
	after, allocatedAfter := heap()
	close(done)
	<-stopped
	_, residentPeak, _ := measure.Memory()
	if err != nil || !agrees(decoded, newMatrix(s)) {
		b.Fatal("the decoded data is not the data of the answer; error: ", err)
	}
	return map[string]uint64{
		"heap-peak/final": max(highest, after) - before,
		"allocated/final": allocatedAfter - allocated,
		"resident/final":  residentPeak - resident,
	}
}

// heap returns the memory of objects, garbage that is not yet collected included, and all
// memory allocated so far.
func heap() (objects, allocated uint64) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}

// TestMemory decodes in processes of their own, and checks that the heap of this project
// does not exceed 2.5 times the final slices.
func TestMemory(t *testing.T) {
	for _, c := range cells() {
		t.Run(c.benchmark(), func(t *testing.T) {
			if (c.name != apptuitGo || c.series*c.points > 200_000) && os.Getenv("LONG_TESTS") == "" {
				t.Skip("set LONG_TESTS=1")
			}
			heap, ok := measure.Run(t, "BenchmarkDecode/"+c.benchmark(), "1x").Value("heap-peak/final")
			if !ok || heap < 1 || heap > 2.5 && c.name == apptuitGo {
				t.Errorf("the peak of the heap is %v times the final slices", heap)
			}
		})
	}
}
