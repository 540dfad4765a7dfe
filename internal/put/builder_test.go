// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
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

// prefixOf returns the rendered series of test point i.
func prefixOf(i int) []byte {
	return AppendPrefix(nil, "m", []model.Tag{{Key: "i", Value: fmt.Sprint(i)}})
}

// lineOf returns a line with a series and a timestamp.
func lineOf(prefix []byte, ts int64) *Line {
	var l Line
	l.SetText(AppendTime(bytes.Clone(prefix), ts))
	return &l
}

// testBuilder is a builder that collects its batches.
type testBuilder struct {
	*Builder
	t       testing.TB
	batches []*Batch
}

// newTestBuilder returns a builder whose batches are released at the end of the test.
func newTestBuilder(t testing.TB, c *Codec, limits Limits) *testBuilder {
	b := &testBuilder{t: t}
	b.Builder = c.NewBuilder(limits, func(batch *Batch) {
		t.Cleanup(batch.Release)
		b.batches = append(b.batches, batch)
	})
	return b
}

// add appends the test points from from to to-1. The source of a point is its number.
func (b *testBuilder) add(from, to int) {
	for i := from; i < to; i++ {
		b.Append(lineOf(prefixOf(i), int64(1700000000+i)), model.Int(int64(i)), uint32(i))
	}
}

// take flushes the builder, and returns all batches since the last call.
func (b *testBuilder) take() []*Batch {
	b.Flush()
	all := b.batches
	b.batches = nil
	return all
}

// one flushes the builder, and returns the only batch since the last call of take.
func (b *testBuilder) one() *Batch {
	b.t.Helper()
	all := b.take()
	if len(all) != 1 {
		b.t.Fatalf("%d batches, want 1", len(all))
	}
	return all[0]
}

// batchFor returns a batch of test points, which the caller must release.
func batchFor(c *Codec, from, to int) (batch *Batch) {
	b := &testBuilder{Builder: c.NewBuilder(unlimited(), func(b *Batch) { batch = b })}
	b.add(from, to)
	b.Flush()
	return batch
}

// batchOf returns a batch of n test points, which is released at the end of the test.
func batchOf(t testing.TB, c *Codec, n int) *Batch {
	t.Helper()
	b := newTestBuilder(t, c, unlimited())
	b.add(0, n)
	return b.one()
}

// textOfBody decompresses the body of a batch with the standard library.
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

