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

// Encoding is how a body is compressed.
type Encoding uint8

// The encodings. Gzip is what every server understands; deflate is the zlib
// format, as HTTP means it.
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

// ParseEncoding returns the encoding of a name: gzip, deflate or none, in any case.
func ParseEncoding(s string) (Encoding, error) {
	for _, e := range []Encoding{Gzip, Deflate, None} {
		if strings.EqualFold(s, e.String()) {
			return e, nil
		}
	}
	return 0, fmt.Errorf("compression %q: must be gzip, deflate or none", s)
}

// ContentEncoding returns the value of the HTTP header, "" for none.
func (e Encoding) ContentEncoding() string {
	if e == None {
		return ""
	}
	return e.String()
}

// Codec compresses and decompresses batches in one encoding, and pools what
// that takes: compressors of a megabyte, chunks and bodies.
type Codec struct {
	encoding    Encoding
	small       sync.Pool // compressors of bodies of one chunk, for Gzip
	large       sync.Pool // compressors of all other bodies
	codes       codes
	readers     sync.Pool
	bodies      sync.Pool // *[]byte
	chunks      chunks
	sources     sync.Pool // *[]uint32
	bodySize    size
	sourcesSize size
}

// NewCodec returns a codec for an encoding.
func NewCodec(e Encoding) *Codec {
	c := &Codec{encoding: e}
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

// compressors returns the pool of the compressors for a body that is one chunk, or a
// larger one.
func (c *Codec) compressors(oneChunk bool) *sync.Pool {
	if oneChunk && c.encoding == Gzip {
		return &c.small
	}
	return &c.large
}

// decompress opens a compressed body. The returned function gives the reader
// back; the reader must not be used after it.
func (c *Codec) decompress(r io.Reader) (io.Reader, func(), error) {
	switch c.encoding {
	case Gzip:
		z, ok := c.readers.Get().(*gzip.Reader)
		if !ok {
			z = new(gzip.Reader)
		}
		if err := z.Reset(r); err != nil {
			return nil, nil, err
		}
		return z, func() { c.readers.Put(z) }, nil
	case Deflate:
		z, err := zlib.NewReader(r)
		if err != nil {
			return nil, nil, err
		}
		return z, func() { _ = z.Close() }, nil
	default:
		return r, func() {}, nil
	}
}

// size is how large something has lately become, so that the next one need not
// grow. It is safe for concurrent use.
type size struct{ n atomic.Int64 }

// saw notes a size.
func (s *size) saw(n int) { s.n.Store(max(int64(n), s.n.Load()*7/8)) }

// expected returns a little more than that, or least.
func (s *size) expected(least int) int { return max(least, int(s.n.Load()*5/4)) }

// get returns an empty slice from a pool.
func get[E any](p *sync.Pool, size int) []E {
	if s, ok := p.Get().(*[]E); ok {
		return (*s)[:0]
	}
	return make([]E, 0, size)
}

func put[E any](p *sync.Pool, s []E) { p.Put(&s) }
