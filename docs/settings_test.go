// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package docs_test

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/apptuitai/apptuit-go/internal/settings"
)

// The tables of settings.md are generated from internal/settings.
func TestSettingsPage(t *testing.T) {
	text := regexp.MustCompile(`(?s)(<!-- generated from internal/settings -->\n).*(<!-- end -->\n)`)
	generated(t, "settings.md", text, "\n"+settingsTables()+"\n")
}

// The lists of variables in the package comments are generated from internal/settings.
func TestPackageCommentsListVariables(t *testing.T) {
	list := regexp.MustCompile(`(?s)(//\n)//	APPTUIT_.*?(//\n)`)
	generated(t, "../apptuitclient/doc.go", list, variableList(func(s *settings.Setting) bool { return hasOption(s, "apptuitclient.") }))
	generated(t, "../exporter/doc.go", list, variableList(func(s *settings.Setting) bool { return !hasOption(s, "apptuitclient.") }))
}

// internal/settings lists each option of the exporter and the client, and each listed option exists.
func TestSettingsCoverTheOptions(t *testing.T) {
	found, listed := map[string]bool{}, map[string]bool{}
	for _, pkg := range []string{"apptuitclient", "exporter"} {
		for _, name := range optionFunctions(t, pkg) {
			// The exporter has functions for the options of the client, which need no row of their own.
			found[name] = pkg == "apptuitclient" || !found["apptuitclient."+strings.TrimPrefix(name, "exporter.")]
		}
	}
	for _, s := range settings.All() {
		for _, name := range s.Options {
			if _, ok := found[name]; !ok {
				t.Errorf("internal/settings lists the option %[2]s of %[1]s, which does not exist", s.Name, name)
			}
			listed[name] = true
		}
	}
	for name, own := range found {
		if own && !listed[name] {
			t.Errorf("internal/settings does not list %s", name)
		}
	}
	if len(found) < 40 {
		t.Errorf("found only %d options, want at least 40", len(found))
	}
}

// optionFunctions returns the functions of a package that return an Option or a SpoolOption.
func optionFunctions(t *testing.T, pkg string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", pkg, "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		for _, m := range regexp.MustCompile(`(?m)^func (With\w+)\(.*\) \w*Option \{`).FindAllStringSubmatch(string(text), -1) {
			names = append(names, pkg+"."+m[1])
		}
	}
	return names
}

// generated compares a generated part of a file with want, or with -update, replaces it. The part is
// between the two groups of the expression place.
func generated(t *testing.T, name string, place *regexp.Regexp, want string) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	found := place.FindSubmatchIndex(text)
	if found == nil {
		t.Fatalf("%s has no text that matches %s", name, place)
	}
	from, to := found[3], found[4]
	if *update {
		if err := os.WriteFile(name, slices.Concat(text[:from], []byte(want), text[to:]), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := gocmp.Diff(want, string(text[from:to])); diff != "" {
		t.Errorf("%s (internal/settings -, file +); go test ./docs -run 'Settings|Variables' -update writes it:\n%s", name, diff)
	}
}

func hasOption(s *settings.Setting, pkg string) bool {
	return slices.ContainsFunc(s.Options, func(name string) bool { return strings.HasPrefix(name, pkg) })
}

// settingsTables returns a table for each group of settings.
func settingsTables() string {
	var b strings.Builder
	for _, group := range settings.Groups() {
		fmt.Fprintf(&b, "## %v\n\n| key | variable | option | value | default | meaning |\n|---|---|---|---|---|---|\n", group)
		for _, s := range settings.All() {
			if s.Group == group {
				b.WriteString(row(key(&s), quoted(s.Variable), optionNames(&s), form(&s), defaultText(&s), s.FullDoc()))
			}
		}
		b.WriteString("\n")
	}
	b.WriteString("## Settings without a variable or key\n\nA cell says why the variable or key does not exist, or what replaces it. An empty cell means that the variable or key exists.\n\n| setting | variable | key | key of the Collector |\n|---|---|---|---|\n")
	for _, s := range settings.All() {
		if s.NoVariable+s.NoKey+s.NoCollectorKey != "" {
			b.WriteString(row(cmp.Or(key(&s), optionNames(&s)), s.NoVariable, s.NoKey, s.NoCollectorKey))
		}
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func row(cells ...string) string {
	line := "|"
	for _, cell := range cells {
		if cell != "" {
			cell = " " + cell
		}
		line += cell + " |"
	}
	return line + "\n"
}

func key(s *settings.Setting) string {
	if !s.HasKey() {
		return ""
	}
	return quoted(s.Name)
}

// optionNames returns the options of a setting without their packages.
func optionNames(s *settings.Setting) string {
	var names []string
	for _, option := range s.Options {
		_, name, _ := strings.Cut(option, ".")
		if name = quoted(name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

func form(s *settings.Setting) string {
	switch {
	case s.Type == settings.Code:
		return ""
	case s.Variable == "":
		return s.KeyForm()
	}
	return s.VariableForm()
}

// defaultText returns the default of a setting for its table, quoted as code if it is a value. The
// default has the form of the variable. Without a variable, it has the form of the key, except that
// sizes have a readable unit.
func defaultText(s *settings.Setting) string {
	text := variableDefault(s)
	if s.Variable == "" && s.Type != settings.Bytes {
		text = s.KeyDefault()
	}
	if text == "" || strings.ContainsAny(text, " `") || text == "all" {
		return text
	}
	return quoted(text)
}

// variableDefault returns the default of a setting in the form of its variable.
func variableDefault(s *settings.Setting) string {
	if s.Switch == settings.Disable && s.Default == "yes" {
		return "no" // the variable disables a feature that is enabled by default
	}
	return s.Default
}

func quoted(text string) string {
	if text == "" {
		return ""
	}
	return "`" + text + "`"
}

// variableList returns the lines of a package comment about the variables of the chosen settings.
// Each variable has a line with its name and options, followed by the description, the form of its
// values and the default.
func variableList(chosen func(*settings.Setting) bool) string {
	var b strings.Builder
	for _, s := range settings.WithVariables() {
		if !chosen(&s) || !strings.HasPrefix(s.Variable, "APPTUIT_") {
			continue
		}
		names := slices.Concat(strings.Split(strings.ReplaceAll(optionNames(&s), "`", ""), ", "), s.Override)
		fmt.Fprintf(&b, "//\t%s (%s)\n", s.Variable, strings.Join(names, ", "))
		text := "Value: " + s.VariableForm() + "."
		if standard := variableDefault(&s); standard != "" {
			text += " Default: " + standard + "."
		}
		b.WriteString(indented(withoutKeys(&s)))
		b.WriteString(indented(text))
	}
	return b.String()
}

// withoutKeys returns the description of a setting, in which it replaces the keys of other settings
// by their variables.
func withoutKeys(s *settings.Setting) string {
	var pairs []string
	for _, other := range settings.WithVariables() {
		if other.Name != s.Name {
			pairs = append(pairs, "`"+other.Name+"`", other.Variable)
		}
	}
	return strings.NewReplacer(pairs...).Replace(s.Doc)
}

// indented wraps a text into indented lines of a package comment, and removes backticks.
func indented(text string) string {
	const width = 90
	var b strings.Builder
	line := ""
	for word := range strings.FieldsSeq(strings.ReplaceAll(text, "`", "")) {
		if line != "" && len(line)+1+len(word) > width {
			b.WriteString("//\t    " + line + "\n")
			line = ""
		}
		line = strings.TrimPrefix(line+" "+word, " ")
	}
	return b.String() + "//\t    " + line + "\n"
}
