// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/model"
)

func TestBatch_Open_ReadsRepeatedly(t *testing.T) {
	b := batchOf(t, NewCodec(Gzip), 10)
	first, second := b.Open(), b.Open()
	var got [2][]byte
	for i, r := range []io.ReadCloser{first, second} {
		var err error
		if got[i], err = io.ReadAll(r); err != nil {
			t.Fatal(err)
		}
		r.Close()
	}
	if !bytes.Equal(got[0], got[1]) || len(got[0]) != b.Size() {
		t.Errorf("read %d and %d bytes of %d", len(got[0]), len(got[1]), b.Size())
	}
}

func TestBatch_Open_ReadAfterClose(t *testing.T) {
	b := batchOf(t, NewCodec(Gzip), 10)
	r := b.Open()
	for range 3 {
		if err := r.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	}
	if n, err := r.Read(make([]byte, 10)); n != 0 || err == nil || errors.Is(err, io.EOF) {
		t.Errorf("Read after Close: %d bytes, %v, want an error other than io.EOF, which means a complete body", n, err)
	}
	whole := b.Open()
	if _, err := io.ReadAll(whole); err != nil {
		t.Fatal(err)
	}
	whole.Close()
	if n, err := whole.Read(make([]byte, 10)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("Read after the end and Close: %d bytes, %v, want io.EOF", n, err)
	}
	if refs := b.refs.Load(); refs != 1 {
		t.Errorf("after repeated calls of Close, the batch has %d references, want 1", refs)
	}
}

// A body returns to its pool only after its owner has released it and all readers are closed.
func TestBatch_Release_KeepsTheBodyForReaders(t *testing.T) {
	codec := NewCodec(None)
	b := batchFor(codec, 0, 1000)
	want := textOfBody(t, b)

	r := b.Open()
	head := make([]byte, 100)
	if _, err := io.ReadFull(r, head); err != nil {
		t.Fatal(err)
	}
	b.Release()
	for range 10 { // these batches would overwrite the body if it were in the pool
		batchFor(codec, 5000, 6000).Release()
	}
	tail, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	if got := string(head) + string(tail); got != want {
		t.Error("the body has changed while it was read")
	}
	if b.refs.Load() != 1 {
		t.Errorf("the batch has %d references, want 1 of the reader", b.refs.Load())
	}
	r.Close()
	if b.refs.Load() != 0 || b.body != nil {
		t.Error("the body was not returned to the pool")
	}
}

// An HTTP transport may read a body during and after Close, while the next batch is built.
func TestBatch_Open_ReadDuringClose(t *testing.T) {
	codec := NewCodec(None)
	for range 50 {
		b := batchFor(codec, 0, 200)
		var readers sync.WaitGroup
		for range 3 {
			r := b.Open()
			readers.Go(func() {
				var got bytes.Buffer
				p := make([]byte, 512)
				for {
					n, err := r.Read(p)
					got.Write(p[:n])
					if err != nil {
						break
					}
				}
				if text := got.String(); text != "" && !strings.HasPrefix(text, "[\n{\"metric\":\"m\",\"tags\":{\"i\":\"0\"}") {
					t.Errorf("read the text of another batch: %.60q", text)
				}
			})
			readers.Go(func() { r.Close() })
		}
		b.Release()
		batchFor(codec, 1000, 1200).Release()
		readers.Wait()
		if b.refs.Load() != 0 {
			t.Fatalf("the batch has %d references, want 0", b.refs.Load())
		}
	}
}

