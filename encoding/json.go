// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"unicode/utf16"
	"unicode/utf8"
)

const hexDigits = "0123456789abcdef"

// AppendString appends s to dst as a JSON string, including the quotes, and returns
// the extended slice. It escapes only the characters that JSON requires to be escaped:
// the quote, the backslash, and the control characters below U+0020 as \b, \t, \n, \f,
// \r or \u00xx. It copies other characters as UTF-8, and replaces each byte that is not
// valid UTF-8 with U+FFFD. The result is valid JSON without line breaks.
//
// The result must not be embedded in HTML or JavaScript: <, >, & and U+2028 are not
// escaped. AppendString does not allocate if dst has sufficient capacity.
func AppendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0 // s[start:i] has not been copied yet, and needs no escapes
	for i := plainPrefix(s); i < len(s); {
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

// plainPrefix returns the length of a prefix of s that needs no escapes. It checks
// eight bytes at a time. Most strings of at least eight bytes are plain altogether.
func plainPrefix(s string) int {
	i := 0
	for i+8 <= len(s) && plain(s[i:]) {
		i += 8
	}
	if n := len(s); i > 0 && i < n && n-i < 8 && plain(s[n-8:]) {
		return n
	}
	return i
}

// plain reports whether the first eight bytes of s are ASCII and need no escapes.
func plain(s string) bool {
	const ones, highs = 0x0101010101010101, 0x8080808080808080
	_ = s[7]
	x := uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 |
		uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
	quote, backslash := x^'"'*ones, x^'\\'*ones
	// The result has the high bit of a byte set if the byte is not ASCII, is below the
	// space character, is a quote or is a backslash. Only the last three borrow from the
	// next byte, so that a borrow cannot change the result for a plain string.
	return (x|(x-' '*ones)|(quote-ones)|(backslash-ones))&highs == 0
}

// appendASCIIString appends s to dst as a JSON string, as Python's json.dumps writes
// it by default: printable ASCII characters are copied, and all others are escaped as
// \uxxxx, in UTF-16.
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

// appendEscaped appends a quote, a backslash or a control character in escaped form.
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

// appendUnit appends a UTF-16 code unit as \uxxxx.
func appendUnit(dst []byte, u rune) []byte {
	return append(dst, '\\', 'u', hexDigits[u>>12&0xf], hexDigits[u>>8&0xf], hexDigits[u>>4&0xf], hexDigits[u&0xf])
}
