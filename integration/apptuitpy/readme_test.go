// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the tables of README.md")

// areas returns the areas of the comparisons, with their headings in README.md.
func areas() [][2]string {
	return [][2]string{
		{"characters", "Characters in names"},
		{"names", "Names, tags of the environment, encoded names"},
		{"points", "Points and series"},
		{"requests", "Requests"},
		{"answers", "Answers"},
		{"reports", "The reporter"},
		{"process metrics", "Process metrics"},
		{"queries", "Queries"},
	}
}

// TestReadme compares the tables of README.md with the differences.
func TestReadme(t *testing.T) {
	const begin, end = "<!-- differences: go test -run TestReadme -update -->\n", "<!-- end -->\n"
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	before, rest, ok1 := strings.Cut(string(text), begin)
	_, after, ok2 := strings.Cut(rest, end)
	if !ok1 || !ok2 {
		t.Fatal("README.md has no place for the differences")
	}
	var b strings.Builder
	listed := 0
	for _, area := range areas() {
		fmt.Fprintf(&b, "\n### %s\n\n| apptuit-py | Go | reason | source |\n|---|---|---|---|\n", area[1])
		for _, d := range differences() {
			if d.area == area[0] {
				listed++
				fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", d.python, d.ours, d.reason, strings.TrimPrefix(d.source, "apptuit_client.py, "))
			}
		}
	}
	if all := len(differences()); listed != all {
		t.Errorf("%d of %d differences have an area", listed, all)
	}
	want := before + begin + b.String() + "\n" + end + after
	if *update {
		if err := os.WriteFile("README.md", []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff(want, string(text)); diff != "" && !*update {
		t.Errorf("README.md differs (-want +got), run go test -run TestReadme -update:\n%s", diff)
	}
}