func TestBatch_Lines(t *testing.T) {
	for _, e := range encodings() {
		codec := NewCodec(e)
		b := newTestBuilder(t, codec, unlimited())
		long := strings.Repeat("long", chunkSize)
		for i, value := range []string{"a", long, "b\n,", long, long, "}"} {
			b.Append(lineOf(AppendPrefix(nil, "m", []model.Tag{{Key: "k", Value: value}}), 17), model.Int(int64(i)), 0)
		}
		batch := b.one()
		var got []Point
		if err := batch.Lines(t.Context(), func(i int, line []byte) bool {
			p, err := DecodePoint(line)
			if err != nil || i != len(got) {
				t.Fatalf("%v, line %d: %v", e, i, err)
			}
			got = append(got, p)
			return true
		}); err != nil {
			t.Fatal(err)
		}
		for i, value := range []string{"a", long, "b\n,", long, long, "}"} {
			if len(got) != 6 || got[i].Tags["k"] != value || got[i].Value != model.Int(int64(i)) {
				t.Fatalf("%v: %d points, and point %d differs", e, len(got), i)
			}
		}

		calls := 0
		if err := batch.Lines(t.Context(), func(int, []byte) bool { calls++; return calls < 2 }); err != nil || calls != 2 {
			t.Errorf("%v: stopped after %d lines, %v", e, calls, err)
		}
		if batch.refs.Load() != 1 {
			t.Errorf("%v: Lines does not close its reader", e)
		}
	}
}

func TestBatch_Release_PanicsWithoutAnOwner(t *testing.T) {
	b := batchFor(NewCodec(None), 0, 1)
	b.Release()
	defer func() {
		if recover() == nil {
			t.Error("a second Release does not panic")
		}
	}()
	b.Release()
}

func TestBatch_Lines_RefusesAGarbledBody(t *testing.T) {
	for name, spoil := range map[string]func(*Batch){
		"not compressed": func(b *Batch) { b.body = []byte("[\n{}\n]") },
		"cut off":        func(b *Batch) { b.body = b.body[:len(b.body)/2] },
		"too few points": func(b *Batch) { b.points++ },
	} {
		for _, e := range []Encoding{Gzip, Deflate} {
			codec := NewCodec(e)
			b := batchFor(codec, 0, 5000)
			spoil(b)
			if _, err := b.Select(t.Context(), func(int) bool { return false }); err == nil {
				t.Errorf("%v, %s: Select returns no error", e, name)
			}
			if _, _, err := b.Split(t.Context()); err == nil {
				t.Errorf("%v, %s: Split returns no error", e, name)
			}
			if b.refs.Load() != 1 {
				t.Errorf("%v, %s: a reader is not closed", e, name)
			}
		}
	}
	for _, text := range []string{"", "[", "{\n}", "[\n]", "[\nnull\n]", "[\n\n]"} {
		b := &Batch{codec: NewCodec(None), body: []byte(text), points: 1, sources: []uint32{0}}
		b.refs.Store(1)
		if err := b.Lines(t.Context(), func(int, []byte) bool { return true }); err == nil {
			t.Errorf("Lines of %q returns no error", text)
		}
	}
}

func FuzzSelect(f *testing.F) {
	f.Add(uint8(0), uint16(1), []byte{1})
	f.Add(uint8(1), uint16(10), []byte{0b1010_1010, 1})
	f.Add(uint8(2), uint16(3000), []byte{0xff, 0, 3})
	f.Add(uint8(0), uint16(5), []byte{})
	f.Fuzz(func(t *testing.T, e uint8, size uint16, keep []byte) {
		codec := NewCodec(encodings()[e%3])
		n := int(size)%4000 + 1
		batch := batchOf(t, codec, n)
		kept := func(i int) bool { return len(keep) > 0 && keep[i/8%len(keep)]>>(i%8)&1 == 1 }
		checkSelect(t, batch, n, kept)
		if body, _ := pointsOf(t, batch); len(body) != n {
			t.Error("Select has changed the batch")
		}
	})
}

