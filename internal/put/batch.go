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
	"sync"
	"sync/atomic"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Batch is an immutable, compressed put body. Its memory is reused when all owners have
// released the batch and all of its readers are closed.
type Batch struct {
	codec     *Codec
	body      []byte
	points    int
	raw       int64
	sources   []uint32
	uncounted int
	refs      atomic.Int32
}

// Points returns the number of points, uncounted ones included.
func (b *Batch) Points() int { return b.points }

// Counted returns the number of points whose source is not [Uncounted].
func (b *Batch) Counted() int { return b.points - b.uncounted }

// Size returns the length of the compressed body, in bytes.
func (b *Batch) Size() int { return len(b.body) }

// RawSize returns the length of the uncompressed body, in bytes.
func (b *Batch) RawSize() int64 { return b.raw }

// Encoding returns the encoding of the body.
func (b *Batch) Encoding() Encoding { return b.codec.encoding }

// Source returns the source of point i.
func (b *Batch) Source(i int) uint32 { return b.sources[i] }

// Uncounted appends the indexes of the points whose source is [Uncounted].
func (b *Batch) Uncounted(dst []uint32) []uint32 {
	for i, source := range b.sources {
		if source == Uncounted {
			dst = append(dst, uint32(i))
		}
	}
	return dst
}

// Body returns the compressed body, which is valid until the batch is released.
func (b *Batch) Body() []byte { return b.body }

// Retain adds an owner, which must release the batch, too.
func (b *Batch) Retain() { b.refs.Add(1) }

// newBatch returns a batch, which owns the body and the sources from then on.
func (c *Codec) newBatch(body []byte, raw int64, sources []uint32, uncounted int) *Batch {
	b := &Batch{codec: c, body: body, points: len(sources), raw: raw, sources: sources, uncounted: uncounted}
	b.refs.Store(1)
	return b
}

// Load returns a batch with the body of an earlier batch, for example from a file. The new
// batch owns the body. It knows no sources but the indexes of uncounted points.
func (c *Codec) Load(body []byte, points int, raw int64, uncounted []uint32) *Batch {
	sources := make([]uint32, points)
	for _, i := range uncounted {
		sources[i] = Uncounted
	}
	return c.newBatch(body, raw, sources, len(uncounted))
}

// Open returns a reader of the compressed body. The batch must not have been released. The
// reader may be closed while another goroutine reads from it, as HTTP transports do, and
// more than once.
func (b *Batch) Open() io.ReadCloser {
	b.refs.Add(1)
	return &bodyReader{batch: b, rest: b.body}
}

// Release ends the use of the batch by an owner. Each owner must call it once. It panics if
// the batch has no owner: its memory may already belong to another batch.
func (b *Batch) Release() {
	switch refs := b.refs.Add(-1); {
	case refs == 0:
		putSlice(&b.codec.bodies, b.body)
		putSlice(&b.codec.sources, b.sources)
		b.body, b.sources = nil, nil
	case refs < 0:
		panic("put: a batch is released more often than it is owned")
	}
}

var errClosed = errors.New("put: read from a closed body")

// bodyReader deliberately has no WriteTo method: a copy would go on to read the bytes after
// Close.
type bodyReader struct {
	mu    sync.Mutex
	batch *Batch // nil once closed
	rest  []byte
	whole bool // closed after the whole body was read
}

func (r *bodyReader) Read(p []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.whole: // a transport may ask for the end of the body after Close
		return 0, io.EOF
	case r.batch == nil:
		return 0, errClosed
	case len(r.rest) == 0:
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func (r *bodyReader) Close() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.batch != nil {
		r.whole = len(r.rest) == 0
		r.batch.Release()
		r.batch, r.rest = nil, nil
	}
	return nil
}

// Rejection is a point that cannot be part of a batch.
type Rejection struct {
	Source    uint32 // see [Builder.Append]
	Metric    string
	Tags      []model.Tag
	Timestamp int64
	Value     model.Value
	Err       error
	// Collision says that another point has the same series and timestamp. Otherwise the
	// point itself is invalid.
	Collision bool
	// Reported says that the same fault was reported before. Then Metric, Tags, Timestamp and
	// Value are not set.
	Reported bool
}

// Lines calls yield with every point of the batch as it stands in the body: one JSON
// object, valid during the call. It ends early when yield returns false. It returns an
// error if the body was not written by a [Builder], and the error of ctx soon after ctx
// has ended: a large batch takes tens of milliseconds. It reads no more text than RawSize
// says, and returns an error if the body expands to more or to less.
func (b *Batch) Lines(ctx context.Context, yield func(i int, line []byte) bool) error {
	body := b.Open()
	defer body.Close()
	return b.codec.Lines(ctx, body, Stream{Points: b.points, Raw: b.raw, MaxLine: math.MaxInt}, yield)
}

// Stream describes a body that is read from a stream.
type Stream struct {
	Points  int
	Raw     int64 // length of the uncompressed body, in bytes
	MaxLine int   // longer lines are an error, in bytes; it bounds the memory
}

// Lines is Batch.Lines for a body that is read from a stream.
func (c *Codec) Lines(ctx context.Context, body io.Reader, s Stream, yield func(i int, line []byte) bool) error {
	plain, err := c.decompress(body)
	if err != nil {
		return fmt.Errorf("put: batch of %d points: %w", s.Points, err)
	}
	text := &boundedText{r: plain, left: s.Raw}
	lines := bufio.NewScanner(text)
	lines.Buffer(make([]byte, 0, chunkSize), s.MaxLine)
	lines.Split(splitLines)
	if !lines.Scan() || lines.Text() != "[" {
		return s.malformed(0, lines.Err())
	}
	for i := range s.Points {
		if i%linesPerCheck == 0 && ctx.Err() != nil {
			return ctx.Err()
		}
		if !lines.Scan() {
			return s.malformed(i, lines.Err())
		}
		line := bytes.TrimSuffix(lines.Bytes(), []byte(","))
		if len(line) == 0 || line[0] != '{' {
			return s.malformed(i, nil)
		}
		if !yield(i, line) {
			return nil
		}
	}
	if !lines.Scan() || lines.Text() != "]" || lines.Scan() || lines.Err() != nil || text.left > 0 {
		return s.malformed(s.Points, lines.Err())
	}
	return nil
}

// boundedText reads the text of a body, and fails if it is longer than left.
type boundedText struct {
	r    io.Reader
	left int64
}

var errTooLong = errors.New("the decompressed body is longer than its recorded size")

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

// linesPerCheck is the number of lines between two checks of the context. Reading these lines
// takes some hundred microseconds.
const linesPerCheck = 256

func (s *Stream) malformed(i int, err error) error {
	if err == nil {
		err = errors.New("not a line of a batch")
	}
	return fmt.Errorf("put: batch of %d points, at point %d: %w", s.Points, i, err)
}

// splitLines is a [bufio.SplitFunc] for lines that end with a newline, and the closing bracket
// of a body, which does not. A text that ends within a line is an error.
func splitLines(data []byte, atEOF bool) (advance int, line []byte, err error) {
	if end := bytes.IndexByte(data, '\n'); end >= 0 {
		if string(data[:end]) == "]" {
			end++ // so that it is not taken for the end of a body
			return end, data[:end], nil
		}
		return end + 1, data[:end], nil
	}
	if atEOF && len(data) > 0 {
		if string(data) == "]" {
			return 1, data, nil
		}
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
