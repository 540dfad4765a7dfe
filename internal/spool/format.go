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
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/apptuitai/apptuit-go/internal/amount"
)

const (
	magic         = "APTSPOOL"
	version       = 1 // of a batch without a reason
	versionReason = 2 // of a batch with a reason: the size of the reason follows the fixed part

	fixedSize     = len(magic) + 2 + 2 + 4 + 8 + 8 + 4 + 8 // up to the size of the reason
	reasonLenSize = 2
	sumsSize      = 4 + 4 // checksums of the body and of the header

	// maxReason limits a reason, in bytes. It has room for 200 characters of any kind.
	maxReason = 1024
)

// Batch is the content of a file.
type Batch struct {
	Encoding  uint16
	Points    uint32    // in the body
	Uncounted []uint32  // indexes of the points that no account counts, such as the exporter's own metrics
	Raw       int64     // size of the body before compression, in bytes
	Time      time.Time // when it was spooled
	Reason    string    // why it was not delivered, on one line and without secrets; may be empty
	Body      []byte    // compressed, as it is sent
}

// Counted returns the number of points without the uncounted ones.
func (b *Batch) Counted() int { return int(b.Points) - len(b.Uncounted) }

// ErrFormat is the error of a file that is torn, damaged or foreign.
var ErrFormat = errors.New("not a valid batch")

func (b *Batch) size() int64 { return int64(b.headerSize() + len(b.Body)) }

func (b *Batch) headerSize() int {
	n := fixedSize + 4*len(b.Uncounted) + sumsSize
	if b.Reason != "" {
		n += reasonLenSize + len(b.Reason)
	}
	return n
}

// header returns the encoded header, everything before the body. It has its own checksum,
// so that counts that are read from headers alone are correct.
func (b *Batch) header() []byte {
	h := make([]byte, 0, b.headerSize())
	h = append(h, magic...)
	v := uint16(version)
	if b.Reason != "" {
		v = versionReason
	}
	h = binary.BigEndian.AppendUint16(h, v)
	h = binary.BigEndian.AppendUint16(h, b.Encoding)
	h = binary.BigEndian.AppendUint32(h, b.Points)
	h = binary.BigEndian.AppendUint64(h, uint64(b.Raw))
	h = binary.BigEndian.AppendUint64(h, uint64(b.Time.UnixNano()))
	h = binary.BigEndian.AppendUint32(h, uint32(len(b.Uncounted)))
	h = binary.BigEndian.AppendUint64(h, uint64(len(b.Body)))
	if b.Reason != "" {
		h = binary.BigEndian.AppendUint16(h, uint16(len(b.Reason)))
	}
	for _, i := range b.Uncounted {
		h = binary.BigEndian.AppendUint32(h, i)
	}
	h = append(h, b.Reason...)
	h = binary.BigEndian.AppendUint32(h, checksum(b.Body))
	return binary.BigEndian.AppendUint32(h, checksum(h))
}

func checksum(b []byte) uint32 { return addToChecksum(0, b) }

// addToChecksum returns the checksum of a text followed by b, given the checksum of the text.
func addToChecksum(sum uint32, b []byte) uint32 {
	return crc32.Update(sum, crc32.MakeTable(crc32.Castagnoli), b)
}

