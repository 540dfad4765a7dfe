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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/api"
	promv1 "github.com/prometheus/client_golang/api/prometheus/v1"
	"github.com/prometheus/common/model"

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

func decoders() []decoder {
	const server = "http://server.invalid"
	client := func(t *transport) *query.Client {
		core, err := apptuitclient.New(apptuitclient.WithEndpoint(server), apptuitclient.WithHTTPClient(&http.Client{Transport: t}))
		if err != nil {
			panic(err)
		}
		return query.New(core, query.WithMaxResponseBytes(1<<30))
	}
	return []decoder{
		{"native", "apptuit-go", func(t *transport, s size) decode {
			c := client(t)
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
		{"matrix", "apptuit-go", func(t *transport, s size) decode {
			c := client(t)
			return func(ctx context.Context) (any, error) {
				return c.QueryRange(ctx, "{__name__='"+metric+"'}", epoch, s.end(), step)
			}
		}},
		{"matrix", "client_golang", func(t *transport, s size) decode {
			c, err := api.NewClient(api.Config{Address: server, RoundTripper: t})
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

// result copies the points to the slices of package query.
func (a *nativeAnswer) result() *query.Result {
	all := make([]query.Series, len(a.Outputs[0].Result))
	for i, s := range a.Outputs[0].Result {
		all[i] = query.Series{Metric: s.Metric, Tags: s.Tags, Timestamps: make([]int64, len(s.Points)), Values: make([]float64, len(s.Points))}
		for k, p := range s.Points {
			all[i].Timestamps[k], all[i].Values[k] = int64(p[0])*1000, p[1]
		}
	}
	return &query.Result{Outputs: []query.Output{{ID: a.Outputs[0].ID, Series: all}}}
}

// TestDecoders_Agree compares the decoded data with the data of the answer, all digits of
// each value included.
func TestDecoders_Agree(t *testing.T) {
	s := size{series: 40, points: 250, parts: 1}
	for _, d := range decoders() {
		got, err := d.open(writeAnswers(t, d.format, s), s)(t.Context())
		if err != nil {
			t.Errorf("%s by %s: %v", d.format, d.name, err)
		} else if diff := cmp.Diff(newMatrix(s), matrixOf(got)); diff != "" {
			t.Errorf("%s by %s (-want +got):\n%.2000s", d.format, d.name, diff)
		}
	}
}

// matrixOf returns the data of what a decoder returned.
func matrixOf(decoded any) model.Matrix {
	result, ok := decoded.(*query.Result)
	if !ok {
		return decoded.(model.Matrix)
	}
	var all model.Matrix
	for _, s := range result.Outputs[0].Series {
		one := &model.SampleStream{Metric: model.Metric{model.MetricNameLabel: model.LabelValue(s.Metric)}}
		for key, value := range s.Tags {
			one.Metric[model.LabelName(key)] = model.LabelValue(value)
		}
		for i, v := range s.Values {
			one.Values = append(one.Values, model.SamplePair{Timestamp: model.Time(s.Timestamps[i]), Value: model.SampleValue(v)})
		}
		all = append(all, one)
	}
	return all
}

// BenchmarkDecode decodes answers of a million points from files. For the answer of 1,000
// series, ns/point and cpu-ns/point (of the process on all cores) are the figures to read.
// Memory is in sizes of the final slices: how far the heap and the resident memory rise
// at most, and all allocated memory. It is valid with -benchtime=1x in a process of its
// own, as TestMemory runs it.
func BenchmarkDecode(b *testing.B) {
	for _, s := range []size{{200, 1000, 1}, {1, 200_000, 1}, {10, 20_000, 2}, {1000, 1000, 1}, {1, 1_000_000, 1}, {20, 50_000, 5}} {
		for _, d := range decoders() {
			if d.format == "native" && s.parts > 1 {
				continue // only queries in PromQL are divided
			}
			b.Run(fmt.Sprintf("format=%s/size=%dx%d/by=%s", d.format, s.series, s.points, d.name), func(b *testing.B) {
				answers := writeAnswers(b, d.format, s)
				decode, total := d.open(answers, s), float64(s.series*s.points)
				var m meter
				var decoded any
				var err error
				_ = measure.ResetPeakMemory() // without it, on other systems than Linux, resident/final means nothing
				residentBefore, _, _ := measure.Memory()
				before, allocatedBefore := heap()
				answers.onRead = m.sample
				m.during(func() { decoded, err = decode(b.Context()) })
				answers.onRead = func() {}
				_, allocated := heap()
				_, resident, _ := measure.Memory()
				points := 0
				for _, s := range matrixOf(decoded) {
					points += len(s.Values)
				}
				if err != nil || points != s.series*s.points {
					b.Fatalf("%d points, want %v: %v", points, total, err)
				}
				b.ReportAllocs()
				runtime.GC()
				used := measure.CPU()
				for b.Loop() {
					if _, err := decode(b.Context()); err != nil {
						b.Fatal(err)
					}
				}
				used = measure.CPU() - used
				b.ReportMetric(float64(b.Elapsed())/total/float64(b.N), "ns/point")
				b.ReportMetric(float64(used)/total/float64(b.N), "cpu-ns/point")
				final := 16 * total // 8 bytes for a time and 8 for a value
				b.ReportMetric(float64(m.peak-before)/final, "heap-peak/final")
				b.ReportMetric(float64(allocated-allocatedBefore)/final, "allocated/final")
				b.ReportMetric(float64(resident-residentBefore)/final, "resident/final")
			})
		}
	}
}

// TestMemory checks that the heap does not exceed 2.5 times the final slices. LONG_TESTS=1
// logs the memory of other decoders and of answers with a million points, too.
func TestMemory(t *testing.T) {
	for i, name := range []string{
		"format=native/size=200x1000/by=apptuit-go", "format=native/size=1x200000/by=apptuit-go",
		"format=matrix/size=200x1000/by=apptuit-go", "format=matrix/size=10x20000/by=apptuit-go",
		"format=native/size=1000x1000/by=apptuit-go", "format=native/size=1000x1000/by=encoding-json-stream",
		"format=native/size=1x1000000/by=apptuit-go", "format=native/size=1x1000000/by=encoding-json-stream",
		"format=matrix/size=1000x1000/by=apptuit-go", "format=matrix/size=1000x1000/by=client_golang",
		"format=matrix/size=20x50000/by=apptuit-go",
	} {
		t.Run(name, func(t *testing.T) {
			if i >= 4 && os.Getenv("LONG_TESTS") == "" {
				t.Skip("set LONG_TESTS=1")
			}
			result, line, err := measure.Run(t.Context(), "BenchmarkDecode/"+name, "1x")
			if err != nil {
				t.Fatal(err)
			}
			t.Log(line)
			heap, ok := result.Value("heap-peak/final")
			if !ok || heap < 1 || heap > 2.5 && strings.HasSuffix(name, "apptuit-go") {
				t.Errorf("the peak of the heap is %v times the final slices", heap)
			}
		})
	}
}

// meter finds the peak of the heap: at each read of an answer, for decoders that read as
// they decode, and every 200 microseconds, for those that read first.
type meter struct {
	mu   sync.Mutex
	peak uint64
}

func (m *meter) sample() {
	now, _ := heap()
	m.mu.Lock()
	defer m.mu.Unlock()
	m.peak = max(m.peak, now)
}

// during samples while f runs.
func (m *meter) during(f func()) {
	ticker, done := time.NewTicker(200*time.Microsecond), make(chan struct{})
	var sampler sync.WaitGroup
	sampler.Go(func() {
		for {
			select {
			case <-ticker.C:
				m.sample()
			case <-done:
				return
			}
		}
	})
	f()
	close(done)
	ticker.Stop()
	sampler.Wait()
	m.sample()
}

// heap returns the memory of objects, garbage that is not yet collected included, and all
// memory allocated so far.
func heap() (objects, allocated uint64) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}
