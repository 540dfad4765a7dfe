// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseTags_AgreesWithPython(t *testing.T) {
	type vector struct {
		In    string            `json:"in"`
		Tags  map[string]string `json:"tags"`
		Error bool              `json:"error"`
	}
	duplicates := 0
	for _, v := range vectors[vector](t, "environment_tags.jsonl") {
		tags, err := ParseTags(v.In)
		switch {
		case !v.Error && itemsOf(v.In) > len(v.Tags): // a duplicate key: apptuit-py uses its last value
			if duplicates++; !errors.Is(err, ErrDuplicateKey) {
				t.Errorf("ParseTags(%q) = %q, %v", v.In, tags, err)
			}
		case v.Error && err == nil:
			t.Errorf("ParseTags(%q) = %q, want an error", v.In, tags)
		case !v.Error && err != nil:
			t.Errorf("ParseTags(%q): %v", v.In, err)
		case !v.Error && (tags == nil || !maps.Equal(tags, v.Tags)):
			t.Errorf("ParseTags(%q) = %q, want %q", v.In, tags, v.Tags)
		}
	}
	if duplicates < 2 {
		t.Errorf("%d vectors have a duplicate key, want at least 2", duplicates)
	}
}

// itemsOf returns the number of items in a list of tags.
func itemsOf(text string) int {
	n := 0
	for item := range strings.SplitSeq(text, ",") {
		if strings.TrimSpace(item) != "" {
			n++
		}
	}
	return n
}

func TestParseTags(t *testing.T) {
	parsed := func(in string, want map[string]string) {
		t.Helper()
		got, err := ParseTags(in)
		if err != nil {
			t.Errorf("ParseTags(%q): %v", in, err)
			return
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("ParseTags(%q) (-want +got):\n%s", in, diff)
		}
	}
	parsed("", map[string]string{})
	parsed(" ,\t,", map[string]string{})
	parsed("k1: v1, k2: v2", map[string]string{"k1": "v1", "k2": "v2"})
	parsed("k:v,l:", map[string]string{"k": "v", "l": ""})
	parsed("k:v,K:w, k.l:x, k_l:y", map[string]string{"k": "v", "K": "w", "k.l": "x", "k_l": "y"})
	parsed("\u00a0k\u2003:\x1f a b \x1c\n", map[string]string{"k": "a b"})
	parsed("k: \xff\x85", map[string]string{"k": "\xff\x85"})

	var many []string
	for _, c := range "abcdefghijklmnopqrstuvwxyz" {
		many = append(many, string(c)+":1")
	}
	if got, err := ParseTags(strings.Join(many, ",")); err != nil || len(got) != MaxTags+1 {
		t.Errorf("%d tags of %d, %v: ParseTags must not limit the number of tags", len(got), len(many), err)
	}
}

func TestParseTags_Rejects(t *testing.T) {
	rejected := func(in string, field Field, value string, rule error) {
		t.Helper()
		got, err := ParseTags(in)
		if got != nil {
			t.Errorf("ParseTags(%q) = %q, want nothing", in, got)
		}
		if e := wantError(t, err, field, rule); e.Value != value {
			t.Errorf("ParseTags(%q) blames %q, want %q", in, e.Value, value)
		}
	}
	rejected("a: 1, b, c: 2", FieldTags, "b", ErrSyntax)
	rejected("a: 1, b:c:d ,", FieldTags, "b:c:d", ErrSyntax)
	rejected("url: http://x", FieldTags, "url: http://x", ErrSyntax)
	rejected(" : v", FieldTagKey, "", ErrEmpty)
	rejected("a b : v", FieldTagKey, "a b", ErrInvalidName)
	rejected("k: v, l: w, k: x", FieldTagKey, "k", ErrDuplicateKey)
	rejected("k: v,\u00a0k\t: v", FieldTagKey, "k", ErrDuplicateKey) // the same value, and white space around the key
	rejected("k:, k: v", FieldTagKey, "k", ErrDuplicateKey)
	rejected("k\xff: v", FieldTagKey, "k\xff", ErrInvalidName)
	rejected("a٣: v", FieldTagKey, "a٣", ErrInvalidName) // a digit, but not an ASCII one
}

func FuzzParseTags(f *testing.F) {
	for _, seed := range []string{
		"", "k1: v1, k2: v2", ", , a: b,,", "a:b:c", "a", ":", "日本: \xff", "k:\x1c\u3000", "k:v,k:w", "\"k\": v",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		tags, err := ParseTags(in)
		if err != nil {
			if tags != nil {
				t.Errorf("ParseTags(%q) = %q and an error", in, tags)
			}
			if strings.ContainsRune(err.Error(), '\n') {
				t.Errorf("the error of ParseTags(%q) has lines: %q", in, err)
			}
			return
		}
		var items []string
		for _, k := range slices.Sorted(maps.Keys(tags)) {
			v := tags[k]
			if !ValidName(k) || v != trimSpace(v) || strings.ContainsAny(v, ",:") {
				t.Errorf("ParseTags(%q) has the tag %q: %q", in, k, v)
			}
			items = append(items, k+": "+v)
		}
		text := strings.Join(items, ", ")
		again, err := ParseTags(text)
		if err != nil || !maps.Equal(again, tags) {
			t.Errorf("ParseTags(%q) = %q, %v, want %q", text, again, err, tags)
		}
	})
}
