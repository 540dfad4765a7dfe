// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package label

import "testing"

func TestOf_SeparatesSharedLabelsFromOthers(t *testing.T) {
	t.Parallel()
	series := func(metric string, tags ...string) Series {
		s := Series{Metric: metric, Tags: map[string]string{}}
		for i := 0; i < len(tags); i += 2 {
			s.Tags[tags[i]] = tags[i+1]
		}
		return s
	}
	for _, c := range []struct {
		name   string
		all    []Series
		shared string
		rest   []string
	}{
		{"nothing", nil, "", nil},
		{"one series", []Series{series("cpu", "host", "a")}, "cpu  host=a", []string{""}},
		{"a tag", []Series{series("cpu", "host", "a", "env", "p"), series("cpu", "host", "b", "env", "p")}, "cpu  env=p", []string{"a", "b"}},
		{"the metric", []Series{series("cpu", "host", "a"), series("mem", "host", "a")}, "host=a", []string{"cpu", "mem"}},
		{"a tag that one lacks", []Series{series("cpu", "host", "a"), series("cpu")}, "cpu", []string{"a", ""}},
		{"a tag that the first lacks", []Series{series("cpu"), series("cpu", "host", "a")}, "cpu", []string{"", "a"}},
		{"a tag called metric", []Series{series("cpu", "metric", "x"), series("mem", "metric", "y")}, "", []string{"cpu x", "mem y"}},
		{"control characters", []Series{series("c\x1bu", "host", "a\n"), series("c\x1bu", "host", "b\t")}, "c\uFFFDu", []string{"a\uFFFD", "b\uFFFD"}},
	} {
		l := Of(c.all)
		if got := l.String(); got != c.shared {
			t.Errorf("%s: shared %q, want %q", c.name, got, c.shared)
		}
		for i, s := range c.all {
			if got := l.Rest(s); got != c.rest[i] {
				t.Errorf("%s: rest %q, want %q", c.name, got, c.rest[i])
			}
		}
	}
}

func TestOf_LeavesTheTagsAsTheyAre(t *testing.T) {
	t.Parallel()
	a, b := Series{Tags: map[string]string{"k": "1"}}, Series{Tags: map[string]string{"k": "2"}}
	Of([]Series{a, b})
	if a.Tags["k"] != "1" || b.Tags["k"] != "2" {
		t.Errorf("%v, %v", a.Tags, b.Tags)
	}
}

func TestShorten_KeepsBothEnds(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		text string
		most int
		want string
	}{
		{"", 5, ""},
		{"abcde", 5, "abcde"},
		{"abcdef", 5, "ab…ef"},
		{"abcdefgh", 6, "abc…gh"},
		{"日本語日本語", 7, "日…語"},
		{"e\u0301e\u0301e\u0301e\u0301", 4, "e\u0301e\u0301e\u0301e\u0301"},
	} {
		got := Shorten(c.text, c.most)
		if got != c.want || Width(got) > c.most {
			t.Errorf("%q to %d: %q of %d columns, want %q", c.text, c.most, got, Width(got), c.want)
		}
	}
}
