// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"sync/atomic"

	"github.com/apptuitai/apptuit-go/internal/deflate"
)

// delta is the compressor that writes each line as a delta to the line before. The edits
// of a line say which bytes to copy and which to write, so there is no search for
// matches:
//
//	},\n{"metric":"m","tags":{"k":"v ⟦17⟧ "},"timestamp":1700000000,"value": ⟦12.5⟧
//	copied ───────────────────────── new copied ───────────────────────────── new
//
// A line with unknown edits is compared with the line before.
type delta struct {
	codes *codes
	w     deflate.Writer

	sample  deflate.Sample
	sampled bool // the body is a sample

	lines   int // of the body so far
	written int // bytes of the chunk
	// The offsets in the chunk where the last line begins, its value begins, and it ends. If
	// the line was in the previous chunk, start is negative and the others are 0.
	start, value, end int
	text              []byte // of that line, if it was in the previous chunk

	edits []Edit
}

func (d *delta) reset(dst []byte) {
	var sample *deflate.Sample
	if d.sampled = d.codes.sampled(); d.sampled {
		d.sample.Clear()
		sample = &d.sample
	}
	d.w.Reset(dst, d.codes.current(), sample)
	d.lines, d.written, d.start, d.value, d.end = 0, 0, 0, 0, 0
}

func (d *delta) line(c *chunk, start, value, end int, edits []Edit, known bool) {
	if d.lines < 2 { // the first line has no separator before it
		d.w.Literals(c.text[d.written:start])
		d.written = start
	}
	same := start // from the last edit to here, the text is equal to the previous line
	if d.lines > 0 {
		if !known {
			d.edits = Diff(d.edits, d.before(c), c.text[start:value])
			edits = d.edits
		}
		if same = value; bytes.Equal(c.text[value:end], c.text[d.value:d.end]) {
			same = end
		}
		d.differences(c.text[:same], start, edits)
	}
	d.w.Literals(c.text[same:end])
	d.lines++
	d.start, d.value, d.end, d.written = start, value, end, end
}

// before returns the text of the last line.
func (d *delta) before(c *chunk) []byte {
	if d.start < 0 {
		return d.text
	}
	return c.text[d.start:d.value]
}

// differences writes the text since the last write. In it, a line with these edits begins
// at start.
func (d *delta) differences(text []byte, start int, edits []Edit) {
	written, at, distance := d.written, start, start-d.start
	for _, e := range edits {
		at += int(e.Skip)
		d.copy(text, written, at, distance)
		written = at + int(e.Insert)
		d.w.Literals(text[at:written])
		at = written
		distance += int(e.Insert) - int(e.Delete)
	}
	d.copy(text, written, len(text), distance)
}

// copy writes bytes as a match, distance bytes before.
func (d *delta) copy(text []byte, from, to, distance int) {
	if to-from < deflate.MinMatch || distance > deflate.MaxDistance {
		d.w.Literals(text[from:to])
		return
	}
	d.w.Match(to-from, distance)
}

func (d *delta) flush(c *chunk) {
	d.w.Literals(c.text[d.written:])
	d.w.Sum(c.text)
	d.text = append(d.text[:0], d.before(c)...)
	d.start, d.value, d.end, d.written = d.start-len(c.text), 0, 0, 0
}

func (d *delta) size() (n int, complete bool) { return d.w.Len(), true }

func (d *delta) finish() []byte {
	body := d.w.Finish()
	if d.sampled {
		d.codes.learn(&d.sample)
	}
	return body
}

// codes holds the code table for bodies. The table is learned from a sample of earlier
// bodies: a table for each body would need two passes over the body. It is safe for
// concurrent use.
type codes struct {
	code   atomic.Pointer[deflate.Code]
	bodies atomic.Uint64
}

// current returns the table for the next body.
func (c *codes) current() *deflate.Code {
	code := c.code.Load()
	if code == nil {
		code = deflate.NewCode(nil)
		c.code.CompareAndSwap(nil, code)
	}
	return code
}

// sampled reports whether the next body is a sample: the bodies 1, 2, 4, 8 and so on, and
// every 64th.
func (c *codes) sampled() bool {
	n := c.bodies.Add(1)
	return n&(n-1) == 0 || n%64 == 0
}

// learn sets the table that fits a sample.
func (c *codes) learn(s *deflate.Sample) { c.code.Store(deflate.NewCode(s)) }
