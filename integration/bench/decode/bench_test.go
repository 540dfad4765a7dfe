// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package decode compares decoders of answers to queries: package query of this project,
// encoding/json, and the client of Prometheus.
package decode

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/metrics"
	"strconv"
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
			body, _ := t.answers[0]()
			text, err := io.ReadAll(body)
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
				body, err := t.answers[0]()
				if err == nil {
					err = json.NewDecoder(body).Decode(&a)
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
				v, _, err := promv1.NewAPI(c).QueryRange(ctx, "{__name__='"+metric+"'}", promv1.Range{Start: epoch, End: s.end(), Step: step})
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

// writeParts writes an answer, divided into parts of the same time span.
func writeParts(format string, s size, parts int, write func(part int, text []byte)) {
	whole := newMatrix(s)
	for part := range parts {
		matrix := make(model.Matrix, len(whole))
		for i, one := range whole {
			matrix[i] = &model.SampleStream{Metric: one.Metric, Values: one.Values[s.points*part/parts : s.points*(part+1)/parts]}
		}
		var text bytes.Buffer
		encode := writeMatrix
		if format == "native" {
			encode = writeNative
		}
		if err := encode(&text, matrix); err != nil {
			panic(err)
		}
		write(part, text.Bytes())
	}
}

// TestDecoders_Agree compares the decoded data with the data of the answer, all digits of
// each value included.
func TestDecoders_Agree(t *testing.T) {
	s := size{series: 40, points: 250}
	for _, d := range decoders() {
		answers := &transport{}
		writeParts(d.format, s, 1, func(_ int, text []byte) { answers.answers = append(answers.answers, inMemory(text)) })
		got, err := d.open(answers, s)(t.Context())
		if err != nil {
			t.Errorf("%s by %s: %v", d.format, d.name, err)
		} else if diff := cmp.Diff(newMatrix(s), matrixOf(got)); diff != "" {
			t.Errorf("%s by %s (-want +got):\n%.2000s", d.format, d.name, diff)
		}
	}
}

// BenchmarkDecode decodes an answer in memory. CPU time is that of the process on all
// cores, garbage collection included.
func BenchmarkDecode(b *testing.B) {
	s := size{series: 1000, points: 1000}
	for _, d := range decoders() {
		b.Run("format="+d.format+"/by="+d.name, func(b *testing.B) {
			answers := &transport{}
			writeParts(d.format, s, 1, func(_ int, text []byte) {
				answers.answers = append(answers.answers, inMemory(text))
				b.SetBytes(int64(len(text)))
			})
			decode := d.open(answers, s)
			b.ReportAllocs()
			runtime.GC()
			before := measure.CPU()
			for b.Loop() {
				if _, err := decode(b.Context()); err != nil {
					b.Fatal(err)
				}
			}
			used, total := measure.CPU()-before, float64(b.N*s.series*s.points)
			b.ReportMetric(float64(b.Elapsed())/total, "ns/point")
			b.ReportMetric(float64(used)/total, "cpu-ns/point")
		})
	}
}

// memoryCase is an answer that is decoded from files, in a process of its own.
type memoryCase struct {
	size
	parts         int // of the answer: servers limit the points of a series
	format, by    string
	long, bounded bool // long: only with LONG_TESTS=1
}

func (c memoryCase) name() string {
	return fmt.Sprintf("format=%s/by=%s/size=%dx%d", c.format, c.by, c.series, c.points)
}

func memoryCases() []memoryCase {
	var all []memoryCase
	for _, long := range []bool{false, true} {
		many, one, split := size{200, 1000}, size{1, 200_000}, size{10, 20_000}
		if long {
			many, one, split = size{1000, 1000}, size{1, 1_000_000}, size{20, 50_000}
		}
		all = append(
			all,
			memoryCase{many, 1, "native", "apptuit-go", long, true},
			memoryCase{one, 1, "native", "apptuit-go", long, true},
			memoryCase{many, 1, "matrix", "apptuit-go", long, true},
			memoryCase{split, (split.points + 10_999) / 11_000, "matrix", "apptuit-go", long, true},
		)
		if long {
			all = append(
				all,
				memoryCase{many, 1, "native", "encoding-json-stream", long, false},
				memoryCase{one, 1, "native", "encoding-json-stream", long, false},
				memoryCase{many, 1, "matrix", "client_golang", long, false},
			)
		}
	}
	return all
}

// TestMemory checks that the heap of apptuit-go does not exceed 2.5 times the final slices.
func TestMemory(t *testing.T) {
	for _, c := range memoryCases() {
		t.Run(c.name(), func(t *testing.T) {
			if c.long && os.Getenv("LONG_TESTS") == "" {
				t.Skip("set LONG_TESTS=1")
			}
			result, _, err := measure.Run(t.Context(), "BenchmarkMemory/"+c.name(), "1x")
			if err != nil {
				t.Fatal(err)
			}
			heap, _ := result.Value("heap-peak/final")
			allocated, _ := result.Value("allocated/final")
			resident, _ := result.Value("resident/final")
			t.Logf("heap peak %.2f, allocated %.2f, resident %.2f times the final slices", heap, allocated, resident)
			if heap < 1 || c.bounded && heap > 2.5 {
				t.Errorf("the heap's peak is %.2f times the final slices", heap)
			}
		})
	}
}

// BenchmarkMemory measures memory in sizes of the final slices: the peak of the heap above
// the heap before the query, the allocated memory, and the peak of resident memory. It needs
// -benchtime=1x and a process for each case, as TestMemory runs it.
func BenchmarkMemory(b *testing.B) {
	for _, c := range memoryCases() {
		b.Run(c.name(), func(b *testing.B) {
			answers, dir := &transport{}, b.TempDir()
			writeParts(c.format, c.size, c.parts, func(part int, text []byte) {
				name := filepath.Join(dir, strconv.Itoa(part))
				if err := os.WriteFile(name, text, 0o600); err != nil {
					b.Fatal(err)
				}
				answers.answers = append(answers.answers, func() (io.ReadCloser, error) { return os.Open(name) })
			})
			var decode decode
			for _, d := range decoders() {
				if d.format == c.format && d.name == c.by {
					decode = d.open(answers, c.size)
				}
			}
			total, final := c.total()
			for b.Loop() {
				resetErr := measure.ResetPeakMemory()
				before, allocatedBefore := heap()
				peak := watch()
				decoded, err := decode(b.Context())
				most := peak()
				_, allocated := heap()
				if err != nil {
					b.Fatal(err)
				}
				points := 0
				for _, s := range matrixOf(decoded) {
					points += len(s.Values)
				}
				if points != total {
					b.Fatalf("%d points, want %d", points, total)
				}
				b.ReportMetric(float64(most-before)/float64(final), "heap-peak/final")
				b.ReportMetric(float64(allocated-allocatedBefore)/float64(final), "allocated/final")
				if _, resident, err := measure.Memory(); err == nil && resetErr == nil {
					b.ReportMetric(float64(resident)/float64(final), "resident/final")
				}
				runtime.KeepAlive(decoded)
			}
		})
	}
}

// watch samples the heap every 200 microseconds until peak is called.
func watch() (peak func() uint64) {
	stop, result := make(chan struct{}), make(chan uint64)
	go func() {
		most := uint64(0)
		for {
			now, _ := heap()
			most = max(most, now)
			select {
			case <-time.After(200 * time.Microsecond):
			case <-stop:
				now, _ := heap()
				result <- max(most, now)
				return
			}
		}
	}()
	return func() uint64 {
		close(stop)
		return <-result
	}
}

// heap returns the memory of objects, garbage that is not yet collected included, and all
// memory allocated so far.
func heap() (objects, allocated uint64) {
	samples := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/allocs:bytes"}}
	metrics.Read(samples)
	return samples[0].Value.Uint64(), samples[1].Value.Uint64()
}
