// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"io"
)

// maxDepth limits the nesting of values that are skipped.
const maxDepth = 200

// scanner reads JSON (RFC 8259) from a stream, through a buffer.
type scanner struct {
	r    io.Reader
	buf  []byte
	pos  int
	end  int
	base int64 // offset of buf[0]
	err  error // error of r, after which it is not read any more

	text  []byte            // the last string with escapes, decoded
	names map[string]string // strings that may repeat
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, 64<<10), names: make(map[string]string)}
}

// offset returns the offset of the next byte.
func (s *scanner) offset() int64 { return s.base + int64(s.pos) }

// fail returns a DecodeError at the next byte.
func (s *scanner) fail(format string, args ...any) error {
	return &DecodeError{Offset: s.offset(), Err: fmt.Errorf(format, args...)}
}

// fill reads more bytes into the buffer, and reports whether there were any. The bytes from pos
// on remain in the buffer.
func (s *scanner) fill() bool {
	if s.err != nil {
		return false
	}
	if s.pos > 0 {
		copy(s.buf, s.buf[s.pos:s.end])
		s.base += int64(s.pos)
		s.end -= s.pos
		s.pos = 0
	}
	if s.end == len(s.buf) { // the buffer is full: the current token needs a larger one
		s.buf = append(s.buf, make([]byte, len(s.buf))...)
	}
	for range 100 {
		n, err := s.r.Read(s.buf[s.end:])
		s.end += n
		s.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	s.err = io.ErrNoProgress
	return false
}

// ended returns the error for an answer that ends too early.
func (s *scanner) ended() error {
	s.pos = s.end
	if errors.Is(s.err, io.EOF) {
		return s.fail("%w", io.ErrUnexpectedEOF)
	}
	return s.fail("%w", s.err)
}

// peek returns the next byte that is not white space, without consuming it.
func (s *scanner) peek() (byte, error) {
	for {
		for s.pos < s.end {
			switch c := s.buf[s.pos]; c {
			case ' ', '\t', '\n', '\r':
				s.pos++
			default:
				return c, nil
			}
		}
		if !s.fill() {
			return 0, s.ended()
		}
	}
}

// expect reads the given byte, or returns an error.
func (s *scanner) expect(want byte) error {
	if s.pos < s.end && s.buf[s.pos] == want {
		s.pos++
		return nil
	}
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c != want {
		return s.unexpected(c, fmt.Sprintf("%q", want))
	}
	s.pos++
	return nil
}

// unexpected returns the error for a value that starts with c instead of the wanted one.
func (s *scanner) unexpected(c byte, want string) error {
	return s.fail("%s where %s is expected", kindOf(c), want)
}

// kindOf describes the value that starts with c.
func kindOf(c byte) string {
	switch {
	case c == '{':
		return "an object"
	case c == '[':
		return "an array"
	case c == '"':
		return "a string"
	case c == '-' || c >= '0' && c <= '9':
		return "a number"
	case c == 't' || c == 'f':
		return "a boolean"
	case c == 'n':
		return "null"
	}
	return fmt.Sprintf("%q", c)
}

// eof returns an error unless the stream ends. It reads to the end, because a stream can still
// fail there, for example if a checksum is wrong.
func (s *scanner) eof() error {
	c, err := s.peek()
	switch {
	case err == nil:
		return s.fail("%s after the end", kindOf(c))
	case errors.Is(s.err, io.EOF):
		return nil
	}
	return err
}

// literal reads a word, such as true, false or null.
func (s *scanner) literal(word string) error {
	for i := range len(word) {
		if s.pos == s.end && !s.fill() {
			return s.ended()
		}
		if s.buf[s.pos] != word[i] {
			return s.fail("invalid literal, %s is expected", word)
		}
		s.pos++
	}
	return nil
}

// boolean reads true, false, or null, for which it returns false.
func (s *scanner) boolean() (bool, error) {
	c, err := s.peek()
	switch {
	case err != nil:
		return false, err
	case c == 't':
		return true, s.literal("true")
	case c == 'f':
		return false, s.literal("false")
	case c == 'n':
		return false, s.literal("null")
	}
	return false, s.unexpected(c, "a boolean")
}

// null reports whether the next value is null, and reads it if it is.
func (s *scanner) null() (bool, error) {
	c, err := s.peek()
	if err != nil || c != 'n' {
		return false, err
	}
	return true, s.literal("null")
}

// object reads an object. It calls member for each key, to read the value. It reads null as an
// empty object.
func (s *scanner) object(member func(key string) error) error {
	more, err := s.open('{', '}', "an object")
	for more && err == nil {
		var key string
		if key, err = s.key(); err != nil {
			return err
		}
		if err = member(key); err != nil {
			return err
		}
		more, err = s.next('}')
	}
	return err
}

// array reads an array. It calls element to read each value. It reads null as an empty array.
func (s *scanner) array(element func() error) error {
	more, err := s.open('[', ']', "an array")
	for more && err == nil {
		if err = element(); err != nil {
			return err
		}
		more, err = s.next(']')
	}
	return err
}

// open reads the start of an array or object. It reports whether an element follows; if not, or
// if the value is null, it has read the whole value.
func (s *scanner) open(start, end byte, kind string) (bool, error) {
	if null, err := s.null(); null || err != nil {
		return false, err
	}
	c, err := s.peek()
	if err != nil {
		return false, err
	}
	if c != start {
		return false, s.unexpected(c, kind)
	}
	s.pos++
	if c, err = s.peek(); err != nil {
		return false, err
	}
	if c == end {
		s.pos++
		return false, nil
	}
	return true, nil
}

// next reads the comma or the end after an element, and reports whether another element follows.
func (s *scanner) next(end byte) (bool, error) {
	c, err := s.peek()
	switch {
	case err != nil:
		return false, err
	case c == ',':
		s.pos++
		return true, nil
	case c == end:
		s.pos++
		return false, nil
	}
	return false, s.unexpected(c, fmt.Sprintf("',' or %q", end))
}

// key reads the key of a member and the colon after it.
func (s *scanner) key() (string, error) {
	key, err := s.name()
	if err != nil {
		return "", err
	}
	return key, s.expect(':')
}

// skip reads a value of any kind.
func (s *scanner) skip() error { return s.skipAt(0) }

func (s *scanner) skipAt(depth int) error {
	c, err := s.peek()
	if err != nil {
		return err
	}
	if depth > maxDepth {
		return s.fail("nested deeper than %d", maxDepth)
	}
	switch c {
	case '{':
		return s.object(func(string) error { return s.skipAt(depth + 1) })
	case '[':
		return s.array(func() error { return s.skipAt(depth + 1) })
	case '"':
		_, err := s.bytes()
		return err
	case 't':
		return s.literal("true")
	case 'f':
		return s.literal("false")
	case 'n':
		return s.literal("null")
	}
	_, err = s.bare()
	return err
}
