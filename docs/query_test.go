// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The examples of package query contain each Go example of query.md, and each of its outputs.
func TestQueryPage_ShowsExamples(t *testing.T) {
	page, err := os.ReadFile("query.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../query/example*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	var code, outputs strings.Builder
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		code.WriteString(flat(string(text)))
		outputs.WriteString(flat(strings.ReplaceAll(string(text), "\t// ", "")))
	}
	for kind, in := range map[string]string{"go": code.String(), "text": outputs.String()} {
		pieces := strings.Split(string(page), "```"+kind+"\n")[1:]
		if len(pieces) < 4 {
			t.Errorf("query.md has only %d blocks of %s, want at least 4", len(pieces), kind)
		}
		for _, piece := range pieces {
			piece, _, _ = strings.Cut(piece, "```")
			if !strings.Contains(in, flat(piece)) {
				t.Errorf("no example of package query contains:\n%s", piece)
			}
		}
	}
}
