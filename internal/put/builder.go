// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"slices"
	"strconv"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// chunkSize is how much text is collected before it goes to the compressor:
// the uncompressed body is never held whole.
const chunkSize = 64 << 10

// Uncounted is the source of a point that belongs to nobody's data: the
// exporter's own metrics.
const Uncounted = ^uint32(0)

// Limits bound a batch.
type Limits struct {
	Points int   // at least 1
	Bytes  int64 // of uncompressed text; a single larger point is a batch of its own
}

// Builder makes batches of points.
type Builder struct {
	codec  *Codec
	limits Limits

	chunk     []byte
	texts     Reader     // of series; the last one may be in the chunk
	out       body       // of z
	z         compressor // of text as it comes; nil if there is no batch, or
	lines     *liner     // this is used
	raw       int64      // bytes that have left chunk
	time      int64      // of the last point
	clock     []byte     // its text, and what is between it and the value
	points    int
	sources   []uint32
	uncounted int
}

// NewBuilder returns a builder of batches in the codec's encoding. Close gives
// back what it holds.
func (c *Codec) NewBuilder(limits Limits) *Builder {
	return &Builder{codec: c, limits: limits}
}

// Append adds a point, or returns true: the batch is full without it, take
// the Batch and append it again. The timestamp is in wire units (see
// [model.Timestamp]), the value finite. The source says whose data the point is; it
// is kept beside the point.
func (b *Builder) Append(s *Series, ts int64, v model.Value, source uint32) (full bool) {
	mark := b.begin(b.codec.encoding == Gzip)
	at := len(b.chunk)
	n := line{placed: placed{time: ts}}
	b.chunk, n.steps = b.texts.append(b.chunk, s)
	n.length = len(b.chunk) - at
	if s.refs > 0 {
		n.series = s
	}
	return b.end(mark, &n, v, source)
}

// AppendPrefix is Append for a series that is not kept: its prefix, as
// [AppendPrefix] renders it.
func (b *Builder) AppendPrefix(prefix []byte, ts int64, v model.Value, source uint32) (full bool) {
	mark := b.begin(b.codec.encoding == Gzip)
	b.chunk = append(b.chunk, prefix...)
	return b.end(mark, &line{placed: placed{length: len(prefix), time: ts}}, v, source)
}

// appendLine adds a whole rendered point, to a batch of nothing else.
func (b *Builder) appendLine(text []byte, source uint32) {
	b.begin(false)
	b.chunk = append(b.chunk, text...)
	b.took(1, source)
}

// begin opens the batch if there is none, and the line of the next point.
func (b *Builder) begin(lined bool) (mark int) {
	if b.points == 0 && b.chunk == nil {
		b.out.b = get[byte](&b.codec.bodies, b.codec.bodySize.expected(chunkSize))
		if lined {
			b.lines = b.codec.liner(b.out.b)
		} else {
			b.z = b.codec.compressor(&b.out)
		}
		b.chunk = get[byte](&b.codec.chunks, chunkSize+chunkSize/8)
		b.sources = get[uint32](&b.codec.sources, b.codec.sourcesSize.expected(1024))
	}
	mark = len(b.chunk)
	if b.points == 0 {
		b.chunk = append(b.chunk, bodyStart...)
	} else {
		b.chunk = append(b.chunk, lineStart...)
	}
	return mark
}

// end adds what comes after the prefix.
func (b *Builder) end(mark int, n *line, v model.Value, source uint32) (full bool) {
	if n.time != b.time || len(b.clock) == 0 {
		b.time = n.time
		b.clock = append(strconv.AppendInt(b.clock[:0], n.time, 10), valueKey...)
	}
	n.digits = len(b.clock) - len(valueKey)
	b.chunk = append(b.chunk, b.clock...)
	return b.value(mark, n, v, source)
}

// value adds what comes last.
func (b *Builder) value(mark int, n *line, v model.Value, source uint32) (full bool) {
	start := mark + len(lineStart)
	if n.series != nil {
		b.chunk = n.series.appendValue(b.chunk, v)
	} else {
		b.chunk = v.Append(b.chunk)
	}
	b.chunk = append(b.chunk, lineEnd...)
	if b.full(0) {
		b.chunk = b.chunk[:mark]
		return true
	}
	if b.lines != nil {
		n.text, n.start = b.chunk[start:], int(b.raw)+start
		b.lines.add(n)
	}
	b.took(1, source)
	return false
}

// full reports whether the line at the end of the chunk is too much for the batch, with
// others that are in the chunk and not counted yet.
func (b *Builder) full(others int) bool {
	points := b.points + others
	return points > 0 && (points >= b.limits.Points || b.raw+int64(len(b.chunk)+len(bodyEnd)) > b.limits.Bytes)
}

// took makes the lines at the end of the chunk points of the batch.
func (b *Builder) took(lines int, source uint32) {
	b.points += lines
	if free := cap(b.sources) - len(b.sources); free < lines {
		b.sources = slices.Grow(b.sources, max(lines, len(b.sources))) // twice as many
	}
	for range lines {
		b.sources = append(b.sources, source)
	}
	if source == Uncounted {
		b.uncounted += lines
	}
	if len(b.chunk) >= chunkSize {
		b.flush()
	}
}

func (b *Builder) flush() {
	if b.lines != nil {
		b.lines.w.Sum(b.chunk)
		b.lines.detach()
	} else {
		_, _ = b.z.Write(b.chunk) // into memory: cannot fail
	}
	b.texts.detach()
	b.raw += int64(len(b.chunk))
	b.chunk = b.chunk[:0]
}

// Points returns how many points the next Batch will have.
func (b *Builder) Points() int { return b.points }

// Batch returns the points since the last one as a batch, nil if there are
// none. The caller releases it.
func (b *Builder) Batch() *Batch {
	if b.points == 0 {
		b.Close()
		return nil
	}
	b.chunk = append(b.chunk, bodyEnd...)
	b.flush()
	if b.lines != nil {
		b.out.b = b.lines.end()
		b.codec.learn(b.lines)
	} else {
		_ = b.z.Close()
	}
	batch := &Batch{
		codec: b.codec, body: b.out.b, points: b.points, raw: b.raw,
		sources: b.sources, uncounted: b.uncounted,
	}
	batch.refs.Store(1)
	b.codec.bodySize.saw(len(b.out.b))
	b.codec.sourcesSize.saw(len(b.sources))
	b.out.b, b.sources = nil, nil
	b.recycle()
	return batch
}

// Close drops what has not become a Batch and gives back what the builder
// holds. The builder may be used again.
func (b *Builder) Close() {
	if b.chunk == nil {
		return
	}
	if b.lines != nil {
		b.out.b = b.lines.end()
	}
	put(&b.codec.bodies, b.out.b)
	put(&b.codec.sources, b.sources)
	b.out.b, b.sources = nil, nil
	b.recycle()
}

func (b *Builder) recycle() {
	if b.lines != nil {
		b.lines.forget()
		b.codec.liners.Put(b.lines)
	} else {
		b.codec.compressors.Put(b.z)
	}
	b.texts.forget()
	if cap(b.chunk) <= 2*chunkSize { // not one that a huge point has stretched
		put(&b.codec.chunks, b.chunk)
	}
	b.z, b.lines, b.chunk, b.raw, b.points, b.uncounted = nil, nil, nil, 0, 0, 0
}
