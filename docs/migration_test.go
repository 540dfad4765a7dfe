// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package docs_test compiles and runs what the documents show.
package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// flat is a text without indentation.
func flat(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimSpace(line)
	}
	return strings.Join(lines, "\n")
}

// Every piece of Go in the guide is in the functions beside this one, which the
// compiler reads.
func TestMigrationIsCompiled(t *testing.T) {
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
		t.Fatalf("the guide has %d pieces of Go", len(pieces))
	}
	for _, piece := range pieces {
		piece, _, _ = strings.Cut(piece, "```")
		if !strings.Contains(code.String(), flat(piece)) {
			t.Errorf("no test compiles this:\n%s", piece)
		}
	}
}

// A variable that the guide names is one that settings.md lists.
func TestMigrationNamesNoOtherVariables(t *testing.T) {
	guide, err := os.ReadFile("migration.md")
	list, err2 := os.ReadFile("settings.md")
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	for _, field := range strings.FieldsFunc(string(guide), func(r rune) bool { return r != '_' && (r < 'A' || r > 'Z') }) {
		if strings.HasPrefix(field, "APPTUIT_") && field != "APPTUIT_" && !strings.Contains(string(list), "`"+field+"`") {
			t.Errorf("settings.md has no %s", field)
		}
	}
}
