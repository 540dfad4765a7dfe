// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The program and the README of this folder, which are tested, contain the lines that the README of
// the project shows.
func TestProjectReadmeShowsTheExample(t *testing.T) {
	var texts []string
	for _, name := range []string{filepath.Join("..", "..", "README.md"), "main.go", "README.md"} {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	for _, line := range []string{"apptuit.Register()", "reader, err := autoexport.NewMetricReader(ctx)"} {
		if !strings.Contains(texts[0], line) || !strings.Contains(texts[1], line) {
			t.Errorf("%q is not in both the README of the project and the program", line)
		}
	}
	if line := "OTEL_METRICS_EXPORTER=apptuit"; !strings.Contains(texts[0], line) || !strings.Contains(texts[2], line) {
		t.Errorf("%q is not in both READMEs", line)
	}
}
