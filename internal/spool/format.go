// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
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
	sumSize   = 4
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

// errFormat is what is wrong with a file that is not a whole batch.
var errFormat = errors.New("not a whole batch")

func (b *Batch) size() int64 {
	return int64(fixedSize + 4*len(b.Uncounted) + sumSize + len(b.Body))
}

// header renders all that is before the body. The checksum covers header and
// body.
func (b *Batch) header() []byte {
	h := make([]byte, 0, fixedSize+4*len(b.Uncounted)+sumSize)
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
	return binary.BigEndian.AppendUint32(h, checksum(h, b.Body))
}

func checksum(header, body []byte) uint32 {
	table := crc32.MakeTable(crc32.Castagnoli)
	return crc32.Update(crc32.Update(0, table, header), table, body)
}

// readHeader reads what is before the body of a file of that size, and returns
// the rendered header without its checksum, and the checksum.
func readHeader(r io.Reader, fileSize int64) (b *Batch, bodySize int64, header []byte, sum uint32, err error) {
	fault := func(format string, args ...any) (*Batch, int64, []byte, uint32, error) {
		return nil, 0, nil, 0, fmt.Errorf("%w: %s", errFormat, fmt.Sprintf(format, args...))
	}
	header = make([]byte, fixedSize)
	if _, err := io.ReadFull(r, header); err != nil {
		return fault("%d bytes are less than a header", fileSize)
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
	case uint64(fixedSize)+4*uint64(uncounted)+uint64(sumSize)+body != uint64(fileSize) || body > uint64(fileSize):
		return fault("%d bytes, where its header says %d of body and %d uncounted points", fileSize, body, uncounted)
	}
	rest := make([]byte, 4*int(uncounted)+sumSize)
	if _, err := io.ReadFull(r, rest); err != nil {
		return fault("the header breaks off")
	}
	for i := range int(uncounted) {
		index := binary.BigEndian.Uint32(rest[4*i:])
		if index >= b.Points || i > 0 && index <= b.Uncounted[i-1] {
			return fault("uncounted point %d of %d", index, b.Points)
		}
		b.Uncounted = append(b.Uncounted, index)
	}
	return b, int64(body), append(header, rest[:4*uncounted]...), binary.BigEndian.Uint32(rest[4*uncounted:]), nil
}

// read reads a whole file.
func read(r io.Reader, fileSize int64) (*Batch, error) {
	b, size, header, sum, err := readHeader(r, fileSize)
	if err != nil {
		return nil, err
	}
	b.Body = make([]byte, size)
	if _, err := io.ReadFull(r, b.Body); err != nil {
		return nil, fmt.Errorf("%w: the body breaks off", errFormat)
	}
	if checksum(header, b.Body) != sum {
		return nil, fmt.Errorf("%w: the checksum is another one", errFormat)
	}
	return b, nil
}
