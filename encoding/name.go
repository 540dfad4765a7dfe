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

// EncodeName encodes a metric and its tags as one string, byte for byte like
// encode_metric of apptuit-py:
//
//	name{"k1": "v1", "k2": "v2"}
//
// Keys are sorted by code point. In keys and values, all characters except printable
// ASCII are escaped, as \n or \uXXXX, with surrogate pairs above U+FFFF. The metric is
// copied unchanged, including white space around it. Each byte that is not valid UTF-8
// is replaced with U+FFFD. Without tags, the metric is followed by {}.
//
// [DecodeName] decodes the result to the same metric, without white space around it, and
// the same tags. EncodeName returns an [*Error] for a metric that is empty or consists of
// white space ([ErrEmpty]), for a metric that contains "{" ([ErrBrace]), and for keys that
// become the same when invalid UTF-8 is replaced ([ErrDuplicateKey]).
//
// EncodeName does not check that names are valid or how many tags there are. Points are
// checked when they are sent, and names may be sanitized before that.
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

// DecodeName splits an encoded name into the metric and its tags, like decode_metric of
// apptuit-py. The name can be the result of [EncodeName] or be written by hand. The tags
// begin at the first "{" and are a JSON object with any spacing. A string without "{" is
// a metric without tags. White space around the metric is removed; the metric may be
// empty. If there is no error, the map of tags is not nil.
//
// A tag value that is a JSON number or Boolean becomes its text, exactly as written, for
// example 22, 1.50 or true. A tag whose value is null is omitted. If a key occurs several
// times, its last value is used. Each byte that is not valid UTF-8, and each escaped
// surrogate that is not part of a pair, is replaced with U+FFFD.
//
// DecodeName returns an [*Error] if the string is empty ([ErrEmpty]), if the tags are not
// exactly one JSON object ([ErrSyntax]), or if a tag value is an object or array
// ([ErrNotScalar]).
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

// decodeTags parses the JSON object at encoded[brace:].
func decodeTags(encoded string, brace int) (map[string]string, error) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(encoded[brace:]), &object); err != nil {
		return nil, &Error{Field: FieldEncodedName, Value: encoded, Rule: fmt.Errorf("%w: %w", ErrSyntax, err)}
	}
	tags := make(map[string]string, len(object))
	for _, key := range slices.Sorted(maps.Keys(object)) { // sorted, so that equal input gives equal errors
		text := object[key]
		switch text[0] {
		case 'n': // null
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

// trimSpace removes the white space around s, like Python's str.strip. Python counts
// the four ASCII separators, U+001C to U+001F, as white space; Unicode does not.
func trimSpace(s string) string {
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f
	})
}
