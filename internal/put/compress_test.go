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

// requests returns n lines of counters in ten metrics, sorted as package block sorts them. Each
// line has six tags, whose values many series share.
func requests(n int) (lines [][]byte, values []model.Value) {
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
		lines = append(lines, AppendTime(prefix, 1_700_000_000))
		values = append(values, model.Int(random.Int64N(1_000_000)))
	}
	slices.SortFunc(lines, bytes.Compare)
	return lines, values
}

// gzipped returns the size of a text that klauspost/compress has compressed at its fastest level.
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

// Bodies of one chunk are no larger than gzip's. Other bodies are at most 25 % larger, and the
// largest bodies are smaller.
func TestBuilder_Flush_BodiesAreHardlyLargerThanGzip(t *testing.T) {
	for _, tt := range []struct {
		lines int
		ratio float64 // of the size to gzip's, at most
	}{{10, 1}, {20, 1}, {50, 1}, {120, 1}, {200, 1}, {300, 1.25}, {500, 1.25}, {1000, 1.2}, {2000, 1.1}, {10_000, 0.95}} {
		b := newTestBuilder(t, NewCodec(Gzip), unlimited())
		lines, values := requests(tt.lines)
		var batch *Batch
		for range 2 { // the code table of the second body is computed from the first body
			var l Line
			for i, text := range lines {
				l.SetText(text)
				b.Append(&l, values[i], 0)
			}
			batch = b.one()
		}
		ratio := float64(batch.Size()) / float64(gzipped(t, []byte(textOfBody(t, batch))))
		t.Logf("%d lines: %d bytes, %.2f of gzip's", tt.lines, batch.Size(), ratio)
		if ratio > tt.ratio {
			t.Errorf("%d lines: %.3f of gzip's size, want at most %v", tt.lines, ratio, tt.ratio)
		}
	}
}

// FuzzBuilder makes each line by edits of the previous line, and compares the bodies of all
// encodings with the expected text.
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
			longest = 40_000 // longer than the largest distance of a match
		}
		checkBuilder(t, changes, uint8(random.Uint32()), 1+random.IntN(10), longest)
	}
}

// checkBuilder makes a line for each change, and compares the bodies of all encodings with the
// expected text. A change is the bytes of an offset, a length, and the text to insert. The bits of
// how select Edit or EditAll. A text that would be longer than longest is replaced by SetText. The
// changes are repeated times times.
func checkBuilder(t *testing.T, changes []byte, how uint8, times, longest int) {
	t.Helper()
	var builders []*testBuilder
	for _, e := range encodings() {
		builders = append(builders, newTestBuilder(t, NewCodec(e), unlimited()))
	}
	lines := make([]Line, len(builders))
	text := []byte(`{"metric":"m","tags":{"k":"v"},"timestamp":1700000000,"value":`)
	each := func(do func(l *Line)) {
		for i := range lines {
			do(&lines[i])
		}
	}
	each(func(l *Line) { l.SetText(text) })
	var want []byte
	n := 0
	for range times {
		for rest := changes; len(rest) >= 2; n++ {
			at, size := int(rest[0])%(len(text)+1), int(rest[1]%64)
			rest = rest[2:]
			own := bytes.ReplaceAll(rest[:min(size, len(rest))], []byte("\n"), []byte(" "))
			rest = rest[len(own):]
			del := min(size/2, len(text)-at)
			text = slices.Concat(text[:at], own, text[at+del:])
			switch {
			case len(text) > longest:
				text = []byte("x")
				each(func(l *Line) { l.SetText(text) })
			case how&(1<<(n%8)) != 0:
				each(func(l *Line) { l.Edit(at, del, own) })
			default:
				each(func(l *Line) { l.EditAll(0, []Edit{{uint16(at), uint16(del), uint16(len(own))}}, own) })
			}
			if n%7 == 3 {
				continue // the next change edits the line before it is appended
			}
			if n%11 == 5 && string(lines[0].Text()) != string(text) {
				t.Fatalf("the line is %q, want %q", lines[0].Text(), text)
			}
			if len(want) == 0 {
				want = append(want, bodyStart...)
			} else {
				want = append(want, separator...)
			}
			want = append(append(want, text...), byte('0'+n%3))
			for i, b := range builders {
				b.Append(&lines[i], model.Int(int64(n%3)), uint32(n))
			}
		}
	}
	if len(want) == 0 {
		return
	}
	want = append(want, bodyEnd...)
	for _, b := range builders {
		if diff := cmp.Diff(string(want), textOfBody(t, b.one())); diff != "" {
			t.Fatal(diff)
		}
	}
}

// BenchmarkCompressor compares the compressors for large and for small bodies on the same lines.
// It also reports the compressed bytes of a line.
func BenchmarkCompressor(b *testing.B) {
	for _, n := range []int{10, 50, 120, 250, 500, 1000, 2000, 10_000} {
		lines, values := requests(n)
		c := &chunk{text: []byte(bodyStart)}
		for i, line := range lines {
			if i > 0 {
				c.text = append(c.text, separator...)
				c.edits = append(c.edits, Diff(nil, lines[i-1], line)...)
			}
			start := len(c.text)
			c.text = append(c.text, line...)
			value := len(c.text)
			c.text = values[i].Append(c.text)
			c.lines = append(c.lines, chunkLine{start: start, value: value, end: len(c.text), known: i > 0, edits: len(c.edits)})
		}
		c.text = append(c.text, bodyEnd...)
		for name, z := range map[string]compressor{"delta": &delta{codes: new(codes)}, "gzip": newGzipStream()} {
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				var body []byte
				for b.Loop() {
					z.reset(body[:0])
					first := 0
					for _, l := range c.lines {
						z.line(c, l.start, l.value, l.end, c.edits[first:l.edits], l.known)
						first = l.edits
					}
					z.flush(c)
					body = z.finish()
				}
				b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/line")
				b.ReportMetric(float64(len(body))/float64(n), "B/line")
				b.ReportMetric(0, "ns/op")
			})
		}
	}
}
