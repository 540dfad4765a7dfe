// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"compress/gzip"
	"compress/zlib"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

var (
	errTooLarge = errors.New("the body is too large")
	errNotUTF8  = errors.New("the body is not UTF-8")
)

// requestBody reads a request's body before decompression, and counts its bytes.
type requestBody struct {
	e *exchange
	n int64
}

func (e *exchange) body() *requestBody { return &requestBody{e: e} }

func (b *requestBody) Read(p []byte) (int, error) {
	if pause := b.e.fault.ReadPause; pause > 0 {
		b.e.sleep(pause)
		p = p[:min(len(p), 1)]
	}
	n, err := b.e.r.Body.Read(p)
	b.n += int64(n)
	return n, err
}

// drain reads the rest of the body, so that the sender is never interrupted while it writes, and records the length.
func (b *requestBody) drain() {
	_, _ = io.Copy(io.Discard, b)
	b.e.h.note(func() { b.e.record.BodyBytes = b.n })
}

// decoded returns a reader of the decompressed body. Beyond limit bytes, it returns errTooLarge.
func (b *requestBody) decoded(limit int64) (*contentReader, error) {
	var r io.Reader
	var err error
	switch encoding := strings.ToLower(strings.TrimSpace(b.e.record.Encoding)); encoding {
	case "", "identity":
		r = b
	case "gzip":
		r, err = gzip.NewReader(b)
	case "deflate":
		r, err = zlib.NewReader(b)
	default:
		err = fmt.Errorf("the Content-Encoding %q is not supported", encoding)
	}
	if err != nil {
		return nil, err
	}
	return &contentReader{r: r, limit: limit}, nil
}

// contentReader limits the decompressed body, and checks that it is UTF-8. Without the check, encoding/json would replace
// invalid bytes.
type contentReader struct {
	r       io.Reader
	n       int64
	limit   int64
	partial []byte // the beginning of a rune, of which the last read returned only a part
}

func (c *contentReader) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	if c.n > c.limit {
		return 0, errTooLarge
	}
	if !c.valid(p[:n]) || errors.Is(err, io.EOF) && len(c.partial) > 0 {
		return 0, errNotUTF8
	}
	return n, err
}

// valid reports whether p continues the body in valid UTF-8. It keeps an incomplete rune at the end of p in partial.
func (c *contentReader) valid(p []byte) bool {
	for len(c.partial) > 0 && len(p) > 0 {
		c.partial = append(c.partial, p[0])
		p = p[1:]
		if utf8.FullRune(c.partial) {
			if !utf8.Valid(c.partial) {
				return false
			}
			c.partial = c.partial[:0]
		}
	}
	whole := len(p)
	for i := max(len(p)-utf8.UTFMax+1, 0); i < len(p); i++ {
		if utf8.RuneStart(p[i]) && !utf8.FullRune(p[i:]) {
			whole = i
			break
		}
	}
	c.partial = append(c.partial, p[whole:]...)
	return utf8.Valid(p[:whole])
}
