// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// requests are lines of counters in ten metrics, with six tags that many series share,
// sorted as package block does it.
func requests(n int) (lines []*Line, values []model.Value) {
	random := rand.New(rand.NewPCG(1, uint64(n)))
	pick := func(values ...string) string { return values[random.IntN(len(values))] }
	for i := range n {
		prefix := AppendPrefix(nil, fmt.Sprintf("shop_requests_%d", i%10), []model.Tag{
			{Key: "http_request_method", Value: pick("GET", "POST", "PUT", "DELETE")},
			{Key: "http_response_status_code", Value: pick("200", "201", "204", "301", "400", "404", "500", "503")},
			{Key: "http_route", Value: fmt.Sprintf("/api/v1/%s/{id}/%d", pick("orders", "customers", "items", "carts"), random.IntN(64))},
			{Key: "network_protocol_version", Value: pick("1.1", "2")},
			{Key: "server_address", Value: fmt.Sprintf("shop-%d.example.com", random.IntN(64))},
			{Key: "service_name", Value: "shop"},
		})
		lines = append(lines, lineOf(prefix, 1_700_000_000))
		values = append(values, model.Int(random.Int64N(1_000_000)))
	}
	slices.SortFunc(lines, func(a, b *Line) int { return bytes.Compare(a.Text, b.Text) })
	var last []byte
	for _, l := range lines {
		l.Edits, l.Known = Diff(nil, last, l.Text), last != nil
		last = l.Text
	}
	return lines, values
}

// gzipped is the size of a text at the fastest level of klauspost/compress.
func gzipped(t testing.TB, text []byte) int {
	t.Helper()
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, level)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = z.Write(text)
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Len()
}

// Bodies of one chunk are as small as gzip makes them, larger ones hardly larger, and the
// largest smaller.
func TestBuilder_Flush_SizeBesideGzip(t *testing.T) {
	for _, tt := range []struct {
		lines int
		ratio float64 // at most
	}{{10, 1}, {20, 1}, {50, 1}, {120, 1}, {200, 1}, {300, 1.25}, {500, 1.25}, {1000, 1.2}, {2000, 1.1}, {10_000, 0.95}} {
		b := newTestBuilder(t, NewCodec(Gzip), unlimited())
		lines, values := requests(tt.lines)
		var batch *Batch
		for range 2 { // the first body teaches the code table
			for i, l := range lines {
				b.Append(l, values[i], 0)
			}
			batch = b.one()
		}
		ratio := float64(batch.Size()) / float64(gzipped(t, []byte(textOfBody(t, batch))))
		t.Logf("%d lines: %d bytes, %.2f of gzip's", tt.lines, batch.Size(), ratio)
		if ratio > tt.ratio {
			t.Errorf("%d lines: %.3f of the size that gzip makes it, want at most %v", tt.lines, ratio, tt.ratio)
		}
	}
}

// FuzzBuilder makes lines of bytes, each by changes of the line before, and compares the
// bodies of all encodings.
func FuzzBuilder(f *testing.F) {
	f.Add([]byte("\x05\x01hello\x10\x03wor\x02\x00\x20\x01x"), uint8(3))
	f.Add(bytes.Repeat([]byte("\x00\x09ninebytes"), 100), uint8(255))
	f.Fuzz(func(t *testing.T, changes []byte, known uint8) {
		checkBuilder(t, changes, known, 1, 40_000)
		checkBuilder(t, changes, known, 50, 1000) // several chunks
	})
}

func TestBuilder_Append_Random(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for i := range 30 {
		changes := make([]byte, random.IntN(3000))
		for j := range changes {
			changes[j] = byte(random.Uint32())
		}
		longest := 1000
		if i%10 == 0 {
			longest = 40_000 // farther than a match can reach
		}
		checkBuilder(t, changes, uint8(random.Uint32()), 1+random.IntN(10), longest)
	}
}

func checkBuilder(t *testing.T, changes []byte, known uint8, times, longest int) {
	t.Helper()
	var builders []*testBuilder
	for _, e := range encodings() {
		builders = append(builders, newTestBuilder(t, NewCodec(e), unlimited()))
	}
	text := []byte(`{"metric":"m","tags":{"k":"v"},"timestamp":1700000000,"value":`)
	n := 0
	for range times {
		for rest := changes; len(rest) >= 2; n++ {
			at, size := int(rest[0])%len(text), int(rest[1]%64)
			rest = rest[2:]
			own := bytes.ReplaceAll(rest[:min(size, len(rest))], []byte("\n"), []byte(" "))
			rest = rest[len(own):]
			del := min(size/2, len(text)-at)
			next := slices.Concat(text[:at], own, text[at+del:])
			l := &Line{Text: next, Known: known&(1<<(n%8)) != 0}
			if l.Known {
				l.Edits = appendEdit(nil, 0, at, del, len(own))
			}
			for _, b := range builders {
				b.Append(l, model.Int(int64(n%3)), uint32(n))
			}
			if text = next; len(text) == 0 || len(text) > longest {
				text = []byte("x")
				for _, b := range builders {
					b.Append(&Line{Text: text}, model.Int(7), 0)
				}
			}
		}
	}
	if n == 0 {
		return
	}
	want := textOfBody(t, builders[2].one())
	for _, b := range builders[:2] {
		if diff := cmp.Diff(want, textOfBody(t, b.one())); diff != "" {
			t.Fatal(diff)
		}
	}
}

// BenchmarkCompressor compares the compressor of large bodies with the one of small
// bodies, on the same lines. It also reports the bytes of a line.
func BenchmarkCompressor(b *testing.B) {
	for _, n := range []int{10, 50, 120, 250, 500, 1000, 2000, 10_000} {
		lines, values := requests(n)
		text := &chunk{text: []byte(bodyStart)}
		for i, l := range lines {
			if i > 0 {
				text.text = append(text.text, separator...)
			}
			start := len(text.text)
			text.text = append(text.text, l.Text...)
			value := len(text.text)
			text.text = values[i].Append(text.text)
			text.edits = append(text.edits, l.Edits...)
			text.lines = append(text.lines, chunkLine{start, value, len(text.text), len(text.edits), l.Known})
		}
		text.text = append(text.text, bodyEnd...)
		for name, z := range map[string]compressor{"delta": &delta{codes: new(codes)}, "gzip": newGzipStream()} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				var body []byte
				for b.Loop() {
					z.reset(body[:0])
					z.write(text)
					body = z.finish()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/line")
				b.ReportMetric(float64(len(body))/float64(n), "B/line")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
