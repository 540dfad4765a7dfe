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

// TagRules are the rules for the tags of points.
type TagRules struct {
	Mode   encoding.SanitizeMode // of keys
	Values encoding.TagValueRule
	Max    int // number of tags of a point
}

// Layer turns the tags of one source into a layer for [MergeTags]. The caller must have
// sorted the tags by their original keys. The keys of a layer are sanitized, sorted and
// unique. The values of keys that become equal are joined by [JoinValues]. Layer works in
// place. If the mode leaves a key invalid, it returns an *[encoding.Error].
func (r TagRules) Layer(tags []Tag) ([]Tag, error) {
	join := func(tags []Tag) []Tag { return JoinTags(tags, JoinValues) }
	return SanitizeTagsFunc(tags, r.key, join)
}

func (r TagRules) key(key string) string { return r.Values.Key(r.Mode.Sanitize(key)) }

// Finish removes tags with an empty value in place, rewrites the other values, and checks
// the number of tags by [TagRules.Check]. It must come after [MergeTags], since a tag with
// an empty value also suppresses the same tag of lower layers, and values are joined before
// they are rewritten.
func (r TagRules) Finish(tags []Tag) ([]Tag, error) {
	tags = slices.DeleteFunc(tags, func(t Tag) bool { return t.Value == "" })
	if r.Values != encoding.TagValuesAny {
		for i := range tags {
			tags[i].Value = r.Values.Value(tags[i].Value)
		}
	}
	return tags, r.Check(len(tags))
}

// Check checks the number of tags of a point: 1 to Max. Its error is an *[encoding.Error].
func (r TagRules) Check(n int) error {
	switch {
	case n == 0:
		return &encoding.Error{Field: encoding.FieldTags, Rule: encoding.ErrNoTags}
	case n > r.Max:
		return &encoding.Error{Field: encoding.FieldTags, Rule: fmt.Errorf(
			"%w: a point has at most %d tags, not %d (WithMaxTags, APPTUIT_MAX_TAGS, max_tags)", encoding.ErrTooManyTags, r.Max, n)}
	}
	return nil
}

// SanitizeTagsFunc is [TagRules.Layer] with other functions that sanitize a key and join
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
