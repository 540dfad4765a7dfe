// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
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

func (s *scanner) fail(format string, args ...any) error {
	return &DecodeError{Offset: s.base + int64(s.pos), Err: fmt.Errorf(format, args...)}
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

// eof checks that nothing follows.
func (s *scanner) eof() error {
	c, err := s.peek()
	switch {
	case err == nil:
		return s.fail("%s after the end", kindOf(c))
	case errors.Is(err, io.ErrUnexpectedEOF):
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
	if null, err := s.null(); null || err != nil {
		return err
	}
	if c, err := s.peek(); err != nil {
		return err
	} else if c != '{' {
		return s.unexpected(c, "an object")
	}
	return s.list('{', '}', func() error {
		key, err := s.name()
		if err != nil {
			return err
		}
		if err := s.expect(':'); err != nil {
			return err
		}
		return member(key)
	})
}

// array reads an array, calling element for each value. A null is an empty one.
func (s *scanner) array(element func() error) error {
	if null, err := s.null(); null || err != nil {
		return err
	}
	if c, err := s.peek(); err != nil {
		return err
	} else if c != '[' {
		return s.unexpected(c, "an array")
	}
	return s.list('[', ']', element)
}

func (s *scanner) list(open, end byte, element func() error) error {
	if err := s.expect(open); err != nil {
		return err
	}
	c, err := s.peek()
	if err != nil {
		return err
	}
	if c == end {
		s.pos++
		return nil
	}
	for {
		if err := element(); err != nil {
			return err
		}
		c, err := s.peek()
		switch {
		case err != nil:
			return err
		case c == end:
			s.pos++
			return nil
		case c != ',':
			return s.unexpected(c, fmt.Sprintf("',' or %q", end))
		}
		s.pos++
	}
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
	_, err = s.number()
	return err
}

// maxNames bounds the strings that are shared.
const maxNames = 100_000

// name reads a string that is likely to repeat.
func (s *scanner) name() (string, error) {
	b, err := s.bytes()
	if err != nil {
		return "", err
	}
	if name, ok := s.names[string(b)]; ok {
		return name, nil
	}
	name := string(b)
	if len(s.names) < maxNames {
		s.names[name] = name
	}
	return name, nil
}

// bytes reads a string. The bytes are good until the next read.
func (s *scanner) bytes() ([]byte, error) {
	if c, err := s.peek(); err != nil {
		return nil, err
	} else if c != '"' {
		return nil, s.unexpected(c, "a string")
	}
	for i := 1; ; i++ {
		if s.pos+i == s.end && !s.fill() {
			return nil, s.ended()
		}
		switch c := s.buf[s.pos+i]; {
		case c == '"':
			b := s.buf[s.pos+1 : s.pos+i]
			s.pos += i + 1
			return b, nil
		case c == '\\' || c >= utf8.RuneSelf:
			return s.decoded(i)
		case c < ' ':
			s.pos += i
			return nil, s.fail("control character %q in a string", c)
		}
	}
}

// decoded reads a string that needs more than copying from its i-th byte on.
func (s *scanner) decoded(i int) ([]byte, error) {
	s.text = append(s.text[:0], s.buf[s.pos+1:s.pos+i]...)
	s.pos += i
	for {
		if s.end-s.pos < 12 { // two \uXXXX
			s.fill()
		}
		if s.pos == s.end {
			return nil, s.ended()
		}
		switch c := s.buf[s.pos]; {
		case c == '"':
			s.pos++
			return s.text, nil
		case c == '\\':
			if err := s.escape(); err != nil {
				return nil, err
			}
		case c < ' ':
			return nil, s.fail("control character %q in a string", c)
		case c < utf8.RuneSelf:
			s.text = append(s.text, c)
			s.pos++
		default:
			r, n := utf8.DecodeRune(s.buf[s.pos:s.end])
			s.text = utf8.AppendRune(s.text, r)
			s.pos += n
		}
	}
}

func (s *scanner) escape() error {
	if s.end-s.pos < 2 {
		return s.ended()
	}
	const from, to = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	c := s.buf[s.pos+1]
	for i := range len(from) {
		if c == from[i] {
			s.text = append(s.text, to[i])
			s.pos += 2
			return nil
		}
	}
	if c != 'u' {
		return s.fail("invalid escape \\%c", c)
	}
	r, err := s.unicode(s.pos)
	if err != nil {
		return err
	}
	s.pos += 6
	if utf16.IsSurrogate(r) {
		low, err := s.unicode(s.pos)
		if pair := utf16.DecodeRune(r, low); err == nil && pair != utf8.RuneError {
			s.pos += 6
			r = pair
		} else {
			r = utf8.RuneError
		}
	}
	s.text = utf8.AppendRune(s.text, r)
	return nil
}

// unicode reads \uXXXX at a place in the buffer.
func (s *scanner) unicode(at int) (rune, error) {
	if s.end-at < 6 || s.buf[at] != '\\' || s.buf[at+1] != 'u' {
		return 0, s.fail("invalid escape")
	}
	var r rune
	for _, c := range s.buf[at+2 : at+6] {
		switch {
		case c >= '0' && c <= '9':
			r = r<<4 | rune(c-'0')
		case c >= 'a' && c <= 'f':
			r = r<<4 | rune(c-'a'+10)
		case c >= 'A' && c <= 'F':
			r = r<<4 | rune(c-'A'+10)
		default:
			return 0, s.fail("invalid escape")
		}
	}
	return r, nil
}
