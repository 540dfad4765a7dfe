// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// The configuration in the project's README is that of the example, which is tested end to end.
func TestProjectReadme_ShowsTheExample(t *testing.T) {
	root := filepath.Join("..", "..", "..")
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n# collector.yaml\n(.*?)```").FindSubmatch(readme)
	if shown == nil {
		t.Fatal("the README shows no collector.yaml")
	}
	example, err := os.ReadFile(filepath.Join(root, "examples", "collector", "collector.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	example = regexp.MustCompile(`(?m)\A(?:#.*\n|\n)+`).ReplaceAll(example, nil)
	if diff := cmp.Diff(string(example), string(shown[1])); diff != "" {
		t.Errorf("-examples/collector/collector.yaml +README.md\n%s", diff)
	}
}
