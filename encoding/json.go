// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s to dst as a JSON string, with its quotes, and returns
// the extended slice. It escapes what JSON demands and nothing else: the quote,
// the backslash and the control characters below U+0020, the latter as \b, \t,
// \n, \f, \r or \u00xx. Other characters are copied as UTF-8; each byte that is
// not valid UTF-8 becomes U+FFFD. So the result is valid JSON and holds no line
// break. It is not made for embedding in HTML or JavaScript: <, >, & and U+2028
// are not escaped. It allocates nothing but room in dst.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0 // of the run that is copied as it is
	for i := ordinary(s); i < len(s); {
		c := s[i]
		if c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				dst = append(dst, s[start:i]...)
				dst = appendEscaped(dst, c)
				start = i + 1
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && size == 1 {
			dst = append(dst, s[start:i]...)
			dst = utf8.AppendRune(dst, utf8.RuneError)
			start = i + 1
		}
		i += size
	}
	dst = append(dst, s[start:]...)
	return append(dst, '"')
}

// ordinary returns how many bytes at the beginning of s need no look one by one,
// which is all of most strings that have eight bytes or more.
func ordinary(s string) int {
	i := 0
	for i+8 <= len(s) && plain(s[i:]) {
		i += 8
	}
	if n := len(s); i > 0 && i < n && n-i < 8 && plain(s[n-8:]) {
		return n
	}
	return i
}

// plain reports whether the first eight bytes of s are written as they are.
func plain(s string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	_ = s[7]
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	quote, backslash := x^'"'*ones, x^'\\'*ones
	// A byte has its high bit set if it is not ASCII, or less than a blank, a quote, a
	// backslash. Carries come only from bytes that are.
	return (x|(x-' '*ones)|(quote-ones)|(backslash-ones))&highs == 0
}

// appendASCIIString is AppendString as json.dumps of Python writes it by
// default: printable ASCII only, the rest as \uxxxx in UTF-16.
func appendASCIIString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	for _, r := range s {
		switch {
		case r < ' ' || r == '"' || r == '\\':
			dst = appendEscaped(dst, byte(r))
		case r < 0x7f:
			dst = append(dst, byte(r))
		case r <= 0xffff:
			dst = appendUnit(dst, r)
		default:
			high, low := utf16.EncodeRune(r)
			dst = appendUnit(appendUnit(dst, high), low)
		}
	}
	return append(dst, '"')
}

// appendEscaped escapes a quote, a backslash or a control character.
func appendEscaped(dst []byte, c byte) []byte {
	switch c {
	case '"', '\\':
		return append(dst, '\\', c)
	case '\b':
		return append(dst, `\b`...)
	case '\t':
		return append(dst, `\t`...)
	case '\n':
		return append(dst, `\n`...)
	case '\f':
		return append(dst, `\f`...)
	case '\r':
		return append(dst, `\r`...)
	}
	return appendUnit(dst, rune(c))
}

func appendUnit(dst []byte, u rune) []byte {
	return append(dst, '\\', 'u', hexDigits[u>>12&0xf], hexDigits[u>>8&0xf], hexDigits[u>>4&0xf], hexDigits[u&0xf])
}
