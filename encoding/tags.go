// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"fmt"
	"strings"
)

// MaxTags is the most tags a point may have by default, after the tags of all
// sources have been merged and their keys sanitized. It is the limit of Apptuit, as
// apptuit-py checks it. An OpenTSDB server has its own limit,
// tsd.storage.max_tags, by default 8.
const MaxTags = 25

// ParseTags parses the value of the environment variable APPTUIT_TAGS:
//
//	k1: v1, k2: v2
//
// Space around keys and values does not count, nor do empty items between
// commas, so that a text without items gives an empty map, which is never nil.
// A value may be empty. There is no quoting: neither keys nor values can hold a
// comma or a colon. The number of tags is not limited here, see [MaxTags].
//
// The first item at fault is reported as an [*Error]: an item without a colon
// or, as in apptuit-py, with more than one ([ErrSyntax]), an item with an empty
// key ([ErrEmpty]), a key that is not a valid name ([ErrInvalidName]), or the key
// of an earlier item ([ErrDuplicateKey]). Keys are compared with regard to case,
// without the space around them and before they are sanitized. Apptuit-py uses
// the last of several values of a key.
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
		if _, again := tags[key]; again {
			return nil, &Error{Field: FieldTagKey, Value: key, Rule: ErrDuplicateKey}
		}
		tags[key] = trimSpace(value)
	}
	return tags, nil
}
