// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package block

import (
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// discardSink is a sink that counts the bytes of batches and discards them.
type discardSink struct {
	builder *put.Builder
	bytes   int64
}

func newDiscardSink(b *testing.B) *discardSink {
	s := &discardSink{}
	s.builder = put.NewCodec(put.Gzip).NewBuilder(put.Limits{Points: math.MaxInt, Bytes: math.MaxInt64}, func(batch *put.Batch) {
		body := batch.Open()
		n, err := io.Copy(io.Discard, body)
		if err != nil {
			b.Error(err)
		}
		s.bytes += n
		batch.Release()
	})
	return s
}

func (s *discardSink) Lines() *put.Builder                            { return s.builder }
func (*discardSink) Sequential()                                      {}
func (*discardSink) Reject(put.Rejection)                             {}
func (*discardSink) Collision(_, _ uint32) (reported bool, err error) { return true, nil }

// benchTexts returns the rendered tags of n series in random order.
func benchTexts(n int) (texts [][]byte) {
	for i := range n {
		texts = append(texts, put.AppendTags(nil, []model.Tag{
			{Key: "host", Value: fmt.Sprintf("web-%d.eu-west-1.example.com", i%37)},
			{Key: "http.request.method", Value: []string{"GET", "POST", "PUT"}[i%3]},
			{Key: "http.response.status_code", Value: []string{"200", "204", "404", "500"}[i/3%4]},
			{Key: "http.route", Value: fmt.Sprintf("/api/v1/orders/%d", i)},
			{Key: "service.name", Value: "checkout"},
			{Key: "user.tier", Value: []string{"free", "gold"}[i%2]},
		}))
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(n, func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	return texts
}

// BenchmarkWrite compares a block with a plain implementation, in which each series keeps its
// text, and the compressor must find the differences from the previous text.
func BenchmarkWrite(b *testing.B) {
	for _, n := range []int{1000, 10_000, 100_000} {
		texts := benchTexts(n)
		b.Run(fmt.Sprintf("%d/block", n), func(b *testing.B) {
			sink, w, block := newDiscardSink(b), &Writer{}, New(Lines{Plain: []string{"http.server.requests"}})
			for _, text := range texts {
				w.Add(block, block.NewEntry(), text, n)
			}
			b.ResetTimer()
			for k := range b.N {
				w.Begin(sink, sink, nil)
				for id := range uint32(n) {
					w.PutNumber(block, id, Stamp{Timestamp: stamp + int64(k), Source: id}, model.Int(int64(k)+int64(id)%1000))
				}
				w.Write(block)
				w.End()
				sink.builder.Flush()
			}
			report(b, n, sink.bytes, block.Size())
		})
		b.Run(fmt.Sprintf("%d/plain", n), func(b *testing.B) {
			sink, held := newDiscardSink(b), int64(0)
			prefixes := make([][]byte, n)
			for i, text := range texts {
				head := put.AppendHead(nil, "http.server.requests")
				prefixes[i] = append(append(head, text...), put.PrefixEnd...)
				held += int64(len(prefixes[i])) + 24
			}
			var l put.Line
			var line []byte
			b.ResetTimer()
			for k := range b.N {
				for id := range uint32(n) {
					line = put.AppendTime(append(line[:0], prefixes[id]...), stamp+int64(k))
					l.SetText(line)
					sink.builder.Append(&l, model.Int(int64(k)+int64(id)%1000), id)
				}
				sink.builder.Flush()
			}
			report(b, n, sink.bytes, held)
		})
	}
}

// BenchmarkWriteFew writes 1,000 values of blocks with more entries.
func BenchmarkWriteFew(b *testing.B) {
	for _, n := range []int{4000, 10_000, 100_000} {
		texts := benchTexts(n)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			sink, w, block := newDiscardSink(b), &Writer{}, New(Lines{Plain: []string{"http.server.requests"}})
			for _, text := range texts {
				w.Add(block, block.NewEntry(), text, n)
			}
			b.ResetTimer()
			for k := range b.N {
				w.Begin(sink, sink, nil)
				for i := range 1000 {
					id := uint32((1000*k + i) % n)
					w.PutNumber(block, id, Stamp{Timestamp: stamp + int64(k), Source: id}, model.Int(int64(k)+int64(id)%1000))
				}
				w.Write(block)
				w.End()
				sink.builder.Flush()
			}
			report(b, 1000, sink.bytes, block.Size()*1000/int64(n))
		})
	}
}

func report(b *testing.B, n int, bytes, held int64) {
	points := float64(n) * float64(b.N)
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/points, "ns/point")
	b.ReportMetric(float64(bytes)/points, "bytes/point")
	b.ReportMetric(float64(held)/float64(n), "B/series")
	b.ReportMetric(0, "ns/op")
}