// pointsOf returns the numbers of the test points of a batch, once by its body and once by its
// sources.
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
			t.Fatalf("the fields of point %d do not belong together: %+v", i, p)
		}
		body = append(body, p.Value)
		sources = append(sources, int(b.Source(i)))
	}
	if len(points) != b.Points() {
		t.Errorf("the body has %d points, Points returns %d", len(points), b.Points())
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

func TestEncoding_Names(t *testing.T) {
	for e, want := range map[Encoding][2]string{
		Gzip: {"gzip", "gzip"}, Deflate: {"deflate", "deflate"}, None: {"none", ""},
	} {
		if got := [2]string{e.String(), e.ContentEncoding()}; got != want || NewCodec(e).Encoding() != e {
			t.Errorf("%d: got %q, want %q", e, got, want)
		}
	}
	if got := Encoding(9).String(); got != "Encoding(9)" {
		t.Errorf("the name of an unknown encoding is %s", got)
	}
}

func TestBuilder_WritesOnePointPerLine(t *testing.T) {
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

// Close discards the unfinished batch. Reused compressors, chunks and bodies contain no text of
// earlier batches.
func TestBuilder_Append_AfterClose(t *testing.T) {
	for _, e := range encodings() {
		b := newTestBuilder(t, NewCodec(e), unlimited())
		for _, n := range []int{3, 2000, 1, 6000, 2} {
			b.add(0, 7)
			b.add(0, n/2)
			b.Close() // discards the points
			if got := b.take(); len(got) > 0 {
				t.Fatalf("%v: %d batches after Close, want none", e, len(got))
			}
			b.add(0, n)
			body, sources := pointsOf(t, b.one())
			if diff := cmp.Diff(numbers(0, n), body); diff != "" {
				t.Errorf("%v: %s", e, diff)
			}
			if diff := cmp.Diff(body, sources); diff != "" {
				t.Errorf("%v, sources: %s", e, diff)
			}
		}
	}
}

// A full batch is delivered when the first point arrives that does not fit. This point begins the
// next batch.
func TestBuilder_Append_LimitOfPoints(t *testing.T) {
	b := newTestBuilder(t, NewCodec(Gzip), Limits{Points: 3, Bytes: math.MaxInt64})
	b.add(0, 3)
	if len(b.batches) != 0 {
		t.Error("a batch was delivered before a point that does not fit")
	}
	b.add(3, 7)
	var got [][]int
	for _, batch := range b.take() {
		body, sources := pointsOf(t, batch)
		if !cmp.Equal(body, sources) {
			t.Errorf("points %v with sources %v", body, sources)
		}
		got = append(got, body)
	}
	if diff := cmp.Diff([][]int{numbers(0, 3), numbers(3, 6), numbers(6, 7)}, got); diff != "" {
		t.Error(diff)
	}
}

func TestBuilder_Append_LimitOfBytes(t *testing.T) {
	codec := NewCodec(Gzip)
	for _, n := range []int{2, 3, 10, 5000} { // 5,000 points take several chunks
		exact := batchOf(t, codec, n).RawSize()

		fits := newTestBuilder(t, codec, Limits{Points: math.MaxInt, Bytes: exact})
		fits.add(0, n)
		if b := fits.one(); b.RawSize() != exact {
			t.Errorf("%d points have %d bytes, want %d", n, b.RawSize(), exact)
		}

		short := newTestBuilder(t, codec, Limits{Points: math.MaxInt, Bytes: exact - 1})
		short.add(0, n)
		all := short.take()
		if len(all) != 2 {
			t.Fatalf("%d points with a limit of one byte less are %d batches, want 2", n, len(all))
		}
		first, _ := pointsOf(t, all[0])
		second, _ := pointsOf(t, all[1])
		if !cmp.Equal(first, numbers(0, n-1)) || !cmp.Equal(second, numbers(n-1, n)) {
			t.Errorf("%d points in the first batch, %v in the second", len(first), second)
		}
	}
}

func TestBuilder_Append_HugePointIsABatchOfItsOwn(t *testing.T) {
	codec := NewCodec(Gzip)
	b := newTestBuilder(t, codec, Limits{Points: 100, Bytes: 1000})
	huge := AppendPrefix(nil, "m", []model.Tag{{Key: "i", Value: strings.Repeat("x", 5*chunkSize)}})
	b.add(0, 1)
	b.Append(lineOf(huge, 17), model.Int(1), 0)
	b.add(1, 2)
	all := b.take()
	if len(all) != 3 {
		t.Fatalf("%d batches", len(all))
	}
	if body, _ := pointsOf(t, all[0]); !cmp.Equal(body, []int{0}) {
		t.Errorf("the batch before the huge point has the points %v, want 0", body)
	}
	if text := textOfBody(t, all[1]); all[1].Points() != 1 || !json.Valid([]byte(text)) || len(text) < 5*chunkSize {
		t.Errorf("%d points, %d bytes", all[1].Points(), len(text))
	}
	if n := cap(codec.chunks.Get().(*chunk).text); n > 2*chunkSize {
		t.Errorf("the pool keeps a chunk of %d bytes", n)
	}
}

// The builder keeps at most one chunk of the uncompressed text in memory.
func TestBuilder_Append_HoldsOneChunk(t *testing.T) {
	b := newTestBuilder(t, NewCodec(Gzip), unlimited())
	largest := 0
	for i := range 100_000 {
		b.Append(lineOf(prefixOf(1), int64(1700000000+i)), model.Float(float64(i)), 0)
		largest = max(largest, cap(b.chunk.text))
	}
	if raw := b.raw; raw < 5<<20 {
		t.Fatalf("only %d bytes have been written", raw)
	}
	if largest > chunkSize*5/4 {
		t.Errorf("the chunk has grown to %d bytes", largest)
	}
	if n := cap(b.one().Body()); n > 2<<20 {
		t.Errorf("the compressed body takes %d bytes", n)
	}
}

func TestBuilder_Append_DoesNotCountUncountedPoints(t *testing.T) {
	b := newTestBuilder(t, NewCodec(Gzip), unlimited())
	for i, source := range []uint32{7, Uncounted, 8, Uncounted, 9} {
		b.Append(lineOf(prefixOf(i), int64(1700000000+i)), model.Int(int64(i)), source)
	}
	batch := b.one()
	if batch.Points() != 5 || batch.Counted() != 3 {
		t.Errorf("%d points, %d counted", batch.Points(), batch.Counted())
	}
	part, err := batch.Select(t.Context(), func(i int) bool { return i < 2 })
	if err != nil {
		t.Fatal(err)
	}
	defer part.Release()
	if part.Points() != 2 || part.Counted() != 1 || part.Source(0) != 7 || part.Source(1) != Uncounted {
		t.Errorf("the selection has %d points, %d counted", part.Points(), part.Counted())
	}
	b.add(0, 1)
	if next := b.one(); next.Counted() != 1 {
		t.Errorf("the next batch counts %d of 1", next.Counted())
	}
}

func TestBuilder_Discard_CallsBackForEachPoint(t *testing.T) {
	b := newTestBuilder(t, NewCodec(Gzip), Limits{Points: 2, Bytes: math.MaxInt64})
	b.add(0, 1)
	var late []int
	b.Discard(func(source uint32) { late = append(late, int(source)) })
	b.add(1, 4)
	if body, _ := pointsOf(t, b.one()); !cmp.Equal(body, numbers(0, 1)) {
		t.Errorf("the batch has %v", body)
	}
	if diff := cmp.Diff(numbers(1, 4), late); diff != "" {
		t.Error(diff)
	}
}

func TestBuilder_Append_AllocatesNothing(t *testing.T) {
	for _, e := range encodings() {
		b := NewCodec(e).NewBuilder(unlimited(), (*Batch).Release)
		lines := make([]*Line, 100)
		for i := range lines {
			lines[i] = lineOf(prefixOf(i), 1700000000)
		}
		round := func() {
			for i, l := range lines {
				b.Append(l, model.Float(float64(i)+0.5), uint32(i))
			}
		}
		batch := func() {
			for range 20 {
				round()
			}
			b.Flush()
		}
		for range 3 {
			batch() // fills the pools
		}
		// A batch needs a few allocations: the batch itself, and the headers of the buffers that it
		// returns to their pools.
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
