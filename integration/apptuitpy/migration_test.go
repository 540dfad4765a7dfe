// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/apptuitai/apptuit-go/encoding"
)

// migrationTables returns the rows of all tables of the migration guide whose first heading
// is given, as lists of cells.
func migrationTables(t *testing.T, heading string) [][]string {
	t.Helper()
	text, err := os.ReadFile("../../docs/migration.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows [][]string
	within := false
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		switch {
		case !strings.HasPrefix(line, "|"):
			within = false
		case cells[0] == heading:
			within = true
		case within && !strings.HasPrefix(line, "|---"):
			rows = append(rows, cells)
		}
	}
	if len(rows) == 0 {
		t.Fatalf("the guide has no table of %s", heading)
	}
	return rows
}

// codeSpans returns the texts between backticks.
func codeSpans(cell string) []string {
	var spans []string
	for i, text := range strings.Split(cell, "`") {
		if i%2 == 1 {
			spans = append(spans, text)
		}
	}
	return spans
}

// TestMigrationNames compares the names in the tables of the migration guide with the Python packages: the
// guide has each public name, and each name and default of the guide exists.
func TestMigrationNames(t *testing.T) {
	py := startPython(t)
	for product, c := range map[string]struct {
		heading string
		least   int // names
	}{
		"apptuit":    {"apptuit-py 2.4.2", 120},
		"pyformance": {"pyformance 0.4", 90},
	} {
		var names map[string]string
		py.result(t, "surface", map[string]any{"package": product}, &names)
		documented := map[string]bool{}
		call := regexp.MustCompile(`^([\w.]+)(?:\((.*)\))?$`)
		for _, row := range migrationTables(t, c.heading) {
			for _, span := range codeSpans(row[0]) {
				parts := call.FindStringSubmatch(span)
				if parts == nil {
					t.Errorf("%s: `%s` is not a name", product, span)
					continue
				}
				documented[parts[1]] = true
				for parameter := range strings.SplitSeq(parts[2], ",") {
					if parameter = strings.TrimSpace(parameter); parameter == "" {
						continue
					}
					parameter, value, given := strings.Cut(parameter, "=")
					name := parts[1] + "(" + parameter + ")"
					documented[name] = true
					if given && names[name] != value {
						t.Errorf("%s: the default of %s is %s, not %s", product, name, names[name], value)
					}
				}
			}
			if len(row) != 3 || row[1] == "" {
				t.Errorf("%s: the row %q has no counterpart", product, row)
			}
		}
		for _, name := range slices.Sorted(maps.Keys(documented)) {
			if _, ok := names[name]; !ok {
				t.Errorf("%s does not have %s, which docs/migration.md names", product, name)
			}
		}
		public := 0
		for _, name := range slices.Sorted(maps.Keys(names)) {
			if isPublic(name) {
				public++
				if !documented[name] {
					t.Errorf("docs/migration.md does not name %s of %s", name, product)
				}
			}
		}
		t.Logf("%s: %d public names of %d", product, public, len(names))
		if public < c.least {
			t.Errorf("%s: only %d public names", product, public)
		}
	}
}

// isPublic reports whether no part of a name begins with an underscore. The methods behind
// the syntax of Python, such as __len__, are public.
func isPublic(name string) bool {
	name, _, _ = strings.Cut(name, "(")
	for part := range strings.SplitSeq(name, ".") {
		special := strings.HasPrefix(part, "__") && strings.HasSuffix(part, "__")
		if strings.HasPrefix(part, "_") && !special || part == "__all__" {
			return false
		}
	}
	return true
}

// TestMigrationDigits compares the table of names with digits outside ASCII with the results of both
// sides.
func TestMigrationDigits(t *testing.T) {
	py := startPython(t)
	rows := migrationTables(t, "name")
	results := map[string][]string{}
	for _, function := range []string{"apptuit", "prometheus"} {
		var calls [][]any
		for _, row := range rows {
			calls = append(calls, []any{codeSpans(row[0])[0]})
		}
		var answers []struct{ Result string }
		py.result(t, "call", map[string]any{"function": function, "calls": calls}, &answers)
		for _, a := range answers {
			results[function] = append(results[function], a.Result)
		}
	}
	differ := 0
	for i, row := range rows {
		name := codeSpans(row[0])[0]
		ours := encoding.SanitizeApptuit.Sanitize(name)
		if ours != results["apptuit"][i] {
			differ++
		}
		for cell, got := range map[int][]string{
			1: {results["apptuit"][i]},
			2: {ours},
			3: {results["prometheus"][i], encoding.SanitizePrometheus.Sanitize(name)},
		} {
			for _, result := range got {
				if want := codeSpans(row[cell])[0]; result != want {
					t.Errorf("%s: docs/migration.md has %s in column %d, the library %s", name, want, cell+1, result)
				}
			}
		}
	}
	if differ < 8 {
		t.Errorf("only %d names differ", differ)
	}
}
