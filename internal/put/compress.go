// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"io"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// compressor compresses bodies, one after the other. The calls for a body are reset, line
// for each line that was appended to a chunk, flush for each full chunk, and finish.
type compressor interface {
	// reset begins a body, which will be appended to dst.
	reset(dst []byte)
	// line adds the line of a chunk whose text begins at start and whose value begins at
	// value. If known is true, the edits turn the text of the previous line into this text.
	line(c *chunk, start, value, end int, edits []Edit, known bool)
	// flush ends a chunk, whose memory is reused afterwards.
	flush(c *chunk)
	// size returns the length of the body so far, and whether it contains all lines so far.
	size() (n int, complete bool)
	// finish ends the body and returns dst with the body appended.
	finish() []byte
}

// level is the fastest level of klauspost/compress. Higher levels take several times as
// long, and bodies are hardly smaller.
const level = 1

// stream is the compressor that uses klauspost/compress.
type stream struct {
	z interface {
		io.WriteCloser
		Reset(io.Writer)
	}
	out []byte
}

func newGzipStream() *stream {
	z, _ := gzip.NewWriterLevel(nil, level) // fails only on an unknown level
	return &stream{z: z}
}

func newZlibStream() *stream {
	z, _ := zlib.NewWriterLevel(nil, level)
	return &stream{z: z}
}

// Write collects compressed bytes.
func (s *stream) Write(p []byte) (int, error) {
	s.out = append(s.out, p...)
	return len(p), nil
}

func (s *stream) reset(dst []byte) {
	s.out = dst
	s.z.Reset(s)
}

func (s *stream) line(*chunk, int, int, int, []Edit, bool) {}

func (s *stream) flush(c *chunk) { _, _ = s.z.Write(c.text) } // into memory: cannot fail

// size reports false: klauspost/compress collects text before it writes.
func (s *stream) size() (n int, complete bool) { return len(s.out), false }

func (s *stream) finish() []byte {
	_ = s.z.Close()
	return s.out
}

// plain is the compressor of the encoding None.
type plain struct{ out []byte }

func (p *plain) reset(dst []byte)                         { p.out = dst }
func (p *plain) line(*chunk, int, int, int, []Edit, bool) {}
func (p *plain) flush(c *chunk)                           { p.out = append(p.out, c.text...) }
func (p *plain) size() (n int, complete bool)             { return len(p.out), false }
func (p *plain) finish() []byte                           { return p.out }
