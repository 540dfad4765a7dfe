// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// The document in the project's README is a part of otel.yaml, and its program is a part of
// main.go. The tests run both.
func TestProjectReadmeShowsTheExample(t *testing.T) {
	readme := read(t, filepath.Join("..", "..", "README.md"))
	_, rest, found := strings.Cut(readme, "```yaml\nfile_format:")
	shown, _, closed := strings.Cut(rest, "```")
	if !found || !closed {
		t.Fatal("the README shows no document")
	}
	example := read(t, "otel.yaml")
	for part := range strings.SplitSeq("file_format:"+shown, "meter_provider:\n") {
		if !strings.Contains(example, part) {
			t.Errorf("not in otel.yaml:\n%s", part)
		}
	}
	program := read(t, "main.go")
	for _, line := range []string{`"github.com/apptuitai/apptuit-go/integration/otelconf"`, "otelconf.NewSDK("} {
		if !strings.Contains(readme, line) || !strings.Contains(program, line) {
			t.Errorf("%s is not in both the README and the program", line)
		}
	}
}
