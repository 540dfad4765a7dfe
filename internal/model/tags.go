// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/apptuitai/apptuit-go/encoding"
)

// Tag is a key of a series with its value.
type Tag struct{ Key, Value string }

// SortTags sorts tags by key. Tags with equal keys keep their order.
func SortTags(tags []Tag) {
	slices.SortStableFunc(tags, func(a, b Tag) int { return cmp.Compare(a.Key, b.Key) })
}

// TagsOf returns the tags of a map, sorted by key, in the memory of dst.
func TagsOf(dst []Tag, tags map[string]string) []Tag {
	dst = dst[:0]
	for k, v := range tags {
		dst = append(dst, Tag{k, v})
	}
	SortTags(dst)
	return dst
}

// SanitizeTags turns the tags of one source into a layer for [MergeTags]. The caller must
// have sorted the tags by their original keys. The keys of a layer are sanitized, sorted
// and unique. The values of keys that become equal are joined by [JoinValues].
// SanitizeTags works in place. If the mode leaves a key invalid, it returns an
// *[encoding.Error].
func SanitizeTags(mode encoding.SanitizeMode, tags []Tag) ([]Tag, error) {
	join := func(tags []Tag) []Tag { return JoinTags(tags, JoinValues) }
	return SanitizeTagsFunc(tags, mode.Sanitize, join)
}

// SanitizeTagsFunc is [SanitizeTags] with other functions that sanitize a key and join
// the tags.
func SanitizeTagsFunc(tags []Tag, sanitize func(key string) string, join func([]Tag) []Tag) ([]Tag, error) {
	for i := range tags {
		key := sanitize(tags[i].Key)
		if err := CheckName(encoding.FieldTagKey, key); err != nil {
			return nil, err
		}
		tags[i].Key = key
	}
	return join(tags), nil
}

// JoinValues joins the values that are not empty with ";", as OpenTelemetry's rules for
// Prometheus compatibility require.
func JoinValues(values []string) string {
	values = slices.DeleteFunc(values, func(v string) bool { return v == "" })
	return strings.Join(values, ";")
}

// JoinTags turns tags with sanitized and valid keys, some of which may be equal, into a
// layer. The tags must be in the order of their original keys. join is called with the
// values of equal keys in that order and may change the slice. JoinTags works in place.
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

// CheckName checks a metric name or a tag key. Its error is an *[encoding.Error].
func CheckName(field encoding.Field, name string) error {
	switch {
	case name == "":
		return &encoding.Error{Field: field, Rule: encoding.ErrEmpty}
	case !encoding.ValidName(name):
		return &encoding.Error{Field: field, Value: name, Rule: encoding.ErrInvalidName}
	}
	return nil
}

// MergeTags appends the union of two layers to dst. If both contain a key, the value of
// high is used, even if it is empty. dst must not overlap the layers.
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

// FinishTags removes tags with an empty value in place and checks the number of the
// other tags by [CheckTags]. It must come after [MergeTags], since a tag with an empty
// value also suppresses the same tag of lower layers.
func FinishTags(tags []Tag) ([]Tag, error) {
	tags = slices.DeleteFunc(tags, func(t Tag) bool { return t.Value == "" })
	return tags, CheckTags(len(tags))
}

// CheckTags checks the number of tags of a point: 1 to [encoding.MaxTags]. Its error is
// an *[encoding.Error].
func CheckTags(n int) error {
	switch {
	case n == 0:
		return &encoding.Error{Field: encoding.FieldTags, Rule: encoding.ErrNoTags}
	case n > encoding.MaxTags:
		return &encoding.Error{Field: encoding.FieldTags, Rule: fmt.Errorf("%w, not %d", encoding.ErrTooManyTags, n)}
	}
	return nil
}

// WithTag appends tags and one more tag to dst, sorted by key. An existing tag with the
// same key gets the prefix "exported_", as in Prometheus for labels that clash with
// Prometheus' own.
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
