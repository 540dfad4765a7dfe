// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"errors"
	"flag"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	table "github.com/apptuitai/apptuit-go/internal/settings"
)

var update = flag.Bool("update", false, "write the tables of README.md")

// Each top-level key of the table has a setter, and each setter has a key.
func TestSetters_CoverTheTable(t *testing.T) {
	if diff := cmp.Diff(slices.Sorted(slices.Values(topKeys())), slices.Sorted(maps.Keys(setters()))); diff != "" {
		t.Errorf("keys (internal/settings -, setters +):\n%s", diff)
	}
}

// Each key is accepted without other keys, and with each of its choices.
func TestParseYAML_AcceptsEachKey(t *testing.T) {
	for _, s := range table.Keys() {
		top, within := s.Split()
		doc := documentWith("apptuit: {" + s.Name + ": null}")
		if within != "" {
			doc = documentWith("apptuit: {" + top + ": {" + within + ": null}}")
		}
		if _, err := ParseYAML([]byte(doc)); err != nil && (within == "" || strings.Contains(err.Error(), "not known")) {
			t.Errorf("%s: %v", s.Name, err)
		}
		for _, choice := range s.Choices {
			if _, err := ParseYAML([]byte(documentWith("apptuit: {" + s.Name + ": " + choice + "}"))); err != nil {
				t.Errorf("%s: %s: %v", s.Name, choice, err)
			}
		}
	}
}

// tables returns the generated tables of the README.
func tables() string {
	quoted := func(text string) string {
		if text == "" || strings.ContainsAny(text, " `") || text == "all" {
			return text
		}
		return "`" + text + "`"
	}
	row := func(cells ...string) string {
		return strings.ReplaceAll("| "+strings.Join(cells, " | ")+" |\n", "|  |", "| |")
	}
	var b strings.Builder
	b.WriteString("\n| key | value | default | meaning |\n|---|---|---|---|\n")
	for _, s := range table.Keys() {
		b.WriteString(row("`"+s.Name+"`", s.KeyForm(), quoted(s.KeyDefault()), s.FullDoc()))
	}
	b.WriteString("\nIn code only, with `WithExporterOptions`:\n\n| option | why |\n|---|---|\n")
	for _, s := range table.All() {
		if !s.HasKey() {
			b.WriteString(row("`"+strings.Join(s.Options, "`, `")+"`", s.NoKey))
		}
	}
	return b.String() + "\n"
}

func TestREADME_DocumentIsTheExample(t *testing.T) {
	doc, err := os.ReadFile("testdata/otel.yaml")
	readme, err2 := os.ReadFile("README.md")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## A complete document\n")
	_, rest, _ := strings.Cut(section, "```yaml\n")
	shown, _, ok := strings.Cut(rest, "```")
	if diff := cmp.Diff(string(doc), shown); diff != "" || !ok {
		t.Errorf("the document (testdata/otel.yaml -, README.md +):\n%s", diff)
	}
}

func TestREADME_Tables(t *testing.T) {
	const begin, end = "<!-- generated from internal/settings: go test -run README -update -->\n", "<!-- end -->"
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	have, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("README.md has no lines around the generated tables")
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(before+begin+tables()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(tables(), have); diff != "" {
		t.Errorf("internal/settings -, README.md +; go test -run README -update writes it:\n%s", diff)
	}
}
