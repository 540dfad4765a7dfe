// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package promdiff_test

import (
	"os"
	"strings"
	"testing"
)

// TestMain removes the configuration of the user's environment.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}
