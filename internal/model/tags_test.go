// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package model

import (
	"fmt"
	"maps"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/encoding"
)

// tagsOf reads "k=v k2=v2", in that order.
func tagsOf(text string) []Tag {
	var tags []Tag
	for field := range strings.FieldsSeq(text) {
		k, v, _ := strings.Cut(field, "=")
		tags = append(tags, Tag{k, v})
	}
	return tags
}

func textOf(tags []Tag) string {
	fields := make([]string, len(tags))
	for i, t := range tags {
		fields[i] = t.Key + "=" + t.Value
	}
	return strings.Join(fields, " ")
}

func TestTagsOf(t *testing.T) {
	reused := make([]Tag, 3, 8)
	got := TagsOf(reused, map[string]string{"b": "2", "a": "1", "é": "3", "Z": "0"})
	if want := "Z=0 a=1 b=2 é=3"; textOf(got) != want {
		t.Errorf("got %s, want %s", textOf(got), want)
	}
	if got := TagsOf(nil, nil); len(got) != 0 {
		t.Errorf("of no tags: %v", got)
	}
}

func TestTagRules_Layer(t *testing.T) {
	const prometheus, apptuit, none = encoding.SanitizePrometheus, encoding.SanitizeApptuit, encoding.SanitizeNone
	for _, tt := range []struct {
		name     string
		mode     encoding.SanitizeMode
		in, want string
	}{
		{"nothing", prometheus, "", ""},
		{"nothing to change", prometheus, "a=1 b=2", "a=1 b=2"},
		{"keys only", prometheus, "a.b=x.y", "a_b=x.y"},
		{"a leading digit", prometheus, "9a=1", "_9a=1"},
		{"order changes", prometheus, "a.c=1 aBc=2", "aBc=2 a_c=1"},
		{"one key: joined in the order of the originals", prometheus, "a-b=1 a.b=2 a_b=3 c=4", "a_b=1;2;3 c=4"},
		{"one key, not neighbours", prometheus, "a.b=1 aZ=2 a_b=3", "aZ=2 a_b=1;3"},
		{"empty values are not joined", prometheus, "a-b=1 a.b= a_b=3", "a_b=1;3"},
		{"all empty: empty, which hides", prometheus, "a.b= a_b=", "a_b="},
		{"apptuit keeps more apart", apptuit, "a-b=1 a.b=2 a~b=3", "a-b=1 a.b=2 a_b=3"},
		{"mode none", none, "a-b=1 a.b=2", "a-b=1 a.b=2"},
	} {
		got, err := TagRules{Mode: tt.mode}.Layer(tagsOf(tt.in))
		if err != nil || textOf(got) != tt.want {
			t.Errorf("%s: got %q, %v, want %q", tt.name, textOf(got), err, tt.want)
		}
	}

	_, err := TagRules{Mode: none}.Layer(tagsOf("a=1 b~=2"))
	checkError(t, "an invalid key", err, encoding.FieldTagKey, encoding.ErrInvalidName)
	for _, mode := range []encoding.SanitizeMode{prometheus, apptuit, none} {
		_, err = TagRules{Mode: mode}.Layer([]Tag{{"", "1"}})
		checkError(t, "an empty key", err, encoding.FieldTagKey, encoding.ErrEmpty)
	}
}

func TestCheckName(t *testing.T) {
	checkError(t, "a name", CheckName(encoding.FieldMetric, "a.b-c_d/é"), "", nil)
	checkError(t, "an empty name", CheckName(encoding.FieldMetric, ""), encoding.FieldMetric, encoding.ErrEmpty)
	checkError(t, "a space", CheckName(encoding.FieldMetric, "a b"), encoding.FieldMetric, encoding.ErrInvalidName)
	checkError(t, "invalid UTF-8", CheckName(encoding.FieldTagKey, "a\xff"), encoding.FieldTagKey, encoding.ErrInvalidName)
}

