// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"io"
)

// DecodeError says where an answer is not what it should be.
type DecodeError struct {
	// Offset is the byte of the answer, counted from 0, at which it went wrong.
	Offset int64
	Err    error
}

// Error names the byte and the fault.
func (e *DecodeError) Error() string { return fmt.Sprintf("answer, at byte %d: %v", e.Offset, e.Err) }

// Unwrap returns the fault: io.ErrUnexpectedEOF if the answer was cut off.
func (e *DecodeError) Unwrap() error { return e.Err }

// maxDepth bounds the nesting of values that are skipped.
const maxDepth = 200

// scanner reads JSON (RFC 8259) from a stream. It holds one buffer of it.
type scanner struct {
	r    io.Reader
	buf  []byte
	pos  int
	end  int
	base int64 // offset of buf[0]
	err  error // why there is no more

	text  []byte            // of a string with escapes
	names map[string]string // strings that repeat, once
}

func newScanner(r io.Reader) *scanner {
	return &scanner{r: r, buf: make([]byte, 64<<10), names: make(map[string]string)}
}

// offset returns that of the next byte.
func (s *scanner) offset() int64 { return s.base + int64(s.pos) }

func (s *scanner) fail(format string, args ...any) error {
	return &DecodeError{Offset: s.offset(), Err: fmt.Errorf(format, args...)}
}

// fill gets more behind what is there, and reports whether there was any.
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
	if s.end == len(s.buf) { // a token as long as the buffer
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

// ended is the error of an answer that stops too early.
func (s *scanner) ended() error {
	s.pos = s.end
	if errors.Is(s.err, io.EOF) {
		return s.fail("%w", io.ErrUnexpectedEOF)
	}
	return s.fail("%w", s.err)
}

// peek returns the next byte that is not white space.
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

// expect reads a byte.
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

func (s *scanner) unexpected(c byte, want string) error {
	return s.fail("%s where %s is expected", kindOf(c), want)
}

// kindOf describes what starts with a byte.
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

// eof checks that nothing follows but the end of the stream, which may break off
// there, too: a checksum, say, comes last.
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

// literal reads true, false or null.
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

// boolean reads true, false or null, which is false.
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

// null reads a null if there is one.
func (s *scanner) null() (bool, error) {
	c, err := s.peek()
	if err != nil || c != 'n' {
		return false, err
	}
	return true, s.literal("null")
}

// object reads an object, calling member for the value of each key. A null is
// an object without members.
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

// array reads an array, calling element for each value. A null is an empty one.
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

// open reads the start of an array or object, or a null, and reports whether
// there is something in it.
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

// next reads what follows an element, and reports whether it is another one.
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

// key reads the key of a member, and the colon.
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
