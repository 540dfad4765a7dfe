// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"html"
	"slices"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// secretIndex finds secrets by their first bytes, so that a text is searched in one
// pass, however many secrets there are. The longest of a key comes first.
type secretIndex map[[minSecret]byte][]string

func newSecretIndex(lists ...[]string) secretIndex {
	index := secretIndex{}
	for _, secret := range slices.Concat(lists...) {
		// Base64 is also written without its padding.
		for _, form := range []string{secret, strings.TrimRight(secret, "=")} {
			if len(form) < minSecret {
				continue
			}
			key := [minSecret]byte([]byte(form))
			if !slices.Contains(index[key], form) {
				index[key] = append(index[key], form)
			}
		}
	}
	for _, forms := range index {
		slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	}
	return index
}

// span is a part of a text, in bytes.
type span struct{ start, end int }

// redact replaces the secrets in a text. It finds each of them as it is, and decoded
// by one or two of the decoders: a server may quote a token in JSON that stands in a
// page, for example. With cut, the text is the beginning of a longer one, and a
// secret that begins in it is removed with the rest of the text.
func (x secretIndex) redact(s string, cut bool) string {
	if len(x) == 0 {
		return s
	}
	plain := reading{text: s}
	spans := x.find(plain, cut, nil)
	for _, outer := range decoders() {
		once, ok := plain.decoded(outer)
		if !ok {
			continue // nothing is encoded so
		}
		spans = x.find(once, cut, spans)
		for _, inner := range decoders() {
			if twice, ok := once.decoded(inner); ok {
				spans = x.find(twice, cut, spans)
			}
		}
	}
	return replaceSpans(s, spans)
}

// find appends the spans of a text in which its reading has secrets.
func (x secretIndex) find(r reading, cut bool, spans []span) []span {
	for i := 0; i+minSecret <= len(r.text); i++ {
		rest := r.text[i:]
		for _, secret := range x[[minSecret]byte([]byte(rest[:minSecret]))] {
			if strings.HasPrefix(rest, secret) {
				spans = append(spans, span{r.offset(i), r.offset(i + len(secret))})
				break
			}
			if cut && r.endsWithin(rest, secret) {
				spans = append(spans, span{r.offset(i), r.offset(len(r.text))})
				break
			}
		}
	}
	return spans
}

// replaceSpans replaces spans, which may overlap, each by a word.
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

// reading is a text, perhaps decoded, that knows where each of its bytes stands in
// the original.
type reading struct {
	text    string
	offsets []int // of each byte and of the end; nil: as in the text
}

func (r reading) offset(i int) int {
	if r.offsets == nil {
		return i
	}
	return r.offsets[i]
}

// maxEscape is more bytes than any character takes that is encoded twice.
const maxEscape = 40

// endsWithin reports whether the rest of a text is the beginning of a secret, but for
// the end of the rest, which may be a part of an encoded character.
func (r reading) endsWithin(rest, secret string) bool {
	same := 0
	for same < len(rest) && same < len(secret) && rest[same] == secret[same] {
		same++
	}
	if same == len(rest) {
		return true
	}
	from := len(r.text) - len(rest) + same
	return same >= minSecret && r.offset(len(r.text))-r.offset(from) < maxEscape && strings.IndexByte(`\&%`, rest[same]) >= 0
}

// decoder decodes the character at the beginning of a text. It returns the number of
// bytes that the character takes, 0 if it is not encoded.
type decoder func(s string) (char string, size int)

// decoders returns those of JSON and its relatives, of HTML, and of URLs.
func decoders() [3]decoder { return [...]decoder{decodeBackslash, decodeEntity, decodePercent} }

// decoded returns the reading of what a decoder makes of the text, and false if that
// is the text itself.
func (r reading) decoded(decode decoder) (reading, bool) {
	if strings.IndexAny(r.text, `\&%`) < 0 {
		return reading{}, false
	}
	var out []byte
	var offsets []int
	changed := false
	for i := 0; i < len(r.text); {
		char, size := decode(r.text[i:])
		if size == 0 {
			char, size = r.text[i:i+1], 1
		} else {
			changed = true
		}
		for j := range len(char) {
			out = append(out, char[j])
			offsets = append(offsets, r.offset(i))
		}
		i += size
	}
	return reading{text: string(out), offsets: append(offsets, r.offset(len(r.text)))}, changed
}

