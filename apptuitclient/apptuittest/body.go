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

// requestBody counts what is read of a request's body as it was sent.
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

// drain reads what is left, so that the sender is never cut off while it writes, and takes note of the length.
func (b *requestBody) drain() {
	_, _ = io.Copy(io.Discard, b)
	b.e.h.note(func() { b.e.record.BodyBytes = b.n })
}

// decoded returns the body's content, whatever its Content-Encoding, which ends with errTooLarge beyond limit bytes.
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

// contentReader bounds a body's content and checks that it is UTF-8; encoding/json would replace what is not.
type contentReader struct {
	r       io.Reader
	n       int64
	limit   int64
	partial []byte // the beginning of a rune that the last read cut in two
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

// valid reports whether p goes on in UTF-8; what may become a rune later waits in partial.
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
