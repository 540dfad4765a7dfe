// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"
)

// The README has all checks and all flags, and no others.
func TestReadmeHasAllChecksAndFlags(t *testing.T) {
	text, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	readme := string(text)
	_, tables, _ := strings.Cut(readme, "## Checks")
	for _, f := range []flags{{}, {noProbe: true}} {
		for _, c := range checks(f) {
			if c.name != "settings" && !strings.Contains(tables, "`"+c.name+"`") {
				t.Errorf("no check %s", c.name)
			}
		}
	}
	var usage strings.Builder
	if _, err := parseFlags([]string{"-h"}, &usage); !errors.Is(err, flag.ErrHelp) {
		t.Fatal(err)
	}
	there := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?m)^  -([\w-]+)`).FindAllStringSubmatch(usage.String(), -1) {
		there[m[1]] = true
		if !strings.Contains(tables, "`-"+m[1]) {
			t.Errorf("no flag -%s", m[1])
		}
	}
	_, flagTable, _ := strings.Cut(tables, "## Flags")
	for _, m := range regexp.MustCompile("`-([\\w-]+)").FindAllStringSubmatch(flagTable, -1) {
		if !there[m[1]] {
			t.Errorf("-%s is no flag", m[1])
		}
	}
}
