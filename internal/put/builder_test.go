// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"compress/gzip"
	"compress/zlib"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

func encodings() []Encoding { return []Encoding{Gzip, Deflate, None} }

func unlimited() Limits { return Limits{Points: math.MaxInt, Bytes: math.MaxInt64} }

// prefixOf is the series of test point i.
func prefixOf(i int) []byte {
	return AppendPrefix(nil, "m", []model.Tag{{Key: "i", Value: fmt.Sprint(i)}})
}

// add adds test points to a builder, which must have room; their sources are their numbers.
func add(t testing.TB, b *Builder, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if b.AppendPrefix(prefixOf(i), int64(1700000000+i), model.Int(int64(i)), uint32(i)) {
			t.Fatalf("full at %d", i)
		}
	}
}

// batchOf is a batch of n test points, released with the test.
func batchOf(t testing.TB, c *Codec, n int) *Batch {
	t.Helper()
	b := c.NewBuilder(unlimited())
	add(t, b, 0, n)
	batch := b.Batch()
	t.Cleanup(batch.Release)
	return batch
}

// textOfBody decompresses a batch as any program would.
func textOfBody(t testing.TB, b *Batch) string {
	t.Helper()
	in := b.Open()
	defer in.Close()
	var r io.Reader = in
	var err error
	switch b.Encoding() {
	case Gzip:
		r, err = gzip.NewReader(in)
	case Deflate:
		r, err = zlib.NewReader(in)
	}
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// pointsOf returns the numbers of a batch's test points, as the body and as the sources have them.
func pointsOf(t testing.TB, b *Batch) (body, sources []int) {
	t.Helper()
	var points []struct {
		Metric           string
		Tags             map[string]string
		Timestamp, Value int
	}
	if err := json.Unmarshal([]byte(textOfBody(t, b)), &points); err != nil {
		t.Fatal(err)
	}
	for i, p := range points {
		if p.Metric != "m" || p.Tags["i"] != fmt.Sprint(p.Value) || p.Timestamp != 1700000000+p.Value {
			t.Fatalf("point %d is mixed up: %+v", i, p)
		}
		body = append(body, p.Value)
		sources = append(sources, int(b.Source(i)))
	}
	if len(points) != b.Points() {
		t.Errorf("%d points, and Points says %d", len(points), b.Points())
	}
	return body, sources
}

func numbers(from, to int) []int {
	var n []int
	for i := from; i < to; i++ {
		n = append(n, i)
	}
	return n
}

func TestEncodings(t *testing.T) {
	for e, want := range map[Encoding][2]string{
		Gzip: {"gzip", "gzip"}, Deflate: {"deflate", "deflate"}, None: {"none", ""},
	} {
		if got := [2]string{e.String(), e.ContentEncoding()}; got != want || NewCodec(e).Encoding() != e {
			t.Errorf("%d: got %q, want %q", e, got, want)
		}
	}
	if got := Encoding(9).String(); got != "Encoding(9)" {
		t.Errorf("an unknown encoding: %s", got)
	}
}

func TestBatchText(t *testing.T) {
	const want = `[
{"metric":"m","tags":{"i":"0"},"timestamp":1700000000,"value":0},
{"metric":"m","tags":{"i":"1"},"timestamp":1700000001,"value":1}
]`
	for _, e := range encodings() {
		b := batchOf(t, NewCodec(e), 2)
		if diff := cmp.Diff(want, textOfBody(t, b)); diff != "" {
			t.Errorf("%v: %s", e, diff)
		}
		if b.RawSize() != int64(len(want)) || e == None && b.Size() != len(want) || b.Encoding() != e {
			t.Errorf("%v: sizes %d and %d, encoding %v", e, b.Size(), b.RawSize(), b.Encoding())
		}
	}
}

// What a compressor, a chunk or a body held before must not show.
func TestBuilderIsReused(t *testing.T) {
	for _, e := range encodings() {
		codec := NewCodec(e)
		builder := codec.NewBuilder(unlimited())
		for _, n := range []int{3, 2000, 1, 6000, 2} {
			add(t, builder, 0, 7)
			builder.Close() // nobody wants these
			if builder.Points() != 0 {
				t.Fatalf("%v: %d points after Close", e, builder.Points())
			}
			if b := builder.Batch(); b != nil {
				t.Fatalf("%v: a batch of no points", e)
			}
			add(t, builder, 0, n)
			if builder.Points() != n {
				t.Errorf("%v: %d points, want %d", e, builder.Points(), n)
			}
			b := builder.Batch()
			body, sources := pointsOf(t, b)
			if diff := cmp.Diff(numbers(0, n), body); diff != "" {
				t.Errorf("%v: %s", e, diff)
			}
			if diff := cmp.Diff(body, sources); diff != "" {
				t.Errorf("%v, sources: %s", e, diff)
			}
			b.Release()
		}
	}
}

func TestAppendIsAppendPrefix(t *testing.T) {
	codec := NewCodec(None)
	byPrefix, bySeries := codec.NewBuilder(unlimited()), codec.NewBuilder(unlimited())
	for i := range 3 {
		byPrefix.AppendPrefix(prefixOf(i), 17, model.Float(1.5), 1)
		bySeries.Append(NewSeries(prefixOf(i)), 17, model.Float(1.5), 1)
	}
	a, b := byPrefix.Batch(), bySeries.Batch()
	defer a.Release()
	defer b.Release()
	if diff := cmp.Diff(textOfBody(t, a), textOfBody(t, b)); diff != "" {
		t.Error(diff)
	}
}

func TestLimitOfPoints(t *testing.T) {
	b := NewCodec(Gzip).NewBuilder(Limits{Points: 3, Bytes: math.MaxInt64})
	defer b.Close()
	add(t, b, 0, 3)
	for range 2 { // and it stays full
		if !b.AppendPrefix(prefixOf(3), 1700000003, model.Int(3), 3) {
			t.Fatal("not full")
		}
	}
	first := b.Batch()
	defer first.Release()
	add(t, b, 3, 4)
	second := b.Batch()
	defer second.Release()
	for _, tt := range []struct {
		batch *Batch
		want  []int
	}{{first, numbers(0, 3)}, {second, numbers(3, 4)}} {
		body, sources := pointsOf(t, tt.batch)
		if !cmp.Equal(body, tt.want) || !cmp.Equal(sources, tt.want) {
			t.Errorf("got %v of %v, want %v", body, sources, tt.want)
		}
	}
}

func TestLimitOfBytes(t *testing.T) {
	codec := NewCodec(Gzip)
	for _, n := range []int{2, 3, 10, 5000} { // the last one is several chunks
		exact := batchOf(t, codec, n).RawSize()

		fits := codec.NewBuilder(Limits{Points: math.MaxInt, Bytes: exact})
		add(t, fits, 0, n)
		b := fits.Batch()
		if b.RawSize() != exact {
			t.Errorf("%d points have %d bytes, want %d", n, b.RawSize(), exact)
		}
		b.Release()

		short := codec.NewBuilder(Limits{Points: math.MaxInt, Bytes: exact - 1})
		add(t, short, 0, n-1)
		if !short.AppendPrefix(prefixOf(n-1), int64(1700000000+n-1), model.Int(int64(n-1)), 0) {
			t.Errorf("%d points fit into a byte less than they have", n)
		}
		b = short.Batch()
		if body, _ := pointsOf(t, b); !cmp.Equal(body, numbers(0, n-1)) {
			t.Errorf("the point that did not fit left something behind: %d points", len(body))
		}
		b.Release()
	}
}

func TestHugePointIsABatchOfItsOwn(t *testing.T) {
	codec := NewCodec(Gzip)
	b := codec.NewBuilder(Limits{Points: 100, Bytes: 1000})
	huge := AppendPrefix(nil, "m", []model.Tag{{Key: "i", Value: strings.Repeat("x", 5*chunkSize)}})
	add(t, b, 0, 1)
	if !b.AppendPrefix(huge, 17, model.Int(1), 0) {
		t.Fatal("it fits beside another")
	}
	small := b.Batch()
	defer small.Release()
	if body, _ := pointsOf(t, small); !cmp.Equal(body, []int{0}) {
		t.Errorf("beside it: %v", body)
	}
	if b.AppendPrefix(huge, 17, model.Int(1), 0) {
		t.Fatal("it does not fit alone")
	}
	if !b.AppendPrefix(prefixOf(1), 17, model.Int(1), 0) {
		t.Error("another fits beside it")
	}
	alone := b.Batch()
	defer alone.Release()
	if text := textOfBody(t, alone); alone.Points() != 1 || !json.Valid([]byte(text)) || len(text) < 5*chunkSize {
		t.Errorf("%d points, %d bytes", alone.Points(), len(text))
	}
	if n := cap(get[byte](&codec.chunks, 0)); n > 2*chunkSize {
		t.Errorf("a chunk of %d bytes is kept", n)
	}
}

// The uncompressed text is never whole in memory.
func TestBuilderHoldsAChunk(t *testing.T) {
	b := NewCodec(Gzip).NewBuilder(unlimited())
	defer b.Close()
	s := NewSeries(prefixOf(1))
	largest := 0
	for i := range 100_000 {
		b.Append(s, int64(1700000000+i), model.Float(float64(i)), 0)
		largest = max(largest, cap(b.chunk))
	}
	if raw := b.raw; raw < 5<<20 {
		t.Fatalf("only %d bytes have been written", raw)
	}
	if largest > chunkSize*5/4 {
		t.Errorf("the chunk has grown to %d bytes", largest)
	}
	if n := cap(b.out.b); n > 2<<20 {
		t.Errorf("the compressed body takes %d bytes", n)
	}
}

func TestUncounted(t *testing.T) {
	b := NewCodec(Gzip).NewBuilder(unlimited())
	for i, source := range []uint32{7, Uncounted, 8, Uncounted, 9} {
		b.AppendPrefix(prefixOf(i), int64(1700000000+i), model.Int(int64(i)), source)
	}
	batch := b.Batch()
	defer batch.Release()
	if batch.Points() != 5 || batch.Counted() != 3 {
		t.Errorf("%d points, %d counted", batch.Points(), batch.Counted())
	}
	part, err := batch.Select(t.Context(), func(i int) bool { return i < 2 })
	if err != nil {
		t.Fatal(err)
	}
	defer part.Release()
	if part.Points() != 2 || part.Counted() != 1 || part.Source(0) != 7 || part.Source(1) != Uncounted {
		t.Errorf("of two: %d points, %d counted", part.Points(), part.Counted())
	}
	add(t, b, 0, 1)
	next := b.Batch()
	defer next.Release()
	if next.Counted() != 1 {
		t.Errorf("the next batch counts %d of 1", next.Counted())
	}
}

func TestAppendAllocatesNothing(t *testing.T) {
	for _, e := range encodings() {
		b := NewCodec(e).NewBuilder(unlimited())
		series := make([]*Series, 100)
		for i := range series {
			series[i] = NewSeries(prefixOf(i))
		}
		round := func() {
			for i, s := range series {
				b.Append(s, 1700000000, model.Float(float64(i)+0.5), uint32(i))
			}
		}
		batch := func() {
			for range 20 {
				round()
			}
			b.Batch().Release()
		}
		for range 3 {
			batch() // fills the pools
		}
		// A batch costs a few: itself and what boxes its buffers for their pools.
		if n := testing.AllocsPerRun(20, batch); n > 20 {
			t.Errorf("%v: %v allocations for 2,000 points", e, n)
		}
		round()
		if n := testing.AllocsPerRun(5, round); n != 0 {
			t.Errorf("%v: %v allocations for 100 points within a batch", e, n)
		}
		b.Close()
	}
}

func BenchmarkAppend(b *testing.B) {
	for _, e := range encodings() {
		b.Run(e.String(), func(b *testing.B) {
			builder := NewCodec(e).NewBuilder(Limits{Points: 50_000, Bytes: 16 << 20})
			defer builder.Close()
			series := make([]*Series, 10_000)
			for i := range series {
				series[i] = NewSeries(AppendPrefix(nil, "http_server_request_duration_count", []model.Tag{
					{Key: "host", Value: "web1"},
					{Key: "http_route", Value: fmt.Sprintf("/api/v1/orders/%d", i)},
					{Key: "method", Value: "GET"},
					{Key: "service_name", Value: "checkout"},
					{Key: "status", Value: "200"},
					{Key: "zone", Value: "eu-west-1a"},
				}))
			}
			b.ReportAllocs()
			b.ResetTimer()
			for i := range b.N {
				s := series[i%len(series)]
				v := model.Int(int64(i) * 7919)
				if builder.Append(s, 1700000000, v, 0) {
					builder.Batch().Release()
					builder.Append(s, 1700000000, v, 0)
				}
			}
		})
	}
}

func BenchmarkSelectHalf(b *testing.B) {
	const n = 10_000
	batch := batchOf(b, NewCodec(Gzip), n)
	b.ReportAllocs()
	for b.Loop() {
		half, err := batch.Select(b.Context(), func(i int) bool { return i%2 == 0 })
		if err != nil {
			b.Fatal(err)
		}
		half.Release()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/point")
}
