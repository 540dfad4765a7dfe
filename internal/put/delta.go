// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"

	"github.com/apptuitai/apptuit-go/internal/deflate"
)

// delta is the compressor that writes each line as a delta to the line before. The edits
// of a line say which bytes to copy and which to write, so there is no search for
// matches:
//
//	},\n{"metric":"m","tags":{"k":"v ⟦17⟧ "},"timestamp":1700000000,"value": ⟦12.5⟧
//	copied ───────────────────────── new copied ───────────────────────────── new
//
// A line with unknown edits is compared with the line before, if that is in the chunk.
type delta struct {
	codes *codes
	w     deflate.Writer

	sample  deflate.Sample
	sampled bool // the body is counted in the sample

	lines int // of the body so far
	last  int // where the last line begins, as a negative offset from the next chunk
	edits []Edit
}

func (d *delta) reset(dst []byte) {
	var sample *deflate.Sample
	if d.sampled = d.codes.sampled(); d.sampled {
		d.sample.Clear()
		sample = &d.sample
	}
	d.w.Reset(dst, d.codes.current(), sample)
	d.lines = 0
}

func (d *delta) write(c *chunk) {
	written, first := 0, 0 // bytes of the text, and edits
	var text, value []byte // of the line before, if it is in the chunk
	start := d.last        // of the line before
	for i := range c.lines {
		l := &c.lines[i]
		edits := c.edits[first:l.edits]
		first = l.edits
		line, own := c.text[l.start:l.value], c.text[l.value:l.end]
		if !l.known && text != nil {
			d.edits = Diff(d.edits[:0], text, line)
			edits = d.edits
		}
		if d.lines > 0 && (l.known || text != nil) {
			d.line(c.text[:l.end], written, l, edits, l.start-start, bytes.Equal(own, value))
		} else {
			d.w.Literals(c.text[written:l.end])
		}
		d.lines++
		start, text, value, written = l.start, line, own, l.end
	}
	d.w.Literals(c.text[written:])
	d.w.Sum(c.text)
	d.last = start - len(c.text)
}

// line writes the text from written up to the end of a line, which begins distance bytes
// after the line before. same says that both have one value.
func (d *delta) line(text []byte, written int, l *chunkLine, edits []Edit, distance int, same bool) {
	if d.lines == 1 { // the first line has no separator before it
		d.w.Literals(text[written:l.start])
		written = l.start
	}
	at := l.start // in the text, distance bytes after the same place of the line before
	for _, e := range edits {
		at += int(e.Skip)
		d.copy(text[written:at], distance)
		d.w.Literals(text[at : at+int(e.Insert)])
		at += int(e.Insert)
		distance += int(e.Insert) - int(e.Delete)
		written = at
	}
	end := l.value
	if same {
		end = l.end
	}
	d.copy(text[written:end], distance)
	d.w.Literals(text[end:])
}

// copy writes bytes that also stand distance bytes before.
func (d *delta) copy(p []byte, distance int) {
	if len(p) < deflate.MinMatch || distance > deflate.MaxDistance {
		d.w.Literals(p)
		return
	}
	d.w.Match(len(p), distance)
}

func (d *delta) finish() []byte {
	body := d.w.Finish()
	if d.sampled {
		d.codes.learn(&d.sample)
	}
	return body
}
