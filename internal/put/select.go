// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
)

// Lines calls yield with every point of the batch as it stands in the body:
// one JSON object, valid during the call. It ends early when yield returns
// false. It fails on bytes that no Builder wrote, and with the error of ctx
// soon after ctx has ended: a large batch takes tens of milliseconds. It reads no
// more text than RawSize says, and fails if the body expands to more or to less.
func (b *Batch) Lines(ctx context.Context, yield func(i int, line []byte) bool) error {
	in := b.Open()
	defer in.Close()
	plain, done, err := b.codec.decompress(in)
	if err != nil {
		return fmt.Errorf("put: batch of %d points: %w", b.points, err)
	}
	defer done()
	text := &boundedText{r: plain, left: b.raw}
	lines := lineReader{r: bufio.NewReaderSize(text, chunkSize)}
	if first, err := lines.next(); err != nil || string(first) != "[" {
		return b.garbled(0, err)
	}
	for i := range b.points {
		if i%linesPerCheck == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		line, err := lines.next()
		if err != nil {
			return b.garbled(i, err)
		}
		line = bytes.TrimSuffix(line, []byte(","))
		if len(line) == 0 || line[0] != '{' {
			return b.garbled(i, nil)
		}
		if !yield(i, line) {
			return nil
		}
	}
	if end, err := lines.next(); !errors.Is(err, io.EOF) || string(end) != "]" || text.left > 0 {
		return b.garbled(b.points, err)
	}
	return nil
}

// boundedText reads the text of a body, and fails if it is longer than left.
type boundedText struct {
	r    io.Reader
	left int64
}

var errTooLong = errors.New("the body expands to more text than was written")

func (t *boundedText) Read(p []byte) (int, error) {
	if t.left == 0 { // the end, unless there is more
		p = p[:min(len(p), 1)]
	}
	n, err := t.r.Read(p[:min(int64(len(p)), max(t.left, 1))])
	if int64(n) > t.left {
		return 0, errTooLong
	}
	t.left -= int64(n)
	return n, err
}

// linesPerCheck is how many lines are read between two looks at the context: some
// hundred microseconds' worth.
const linesPerCheck = 256

func (b *Batch) garbled(i int, err error) error {
	if err == nil {
		err = errors.New("not a line of a batch")
	}
	return fmt.Errorf("put: batch of %d points, at point %d: %w", b.points, i, err)
}

// lineReader reads lines of any length without their newline.
type lineReader struct {
	r    *bufio.Reader
	long []byte
}

func (l *lineReader) next() ([]byte, error) {
	l.long = l.long[:0]
	for {
		part, err := l.r.ReadSlice('\n')
		if err == nil && len(l.long) == 0 {
			return part[:len(part)-1], nil
		}
		l.long = append(l.long, part...)
		switch {
		case err == nil:
			return l.long[:len(l.long)-1], nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return l.long, err
		}
	}
}

// Select returns a batch of the points for which keep returns true, nil if
// there are none. It streams: neither text is ever whole in memory. The
// sources go along. The caller releases the new batch; b stays valid. It fails as
// Lines does.
func (b *Batch) Select(ctx context.Context, keep func(i int) bool) (part *Batch, err error) {
	builder := b.codec.NewBuilder(Limits{Points: math.MaxInt, Bytes: math.MaxInt64}, func(b *Batch) { part = b })
	defer builder.Close()
	err = b.Lines(ctx, func(i int, line []byte) bool {
		if keep(i) {
			builder.appendPoint(line, b.sources[i])
		}
		return true
	})
	if err != nil {
		return nil, err
	}
	builder.Flush()
	return part, nil
}

// Split returns the two halves of a batch of at least two points. It fails as
// Lines does.
func (b *Batch) Split(ctx context.Context) (first, second *Batch, err error) {
	half := b.points / 2
	if first, err = b.Select(ctx, func(i int) bool { return i < half }); err != nil {
		return nil, nil, err
	}
	if second, err = b.Select(ctx, func(i int) bool { return i >= half }); err != nil {
		first.Release()
		return nil, nil, err
	}
	return first, second, nil
}
