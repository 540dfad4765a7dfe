// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// EncodeName returns a metric and its tags as one string, byte for byte as
// encode_metric of apptuit-py does:
//
//	name{"k1": "v1", "k2": "v2"}
//
// Keys are sorted by code point. In the tags, all that is not printable ASCII
// is escaped (\n or \uXXXX, with surrogate pairs beyond U+FFFF); the metric is
// copied as it is, space around it included. Bytes that are not valid UTF-8
// become U+FFFD, one each. No tags, also nil, are written as {}.
//
// What EncodeName returns, [DecodeName] decodes to the metric without the space
// around it and to the same tags. Therefore it refuses, with an [*Error], a
// metric that is empty or only space ([ErrEmpty]), a metric that holds a "{"
// ([ErrBrace]), and keys that are one key once invalid UTF-8 is replaced
// ([ErrDuplicateKey]). It does not ask for valid names, nor for a number of
// tags: these are rules for points, and names may be sanitized later.
func EncodeName(metric string, tags map[string]string) (string, error) {
	if trimSpace(metric) == "" {
		return "", &Error{Field: FieldMetric, Value: metric, Rule: ErrEmpty}
	}
	if strings.IndexByte(metric, '{') >= 0 {
		return "", &Error{Field: FieldMetric, Value: metric, Rule: ErrBrace}
	}
	type tag struct{ key, value string }
	sorted := make([]tag, 0, len(tags))
	size := len(metric) + len(`{}`)
	for k, v := range tags {
		sorted = append(sorted, tag{validUTF8(k), v})
		size += len(k) + len(v) + len(`"": "", `)
	}
	slices.SortFunc(sorted, func(a, b tag) int { return strings.Compare(a.key, b.key) })

	dst := make([]byte, 0, size)
	dst = append(dst, validUTF8(metric)...)
	dst = append(dst, '{')
	for i, t := range sorted {
		if i > 0 {
			if t.key == sorted[i-1].key {
				return "", &Error{Field: FieldTagKey, Value: t.key, Rule: ErrDuplicateKey}
			}
			dst = append(dst, ", "...)
		}
		dst = appendASCIIString(dst, t.key)
		dst = append(dst, ": "...)
		dst = appendASCIIString(dst, t.value)
	}
	return string(append(dst, '}')), nil
}

// DecodeName splits an encoded name, as [EncodeName] or a human writes it, into
// the metric and its tags, as decode_metric of apptuit-py does. The tags begin
// at the first "{" and are a JSON object with any spacing; without a "{", all of
// the text is the metric and there are no tags. Space around the metric is cut
// off, and the metric may be empty. The tags are never nil without an error.
//
// A tag value that is not a string becomes its JSON text (22, true, 1.50,
// exactly as written), and a null drops its tag. Of values with the same key,
// the last wins. Bytes that are not valid UTF-8, and escaped surrogates without
// their other half, become U+FFFD, one each.
//
// It is an [*Error] if the text is empty ([ErrEmpty]), if what begins with "{"
// is not exactly one JSON object, space around it aside ([ErrSyntax]), or if a
// tag value is an object or array ([ErrNotScalar]).
func DecodeName(encoded string) (metric string, tags map[string]string, err error) {
	if encoded == "" {
		return "", nil, &Error{Field: FieldEncodedName, Rule: ErrEmpty}
	}
	brace := strings.IndexByte(encoded, '{')
	if brace < 0 {
		return trimSpace(validUTF8(encoded)), map[string]string{}, nil
	}
	tags, err = decodeTags(encoded, brace)
	if err != nil {
		return "", nil, err
	}
	return trimSpace(validUTF8(encoded[:brace])), tags, nil
}

func decodeTags(encoded string, brace int) (map[string]string, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(encoded[brace:]), &object); err != nil {
		return nil, &Error{Field: FieldEncodedName, Value: encoded, Rule: fmt.Errorf("%w: %w", ErrSyntax, err)}
	}
	tags := make(map[string]string, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) { // sorted, so that one input has one error
		text := object[key]
		switch text[0] {
		case 'n':
		case '{', '[':
			return nil, &Error{Field: FieldTagValue, Key: key, Value: string(text), Rule: ErrNotScalar}
		case '"':
			var s string
			if err := json.Unmarshal(text, &s); err != nil {
				return nil, &Error{Field: FieldTagValue, Key: key, Value: string(text), Rule: fmt.Errorf("%w: %w", ErrSyntax, err)}
			}
			tags[key] = s
		default:
			tags[key] = string(text)
		}
	}
	return tags, nil
}

// validUTF8 replaces each byte that is not valid UTF-8 with U+FFFD.
func validUTF8(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return string([]rune(s))
}

// trimSpace is str.strip of Python, which has four more kinds of space than
// Unicode: the ASCII separators.
func trimSpace(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
	})
}
