// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chaos_test

import (
	"os"
	"strconv"
	"strings"
	"testing"
)

// The environment of the tests.
const (
	longVariable  = "LONG_TESTS"
	seedVariable  = "CHAOS_SEED"
	tableVariable = "CHAOS_TABLE" // a file for the table
	childVariable = "CHAOS_CHILD" // the order of an exporting process
)

// TestMain removes the configuration of the user's environment. With CHAOS_CHILD it runs an exporting
// process.
func TestMain(m *testing.M) {
	if order := os.Getenv(childVariable); order != "" {
		clearEnvironment()
		os.Exit(runChild(order))
	}
	clearEnvironment()
	os.Exit(m.Run())
}

func clearEnvironment() {
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		ours := name == longVariable || name == seedVariable || name == tableVariable
		if !ours && (strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_")) {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
}

func isLong() bool { return os.Getenv(longVariable) != "" }

func seed(t *testing.T) uint64 {
	t.Helper()
	text := os.Getenv(seedVariable)
	if text == "" {
		return 1
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		t.Fatalf("%s: %v", seedVariable, err)
	}
	return n
}
