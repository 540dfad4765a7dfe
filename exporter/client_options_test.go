// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package exporter

import (
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// notForwarded returns the options of package apptuitclient that no option of the same name forwards,
// with the reason.
func notForwarded() map[string]string {
	return map[string]string{
		"WithTags":           "the exporter's own tags override those of the client",
		"WithSanitizeMode":   "the exporter's own mode overrides that of the client",
		"WithoutEnvironment": "it also ignores the variables of the exporter",
		"WithEncodedNames":   "it has no effect on exporters",
	}
}

// Each option of package apptuitclient has an option of the same name and parameters in this package,
// which forwards it.
func TestOptions_ForwardAllOptionsOfTheClient(t *testing.T) {
	want := make(map[string]string)
	exceptions := notForwarded()
	client, own := functions(t, filepath.Join("..", "apptuitclient")), functions(t, ".")
	for name, f := range client {
		if !strings.HasPrefix(name, "With") || result(f) != "Option" {
			continue
		}
		if _, ok := exceptions[name]; ok {
			delete(exceptions, name)
			if own[name] != nil && forwards(t, own[name]) {
				t.Errorf("%s is an exception, and is passed on", name)
			}
			continue
		}
		want[name] = forward(t, f)
	}
	if len(want) < 20 {
		t.Fatalf("only %d options of the client were found", len(want))
	}
	for name, why := range exceptions {
		t.Errorf("%s (%s) is not an option of the client", name, why)
	}
	got := make(map[string]string)
	for name, f := range own {
		if forwards(t, f) {
			got[name] = source(t, f)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("options of the client (-) and options that are passed on (+):\n%s", diff)
	}
	for name := range got {
		if link := "See [apptuitclient." + name + "]."; !strings.HasSuffix(strings.Join(strings.Fields(own[name].Doc.Text()), " "), link) {
			t.Errorf("the comment of %s does not end with %q", name, link)
		}
	}
}

// functions returns the functions of a package, without tests, by name.
func functions(t *testing.T, dir string) map[string]*ast.FuncDecl {
	t.Helper()
	found := make(map[string]*ast.FuncDecl)
	names, err := filepath.Glob(filepath.Join(dir, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range file.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv == nil {
				found[f.Name.Name] = f
			}
		}
	}
	return found
}

func result(f *ast.FuncDecl) string {
	if f.Type.Results == nil {
		return ""
	}
	name, _ := f.Type.Results.List[0].Type.(*ast.Ident)
	return fmt.Sprint(name)
}

// forwards reports whether a function is an option that calls clientOption.
func forwards(t *testing.T, f *ast.FuncDecl) bool {
	t.Helper()
	return strings.HasPrefix(f.Name.Name, "With") && strings.Contains(source(t, f), "return clientOption(")
}

// forward returns the source of the option that forwards an option of the client.
func forward(t *testing.T, f *ast.FuncDecl) string {
	t.Helper()
	var parameters, arguments []string
	for _, p := range f.Type.Params.List {
		kind := source(t, p.Type)
		if name := strings.TrimPrefix(kind, "..."); ast.IsExported(name) {
			kind = strings.TrimSuffix(kind, name) + "apptuitclient." + name
		}
		for _, n := range p.Names {
			parameters = append(parameters, n.Name+" "+kind)
			if strings.HasPrefix(kind, "...") {
				arguments = append(arguments, n.Name+"...")
			} else {
				arguments = append(arguments, n.Name)
			}
		}
	}
	return fmt.Sprintf("func %[1]s(%[2]s) Option {\n\treturn clientOption(%[1]q, apptuitclient.%[1]s(%[3]s))\n}",
		f.Name.Name, strings.Join(parameters, ", "), strings.Join(arguments, ", "))
}

// source returns the source of a node without its comment.
func source(t *testing.T, node ast.Node) string {
	t.Helper()
	if f, ok := node.(*ast.FuncDecl); ok {
		bare := *f
		bare.Doc = nil
		node = &bare
	}
	var text strings.Builder
	if err := format.Node(&text, token.NewFileSet(), node); err != nil {
		t.Fatal(err)
	}
	return text.String()
}
