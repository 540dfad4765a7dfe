// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pattern

import (
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestMatch(t *testing.T) {
	for _, tt := range []struct {
		pattern, name string
		want          bool
	}{
		{"service.name", "service.name", true},
		{"service.name", "service.names", false},
		{"service.name", "service_name", false},
		{"service.name", "Service.name", false},
		{"service.*", "service.", true},
		{"service.*", "service", false},
		{"*", "", true},
		{"*", "anything", true},
		{"", "", true},
		{"", "a", false},
		{"?", "", false},
		{"?", "ü", true},
		{"??", "ü", false},
		{"*??", "€", false},
		{"?", "\xff", true},
		{"k8s.*", "k8s.pod.name", true},
		{"*.name", "k8s.pod.name", true},
		{"*.name", "k8s.pod.names", false},
		{"k8s.*.name", "k8s.pod.name", true},
		{"*a*b*", "xxaxxbxx", true},
		{"*a*b*", "xxbxxaxx", false},
		{"*a*b*c", "xaxbxbxcx", false},
		{"*aab", "aaab", true},
		{"a**b?", "abbc", true},
		{"a?c", "aüc", true},
		{"a?c", "ac", false},
		{"**", "x", true},
		{"[a]", "a", false},
		{`\*`, "*", false},
	} {
		if got := Match(tt.pattern, tt.name); got != tt.want {
			t.Errorf("Match(%q, %q) = %v", tt.pattern, tt.name, got)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("**?*", "")
	f.Add("*a*a*a*b", "aaaaaaaaaa")
	f.Add("*??", "€\xff")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		if !utf8.ValidString(pattern) || len(pattern) > 200 || len(name) > 200 {
			t.Skip()
		}
		quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		want := regexp.MustCompile(`(?s)\A` + quoted + `\z`).MatchString(name)
		if got := Match(pattern, name); got != want {
			t.Errorf("Match(%q, %q) = %v, want %v", pattern, name, got, want)
		}
	})
}

// With backtracking over more than the last *, this test would not end.
func TestMatch_CostOfHostilePatternsIsBounded(t *testing.T) {
	if Match(strings.Repeat("*a", 1000)+"*b", strings.Repeat("a", 10_000)) {
		t.Error("there is no b")
	}
	name := strings.Repeat("ü", 1000)
	if n := testing.AllocsPerRun(10, func() { Match("*ü?", name) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSelection(t *testing.T) {
	const all = "host.name service.name service.version"
	for _, tt := range []struct {
		text string // for ParseSelection; empty for the zero value of Selection
		want string
	}{
		{"", all},
		{"*", all},
		{"service.*", "service.name service.version"},
		{"host.name,service.name", "host.name service.name"},
		{"!service.*", "host.name"},
		{"! host.name , !*.version", "service.name"},
		{"service.*, !*.version", "service.name"},
		{"!*.version, service.*", "service.name"}, // the order has no effect
		{"service.name,!service.name", ""},        // exclusion overrides inclusion
		{"!*", ""},
		{"nothing", ""},
	} {
		var s Selection
		if tt.text != "" {
			var err error
			if s, err = ParseSelection(tt.text); err != nil {
				t.Errorf("%q: %v", tt.text, err)
			}
		}
		var got []string
		for name := range strings.FieldsSeq(all) {
			if s.Matches(name) {
				got = append(got, name)
			}
		}
		if diff := cmp.Diff(tt.want, strings.Join(got, " ")); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestParseSelection_Faults(t *testing.T) {
	for text, want := range map[string]string{
		"":         "pattern 1 is empty: write * for all names",
		"a,, b":    "pattern 2 is empty: write * for all names",
		"a,":       "pattern 2 is empty: write * for all names",
		"a, !":     "pattern 2: there is no pattern after the exclamation mark",
		"!,a":      "pattern 1: there is no pattern after the exclamation mark",
		"!!a":      "pattern 1 has two exclamation marks",
		"a,b\xffc": "pattern 2 is not valid UTF-8",
	} {
		s, err := ParseSelection(text)
		if err == nil || err.Error() != want || s.Included != nil || s.Excluded != nil {
			t.Errorf("%q: %v, %v, want %q", text, s, err, want)
		}
	}
}
