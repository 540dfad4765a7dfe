// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"slices"
	"strconv"

	"github.com/apptuitai/apptuit-go/internal/model"
)

// SeriesBuilder makes batches of points.
type SeriesBuilder struct {
	codec  *Codec
	limits Limits

	chunk     []byte
	texts     Reader     // of series; the last one may be in the chunk
	out       []byte     // the body
	z         compressor // of other encodings; nil if there is no batch, or
	lines     *liner     // this is used
	raw       int64      // bytes that have left chunk
	time      int64      // of the last point
	clock     []byte     // its text, and what is between it and the value
	points    int
	sources   []uint32
	uncounted int
}

// NewSeriesBuilder returns a builder of batches in the codec's encoding. Close gives
// back what it holds.
func (c *Codec) NewSeriesBuilder(limits Limits) *SeriesBuilder {
	return &SeriesBuilder{codec: c, limits: limits}
}

// Append adds a point, or returns true: the batch is full without it, take
// the Batch and append it again. The timestamp is in wire units (see
// [model.Timestamp]), the value finite. The source says whose data the point is; it
// is kept beside the point.
func (b *SeriesBuilder) Append(s *Series, ts int64, v model.Value, source uint32) (full bool) {
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
func (b *SeriesBuilder) AppendPrefix(prefix []byte, ts int64, v model.Value, source uint32) (full bool) {
	mark := b.begin(b.codec.encoding == Gzip)
	b.chunk = append(b.chunk, prefix...)
	return b.end(mark, &line{placed: placed{length: len(prefix), time: ts}}, v, source)
}

// begin opens the batch if there is none, and the line of the next point.
func (b *SeriesBuilder) begin(lined bool) (mark int) {
	if b.points == 0 && b.chunk == nil {
		b.out = get[byte](&b.codec.bodies, b.codec.bodySize.expected(chunkSize))
		if lined {
			b.lines = b.codec.liner(b.out)
		} else {
			b.z, _ = b.codec.large.Get().(compressor)
			b.z.reset(b.out)
		}
		b.chunk = get[byte](&b.codec.texts, chunkSize+chunkSize/8)
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
func (b *SeriesBuilder) end(mark int, n *line, v model.Value, source uint32) (full bool) {
	if n.time != b.time || len(b.clock) == 0 {
		b.time = n.time
		b.clock = append(strconv.AppendInt(b.clock[:0], n.time, 10), valueKey...)
	}
	n.digits = len(b.clock) - len(valueKey)
	b.chunk = append(b.chunk, b.clock...)
	return b.value(mark, n, v, source)
}

// value adds what comes last.
func (b *SeriesBuilder) value(mark int, n *line, v model.Value, source uint32) (full bool) {
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
func (b *SeriesBuilder) full(others int) bool {
	points := b.points + others
	return points > 0 && (points >= b.limits.Points || b.raw+int64(len(b.chunk)+len(bodyTail)) > b.limits.Bytes)
}

// took makes the lines at the end of the chunk points of the batch.
func (b *SeriesBuilder) took(lines int, source uint32) {
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

func (b *SeriesBuilder) flush() {
	if b.lines != nil {
		b.lines.w.Sum(b.chunk)
		b.lines.detach()
	} else {
		b.z.write(&chunk{text: b.chunk})
	}
	b.texts.detach()
	b.raw += int64(len(b.chunk))
	b.chunk = b.chunk[:0]
}

// Points returns how many points the next Batch will have.
func (b *SeriesBuilder) Points() int { return b.points }

// Batch returns the points since the last one as a batch, nil if there are
// none. The caller releases it.
func (b *SeriesBuilder) Batch() *Batch {
	if b.points == 0 {
		b.Close()
		return nil
	}
	b.chunk = append(b.chunk, bodyTail...)
	b.flush()
	if b.lines != nil {
		b.out = b.lines.end()
		b.codec.learn(b.lines)
	} else {
		b.out = b.z.finish()
	}
	batch := b.codec.newBatch(b.out, b.raw, b.sources, b.uncounted)
	b.codec.bodySize.saw(len(b.out))
	b.codec.sourcesSize.saw(len(b.sources))
	b.out, b.sources = nil, nil
	b.recycle()
	return batch
}

// Close drops what has not become a Batch and gives back what the builder
// holds. The builder may be used again.
func (b *SeriesBuilder) Close() {
	if b.chunk == nil {
		return
	}
	if b.lines != nil {
		b.out = b.lines.end()
	} else {
		b.out = b.z.finish()
	}
	put(&b.codec.bodies, b.out)
	put(&b.codec.sources, b.sources)
	b.out, b.sources = nil, nil
	b.recycle()
}

func (b *SeriesBuilder) recycle() {
	if b.lines != nil {
		b.lines.forget()
		b.codec.liners.Put(b.lines)
	} else {
		b.codec.large.Put(b.z)
	}
	b.texts.forget()
	if cap(b.chunk) <= 2*chunkSize { // not one that a huge point has stretched
		put(&b.codec.texts, b.chunk)
	}
	b.z, b.lines, b.chunk, b.raw, b.points, b.uncounted = nil, nil, nil, 0, 0, 0
}
