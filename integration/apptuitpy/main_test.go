// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"os"
	"strings"
	"testing"
)

// TestMain removes the variables that would configure a client or the SDK.
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
