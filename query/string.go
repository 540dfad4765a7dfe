// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"unicode/utf16"
	"unicode/utf8"
)

// maxNames limits the number of strings that are kept for sharing.
const maxNames = 100_000

// name reads a string that is likely to occur again, such as a tag. Equal strings share their
// memory.
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

// bytes reads a string. The result is valid until the next read.
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

// decoded reads a string that contains escapes or characters outside ASCII. Its first i bytes,
// including the quote, contain neither.
func (s *scanner) decoded(i int) ([]byte, error) {
	s.text = append(s.text[:0], s.buf[s.pos+1:s.pos+i]...)
	s.pos += i
	for {
		s.need(12) // length of a surrogate pair: two \uXXXX
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

// need fills the buffer until it contains n bytes, or the stream ends.
func (s *scanner) need(n int) {
	for more := true; more && s.end-s.pos < n; {
		more = s.fill()
	}
}

// escape reads an escape, and appends its character to s.text.
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
	if s.end-s.pos < 6 {
		return s.ended()
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

// unicode parses \uXXXX at s.buf[at:], without consuming it.
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
