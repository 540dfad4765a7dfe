// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package nearest

import (
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	known := []string{"apptuit", "console", "otlp_http", "APPTUIT_API_TOKEN", "APPTUIT_TAGS", "b"}
	for name, want := range map[string]string{
		"aptuit":                    "apptuit",
		"appptuit":                  "apptuit",
		"apptiut":                   "apptuit", // a swap of neighbors is one change
		"Apptuit":                   "apptuit",
		"apptuit_token":             "APPTUIT_API_TOKEN",
		"APPTUIT_TAG":               "APPTUIT_TAGS",
		"c":                         "b",
		"prometheus":                "",
		"APPTUIT_COLOUR":            "",
		strings.Repeat("x", 10_000): "",
	} {
		if got := Name(name, known); got != want {
			t.Errorf("Name(%.20q) = %q, want %q", name, got, want)
		}
	}
	if got := Name("apptuit", nil); got != "" {
		t.Errorf("without known names: %q", got)
	}
}
