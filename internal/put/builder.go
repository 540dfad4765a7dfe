// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"sync"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// Uncounted is the source of points that are not counted, which are those of the
// exporter's own metrics.
const Uncounted = ^uint32(0)

// Limits bound a batch.
type Limits struct {
	Points int   // at least 1
	Bytes  int64 // of uncompressed text; a single larger point is a batch of its own
}

// Line is a point without its value.
type Line struct {
	// Text is the point up to its value, see [AppendPrefix] and [AppendTime].
	Text []byte
	// Edits make Text of the Text of the line that was appended before.
	Edits []Edit
	// Known says that Edits are set. Otherwise they are found by a comparison, if they
	// are needed.
	Known bool
}

// Builder makes batches of lines. Append passes a full batch to the function that
// NewBuilder got, Flush an incomplete one. A Builder belongs to one goroutine.
type Builder struct {
	codec   *Codec
	limits  Limits
	deliver func(*Batch)
	discard func(source uint32)

	chunk     *chunk     // nil if the batch has no points
	pool      *sync.Pool // the compressor's
	z         compressor // nil until the first chunk of the batch is full
	raw       int64      // bytes that have been compressed
	sources   []uint32   // of all points of the batch
	uncounted int
}

// NewBuilder returns a builder of batches in the codec's encoding. It passes each batch to
// deliver, which must release it.
func (c *Codec) NewBuilder(limits Limits, deliver func(*Batch)) *Builder {
	return &Builder{codec: c, limits: limits, deliver: deliver}
}

// Append adds a point to the batch. The value must be finite. The source says which data
// point the point belongs to, and is kept in the batch.
func (b *Builder) Append(l *Line, v model.Value, source uint32) {
	if b.discard != nil {
		b.discard(source)
		return
	}
	c, mark := b.begin()
	start := len(c.text)
	c.text = append(c.text, l.Text...)
	value := len(c.text)
	c.text = v.Append(c.text)
	if n := len(b.sources); n > 0 && (n >= b.limits.Points || b.raw+int64(len(c.text)+len(bodyEnd)) > b.limits.Bytes) {
		c.text = c.text[:mark]
		b.Flush()
		b.Append(l, v, source)
		return
	}
	c.edits = append(c.edits, l.Edits...)
	b.end(chunkLine{start, value, len(c.text), len(c.edits), l.Known}, source)
}

// appendPoint adds a point of another batch, which is a whole line. It does not look at
// the limits.
func (b *Builder) appendPoint(line []byte, source uint32) {
	c, _ := b.begin()
	start := len(c.text)
	c.text = append(c.text, bytes.TrimSuffix(line, []byte("}"))...)
	value := start + bytes.LastIndex(line, []byte(valueKey)) + len(valueKey)
	b.end(chunkLine{start, value, len(c.text), len(c.edits), false}, source)
}

// begin writes what stands before a line. It returns the chunk, and its length before.
func (b *Builder) begin() (c *chunk, mark int) {
	if b.chunk == nil {
		b.chunk = b.codec.chunks.get()
		b.sources = get[uint32](&b.codec.sources, b.codec.sourcesSize.expected(1024))
	}
	c, mark = b.chunk, len(b.chunk.text)
	if len(b.sources) == 0 {
		c.text = append(c.text, bodyStart...)
	} else {
		c.text = append(c.text, separator...)
	}
	return c, mark
}

// end makes the text at the end of the chunk a line of the batch.
func (b *Builder) end(l chunkLine, source uint32) {
	b.chunk.lines = append(b.chunk.lines, l)
	b.sources = append(b.sources, source)
	if source == Uncounted {
		b.uncounted++
	}
	if len(b.chunk.text) >= chunkSize {
		b.compress(false)
	}
}

// compress compresses the chunk, which is the last one of the body or not.
func (b *Builder) compress(last bool) {
	if b.z == nil {
		b.pool = b.codec.compressors(last)
		b.z, _ = b.pool.Get().(compressor)
		b.z.reset(get[byte](&b.codec.bodies, b.codec.bodySize.expected(chunkSize)))
	}
	b.z.write(b.chunk)
	b.raw += int64(len(b.chunk.text))
	b.chunk.reset()
}

// Flush delivers the points of the batch, if there are any.
func (b *Builder) Flush() {
	if len(b.sources) == 0 {
		return
	}
	b.chunk.text = append(b.chunk.text, bodyEnd...)
	b.compress(true)
	batch := b.codec.newBatch(b.z.finish(), b.raw, b.sources, b.uncounted)
	b.codec.bodySize.saw(len(batch.body))
	b.codec.sourcesSize.saw(len(batch.sources))
	b.sources = nil
	b.recycle()
	b.deliver(batch)
}

// Discard has the builder call discard for each further point instead of adding it.
func (b *Builder) Discard(discard func(source uint32)) { b.discard = discard }

// Close drops the points of an incomplete batch and gives back the buffers. The builder
// can be used again.
func (b *Builder) Close() {
	if b.z != nil {
		put(&b.codec.bodies, b.z.finish())
	}
	if b.sources != nil {
		put(&b.codec.sources, b.sources)
		b.sources = nil
	}
	b.recycle()
}

// recycle gives back what belongs to one batch and not to a [Batch].
func (b *Builder) recycle() {
	if b.z != nil {
		b.pool.Put(b.z)
	}
	if b.chunk != nil {
		b.codec.chunks.put(b.chunk)
	}
	b.z, b.chunk, b.raw, b.uncounted = nil, nil, 0, 0
}
