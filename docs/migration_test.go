// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package docs_test compiles and runs the examples in the documentation, and compares the
// documentation with the code.
package docs_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"go/types"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// flat removes the indentation of each line.
func flat(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}

// Each Go example of the migration guide is also in a file of this package, so that it compiles.
func TestMigration_CodeIsCompiled(t *testing.T) {
	guide, err := os.ReadFile("migration.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("migration_*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var code strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.WriteString(flat(string(text)))
	}
	pieces := strings.Split(string(guide), "```go\n")[1:]
	if len(pieces) < 6 {
		t.Fatalf("the guide has only %d Go examples", len(pieces))
	}
	for _, piece := range pieces {
		piece, _, _ = strings.Cut(piece, "```")
		if !strings.Contains(code.String(), flat(piece)) {
			t.Errorf("no file of this package contains the example:\n%s", piece)
		}
	}
}

// settings.md lists each environment variable that the migration guide names.
func TestMigration_NamesExistingVariables(t *testing.T) {
	guide, err := os.ReadFile("migration.md")
	list, err2 := os.ReadFile("settings.md")
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	// Constants of Python are not variables. Their module precedes them: utils.APPTUIT_SANITIZE_REGEX.
	for field := range strings.FieldsFuncSeq(string(guide), func(r rune) bool { return r != '_' && r != '.' && !unicode.IsLetter(r) }) {
		field = strings.TrimRight(field, ".")
		if strings.HasPrefix(field, "APPTUIT_") && field != "APPTUIT_" && !strings.Contains(string(list), "`"+field+"`") {
			t.Errorf("settings.md does not list %s", field)
		}
	}
}

// Each Go identifier in the migration guide exists. In the whole guide, these are names with a
// package. In the section about apptuit-py, these are also fields of SendError, options without a
// package, and metrics of runtimemetrics.
func TestMigration_NamesExistingIdentifiers(t *testing.T) {
	guide, err := os.ReadFile("migration.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, ok := strings.Cut(string(guide), "\n## From apptuit-py\n")
	if !ok {
		t.Fatal("the guide has no section about apptuit-py")
	}
	exported := map[string]bool{}
	for _, pkg := range []string{"apptuitclient", "encoding", "exporter", "query", "runtimemetrics"} {
		for _, name := range exportedNames(t, filepath.Join("..", pkg)) {
			exported[pkg+"."+name] = true
		}
	}
	names := regexp.MustCompile(`\b(?:apptuitclient|encoding|exporter|query|runtimemetrics)\.[A-Z]\w*(?:\.[A-Z]\w*)?`).FindAllString(string(guide), -1)
	for _, m := range regexp.MustCompile("`(With(?:out)?[A-Z]\\w*)").FindAllStringSubmatch(section, -1) {
		name := "exporter." + m[1]
		if !exported[name] {
			name = "apptuitclient." + m[1]
		}
		names = append(names, name)
	}
	for _, m := range regexp.MustCompile("`SendError\\.([A-Z]\\w*)").FindAllStringSubmatch(section, -1) {
		names = append(names, "apptuitclient.SendError."+m[1])
	}
	for _, name := range names {
		if !exported[name] && name != "encoding.SanitizePrometheus.Sanitize" && name != "encoding.SanitizeApptuit.Sanitize" {
			t.Errorf("no package declares %s", name)
		}
	}
	if len(names) < 80 {
		t.Errorf("found only %d identifiers", len(names))
	}
	metrics, err := os.ReadFile("../runtimemetrics/doc.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("`((?:process|go)\\.[a-z_.]+)`").FindAllStringSubmatch(section, -1) {
		if !strings.Contains(string(metrics), "//\t"+m[1]+" ") {
			t.Errorf("runtimemetrics does not document %s", m[1])
		}
	}
}

// exportedNames returns the exported declarations of a package: Name, and Type.Name of methods
// and fields.
func exportedNames(t *testing.T, folder string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(gotoken.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(parsed, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.FuncDecl:
				name := n.Name.Name
				if n.Recv != nil {
					name = types.ExprString(n.Recv.List[0].Type) + "." + name
				}
				names = append(names, strings.TrimPrefix(name, "*"))
				return false
			case *ast.ValueSpec:
				for _, name := range n.Names {
					names = append(names, name.Name)
				}
			case *ast.TypeSpec:
				names = append(names, n.Name.Name)
				if s, ok := n.Type.(*ast.StructType); ok {
					for _, field := range s.Fields.List {
						for _, name := range field.Names {
							names = append(names, n.Name.Name+"."+name.Name)
						}
					}
				}
				return false
			}
			return true
		})
	}
	return names
}
