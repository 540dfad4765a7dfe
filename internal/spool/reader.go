// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package spool

import (
	"bufio"
	"errors"
	"fmt"
	"io"
)

// Reader reads the body of a batch from its file, and holds only a part of it in memory. After
// the last byte Read returns io.EOF, or an [ErrFormat] if the checksum of the body does not match.
// The caller must close it. It belongs to one goroutine.
type Reader struct {
	header *Batch
	size   int64 // of the file
	file   io.Closer
	body   io.Reader
	left   int64  // bytes of the body
	sum    uint32 // of the bytes so far
	want   uint32
}

// openBatch opens a file, and checks its header. Memory is not allocated for a size that the
// header claims.
func openBatch(disk Disk, name string, limits Limits) (*Reader, error) {
	info, err := disk.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errForeign
	}
	file, err := disk.Open(name)
	if err != nil {
		return nil, err
	}
	body := bufio.NewReader(file)
	header, size, sum, err := readHeader(body, info.Size())
	if err == nil {
		err = limits.check(header, size)
	}
	if err != nil {
		_ = file.Close() // it was only read
		return nil, err
	}
	return &Reader{header: header, size: info.Size(), file: file, body: body, left: size, want: sum}, nil
}

// Header returns the batch without its body.
func (r *Reader) Header() *Batch { return r.header }

// Size returns the size of the file, in bytes.
func (r *Reader) Size() int64 { return r.size }

// Read implements io.Reader.
func (r *Reader) Read(p []byte) (int, error) {
	if r.left == 0 {
		if r.sum != r.want {
			return 0, errBodySum
		}
		return 0, io.EOF
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.left)])
	r.left -= int64(n)
	r.sum = addToChecksum(r.sum, p[:n])
	if errors.Is(err, io.EOF) {
		err = nil
		if r.left > 0 && n == 0 {
			err = errTooShort
		}
	}
	return n, err
}

// Close closes the file.
func (r *Reader) Close() error { return r.file.Close() }

// The faults that are found after the header.
var (
	errTooShort = fmt.Errorf("%w: it ends too early", ErrFormat)
	errBodySum  = fmt.Errorf("%w: the checksum of the body does not match", ErrFormat)
)
