// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Each Go file that the map of the packages names exists in the package of its row.
func TestContributing_NamesExistingFiles(t *testing.T) {
	text, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	// Tests also run in a copy of the root module without the nested modules.
	_, err = os.Stat("../integration")
	alone := err != nil
	code, found := regexp.MustCompile("`([^` ]+)`"), 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		dir := ""
		for i, m := range code.FindAllStringSubmatch(line, -1) {
			switch name := m[1]; {
			case i == 0:
				dir = name
			case alone && (strings.HasPrefix(dir, "integration/") || strings.HasPrefix(dir, "examples/") || strings.HasPrefix(dir, "cmd/")):
			case strings.HasSuffix(name, ".go") && !strings.Contains(name, "*"):
				found++
				if _, err := os.Stat(filepath.Join("..", dir, name)); err != nil {
					t.Error(err)
				}
			}
		}
	}
	if found < 30 {
		t.Errorf("CONTRIBUTING.md names only %d files, want at least 30", found)
	}
}

// The file and function of each mutant exist, and the test that detects it.
func TestMutants_NameExistingCode(t *testing.T) {
	text, err := os.ReadFile("design/mutants.md")
	if err != nil {
		t.Fatal(err)
	}
	row, rows := regexp.MustCompile("(?m)^\\| `([^`]+\\.go)` \\| `(?:\\w+\\.)?(\\w+)` .* \\| (?:simulation.*|`(\\w+)` of `([^`]+)`) \\|$"), 0
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		rows++
		source, err := os.ReadFile(filepath.Join("..", m[1]))
		if err != nil {
			t.Error(err)
			continue
		}
		if !declares(string(source), m[2]) {
			t.Errorf("%s does not declare %s", m[1], m[2])
		}
		if m[3] != "" && !declaredIn(t, filepath.Join("..", m[4]), m[3]) {
			t.Errorf("%s has no test %s", m[4], m[3])
		}
	}
	if all := strings.Count(string(text), "\n| `"); rows < 25 || rows != all {
		t.Errorf("%d of %d rows of the table match the pattern, want all and at least 25", rows, all)
	}
}

func declares(source, function string) bool {
	return regexp.MustCompile(`(?m)^func (\([^)]*\) )?` + function + `\b`).MatchString(source)
}

func declaredIn(t *testing.T, dir, test string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if declares(string(source), test) {
			return true
		}
	}
	return false
}
