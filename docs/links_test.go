// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"unicode"
)

// pages returns the names of all Markdown files of the repository, relative to this folder.
func pages(t *testing.T) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == "testdata" || len(d.Name()) > 2 && strings.HasPrefix(d.Name(), ".")):
			return filepath.SkipDir
		case strings.HasSuffix(name, ".md"):
			names = append(names, name)
		}
		return nil
	})
	if err != nil || len(names) < 10 {
		t.Fatalf("%d pages, %v", len(names), err)
	}
	return names
}

// anchors returns the anchors that GitHub derives from the headings of a page.
func anchors(text string) map[string]bool {
	all := map[string]bool{}
	for line := range strings.Lines(text) {
		title, ok := strings.CutPrefix(strings.TrimLeft(line, "#"), " ")
		if !ok || !strings.HasPrefix(line, "#") {
			continue
		}
		title = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)`).ReplaceAllString(title, "$1")
		all[strings.Map(func(r rune) rune {
			switch {
			case r == ' ':
				return '-'
			case r == '-' || r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
				return unicode.ToLower(r)
			}
			return -1
		}, strings.TrimSpace(title))] = true
	}
	return all
}

// The file and the heading of each link within the repository exist.
func TestLinks_LeadToExistingHeadings(t *testing.T) {
	// Tests also run in a copy of the root module without the nested modules.
	_, err := os.Stat("../integration")
	alone := err != nil
	link, code, found := regexp.MustCompile(`\]\(([^)\s]+)\)`), regexp.MustCompile("(?s)```.*?```|`[^`\n]*`"), 0
	for _, name := range pages(t) {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range link.FindAllStringSubmatch(code.ReplaceAllString(string(page), ""), -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			found++
			file := name
			if target != "" {
				file = filepath.Join(filepath.Dir(name), target)
			}
			info, err := os.Stat(file)
			if err != nil {
				if !alone {
					t.Errorf("%s: %s: %v", name, m[1], err)
				}
				continue
			}
			if info.IsDir() {
				file = filepath.Join(file, "README.md")
			}
			if text, err := os.ReadFile(file); anchor != "" && (err != nil || !anchors(string(text))[anchor]) {
				t.Errorf("%s: %s: there is no such heading", name, m[1])
			}
		}
	}
	if found < 50 {
		t.Errorf("found only %d links, want at least 50", found)
	}
}

// The front page is short. Options, servers, limits and figures are described on other pages.
func TestReadme_HasAtMost1300Words(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if n := len(strings.Fields(string(text))); n > 1300 {
		t.Errorf("README.md has %d words, want at most 1,300", n)
	}
}

// The index of the documentation lists each page.
func TestIndex_ListsAllPages(t *testing.T) {
	index, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range files {
		if name != "README.md" && !strings.Contains(string(index), "]("+name+")") {
			t.Errorf("README.md does not list %s", name)
		}
	}
}
