// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import "sync"

// chunkSize is the size from which on a chunk is compressed. A body is never in memory as
// a whole, unless it is one chunk.
const chunkSize = 64 << 10

// What stands around the lines of a body.
const (
	bodyStart = "[\n"
	separator = "},\n" // ends a line and begins the next one
	bodyEnd   = "}\n]"
)

// chunk is the text of a body that has not been flushed.
type chunk struct {
	text []byte
	// The first chunk of a body keeps its lines until it is known whether there will be
	// another one, which decides about the compressor.
	lines []chunkLine
	edits []Edit // of all lines
}

// chunkLine is where a line is in its chunk.
type chunkLine struct {
	start, value, end int  // where its text, its value and the next separator begin
	edits             int  // where its edits end in chunk.edits
	known             bool // the edits are known
}

// reset makes the chunk empty for further lines.
func (c *chunk) reset() { c.text, c.lines, c.edits = c.text[:0], c.lines[:0], c.edits[:0] }

// chunks is a pool of empty chunks.
type chunks struct{ pool sync.Pool }

func (p *chunks) get() *chunk {
	if c, ok := p.pool.Get().(*chunk); ok {
		return c
	}
	return &chunk{text: make([]byte, 0, chunkSize+chunkSize/8)}
}

func (p *chunks) put(c *chunk) {
	if cap(c.text) > 2*chunkSize { // stretched by a huge point
		return
	}
	c.reset()
	p.pool.Put(c)
}
