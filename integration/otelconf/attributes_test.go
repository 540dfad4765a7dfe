// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"regexp"
	"strings"
	"testing"

	"go.opentelemetry.io/otel/attribute"
)

func TestMatchWildcard(t *testing.T) {
	for _, test := range []struct {
		pattern, name string
		want          bool
	}{
		{"service.name", "service.name", true},
		{"service.name", "service.names", false},
		{"service.name", "serviceXname", false}, // a dot is a dot
		{"service.*", "service.name", true},
		{"service.*", "service.", true},
		{"service.*", "service", false},
		{"*", "", true},
		{"?", "", false},
		{"?", "ü", true},
		{"*.name", "service.name", true},
		{"*a*b*c", "xaxbxbxc", true},
		{"*a*b*c", "xaxbxbxcx", false},
		{"a**b?", "abbc", true},
		{"", "", true},
		{"", "a", false},
	} {
		if got := matchWildcard([]rune(test.pattern), []rune(test.name)); got != test.want {
			t.Errorf("%q matches %q: %v", test.pattern, test.name, got)
		}
	}
}

func FuzzMatchWildcard(f *testing.F) {
	f.Add("a*b?c", "axxbyc")
	f.Add("**?*", "")
	f.Add("*a*a*a*b", "aaaaaaaaaa")
	f.Fuzz(func(t *testing.T, pattern, name string) {
		pattern, name = strings.ToValidUTF8(pattern, "?"), strings.ToValidUTF8(name, "?")
		if len(pattern) > 200 || len(name) > 200 {
			t.Skip()
		}
		quoted := strings.NewReplacer(`\*`, ".*", `\?`, ".").Replace(regexp.QuoteMeta(pattern))
		want := regexp.MustCompile(`(?s)\A` + quoted + `\z`).MatchString(name)
		if got := matchWildcard([]rune(pattern), []rune(name)); got != want {
			t.Errorf("%q matches %q: %v, want %v", pattern, name, got, want)
		}
	})
}

func TestChooser(t *testing.T) {
	for _, test := range []struct {
		included, excluded []string
		want               string
	}{
		{nil, nil, "host.name service.name service.version"},
		{[]string{"service.*"}, nil, "service.name service.version"},
		{nil, []string{"service.*"}, "host.name"},
		{[]string{"service.*"}, []string{"*.version"}, "service.name"},
		{[]string{"service.name"}, []string{"service.name"}, ""}, // excluded beats included
	} {
		filter := chooser(test.included, test.excluded)
		var got []string
		for _, name := range []string{"host.name", "service.name", "service.version"} {
			if filter(attribute.String(name, "x")) {
				got = append(got, name)
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%q but %q: %v, want %s", test.included, test.excluded, got, test.want)
		}
	}
}