// readHeader reads the header of a file of the given size, and returns the size and the
// checksum of the body. Memory is allocated for data that has been read and validated,
// never for a size that the header claims.
func readHeader(r *bufio.Reader, fileSize int64) (b *Batch, bodySize int64, bodySum uint32, err error) {
	fault := func(format string, args ...any) (*Batch, int64, uint32, error) {
		return nil, 0, 0, fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
	}
	header := make([]byte, fixedSize, fixedSize+reasonLenSize)
	if err := fill(r, header); err != nil {
		return nil, 0, 0, err
	}
	if string(header[:len(magic)]) != magic {
		return fault("it begins with %q", header[:len(magic)])
	}
	f := header[len(magic):]
	reasonSize := 0
	switch v := binary.BigEndian.Uint16(f); v {
	case version:
	case versionReason:
		header = header[:fixedSize+reasonLenSize]
		if err := fill(r, header[fixedSize:]); err != nil {
			return nil, 0, 0, err
		}
		if reasonSize = int(binary.BigEndian.Uint16(header[fixedSize:])); reasonSize == 0 || reasonSize > maxReason {
			return fault("a reason of %d bytes", reasonSize)
		}
	default:
		return fault("version %d of the format is not known", v)
	}
	b = &Batch{Encoding: binary.BigEndian.Uint16(f[2:]), Points: binary.BigEndian.Uint32(f[4:])}
	raw, at, uncounted, body := binary.BigEndian.Uint64(f[8:]), binary.BigEndian.Uint64(f[16:]), binary.BigEndian.Uint32(f[24:]), binary.BigEndian.Uint64(f[28:])
	b.Raw, b.Time = int64(raw), time.Unix(0, int64(at))
	switch {
	case b.Points == 0 || b.Points > math.MaxInt32 || uncounted > b.Points || raw > math.MaxInt64:
		return fault("%s, %d of them uncounted, %s", amount.Of(b.Points, "point"), uncounted, amount.Of(raw, "byte"))
	case uint64(len(header)+reasonSize)+4*uint64(uncounted)+uint64(sumsSize)+body != uint64(fileSize) || body > uint64(fileSize):
		return fault("%d bytes, where its header says %d of body and %s", fileSize, body, amount.Of(uncounted, "uncounted point"))
	}
	sum := checksum(header)
	var word [4]byte
	next := func() (uint32, error) {
		err := fill(r, word[:])
		sum = addToChecksum(sum, word[:])
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
	reason := make([]byte, reasonSize)
	if err := fill(r, reason); err != nil {
		return nil, 0, 0, err
	}
	sum = addToChecksum(sum, reason)
	b.Reason = string(reason)
	if bodySum, err = next(); err != nil {
		return nil, 0, 0, err
	}
	want := sum
	got, err := next()
	switch {
	case err != nil:
		return nil, 0, 0, err
	case got != want:
		return fault("the checksum of the header does not match")
	}
	return b, int64(body), bodySum, nil
}

// fill reads len(p) bytes. It returns an [ErrFormat] if the file is too short, and errors of the
// disk as they are.
func fill(r io.Reader, p []byte) error {
	_, err := io.ReadFull(r, p)
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return errTooShort
	}
	return err
}

// The encodings of bodies, as far as this package looks at them.
const (
	encodingNone = 2
	encodings    = 3 // gzip, zlib and none
)

const (
	// minPoint is less than the text of any point, in bytes.
	minPoint = 50
	// maxRatio is the largest ratio of the size of a text to its compressed size with deflate.
	maxRatio = 1032
)

// check returns an error if no client can have written a batch with this header and a body of
// the given size. A reader must not allocate memory for sizes in a forged header.
func (l Limits) check(b *Batch, bodySize int64) error {
	implausible := func(format string, args ...any) error {
		return fmt.Errorf("%w: %s", ErrFormat, fmt.Sprintf(format, args...))
	}
	ratio := int64(maxRatio)
	if b.Encoding == encodingNone {
		ratio = 1
	}
	switch {
	case b.Encoding >= encodings:
		return implausible("unknown encoding %d", b.Encoding)
	case bodySize > l.Bytes || b.Raw > l.text():
		return implausible("%d bytes for a text of %d bytes, which is over the limits", bodySize, b.Raw)
	case b.Raw/ratio > bodySize, ratio == 1 && b.Raw != bodySize:
		return implausible("%s for a text of %s", amount.Of(bodySize, "byte"), amount.Of(b.Raw, "byte"))
	case int64(b.Points) > b.Raw/minPoint:
		return implausible("%s in a text of %s", amount.Of(b.Points, "point"), amount.Of(b.Raw, "byte"))
	case len(b.Reason) > maxReason || !utf8.ValidString(b.Reason) || strings.ContainsFunc(b.Reason, unicode.IsControl):
		return implausible("its reason is not a line of text")
	}
	return nil
}

// read reads a whole file. The function check decides about its header before memory for
// the body is allocated.
func read(file io.Reader, fileSize int64, check func(b *Batch, bodySize int64) error) (*Batch, error) {
	r := bufio.NewReader(file)
	b, size, sum, err := readHeader(r, fileSize)
	if err != nil {
		return nil, err
	}
	if err := check(b, size); err != nil {
		return nil, err
	}
	b.Body = make([]byte, size)
	if err := fill(r, b.Body); err != nil {
		return nil, err
	}
	if checksum(b.Body) != sum {
		return nil, errBodySum
	}
	return b, nil
}
