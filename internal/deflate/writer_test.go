// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package deflate

import (
	"bytes"
	"compress/gzip"
	"io"
	"math/rand/v2"
	"testing"

	kgzip "github.com/klauspost/compress/gzip"
)

// body writes literals and matches to a Writer, and keeps the uncompressed text.
type body struct {
	w    *Writer
	text []byte
}

func newBody(code *Code) *body {
	b := &body{w: new(Writer)}
	b.w.Reset(nil, code, nil)
	return b
}

func (b *body) literals(p []byte) {
	b.w.Literals(p)
	b.text = append(b.text, p...)
}

func (b *body) match(length, distance int) {
	b.w.Match(length, distance)
	for range length {
		b.text = append(b.text, b.text[len(b.text)-distance])
	}
}

// check ends the body, and compares its text with the output of two gzip readers.
func (b *body) check(t *testing.T) {
	t.Helper()
	b.w.Sum(b.text)
	out := b.w.Finish()
	for name, open := range map[string]func(io.Reader) (io.Reader, error){
		"compress/gzip": func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) },
		"klauspost":     func(r io.Reader) (io.Reader, error) { return kgzip.NewReader(r) },
	} {
		r, err := open(bytes.NewReader(out))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, b.text) {
			t.Fatalf("%s: %v; %d bytes of %d are right", name, err, common(got, b.text), len(b.text))
		}
	}
}

func common(a, b []byte) int {
	n := 0
	for n < min(len(a), len(b)) && a[n] == b[n] {
		n++
	}
	return n
}

func TestWriter_EmptyBody(t *testing.T) { newBody(NewCode(nil)).check(t) }

func TestWriter_Literals(t *testing.T) {
	b := newBody(NewCode(nil))
	for i := range 256 {
		b.literals([]byte{byte(i)})
	}
	b.check(t)
}

func TestWriter_Match_AllLengthsAndDistances(t *testing.T) {
	code := NewCode(nil)
	random := rand.New(rand.NewPCG(1, 2))
	text := make([]byte, MaxDistance)
	for i := range text {
		text[i] = byte(random.Uint32())
	}
	b := newBody(code)
	b.literals(text)
	for length := MinMatch; length < 3*maxMatch; length++ {
		b.match(length, 1+random.IntN(MaxDistance))
	}
	b.check(t)
	b = newBody(code)
	b.literals(text)
	for distance := 1; distance <= MaxDistance; distance++ {
		b.match(MinMatch, distance)
	}
	b.check(t)
}

// Each code table is complete, and no code is longer than 15 bits.
func TestNewCode_IsComplete(t *testing.T) {
	for _, lengths := range [][]uint8{lengthsOf(usualLiterals(), maxBits), lengthsOf(usualDistances(), maxBits), lengthsOf([]uint64{1, 1 << 40, 1, 1 << 20, 5, 0, 1, 1}, 3)} {
		sum := 0
		for _, n := range lengths {
			if n > 0 {
				sum += 1 << (maxBits - n)
			}
		}
		if sum != 1<<maxBits {
			t.Errorf("lengths %v: %d of %d codes are used", lengths, sum, 1<<maxBits)
		}
	}
}

func TestWriter_Reset(t *testing.T) {
	var w Writer
	w.Reset(nil, NewCode(nil), nil)
	w.Literals([]byte("something else"))
	w.Reset([]byte("before"), NewCode(nil), nil)
	w.Literals([]byte("text"))
	w.Sum([]byte("text"))
	out, ok := bytes.CutPrefix(w.Finish(), []byte("before"))
	if !ok {
		t.Fatal("Reset does not keep the bytes before the body")
	}
	r, err := gzip.NewReader(bytes.NewReader(out))
	if err != nil {
		t.Fatal(err)
	}
	if text, err := io.ReadAll(r); string(text) != "text" || err != nil {
		t.Errorf("%q, %v", text, err)
	}
}

// A reader of the stream detects that the decompressed text differs from the text given to Sum.
func TestWriter_Sum_DetectsAWrongMatch(t *testing.T) {
	var w Writer
	w.Reset(nil, NewCode(nil), nil)
	w.Literals([]byte("text"))
	w.Sum([]byte("texts"))
	r, err := gzip.NewReader(bytes.NewReader(w.Finish()))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(r); err == nil {
		t.Error("the reader returns no error")
	}
}

func FuzzWriter(f *testing.F) {
	f.Add([]byte("\x05hello\x85\x03\x00\x20"))
	f.Add([]byte{})
	expected := NewCode(nil)
	f.Fuzz(func(t *testing.T, ops []byte) {
		var sample Sample
		first := newBody(expected)
		first.w.sample = &sample
		first.run(ops)
		first.check(t)
		learned := newBody(NewCode(&sample))
		learned.run(ops)
		learned.check(t)
	})
}

// run writes the literals and matches that the bytes of ops encode.
func (b *body) run(ops []byte) {
	for len(ops) > 0 {
		op := ops[0]
		ops = ops[1:]
		if op < 0x80 {
			n := min(int(op), len(ops))
			b.literals(ops[:n])
			ops = ops[n:]
			continue
		}
		if len(ops) < 3 || len(b.text) == 0 {
			break
		}
		distance := min(1+int(ops[0])<<8|int(ops[1]), len(b.text), MaxDistance)
		b.match(MinMatch+int(op&0x7f)*int(ops[2]&7), distance)
		ops = ops[3:]
	}
}

// Text that is similar to the sample is shorter with the sample's code than with the default code.
func TestNewCode_FitsASample(t *testing.T) {
	write := func(code *Code, sample *Sample) int {
		b := newBody(code)
		b.w.sample = sample
		b.literals([]byte("[abcdefghijklmnopqrstuvwxyz"))
		for i := range 1000 {
			b.literals([]byte{"xyz"[i%3], "uvw"[i%2]})
			b.match(20, 24)
		}
		size := len(b.w.out)
		b.check(t)
		return size
	}
	var sample Sample
	expected := write(NewCode(nil), &sample)
	if learned := write(NewCode(&sample), nil); learned > expected/2 {
		t.Errorf("%d bytes with the code of the sample, %d with the default code", learned, expected)
	}
	sample.Clear()
	newBody(NewCode(&sample)).check(t)
}
