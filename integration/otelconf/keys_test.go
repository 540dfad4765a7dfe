// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"errors"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the tables of README.md")

// sources parses a package of the root module, without its tests and without the options that
// package exporter passes on to the client: they are options of apptuitclient.
func sources(t *testing.T, name string) []*ast.File {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "..", name, "*.go"))
	if err != nil || len(names) == 0 {
		t.Fatalf("package %s: %d files, %v", name, len(names), err)
	}
	var files []*ast.File
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") || filepath.Base(name) == "client_options.go" {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	return files
}

// options are the functions of a package that return an Option, or a SpoolOption
// and the like, as pkg.WithX.
func options(t *testing.T, name string) []string {
	t.Helper()
	var found []string
	for _, file := range sources(t, name) {
		for _, d := range file.Decls {
			f, ok := d.(*ast.FuncDecl)
			if !ok || f.Recv != nil || !f.Name.IsExported() || f.Type.Results == nil || len(f.Type.Results.List) != 1 {
				continue
			}
			if result, ok := f.Type.Results.List[0].Type.(*ast.Ident); ok && strings.HasSuffix(result.Name, "Option") {
				found = append(found, name+"."+f.Name.Name)
			}
		}
	}
	return found
}

// Every option of the exporter and its client is given by a key, or is said to be
// for code only; and the other way round.
func TestKeysCoverTheOptions(t *testing.T) {
	want := slices.Concat(options(t, "exporter"), options(t, "apptuitclient"))
	if len(want) < 30 {
		t.Fatalf("only %d options found", len(want))
	}
	got := make(map[string]bool)
	for _, k := range keys() {
		if len(k.options) == 0 {
			t.Errorf("%s gives no option", k.name)
		}
		for _, option := range k.options {
			got[option] = true
		}
	}
	for option, why := range codeOnly() {
		if got[option] || why == "" {
			t.Errorf("%s is for code only, because %q: is there a key as well?", option, why)
		}
		got[option] = true
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("options of the packages -, of the keys +: add a key, or a line to codeOnly:\n%s", diff)
	}
}

// Every variable that the packages document is that of a key.
func TestKeysCoverTheVariables(t *testing.T) {
	variable := regexp.MustCompile(`\b(APPTUIT_[A-Z_]*[A-Z]|[A-Z]+_PROXY)\b`)
	want := make(map[string]bool)
	for _, name := range []string{"exporter", "apptuitclient"} {
		for _, file := range sources(t, name) {
			for _, v := range variable.FindAllString(file.Doc.Text(), -1) {
				want[v] = true
			}
		}
	}
	if len(want) < 10 {
		t.Fatalf("only %d variables found", len(want))
	}
	got := make(map[string]bool)
	for _, k := range keys() {
		for _, v := range k.variables {
			got[v] = true
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(want)), slices.Sorted(maps.Keys(got))); diff != "" {
		t.Errorf("variables of the package comments -, of the keys +:\n%s", diff)
	}
}

// Every key is accepted by itself, and so is each key within it.
func TestKeysAreKnown(t *testing.T) {
	for _, k := range keys() {
		doc := documentWith("apptuit: {" + k.name + ": null}")
		if _, err := ParseYAML([]byte(doc)); err != nil {
			t.Errorf("%s: %v", k.name, err)
		}
		if named := regexp.MustCompile("^(`[a-z0-9_]+`(, | or |$))+$"); named.MatchString(k.kind) {
			for _, name := range regexp.MustCompile("[a-z0-9_]{4,}").FindAllString(k.kind, -1) {
				if _, err := ParseYAML([]byte(documentWith("apptuit: {" + k.name + ": " + name + "}"))); err != nil {
					t.Errorf("%s: %s: %v", k.name, name, err)
				}
			}
		}
		for _, f := range k.fields {
			within := "{" + f.name + ": null}"
			if strings.HasPrefix(k.kind, "list") {
				within = "[{name: a, value: b, " + f.name + ": null}]"
			}
			_, err := ParseYAML([]byte(documentWith("apptuit: {" + k.name + ": " + within + "}")))
			if err != nil && strings.Contains(err.Error(), "not known") {
				t.Errorf("%s.%s: %v", k.name, f.name, err)
			}
		}
	}
}

// tables are those of the README.
func tables() string {
	var b strings.Builder
	b.WriteString("\n| key | value | default | meaning | variable | option |\n|---|---|---|---|---|---|\n")
	row := func(k key, name string) {
		cell := func(names []string) string {
			names = slices.Clone(names)
			for i, n := range names {
				names[i] = "`" + n + "`"
			}
			return strings.Join(names, ", ")
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", name, k.kind, k.otherwise, k.meaning, cell(k.variables), cell(k.options))
	}
	for _, k := range keys() {
		row(k, k.name)
		for _, f := range k.fields {
			if f.kind != "" {
				row(f, k.name+"."+f.name)
			}
		}
	}
	b.WriteString("\nIn code only, with `WithExporterOptions`:\n\n| option | why |\n|---|---|\n")
	why := codeOnly()
	for _, option := range slices.Sorted(maps.Keys(why)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", option, why[option])
	}
	b.WriteString("\n")
	return regexp.MustCompile(`\|  (\|| )`).ReplaceAllString(strings.ReplaceAll(b.String(), "|  ", "| "), "| $1")
}

// The document of the README is the one of the example.
func TestDocumentOfTheREADME(t *testing.T) {
	doc, err := os.ReadFile("testdata/otel.yaml")
	readme, err2 := os.ReadFile("README.md")
	if err := errors.Join(err, err2); err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```yaml\n")
	shown, _, ok := strings.Cut(rest, "```")
	if diff := cmp.Diff(string(doc), shown); diff != "" || !ok {
		t.Errorf("testdata/otel.yaml -, README.md +:\n%s", diff)
	}
}

func TestTablesOfTheREADME(t *testing.T) {
	const begin, end = "<!-- made of keys.go: go test -run README -update -->\n", "<!-- end -->"
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok := strings.Cut(string(text), begin)
	have, after, ok2 := strings.Cut(rest, end)
	if !ok || !ok2 {
		t.Fatal("README.md has no place for the tables")
	}
	if *update {
		if err := os.WriteFile("README.md", []byte(before+begin+tables()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(tables(), have); diff != "" {
		t.Errorf("keys.go -, README.md +; go test -run README -update writes it:\n%s", diff)
	}
}
