// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// secretIndex finds secrets by their first bytes. A text is searched in one pass, however
// many secrets there are.
type secretIndex struct {
	first   [256]bool                    // bytes that a secret begins with
	forms   map[[minSecret]byte][]string // by their first bytes, the longest first
	longest int                          // length of the longest form, in bytes
	blanks  bool                         // a secret contains blanks, which URL-encoded forms write as "+"
}

// formsOf returns the forms in which a secret may be quoted, apart from encodings of single
// characters: Base64 without padding or with the URL alphabet; white space joined as on one
// line; and bytes that are not UTF-8 as JSON replaces them, or UTF-8 read as Latin-1.
func formsOf(secret string) []string {
	latin1 := make([]rune, len(secret))
	for i := range len(secret) {
		latin1[i] = rune(secret[i])
	}
	var forms []string
	for _, form := range []string{secret, string([]rune(secret)), string(latin1), joinFields(secret)} {
		forURLs := strings.NewReplacer("+", "-", "/", "_").Replace(form)
		forms = append(forms, form, strings.TrimRight(form, "="), forURLs, strings.TrimRight(forURLs, "="))
	}
	return forms
}

// newSecretIndex returns the index of all secrets in the lists.
func newSecretIndex(lists ...[]string) *secretIndex {
	index := &secretIndex{forms: map[[minSecret]byte][]string{}}
	for _, secret := range slices.Concat(lists...) {
		for _, form := range formsOf(secret) {
			if len(form) < minSecret {
				continue
			}
			key := [minSecret]byte([]byte(form))
			index.first[form[0]] = true
			index.longest = max(index.longest, len(form))
			index.blanks = index.blanks || strings.Contains(form, " ")
			if !slices.Contains(index.forms[key], form) {
				index.forms[key] = append(index.forms[key], form)
			}
		}
	}
	for _, forms := range index.forms {
		slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	}
	return index
}

// span is a range of bytes in a text.
type span struct{ start, end int }

// redact replaces the secrets in a text. It finds each of them unencoded, and encoded by
// one or two encodings: for example, a server may quote a token in a JSON string inside an
// HTML page. If cut is true, the text is the beginning of a longer one, and a secret that
// begins in it and may continue after it is removed up to the end of the text.
func (x *secretIndex) redact(s string, cut bool) string {
	if len(x.forms) == 0 {
		return s
	}
	plain := decodedText{text: s}
	spans := x.find(plain, cut, nil)
	decoders := x.decoders()
	for _, outer := range decoders {
		once, ok := plain.decoded(outer)
		if !ok {
			continue // the text does not use this encoding
		}
		spans = x.find(once, cut, spans)
		for _, inner := range decoders {
			if twice, ok := once.decoded(inner); ok {
				spans = x.find(twice, cut, spans)
			}
		}
	}
	return replaceSpans(s, spans)
}

// find appends the spans of the original text in which the decoded text r contains secrets.
func (x *secretIndex) find(r decodedText, cut bool, spans []span) []span {
	for i := 0; i+minSecret <= len(r.text); i++ {
		if !x.first[r.text[i]] {
			continue
		}
		rest := r.text[i:]
		for _, secret := range x.forms[[minSecret]byte([]byte(rest[:minSecret]))] {
			if strings.HasPrefix(rest, secret) {
				spans = append(spans, span{r.offset(i), r.offset(i + len(secret))})
				break
			}
			if cut && len(rest) < len(secret)+maxEscape && r.endsWithin(rest, secret) {
				spans = append(spans, span{r.offset(i), r.offset(len(r.text))})
				break
			}
		}
	}
	return spans
}

// replaceSpans replaces the given spans, which may overlap, by the word [redacted].
func replaceSpans(s string, spans []span) string {
	if len(spans) == 0 {
		return s
	}
	slices.SortFunc(spans, func(a, b span) int { return a.start - b.start })
	var out strings.Builder
	done := 0
	for i := 0; i < len(spans); {
		whole := spans[i]
		for i++; i < len(spans) && spans[i].start < whole.end; i++ {
			whole.end = max(whole.end, spans[i].end)
		}
		out.WriteString(s[done:whole.start])
		out.WriteString(redacted)
		done = whole.end
	}
	out.WriteString(s[done:])
	return out.String()
}

// decodedText is a text, possibly decoded, with the position of each of its bytes in the
// original text.
type decodedText struct {
	text    string
	offsets []int // position of each byte and of the end; nil if the text is the original
}

func (r decodedText) offset(i int) int {
	if r.offsets == nil {
		return i
	}
	return r.offsets[i]
}

// maxEscape exceeds the number of bytes that one character takes when it is encoded twice.
const maxEscape = 120

// endsWithin reports whether rest, the last part of a text, may be the beginning of a
// secret. Its last bytes may differ, because they may be part of an incomplete escape
// sequence.
func (r decodedText) endsWithin(rest, secret string) bool {
	same := 0
	for same < len(rest) && same < len(secret) && rest[same] == secret[same] {
		same++
	}
	from := len(r.text) - len(rest) + same
	return r.offset(len(r.text))-r.offset(from) < maxEscape
}

// decoder decodes the characters of one encoding.
type decoder struct {
	leads string // the bytes with which escape sequences begin
	// decode appends the character that the text begins with, and returns the length of its
	// escape sequence in bytes. The length is 0 if the text does not begin with an escape
	// sequence.
	decode func(dst []byte, s string) (_ []byte, size int)
}

