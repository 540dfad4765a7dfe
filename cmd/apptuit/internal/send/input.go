// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package send

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/pointfile"
)

// chunkSize is the number of bytes that are read ahead at a time.
const chunkSize = 256 << 10

// idleInterval is the time after which a read that waits for more text returns errIdle.
const idleInterval = time.Second

// errIdle is the error of a read if no text has arrived yet.
var errIdle = errors.New("no text yet")

// input is a file or pipe. A goroutine reads and decompresses it ahead of Read, so that Read can return
// although no text has arrived. After close, the goroutine ends as soon as its current read returns.
type input struct {
	name string
	size int64 // of the file, 0 if it is unknown
	read atomic.Int64

	ctx    context.Context
	close  func()
	chunks chan chunk
	free   chan []byte // buffers
	used   []byte      // the buffer that holds rest
	rest   []byte      // the unread part of the last chunk
	err    error
	ticker *time.Ticker
}

type chunk struct {
	text []byte
	err  error
}

// openInput opens a file, or standard input for "-". The caller must call close.
func openInput(ctx context.Context, from string, stdin io.Reader) (*input, error) {
	in := &input{name: from, chunks: make(chan chunk, 1), free: make(chan []byte, 2), ticker: time.NewTicker(idleInterval)}
	source := stdin
	var file *os.File
	if from == "-" {
		in.name = "standard input"
	} else {
		var err error
		if file, err = os.Open(from); err != nil {
			return nil, err
		}
		if info, err := file.Stat(); err == nil && info.Mode().IsRegular() {
			in.size = info.Size()
		}
		source = file
	}
	ctx, cancel := context.WithCancel(ctx)
	in.ctx = ctx
	in.close = func() {
		cancel()
		in.ticker.Stop()
		if file != nil {
			_ = file.Close() // it was only read
		}
	}
	in.free <- make([]byte, chunkSize)
	in.free <- make([]byte, chunkSize)
	go in.run(counter{source, &in.read})
	return in, nil
}

// counter counts the bytes that are read.
type counter struct {
	r io.Reader
	n *atomic.Int64
}

func (c counter) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// run reads the input.
func (in *input) run(source io.Reader) {
	r, err := decompress(source)
	if err != nil {
		in.chunks <- chunk{nil, err} // the channel has room for the first chunk
		return
	}
	for err == nil {
		var buffer []byte
		select {
		case buffer = <-in.free:
		case <-in.ctx.Done():
			return
		}
		var n int
		n, err = r.Read(buffer)
		select {
		case in.chunks <- chunk{buffer[:n], err}:
		case <-in.ctx.Done():
			return
		}
	}
}

// decompress returns a reader of the text. It recognizes gzip by its first two bytes, which are not
// text.
func decompress(source io.Reader) (io.Reader, error) {
	buffered := bufio.NewReaderSize(source, chunkSize)
	magic, err := buffered.Peek(2)
	switch {
	case bytes.Equal(magic, []byte{0x1f, 0x8b}):
		return gzip.NewReader(buffered)
	case err != nil && !errors.Is(err, io.EOF):
		return nil, err
	}
	return buffered, nil
}

// Read reads text. It returns errIdle if no text arrives within idleInterval.
func (in *input) Read(p []byte) (int, error) {
	if len(in.rest) == 0 && in.err == nil {
		if err := in.next(); err != nil {
			return 0, err
		}
	}
	n := copy(p, in.rest)
	in.rest = in.rest[n:]
	if len(in.rest) > 0 {
		return n, nil
	}
	return n, in.err
}

// next waits for the next chunk.
func (in *input) next() error {
	if in.used != nil {
		in.free <- in.used
		in.used = nil
	}
	var c chunk
	select {
	case c = <-in.chunks:
	default:
		select {
		case c = <-in.chunks:
		case <-in.ctx.Done():
			return context.Cause(in.ctx)
		case <-in.ticker.C:
			return errIdle
		}
	}
	in.rest, in.err = c.text, c.err
	if cap(c.text) > 0 {
		in.used = c.text[:cap(c.text)]
	}
	return nil
}

// format recognizes the format by the name of the input or by its first line.
func (in *input) format() (pointfile.Format, error) {
	if f, err := pointfile.Detect(in.name, nil); err == nil {
		return f, nil
	}
	const most = 64 << 10
	var head []byte
	for {
		ended := in.err != nil && len(in.rest) == 0
		lines := head
		if !ended { // the last line may be incomplete
			lines = head[:bytes.LastIndexByte(head, '\n')+1]
		}
		f, err := pointfile.Detect(in.name, lines)
		if err == nil || len(head) >= most || ended {
			in.rest = append(head, in.rest...)
			if err != nil && len(bytes.TrimSpace(head)) == 0 && errors.Is(in.err, io.EOF) {
				return pointfile.JSON, nil // there are no points, in any format
			}
			return f, err
		}
		buffer := make([]byte, 4<<10)
		n, err := in.Read(buffer)
		head = append(head, buffer[:n]...)
		if err != nil && !errors.Is(err, errIdle) && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("%s: %w", in.name, err)
		}
	}
}
