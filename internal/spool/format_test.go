// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// whole returns the content of a batch's file.
func whole(b *Batch) []byte { return append(b.header(), b.Body...) }

func readBytes(file []byte) (*Batch, error) {
	return read(bytes.NewReader(file), int64(len(file)), unchecked)
}

func unchecked(*Batch, int64) error { return nil }

func sample() *Batch {
	return &Batch{
		Encoding: 1, Points: 5, Uncounted: []uint32{0, 3, 4}, Raw: 12345,
		Time: time.Unix(1_700_000_000, 123_456_789), Body: []byte("the body"),
	}
}

func TestFormat_RoundTrip(t *testing.T) {
	for name, b := range map[string]*Batch{
		"sample":      sample(),
		"small":       {Points: 1, Time: time.Unix(0, 0), Body: []byte{}},
		"large":       {Encoding: math.MaxUint16, Points: math.MaxInt32, Raw: math.MaxInt64, Time: time.Unix(0, math.MaxInt64), Body: make([]byte, 100_000)},
		"reason":      {Points: 1, Uncounted: []uint32{0}, Time: time.Unix(5, 0), Reason: "server: connection refused", Body: []byte("x")},
		"long reason": {Points: 1, Time: time.Unix(5, 0), Reason: strings.Repeat("ä", maxReason/2), Body: []byte("x")},
		"before 1970": {Points: 1, Time: time.Unix(-5, 0), Body: []byte("x")},
	} {
		file := whole(b)
		if int64(len(file)) != b.size() {
			t.Errorf("%s: the file has %d bytes, size returns %d", name, len(file), b.size())
		}
		got, err := readBytes(file)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if diff := cmp.Diff(b, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		header, size, sum, err := readHeader(bufio.NewReader(bytes.NewReader(file)), int64(len(file)))
		if err != nil || header.Counted() != b.Counted() || size != int64(len(b.Body)) || sum != checksum(b.Body) {
			t.Errorf("%s: the header has %d points and %d bytes: %v", name, header.Counted(), size, err)
		}
	}
}

// Later versions of the client must read these bytes of version 1.
func TestFormat_Version1IsStable(t *testing.T) {
	want := "APTSPOOL" + "\x00\x01" + "\x00\x01" + "\x00\x00\x00\x05" + "\x00\x00\x00\x00\x00\x00\x30\x39" +
		"\x17\x97\x9c\xfe\x3d\x85\xcd\x15" + "\x00\x00\x00\x03" + "\x00\x00\x00\x00\x00\x00\x00\x08" +
		"\x00\x00\x00\x00" + "\x00\x00\x00\x03" + "\x00\x00\x00\x04"
	got := string(whole(sample()))
	if got[:len(want)] != want || got[len(want)+sumsSize:] != "the body" {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// Later versions of the client must read these bytes of version 2.
func TestFormat_Version2IsStable(t *testing.T) {
	b := sample()
	b.Reason = "down"
	want := "APTSPOOL" + "\x00\x02" + "\x00\x01" + "\x00\x00\x00\x05" + "\x00\x00\x00\x00\x00\x00\x30\x39" +
		"\x17\x97\x9c\xfe\x3d\x85\xcd\x15" + "\x00\x00\x00\x03" + "\x00\x00\x00\x00\x00\x00\x00\x08" + "\x00\x04" +
		"\x00\x00\x00\x00" + "\x00\x00\x00\x03" + "\x00\x00\x00\x04" + "down"
	got := string(whole(b))
	if got[:len(want)] != want || got[len(want)+sumsSize:] != "the body" {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// explained returns a batch with a reason.
func explained() *Batch {
	b := sample()
	b.Reason = "server: connection refused"
	return b
}

func TestFormat_RefusesTornFiles(t *testing.T) {
	for _, b := range []*Batch{sample(), explained()} {
		wantTornIsNoBatch(t, whole(b))
	}
}

func wantTornIsNoBatch(t *testing.T, file []byte) {
	t.Helper()
	for n := range file {
		if b, err := readBytes(file[:n]); !errors.Is(err, ErrFormat) {
			t.Errorf("%d bytes of %d: %v, %v", n, len(file), b, err)
		}
		// The file size that is passed agrees with the header, but the content ends earlier.
		if b, err := read(bytes.NewReader(file[:n]), int64(len(file)), unchecked); !errors.Is(err, ErrFormat) {
			t.Errorf("%d bytes of a file size of %d: %v, %v", n, len(file), b, err)
		}
	}
	if b, err := readBytes(append(file, 0)); !errors.Is(err, ErrFormat) {
		t.Errorf("one more byte: %v, %v", b, err)
	}
}

func TestFormat_DetectsAFlippedByte(t *testing.T) {
	for _, b := range []*Batch{sample(), explained()} {
		wantFlipIsNoticed(t, b)
	}
}

func wantFlipIsNoticed(t *testing.T, b *Batch) {
	t.Helper()
	body := len(whole(b)) - len(b.Body)
	for i := range whole(b) {
		for bit := range 8 {
			file := whole(b)
			file[i] ^= 1 << bit
			if b, err := readBytes(file); !errors.Is(err, ErrFormat) {
				t.Fatalf("bit %d of byte %d: %v, %v", bit, i, b, err)
			}
			// A flipped bit of the header is detected without the body.
			_, _, _, err := readHeader(bufio.NewReader(bytes.NewReader(file)), int64(len(file)))
			if i < body && !errors.Is(err, ErrFormat) {
				t.Fatalf("bit %d of byte %d of the header: %v", bit, i, err)
			}
		}
	}
}

// An error of the disk is returned unchanged, not as ErrFormat.
func TestFormat_ReturnsReadErrorsAsTheyAre(t *testing.T) {
	broken := errors.New("input/output error")
	file := whole(sample())
	for n := range file {
		_, err := read(io.MultiReader(bytes.NewReader(file[:n]), iotest.ErrReader(broken)), int64(len(file)), unchecked)
		if !errors.Is(err, broken) || errors.Is(err, ErrFormat) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
}

// forged returns a header with these values and a valid checksum.
func forged(points, uncounted uint32, raw, body uint64) []byte {
	h := append([]byte(magic), 0, version, 0, 0)
	h = binary.BigEndian.AppendUint32(h, points)
	h = binary.BigEndian.AppendUint64(h, raw)
	h = binary.BigEndian.AppendUint64(h, 0)
	h = binary.BigEndian.AppendUint32(h, uncounted)
	h = binary.BigEndian.AppendUint64(h, body)
	h = binary.BigEndian.AppendUint32(h, checksum(nil))
	return binary.BigEndian.AppendUint32(h, checksum(h))
}

func TestFormat_AllocatesNothingForDeclaredSizes(t *testing.T) {
	const rest = uint64(fixedSize + sumsSize)
	for name, tt := range map[string]struct {
		header []byte
		size   int64 // of the file, which may be sparse; 0 means the size of the header
	}{
		"a large body":                                           {forged(1, 0, 1, 1<<40), 0},
		"a body that overflows":                                  {forged(1, 0, 1, math.MaxUint64), 0},
		"a body that overflows to the size":                      {forged(math.MaxInt32, 1, 1, math.MaxUint64-3), int64(rest)},
		"many uncounted points":                                  {forged(math.MaxInt32, math.MaxInt32, 1, 0), 0},
		"many uncounted points, and a file that is large enough": {forged(math.MaxInt32, math.MaxInt32, 1, 0), int64(rest) + 4*math.MaxInt32},
		"no points":                                              {forged(0, 0, 1, 0), 0},
		"too many points":                                        {forged(math.MaxUint32, 0, 1, 0), 0},
		"more uncounted points than points":                      {forged(1, 2, 1, 0), int64(rest) + 8},
		"a negative size":                                        {forged(1, 0, math.MaxUint64, 0), 0},
	} {
		if tt.size == 0 {
			tt.size = int64(len(tt.header))
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		// Zeros follow the header, as in a sparse file.
		b, err := read(io.MultiReader(bytes.NewReader(tt.header), bytes.NewReader(make([]byte, 1<<16))), tt.size, unchecked)
		runtime.ReadMemStats(&after)
		if !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v, %v", name, b, err)
		}
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%s: read allocates %d bytes", name, n)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add(whole(sample()))
	f.Add(whole(explained()))
	f.Add(whole(&Batch{Points: 1, Body: []byte("x")}))
	f.Add(forged(1, 0, 1, 0))
	f.Add(forged(math.MaxInt32, 4, 1, math.MaxUint64-15))
	f.Add([]byte(magic))
	f.Add([]byte("[{}]"))
	f.Fuzz(func(t *testing.T, file []byte) {
		b, err := readBytes(file)
		if err != nil {
			if !errors.Is(err, ErrFormat) || b != nil {
				t.Fatalf("%v, %v", b, err)
			}
			return
		}
		if b.Counted() < 0 || b.Raw < 0 || !slices.IsSorted(b.Uncounted) {
			t.Errorf("%+v", b)
		}
		if !bytes.Equal(whole(b), file) {
			t.Errorf("the batch of %x is written as %x", file, whole(b))
		}
	})
}