// decoders returns the decoders for backslash escapes (JSON and programming languages),
// HTML, URLs, a mixture of these, and URL-encoded forms.
func (x *secretIndex) decoders() []decoder {
	all := []decoder{
		{`\`, decodeBackslash}, {"&", decodeEntity}, {"%", decodePercent}, {`\&%`, decodeAny},
	}
	if x.blanks {
		all = append(all, decoder{"%+", decodeForm})
	}
	return all
}

// decoded returns the text as d decodes it. It returns false if the text contains no escape
// sequence of the encoding.
func (r decodedText) decoded(d decoder) (decodedText, bool) {
	if !strings.ContainsAny(r.text, d.leads) {
		return decodedText{}, false
	}
	out := make([]byte, 0, len(r.text))
	offsets := make([]int, 0, len(r.text)+1)
	changed := false
	for i := 0; i < len(r.text); {
		size := 0
		if strings.IndexByte(d.leads, r.text[i]) >= 0 {
			out, size = d.decode(out, r.text[i:])
		}
		if size > 0 {
			changed = true
		} else {
			out, size = append(out, r.text[i]), 1
		}
		for len(offsets) < len(out) {
			offsets = append(offsets, r.offset(i))
		}
		i += size
	}
	return decodedText{text: string(out), offsets: append(offsets, r.offset(len(r.text)))}, changed
}

// decodeAny decodes a backslash escape, an HTML entity or a percent escape.
func decodeAny(dst []byte, s string) ([]byte, int) {
	switch s[0] {
	case '&':
		return decodeEntity(dst, s)
	case '%':
		return decodePercent(dst, s)
	}
	return decodeBackslash(dst, s)
}

// decodeForm decodes a character of a URL-encoded form, in which "+" is a blank.
func decodeForm(dst []byte, s string) ([]byte, int) {
	if s[0] == '+' {
		return append(dst, ' '), 1
	}
	return decodePercent(dst, s)
}

// decodeBackslash decodes a backslash escape of JSON, Go, Python or JavaScript.
func decodeBackslash(dst []byte, s string) ([]byte, int) {
	if len(s) < 2 {
		return dst, 0
	}
	digits := 0
	switch s[1] {
	case '"', '\\', '/', '\'':
		return append(dst, s[1]), 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
		if strings.HasPrefix(s[2:], "{") {
			code, size := hex(s[3:], 1, 6)
			if size == 0 || !strings.HasPrefix(s[3+size:], "}") {
				return dst, 0
			}
			return appendRune(dst, code), 4 + size
		}
	case 'U':
		digits = 8
	case '0', '1', '2', '3':
		return decodeOctal(dst, s)
	}
	code, size := hex(s[2:], digits, digits)
	if size == 0 {
		return dst, 0
	}
	size += 2
	if utf16.IsSurrogate(rune(code)) && strings.HasPrefix(s[size:], `\u`) {
		if low, more := hex(s[size+2:], 4, 4); more > 0 {
			return utf8.AppendRune(dst, utf16.DecodeRune(rune(code), rune(low))), size + 2 + more
		}
	}
	return appendRune(dst, code), size
}

// decodeOctal decodes a backslash and three octal digits.
func decodeOctal(dst []byte, s string) ([]byte, int) {
	if len(s) < 4 {
		return dst, 0
	}
	code, err := strconv.ParseUint(s[1:4], 8, 8)
	if err != nil {
		return dst, 0
	}
	return append(dst, byte(code)), 4
}

// decodeEntity decodes a character reference of HTML, for example &amp;.
func decodeEntity(dst []byte, s string) ([]byte, int) {
	if strings.HasPrefix(s, "&#") {
		return decodeReference(dst, s)
	}
	const longest = 33 // no name of a character is longer
	if end := strings.IndexByte(s[:min(len(s), longest)], ';'); end > 0 {
		if char := html.UnescapeString(s[:end+1]); char != s[:end+1] {
			return append(dst, char...), end + 1
		}
	}
	for _, name := range []string{"&amp", "&lt", "&gt", "&quot"} { // valid without a semicolon
		if strings.HasPrefix(s, name) {
			return append(dst, html.UnescapeString(name)...), len(name)
		}
	}
	return dst, 0
}

// decodeReference decodes a numeric character reference of HTML, with or without its
// semicolon.
func decodeReference(dst []byte, s string) ([]byte, int) {
	start, base := 2, 10
	if len(s) > 2 && (s[2] == 'x' || s[2] == 'X') {
		start, base = 3, 16
	}
	const longest = 16 // more digits than a character needs, as there may be leading zeros
	end := start
	for end < len(s) && end < start+longest && isDigit(s[end], base) {
		end++
	}
	code, err := strconv.ParseUint(s[start:end], base, 64)
	if err != nil {
		return dst, 0
	}
	if end < len(s) && s[end] == ';' {
		end++
	}
	return appendRune(dst, code), end
}

// decodePercent decodes a percent escape of a URL.
func decodePercent(dst []byte, s string) ([]byte, int) {
	code, size := hex(s[1:], 2, 2)
	if size == 0 {
		return dst, 0
	}
	return append(dst, byte(code)), 1 + size
}

// hex parses at least least and at most most hexadecimal digits at the beginning of s. It
// returns the number of digits, and 0 if there are too few.
func hex(s string, least, most int) (code uint64, size int) {
	for size < len(s) && size < most && isDigit(s[size], 16) {
		size++
	}
	if size < max(least, 1) {
		return 0, 0
	}
	code, _ = strconv.ParseUint(s[:size], 16, 64)
	return code, size
}

func isDigit(b byte, base int) bool {
	return b >= '0' && b <= '9' || base == 16 && (b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F')
}

func appendRune(dst []byte, code uint64) []byte {
	return utf8.AppendRune(dst, rune(min(code, utf8.MaxRune+1))) // an invalid code becomes U+FFFD
}