func TestMergeTags(t *testing.T) {
	for _, tt := range []struct{ high, low, want string }{
		{"", "", ""},
		{"a=1", "", "a=1"},
		{"", "a=1", "a=1"},
		{"a=1 c=3", "b=2 d=4", "a=1 b=2 c=3 d=4"},
		{"a=high", "a=low b=2", "a=high b=2"},
		{"host=", "host=web1", "host="}, // hides it: see TagRules.Finish
		{"b=1 c=1", "a=0 c=0 d=0", "a=0 b=1 c=1 d=0"},
	} {
		got := MergeTags([]Tag{{"first", "kept"}}, tagsOf(tt.high), tagsOf(tt.low))
		if want := strings.TrimSpace("first=kept " + tt.want); textOf(got) != want {
			t.Errorf("%q over %q: got %q, want %q", tt.high, tt.low, textOf(got), want)
		}
	}
}

// Merging any two layers gives the tags that a map would hold.
func FuzzMergeTags(f *testing.F) {
	f.Add("a=1 b=2", "b=3 c=4")
	f.Add("x= y=1", "x=1")
	f.Fuzz(func(t *testing.T, high, low string) {
		layer := func(text string) (map[string]string, []Tag) {
			m := map[string]string{}
			for _, tag := range tagsOf(text) {
				m[tag.Key] = tag.Value
			}
			return m, TagsOf(nil, m)
		}
		h, highTags := layer(high)
		l, lowTags := layer(low)
		maps.Copy(l, h)
		if diff := cmp.Diff(textOf(TagsOf(nil, l)), textOf(MergeTags(nil, highTags, lowTags))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestTagRules_Finish(t *testing.T) {
	many := func(n int) []Tag {
		var tags []Tag
		for i := range n {
			tags = append(tags, Tag{fmt.Sprintf("k%02d", i), "v"})
		}
		return tags
	}
	for _, tt := range []struct {
		name string
		in   []Tag
		want int
		rule error
	}{
		{"one", many(1), 1, nil},
		{"a tag without a value", tagsOf("a=1 b= c=3"), 2, nil},
		{"the limit", many(encoding.MaxTags), encoding.MaxTags, nil},
		{"the limit and empty ones", append(many(encoding.MaxTags), Tag{"z", ""}), encoding.MaxTags, nil},
		{"over the limit", many(encoding.MaxTags + 1), encoding.MaxTags + 1, encoding.ErrTooManyTags},
		{"none", nil, 0, encoding.ErrNoTags},
		{"only empty ones", tagsOf("a= b="), 0, encoding.ErrNoTags},
	} {
		got, err := TagRules{Max: encoding.MaxTags}.Finish(tt.in)
		if len(got) != tt.want {
			t.Errorf("%s: %d tags are left, want %d", tt.name, len(got), tt.want)
		}
		checkError(t, tt.name, err, encoding.FieldTags, tt.rule)
	}
}

func TestWithTag(t *testing.T) {
	for _, tt := range []struct{ tags, add, want string }{
		{"", "le=1", "le=1"},
		{"a=1 z=2", "le=1", "a=1 le=1 z=2"},
		{"le=user", "le=1", "exported_le=user le=1"},
		{"a=1 le=user z=2", "le=1", "a=1 exported_le=user le=1 z=2"},
		{"exported_le=x le=user", "le=1", "exported_exported_le=x exported_le=user le=1"},
		{"exported_exported_le=y exported_le=x le=user", "le=1", "exported_exported_exported_le=y exported_exported_le=x exported_le=user le=1"},
		{"exported_le=x", "le=1", "exported_le=x le=1"}, // no clash, no move
	} {
		in := tagsOf(tt.tags)
		got := WithTag(nil, in, tagsOf(tt.add)[0])
		if textOf(got) != tt.want {
			t.Errorf("%q with %q: got %q, want %q", tt.tags, tt.add, textOf(got), tt.want)
		}
		if textOf(in) != tt.tags {
			t.Errorf("%q with %q: changed to %q", tt.tags, tt.add, textOf(in))
		}
	}
}
