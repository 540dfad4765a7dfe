// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package doctor

import (
	"os"
	"strings"
	"testing"
)

// docs/doctor.md describes all checks.
func TestAllChecks_AreDocumented(t *testing.T) {
	text, err := os.ReadFile("../docs/doctor.md")
	if err != nil {
		t.Fatal(err)
	}
	_, table, _ := strings.Cut(string(text), "## Checks")
	for _, c := range []*config{{}, {noProbe: true}} {
		for _, check := range c.allChecks() {
			switch check.name {
			case "settings", "effect", "opentelemetry": // their findings have other names
				continue
			}
			if !strings.Contains(table, "`"+check.name+"`") {
				t.Errorf("no check %s", check.name)
			}
		}
	}
}
