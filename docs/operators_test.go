// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"go/ast"
	"go/parser"
	gotoken "go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// messagePackages lists the packages with error messages that a program can print.
var messagePackages = []string{
	"encoding", "apptuitclient", "exporter", "internal/client", "internal/convert", "internal/histogram", "internal/model", "internal/reporter",
	"internal/spool", "internal/pattern", "internal/settings",
}

// operators.md lists each error message of the code, and the code has each message of the page.
func TestOperatorsPageListsAllMessages(t *testing.T) {
	page, err := os.ReadFile("operators.md")
	if err != nil {
		t.Fatal(err)
	}
	var messages, texts []string
	for _, dir := range messagePackages {
		m, all := textsIn(t, filepath.Join("..", dir))
		messages, texts = append(messages, m...), append(texts, all...)
	}
	if len(messages) < 80 {
		t.Fatalf("found only %d messages in the code", len(messages))
	}
	code := regexp.MustCompile("`[^`\n]+`")
	listed := strings.Join(code.FindAllString(string(page), -1), "\n")
	for _, m := range messages {
		if !strings.Contains(listed, m) {
			t.Errorf("operators.md does not list %q", m)
		}
	}
	for line := range strings.Lines(string(page)) {
		first, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		for _, text := range code.FindAllString(first, -1) {
			for part := range strings.SplitSeq(strings.Trim(text, "`"), "…") {
				part = strings.Trim(part, ":; ,()")
				if !slices.ContainsFunc(texts, func(t string) bool { return strings.Contains(t, part) }) {
					t.Errorf("operators.md lists %s, but %q is not in the code", text, part)
				}
			}
		}
	}
}

// textsIn returns the error messages and all string literals in the code of a package, with … in
// place of values. It omits messages without a space, which only join other errors.
func textsIn(t *testing.T, dir string) (messages, texts []string) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil || len(files) == 0 {
		t.Fatal(dir, err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(gotoken.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				texts = append(texts, textOf(n))
			case *ast.CallExpr:
				if len(n.Args) == 0 || !makesError(n.Fun) {
					break
				}
				if literal, ok := n.Args[0].(*ast.BasicLit); ok && strings.Contains(textOf(literal), " ") {
					messages = append(messages, textOf(literal))
				}
			}
			return true
		})
	}
	return messages, texts
}

// textOf returns a string literal with … in place of each formatting verb, and without verbs and
// punctuation at its ends. It returns "" for other literals.
func textOf(literal *ast.BasicLit) string {
	if literal.Kind != gotoken.STRING {
		return ""
	}
	text, err := strconv.Unquote(literal.Value)
	if err != nil {
		return ""
	}
	text = regexp.MustCompile(`%[-+# 0-9.]*[a-zA-Z]`).ReplaceAllString(text, "…")
	return strings.Trim(text, "…:; ,()")
}

func makesError(fun ast.Expr) bool {
	s, ok := fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if x, ok := s.X.(*ast.Ident); ok && (x.Name == "fmt" || x.Name == "errors") {
		return s.Sel.Name == "Errorf" || s.Sel.Name == "New"
	}
	return s.Sel.Name == "Fault" || s.Sel.Name == "fault"
}
