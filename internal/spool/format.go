// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"math"
	"time"
)

const (
	magic   = "APTSPOOL"
	version = 1

	fixedSize = len(magic) + 2 + 2 + 4 + 8 + 8 + 4 + 8 // up to the uncounted points
	sumsSize  = 4 + 4                                  // of the body, and of all before
)

// Batch is what is kept of a batch. The body is compressed already.
type Batch struct {
	Encoding  uint16
	Points    uint32   // all lines of the body
	Uncounted []uint32 // lines that are nobody's data, in order
	Raw       int64    // bytes of the body before compression
	Time      time.Time
	Body      []byte
}

// Counted returns the number of points that count.
func (b *Batch) Counted() int { return int(b.Points) - len(b.Uncounted) }

// ErrFormat is what is wrong with a file that is not a whole batch.
var ErrFormat = errors.New("not a whole batch")

func (b *Batch) size() int64 {
	return int64(fixedSize + 4*len(b.Uncounted) + sumsSize + len(b.Body))
}

// header renders all that is before the body. It has a checksum of its own, so
// that what is counted by headers alone is true.
func (b *Batch) header() []byte {
	h := make([]byte, 0, fixedSize+4*len(b.Uncounted)+sumsSize)
	h = append(h, magic...)
	h = binary.BigEndian.AppendUint16(h, version)
	h = binary.BigEndian.AppendUint16(h, b.Encoding)
	h = binary.BigEndian.AppendUint32(h, b.Points)
	h = binary.BigEndian.AppendUint64(h, uint64(b.Raw))
	h = binary.BigEndian.AppendUint64(h, uint64(b.Time.UnixNano()))
	h = binary.BigEndian.AppendUint32(h, uint32(len(b.Uncounted)))
	h = binary.BigEndian.AppendUint64(h, uint64(len(b.Body)))
	for _, i := range b.Uncounted {
		h = binary.BigEndian.AppendUint32(h, i)
	}
	h = binary.BigEndian.AppendUint32(h, checksum(b.Body))
	return binary.BigEndian.AppendUint32(h, checksum(h))
}

func checksum(b []byte) uint32 { return crc32.Checksum(b, crc32.MakeTable(crc32.Castagnoli)) }

// readHeader reads what is before the body of a file of that size, and returns
// the body's size and checksum. What it allocates is bounded by what it could
// read and make sense of, not by what the header says.
func readHeader(r *bufio.Reader, fileSize int64) (b *Batch, bodySize int64, bodySum uint32, err error) {
	fault := func(format string, args ...any) (*Batch, int64, uint32, error) {
		return nil, 0, 0, fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
	}
	header := make([]byte, fixedSize)
	if err := fill(r, header); err != nil {
		return nil, 0, 0, err
	}
	if string(header[:len(magic)]) != magic {
		return fault("it begins with %q", header[:len(magic)])
	}
	f := header[len(magic):]
	if v := binary.BigEndian.Uint16(f); v != version {
		return fault("version %d of the format is not known", v)
	}
	b = &Batch{Encoding: binary.BigEndian.Uint16(f[2:]), Points: binary.BigEndian.Uint32(f[4:])}
	raw, at, uncounted, body := binary.BigEndian.Uint64(f[8:]), binary.BigEndian.Uint64(f[16:]), binary.BigEndian.Uint32(f[24:]), binary.BigEndian.Uint64(f[28:])
	b.Raw, b.Time = int64(raw), time.Unix(0, int64(at))
	switch {
	case b.Points == 0 || b.Points > math.MaxInt32 || uncounted > b.Points || raw > math.MaxInt64:
		return fault("%d points, %d of them uncounted, %d bytes", b.Points, uncounted, raw)
	case uint64(fixedSize)+4*uint64(uncounted)+uint64(sumsSize)+body != uint64(fileSize) || body > uint64(fileSize):
		return fault("%d bytes, where its header says %d of body and %d uncounted points", fileSize, body, uncounted)
	}
	sum := checksum(header)
	var word [4]byte
	next := func() (uint32, error) {
		err := fill(r, word[:])
		sum = crc32.Update(sum, crc32.MakeTable(crc32.Castagnoli), word[:])
		return binary.BigEndian.Uint32(word[:]), err
	}
	for i := range int(uncounted) {
		index, err := next()
		if err != nil {
			return nil, 0, 0, err
		}
		if index >= b.Points || i > 0 && index <= b.Uncounted[i-1] {
			return fault("uncounted point %d of %d", index, b.Points)
		}
		b.Uncounted = append(b.Uncounted, index)
	}
	if bodySum, err = next(); err != nil {
		return nil, 0, 0, err
	}
	want := sum
	got, err := next()
	switch {
	case err != nil:
		return nil, 0, 0, err
	case got != want:
		return fault("the checksum of the header is another one")
	}
	return b, int64(body), bodySum, nil
}

// fill reads as much as there is room for. That there is less is a fault of the
// format, another error one of the disk.
func fill(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w: it breaks off", ErrFormat)
	}
	return err
}

// read reads a whole file.
func read(file io.Reader, fileSize int64) (*Batch, error) {
	r := bufio.NewReader(file)
	b, size, sum, err := readHeader(r, fileSize)
	if err != nil {
		return nil, err
	}
	b.Body = make([]byte, size)
	if err := fill(r, b.Body); err != nil {
		return nil, err
	}
	if checksum(b.Body) != sum {
		return nil, fmt.Errorf("%w: the checksum is another one", ErrFormat)
	}
	return b, nil
}
