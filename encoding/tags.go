// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"fmt"
	"strings"
)

// MaxTags is the default maximum number of tags of a point. Tags are counted after the
// tags of all sources have been merged and their keys sanitized. It is Apptuit's limit,
// which apptuit-py checks. The limit of an OpenTSDB server is its setting
// tsd.storage.max_tags, by default 8.
const MaxTags = 25

// ParseTags parses the value of the environment variable APPTUIT_TAGS:
//
//	k1: v1, k2: v2
//
// White space around keys and values is removed. Empty items are ignored, for example
// the item after a trailing comma; if there are no others, the result is an empty map.
// A value may be empty. Keys and values cannot contain a comma or a colon, because there
// is no quoting. ParseTags does not limit the number of tags.
//
// ParseTags returns an [*Error] for the first invalid item: an item without a colon or
// with several ([ErrSyntax], as in apptuit-py), an item with an empty key ([ErrEmpty]),
// a key that is not a valid name ([ErrInvalidName]), or the key of an earlier item
// ([ErrDuplicateKey]; apptuit-py uses the last value of such a key instead). Keys are
// compared case-sensitively, before they are sanitized.
func ParseTags(s string) (map[string]string, error) {
	tags := make(map[string]string)
	for item := range strings.SplitSeq(s, ",") {
		item = trimSpace(item)
		if item == "" {
			continue
		}
		key, value, ok := strings.Cut(item, ":")
		if !ok || strings.Contains(value, ":") {
			return nil, &Error{Field: FieldTags, Value: item, Rule: fmt.Errorf("%w: want key: value, with one colon", ErrSyntax)}
		}
		key = trimSpace(key)
		if key == "" {
			return nil, &Error{Field: FieldTagKey, Rule: ErrEmpty}
		}
		if !ValidName(key) {
			return nil, &Error{Field: FieldTagKey, Value: key, Rule: ErrInvalidName}
		}
		if _, found := tags[key]; found {
			return nil, &Error{Field: FieldTagKey, Value: key, Rule: ErrDuplicateKey}
		}
		tags[key] = trimSpace(value)
	}
	return tags, nil
}
