// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zlib"
)

// Encoding is the compression of a body.
type Encoding uint8

// The encodings. Every server understands Gzip. Deflate is the zlib format, as in HTTP.
const (
	Gzip Encoding = iota
	Deflate
	None
)

// String returns the encoding's name in options and environment variables.
func (e Encoding) String() string {
	switch e {
	case Gzip:
		return "gzip"
	case Deflate:
		return "deflate"
	case None:
		return "none"
	}
	return fmt.Sprintf("Encoding(%d)", uint8(e))
}

// ParseEncoding returns the encoding with a name: gzip, deflate or none, in any case.
func ParseEncoding(s string) (Encoding, error) {
	for _, e := range []Encoding{Gzip, Deflate, None} {
		if strings.EqualFold(s, e.String()) {
			return e, nil
		}
	}
	return 0, fmt.Errorf("compression %q: must be gzip, deflate or none", s)
}

// ContentEncoding returns the value of the HTTP header, "" for no header.
func (e Encoding) ContentEncoding() string {
	if e == None {
		return ""
	}
	return e.String()
}

// Codec compresses and decompresses batches in one encoding. It pools compressors, which can
// take a megabyte each, chunks and bodies.
type Codec struct {
	encoding Encoding
	small    sync.Pool // compressors of bodies of one chunk, for Gzip
	large    sync.Pool // compressors of all other bodies
	codes    codes
	bodies   sync.Pool // *[]byte
	sources  sync.Pool // *[]uint32
	chunks   sync.Pool // *chunk

	// The sizes of the last batch, for which a builder allocates memory at once.
	bodySize, points atomic.Int64
}

// NewCodec returns a codec for an encoding.
func NewCodec(e Encoding) *Codec {
	c := &Codec{encoding: e}
	c.chunks.New = func() any { return &chunk{text: make([]byte, 0, chunkSize+chunkSize/8)} }
	switch e {
	case Gzip:
		c.small.New = func() any { return newGzipStream() }
		c.large.New = func() any { return &delta{codes: &c.codes} }
	case Deflate:
		c.large.New = func() any { return newZlibStream() }
	default:
		c.large.New = func() any { return new(plain) }
	}
	return c
}

// Encoding returns the codec's encoding.
func (c *Codec) Encoding() Encoding { return c.encoding }

// compressors returns the pool of the compressors for a body that is one chunk, or for a
// larger body.
func (c *Codec) compressors(oneChunk bool) *sync.Pool {
	if oneChunk && c.encoding == Gzip {
		return &c.small
	}
	return &c.large
}

// decompress returns a reader of the text of a compressed body.
func (c *Codec) decompress(body io.Reader) (io.Reader, error) {
	switch c.encoding {
	case Gzip:
		return gzip.NewReader(body)
	case Deflate:
		return zlib.NewReader(body)
	}
	return body, nil
}

// getSlice returns an empty slice from a pool, or a new one with a capacity.
func getSlice[E any](p *sync.Pool, capacity int) []E {
	if s, ok := p.Get().(*[]E); ok {
		return (*s)[:0]
	}
	return make([]E, 0, capacity)
}

func putSlice[E any](p *sync.Pool, s []E) { p.Put(&s) }
