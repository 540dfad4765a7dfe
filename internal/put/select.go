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

// Lines calls yield with every point of the batch as it stands in the body: one JSON
// object, valid during the call. It ends early when yield returns false. It returns an
// error if the body was not written by a [Builder], and the error of ctx soon after ctx
// has ended: a large batch takes tens of milliseconds.
func (b *Batch) Lines(ctx context.Context, yield func(i int, line []byte) bool) error {
	body := b.Open()
	defer body.Close()
	text, err := b.codec.decompress(body)
	if err != nil {
		return fmt.Errorf("put: batch of %d points: %w", b.points, err)
	}
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 0, chunkSize), math.MaxInt)
	lines.Split(splitLines)
	if !lines.Scan() || lines.Text() != "[" {
		return b.malformed(0, lines.Err())
	}
	for i := range b.points {
		if i%linesPerCheck == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !lines.Scan() {
			return b.malformed(i, lines.Err())
		}
		line := bytes.TrimSuffix(lines.Bytes(), []byte(","))
		if len(line) == 0 || line[0] != '{' {
			return b.malformed(i, nil)
		}
		if !yield(i, line) {
			return nil
		}
	}
	return nil
}

// linesPerCheck is the number of lines between two checks of the context, which take some
// hundred microseconds.
const linesPerCheck = 256

func (b *Batch) malformed(i int, err error) error {
	if err == nil {
		err = errors.New("not a line of a batch")
	}
	return fmt.Errorf("put: batch of %d points, at point %d: %w", b.points, i, err)
}

// splitLines is a [bufio.SplitFunc] for lines that end with a newline. A text that ends
// within a line is an error.
func splitLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		return end + 1, data[:end], nil
	}
	if atEOF {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return 0, nil, nil
}

// Select returns a batch of the points for which keep returns true, with their sources,
// or nil if there are none. It streams, so that neither text is in memory as a whole. The
// caller must release the new batch; b stays valid. It returns the errors of Lines.
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

// Split returns the two halves of a batch of at least two points. It returns the errors
// of Lines.
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