// decodeBackslash decodes an escape of JSON, Go, Python or JavaScript.
func decodeBackslash(s string) (string, int) {
	if len(s) < 2 || s[0] != '\\' {
		return "", 0
	}
	digits := 0
	switch s[1] {
	case '"', '\\', '/', '\'':
		return s[1:2], 2
	case 'x':
		digits = 2
	case 'u':
		digits = 4
		if braced, size := decodeHex(s[2:], 1, 6, "{", "}"); size > 0 {
			return braced, 2 + size
		}
	case 'U':
		digits = 8
	default:
		return "", 0
	}
	char, size := decodeHex(s[2:], digits, digits, "", "")
	if size == 0 {
		return "", 0
	}
	size += 2
	if high, _ := strconv.ParseUint(s[2:size], 16, 32); utf16.IsSurrogate(rune(high)) && len(s) >= size+6 && s[size:size+2] == `\u` {
		if low, err := strconv.ParseUint(s[size+2:size+6], 16, 32); err == nil {
			return string(utf16.DecodeRune(rune(high), rune(low))), size + 6
		}
	}
	return char, size
}

// decodeEntity decodes a character reference of HTML.
func decodeEntity(s string) (string, int) {
	if len(s) < 3 || s[0] != '&' {
		return "", 0
	}
	for _, numeric := range []struct {
		prefix  string
		base    int
		longest int
	}{{"&#x", 16, 6}, {"&#X", 16, 6}, {"&#", 10, 7}} {
		if !strings.HasPrefix(s, numeric.prefix) {
			continue
		}
		digits := len(numeric.prefix)
		end := digits
		for end < len(s) && end < digits+numeric.longest && isDigit(s[end], numeric.base) {
			end++
		}
		code, err := strconv.ParseUint(s[digits:end], numeric.base, 32)
		if err != nil {
			return "", 0
		}
		if end < len(s) && s[end] == ';' {
			end++
		}
		return encodeRune(code), end
	}
	const longest = 33 // the name of any character
	if end := strings.IndexByte(s[:min(len(s), longest)], ';'); end > 0 {
		if char := html.UnescapeString(s[:end+1]); char != s[:end+1] {
			return char, end + 1
		}
	}
	for _, name := range []string{"&amp", "&lt", "&gt", "&quot"} { // which need no semicolon
		if strings.HasPrefix(s, name) {
			return html.UnescapeString(name), len(name)
		}
	}
	return "", 0
}

// decodePercent decodes a byte of a URL.
func decodePercent(s string) (string, int) {
	if len(s) < 3 || s[0] != '%' {
		return "", 0
	}
	b, err := strconv.ParseUint(s[1:3], 16, 8)
	if err != nil {
		return "", 0
	}
	return string([]byte{byte(b)}), 3
}

// decodeHex decodes a character that is given by hexadecimal digits between two marks.
func decodeHex(s string, least, most int, before, after string) (string, int) {
	if !strings.HasPrefix(s, before) {
		return "", 0
	}
	end := len(before)
	for end < len(s) && end < len(before)+most && isDigit(s[end], 16) {
		end++
	}
	if end-len(before) < least || !strings.HasPrefix(s[end:], after) {
		return "", 0
	}
	code, err := strconv.ParseUint(s[len(before):end], 16, 32)
	if err != nil {
		return "", 0
	}
	return encodeRune(code), end + len(after)
}

func isDigit(b byte, base int) bool {
	return b >= '0' && b <= '9' || base == 16 && (b >= 'a' && b <= 'f' || b >= 'A' && b <= 'F')
}

func encodeRune(code uint64) string {
	if code > utf8.MaxRune {
		return "\uFFFD"
	}
	return string(rune(code))
}