// checkSelect selects points from a batch of n test points, and then points from the selection. It
// checks that both selections have the selected points in order.
func checkSelect(t *testing.T, batch *Batch, n int, keep func(int) bool) {
	t.Helper()
	part, err := batch.Select(t.Context(), keep)
	if err != nil {
		t.Fatal(err)
	}
	var want []int
	for i := range n {
		if keep(i) {
			want = append(want, i)
		}
	}
	if want == nil {
		if part != nil {
			t.Errorf("a selection without points is a batch of %d points, want nil", part.Points())
		}
		return
	}
	defer part.Release()
	body, sources := pointsOf(t, part)
	if !cmp.Equal(body, want) || !cmp.Equal(sources, want) {
		t.Fatalf("selected points %v with sources %v, want %v", body, sources, want)
	}
	if got := int64(len(textOfBody(t, part))); got != part.RawSize() {
		t.Errorf("the text has %d bytes, RawSize returns %d", got, part.RawSize())
	}
	odd, err := part.Select(t.Context(), func(i int) bool { return i%2 == 1 })
	if err != nil {
		t.Fatal(err)
	}
	if odd == nil {
		if len(want) > 1 {
			t.Error("the selection from the selection has no points")
		}
		return
	}
	defer odd.Release()
	if _, sources := pointsOf(t, odd); sources[0] != want[1] {
		t.Errorf("the source of the second point is %d, want %d", sources[0], want[1])
	}
}

func TestBatch_Select_AnySubset(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for _, e := range encodings() {
		codec := NewCodec(e)
		for range 20 {
			n := 1 + random.IntN(1200)
			share := random.IntN(101)
			subset := make([]bool, n)
			for i := range subset {
				subset[i] = random.IntN(100) < share
			}
			checkSelect(t, batchOf(t, codec, n), n, func(i int) bool { return subset[i] })
		}
	}
}

func TestBatch_Split(t *testing.T) {
	for _, e := range encodings() {
		codec := NewCodec(e)
		for _, n := range []int{2, 3, 7, 1001} {
			first, second, err := batchOf(t, codec, n).Split(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			a, _ := pointsOf(t, first)
			_, b := pointsOf(t, second)
			if !cmp.Equal(a, numbers(0, n/2)) || !cmp.Equal(b, numbers(n/2, n)) {
				t.Errorf("%v: halves of %d points: %v and %v", e, n, a, b)
			}
			first.Release()
			second.Release()
		}
	}
}

// Select and Split return soon after their context is canceled.
func TestBatch_Select_EndsWithItsContext(t *testing.T) {
	batch := batchOf(t, NewCodec(Gzip), 2*linesPerCheck)
	ctx, cancel := context.WithCancel(t.Context())
	seen := 0
	_, err := batch.Select(ctx, func(int) bool { seen++; cancel(); return true })
	if !errors.Is(err, context.Canceled) || seen != linesPerCheck {
		t.Errorf("%d points were read, error %v", seen, err)
	}
	if _, _, err := batch.Split(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("Split: %v", err)
	}
}

// Several goroutines can build, read and split batches of one codec at the same time.
func TestCodec_Concurrently(t *testing.T) {
	for _, e := range encodings() {
		codec := NewCodec(e)
		var users sync.WaitGroup
		for u := range 4 {
			users.Go(func() {
				for range 5 {
					b := batchFor(codec, u*1000, u*1000+200)
					first, second, err := b.Split(t.Context())
					if err != nil {
						t.Error(err)
						return
					}
					body, _ := pointsOf(t, second)
					if !cmp.Equal(body, numbers(u*1000+100, u*1000+200)) {
						t.Errorf("%v: the batch has points of another goroutine", e)
					}
					first.Release()
					second.Release()
					b.Release()
				}
			})
		}
		users.Wait()
	}
}

// Reads of any size return the whole body.
func TestBatch_Open_ReadsTheWholeBody(t *testing.T) {
	b := batchOf(t, NewCodec(None), 3)
	r := b.Open()
	defer r.Close()
	if got, err := io.ReadAll(iotest.OneByteReader(r)); err != nil || !bytes.Equal(got, b.Body()) {
		t.Errorf("%q, want %q: %v", got, b.Body(), err)
	}
}
