// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	contrib "go.opentelemetry.io/contrib/otelconf"
	"go.yaml.in/yaml/v3"
)

// setVariables sets what the documents of this file refer to. Values are short:
// otelconf overwrites what follows a long one after $$$.
func setVariables(t testing.TB) {
	t.Helper()
	for name, text := range map[string]string{"A": "1", "B": "b c", "D": "x$$", "E": "", "N": "null", "M": "a: b", "L": "[a]", "K": "k"} {
		t.Setenv(name, text)
	}
}

func TestSubstitute(t *testing.T) {
	setVariables(t)
	for _, test := range []struct{ text, want string }{
		{"${A}", "1"},
		{"${env:A}", "1"},
		{"x${A}y${B}z", "x1yb cz"},
		{"'${B}'", "'b c'"},
		{"${E}", ""},
		{"${UNSET}", ""},
		{"${UNSET:-d e}", "d e"},
		{"${E:-d}", "d"},
		{"${A:-d}", "1"},
		{"${env:UNSET:-d}", "d"},
		{"${UNSET:-}", ""},
		{"${UNSET:-a$$b}", "a$b"},
		{"${UNSET:-${A}}", "${A}"}, // once only
		{"${D}", "x$$"},            // values are not looked at again
		{"$${A}", "${A}"},
		{"$${A:-d}", "${A:-d}"},
		{"$${A:-${K}}", "${A:-k}"},
		{"$$${A}", "$1"},
		{"$$$${A}", "$${A}"},
		{"$A $ $$ $$$ x$$y", "$A $ $ $$ x$y"},
		{"$$", "$$"}, // nothing follows
		{"{A}", "{A}"},
		{"${", "${"},
		{"${}", "${}"},
		{"${A", "${A"},
		{"a: {b: ${A}, c: ${B}}", "a: {b: 1, c: b c}"},
	} {
		d := substitute([]byte(test.text))
		if string(d.text) != test.want || len(d.faults) > 0 {
			t.Errorf("%s: got %q, want %q; faults %v", test.text, d.text, test.want, d.faults)
		}
	}
}

func TestSubstituteFaults(t *testing.T) {
	setVariables(t)
	for text, want := range map[string]string{
		"a\n${A B}":           "line 2: ${…}: is no reference to a variable",
		"${A:b}":              "line 1: ${…}: is no reference",
		"\n\n ${M} ${A}":      "line 3: ${M}: the value is no YAML scalar",
		"${L}":                "line 1: ${L}: the value is no YAML scalar",
		"${N}":                "line 1: ${N}: the value is no YAML scalar",
		"x\n$${A:-${M}\n}":    "line 2: ${M}: the value is no YAML scalar",
		"${UNSET:-a: s3cret}": "line 1: ${UNSET}: the value is no YAML scalar",
	} {
		d := substitute([]byte(text))
		if len(d.faults) != 1 || !strings.HasPrefix(d.faults[0].Error(), want) {
			t.Errorf("%q: faults %v, want %q", text, d.faults, want)
		}
		for _, f := range d.faults {
			if strings.Contains(f.Error(), "s3cret") {
				t.Errorf("%q: the fault quotes the default: %v", text, f)
			}
		}
	}
}

// Faults name the line of the document that the user has, also when values have
// more lines or references do.
func TestLinesOfTheOriginal(t *testing.T) {
	t.Setenv("THREE", "'a\n\n  b'")
	d := substitute([]byte("one\n${THREE}\nthree ${UNSET:-x\n} four\nfive\n"))
	var got []string
	for i, text := range strings.Split(string(d.text), "\n") {
		got = append(got, text+" <- "+strings.Split("0 1 2 3 4 5 6", " ")[d.line(i+1)])
	}
	want := []string{"one <- 1", "'a <- 2", " <- 2", "  b' <- 2", "three x <- 3", " four <- 3", "five <- 5", " <- 6"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// agree compares what is in a block of text for otelconf and for us.
func agree(t *testing.T, text string) {
	t.Helper()
	doc := "file_format: '1.0'\nresource:\n  schema_url: |2\n    " + strings.ReplaceAll(text, "\n", "\n    ") + "\n    .\n"
	theirs, theirErr := contrib.ParseYAML([]byte(doc))
	var ours contrib.OpenTelemetryConfiguration
	d := substitute([]byte(doc))
	if len(d.faults) > 0 {
		// Theirs forgets a fault if a later reference is well.
		if theirErr == nil && strings.Count(doc, "{") < 2 {
			t.Errorf("%q: otelconf accepts it, we say %v", text, d.faults)
		}
		return
	}
	ourErr := yaml.Unmarshal(d.text, &ours)
	if (theirErr == nil) != (ourErr == nil) {
		t.Fatalf("%q: otelconf says %v, we say %v", text, theirErr, ourErr)
	}
	if theirErr == nil {
		if diff := cmp.Diff(theirs, &ours); diff != "" {
			t.Errorf("%q: otelconf -, we +:\n%s", text, diff)
		}
	}
}

// hidden is what otelconf does not see: a reference behind an opening brace
// without a dollar sign. See substitute.
var hidden = regexp.MustCompile(`(^|[^$])\{[a-zA-Z_][^}]*\$`)

func FuzzSubstituteAsOtelconf(f *testing.F) {
	for _, text := range []string{
		"${A} ${B} $${A} $$${A} $$$${A} $$a $$", "${UNSET:-${A}} ${UNSET:-$${A}} $${A:-${B}} $${A:-$$$${B}}", "a${A\n}b",
		"${env:A} ${A:b} ${A B}", "{a: b} ${M}", "$$$$a$$", "${D}$${D}$$$$$${D:-$${D}}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if hidden.MatchString(text) || len(text) > 1000 {
			t.Skip()
		}
		setVariables(t)
		agree(t, text)
	})
}
