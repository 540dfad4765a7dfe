// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"io"

	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// maxStoredLine limits the text of a point in a file of a spool, in bytes. It bounds the memory
// for files that no client has written.
const maxStoredLine = 16 << 20

// CheckStored reads a file of a spool, and returns an error if the file is damaged or contains
// anything but the points that its header says. open opens the file. CheckStored needs memory for
// one point. It returns the error of ctx soon after ctx has ended.
func CheckStored(ctx context.Context, open func() (*spool.Reader, error)) error {
	err := readStored(open, func(r *spool.Reader) error { // a damaged file gets the simplest explanation
		_, err := io.Copy(io.Discard, contextReader{ctx, r})
		return err
	})
	if err != nil {
		return err
	}
	var fault error
	err = StoredLines(ctx, open, func(line []byte) bool {
		fault = put.CheckLine(line)
		return fault == nil
	})
	if fault != nil {
		return fault
	}
	return err
}

// StoredLines calls yield with every point in a file of a spool, as put.Batch.Lines does. It does
// not check the checksum of the body, which CheckStored does.
func StoredLines(ctx context.Context, open func() (*spool.Reader, error), yield func(line []byte) bool) error {
	return readStored(open, func(r *spool.Reader) error {
		h := r.Header()
		text := put.Stream{Points: int(h.Points), Raw: h.Raw, MaxLine: maxStoredLine}
		return put.NewCodec(put.Encoding(h.Encoding)).Lines(ctx, r, text, func(_ int, line []byte) bool { return yield(line) })
	})
}

func readStored(open func() (*spool.Reader, error), read func(*spool.Reader) error) error {
	r, err := open()
	if err != nil {
		return err
	}
	defer func() { _ = r.Close() }() // it was only read
	return read(r)
}

// contextReader is a reader that ends with a context.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}
