// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package wire

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/encoding"
)

// Tag is one key of a series with its value.
type Tag struct{ Key, Value string }

// SortTags sorts tags by key. Tags of one key keep their order.
func SortTags(tags []Tag) {
	slices.SortStableFunc(tags, func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
}

// TagsOf returns the tags of a map, sorted by key, in dst.
func TagsOf(dst []Tag, tags map[string]string) []Tag {
	dst = dst[:0]
	for k, v := range tags {
		dst = append(dst, Tag{k, v})
	}
	SortTags(dst)
	return dst
}

// SanitizeTags makes one source's tags, sorted by their original keys, into a
// layer for [MergeTags]: keys sanitized, sorted, each key once. Values whose
// keys became one are joined with ";" in the order of the original keys, as
// OpenTelemetry's Prometheus compatibility rules have it, but for empty ones. It
// works in place.
//
// A key that the mode leaves invalid is an *[encoding.Error].
func SanitizeTags(mode encoding.SanitizeMode, tags []Tag) ([]Tag, error) {
	for i := range tags {
		key := mode.Sanitize(tags[i].Key)
		if err := CheckName(encoding.FieldTagKey, key); err != nil {
			return nil, err
		}
		tags[i].Key = key
	}
	return JoinTags(tags, JoinValues), nil
}

// JoinValues joins the values of one key as SanitizeTags does.
func JoinValues(values []string) string {
	values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	return strings.Join(values, ";")
}

// JoinTags makes a layer of tags whose keys are sanitized and valid, in the order
// of the original ones. Values whose keys became one are joined by a function,
// which gets them in that order and may change the slice. It works in place.
func JoinTags(tags []Tag, join func(values []string) string) []Tag {
	sorted := true
	for i := 1; i < len(tags) && sorted; i++ {
		sorted = tags[i-1].Key < tags[i].Key
	}
	if sorted {
		return tags
	}
	SortTags(tags)
	out := tags[:0]
	for i := 0; i < len(tags); {
		end := i + 1
		for end < len(tags) && tags[end].Key == tags[i].Key {
			end++
		}
		tag := tags[i]
		if end > i+1 {
			values := make([]string, 0, end-i)
			for _, t := range tags[i:end] {
				values = append(values, t.Value)
			}
			tag.Value = join(values)
		}
		out = append(out, tag)
		i = end
	}
	return out
}

// CheckName judges a metric or a key. Its error is an *[encoding.Error].
func CheckName(field encoding.Field, name string) error {
	switch {
	case name == "":
		return &encoding.Error{Field: field, Rule: encoding.ErrEmpty}
	case !encoding.ValidName(name):
		return &encoding.Error{Field: field, Value: name, Rule: encoding.ErrInvalidName}
	}
	return nil
}

// MergeTags appends the union of two layers to dst: where both have a key, the
// value of high stands, also an empty one. dst must not overlap the layers.
func MergeTags(dst, high, low []Tag) []Tag {
	for len(high) > 0 && len(low) > 0 {
		switch c := cmp.Compare(high[0].Key, low[0].Key); {
		case c < 0:
			dst, high = append(dst, high[0]), high[1:]
		case c > 0:
			dst, low = append(dst, low[0]), low[1:]
		default:
			dst, high, low = append(dst, high[0]), high[1:], low[1:]
		}
	}
	return append(append(dst, high...), low...)
}

// FinishTags removes, in place, the tags without a value, which have hidden
// the ones below them, and counts the rest: none, or more than
// [encoding.MaxTags], is an *[encoding.Error].
func FinishTags(tags []Tag) ([]Tag, error) {
	tags = slices.DeleteFunc(tags, func(t Tag) bool { return t.Value == "" })
	return tags, CheckTags(len(tags))
}

// CheckTags judges the number of tags of a point.
func CheckTags(n int) error {
	switch {
	case n == 0:
		return &encoding.Error{Field: encoding.FieldTags, Rule: encoding.ErrNoTags}
	case n > encoding.MaxTags:
		return &encoding.Error{Field: encoding.FieldTags, Rule: fmt.Errorf("%w, not %d", encoding.ErrTooManyTags, n)}
	}
	return nil
}

// WithTag appends tags to dst with tag in its place. A tag of the same key
// that is there already moves to "exported_" before its key, as Prometheus
// does with labels that clash with its own.
func WithTag(dst, tags []Tag, tag Tag) []Tag {
	dst = append(dst, tags...)
	for {
		i, found := slices.BinarySearchFunc(dst, tag.Key, func(t Tag, key string) int { return cmp.Compare(t.Key, key) })
		if !found {
			return slices.Insert(dst, i, tag)
		}
		moved := Tag{"exported_" + tag.Key, dst[i].Value}
		dst[i], tag = tag, moved
	}
}
