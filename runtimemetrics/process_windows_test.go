// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package runtimemetrics

import (
	"strings"
	"testing"

	"golang.org/x/sys/windows"
)

// onWine reports whether Wine runs the test, in place of Windows.
func onWine() bool {
	return windows.NewLazySystemDLL("ntdll.dll").NewProc("wine_get_version").Find() == nil
}

func TestStart_HandlesGrowByOpenedHandles(t *testing.T) {
	const name, opened, tolerance = "process.windows.handle.count", 50, 10 // The runtime opens a few handles of its own.
	reader := start(t, WithoutGoRuntime())
	before, known := collectValues(t, reader)[name]
	if !known {
		t.Fatalf("%s is not reported", name)
	}
	if onWine() {
		t.Skip("NOT TESTED: Wine counts no handles")
	}
	for range opened {
		event, err := windows.CreateEvent(nil, 0, 0, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer windows.CloseHandle(event)
	}
	if grown := collectValues(t, reader)[name] - before; before <= 0 || grown < opened || grown > opened+tolerance {
		t.Errorf("%s is %v, and grew by %v with %d more handles", name, before, grown, opened)
	}
}

func TestProcessSources_ReportMissingFunctionsAsErrors(t *testing.T) {
	missing := windows.NewLazySystemDLL("kernel32.dll").NewProc("NoSuchFunction")
	for _, source := range []source{memorySource(missing), handleSource(missing)} {
		var s snapshot
		if err := source.read(&s); err == nil || !strings.Contains(err.Error(), "NoSuchFunction") {
			t.Errorf("%s: %v", source.name, err)
		}
	}
}
