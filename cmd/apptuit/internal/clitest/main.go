// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package clitest helps the tests of commands.
package clitest

import (
	"os"
	"strings"
	"testing"
)

// Main runs the tests of a package without the variables of the user's environment that configure
// the command: those of apptuit-go, OpenTelemetry and proxies. A package calls it from TestMain.
func Main(m *testing.M) {
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if strings.HasPrefix(name, "APPTUIT_") || strings.HasPrefix(name, "OTEL_") || strings.HasSuffix(strings.ToUpper(name), "_PROXY") {
			if err := os.Unsetenv(name); err != nil {
				panic(err)
			}
		}
	}
	os.Exit(m.Run())
}
