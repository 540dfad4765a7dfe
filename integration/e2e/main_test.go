// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package e2e_test

import (
	"os"
	"strings"
	"testing"
)

// longVariable is the environment variable that makes tests long.
const longVariable = "LONG_TESTS"

func isLong() bool { return os.Getenv(longVariable) != "" }

// TestMain removes the configuration of the user's environment.
func TestMain(m *testing.M) {
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if name == longVariable {
			continue
		}
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}
