// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package testedwith records the versions of the servers that tests run against.
//
// A test helper that starts a server calls [Note]. If the environment variable TESTED_WITH names a
// file, each test that passes appends a line to that file; otherwise Note does nothing. `make
// tested-with` sets the variable, runs the tests, and writes docs/tested-with.md from the lines.
package testedwith

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"testing"
	"time"
)

// Variable is the environment variable that names the file.
const Variable = "TESTED_WITH"

// Run is one test that passed against one version of a server.
type Run struct {
	Server  string
	Version string // without a leading v
	Date    string // of the run, in UTC, for example 2026-02-03
	Package string // below the root module, for example integration/e2e
	Test    string
}

// Note records the version of the server that a test runs against, if the test passes. Note calls
// version at once, because the server may have ended when the test ends. An error of version fails
// the test.
func Note(t testing.TB, server string, version func() (string, error)) {
	t.Helper()
	file := os.Getenv(Variable)
	if file == "" {
		return
	}
	v, err := version()
	if err != nil {
		t.Fatalf("the version of %s: %v", server, err)
	}
	run := Run{
		Server: server, Version: strings.TrimPrefix(v, "v"), Date: time.Now().UTC().Format(time.DateOnly),
		Package: testPackage(), Test: t.Name(),
	}
	t.Cleanup(func() {
		if t.Failed() || t.Skipped() {
			return
		}
		if err := run.appendTo(file); err != nil {
			t.Errorf("recording the version of %s: %v", server, err)
		}
	})
}

// testPackage returns the package of the test binary, relative to the root module.
func testPackage() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSuffix(info.Path, ".test"), "github.com/apptuitai/apptuit-go/")
}

// appendTo appends a line to a file. It uses one system call, because tests of several processes
// append to the same file.
func (r Run) appendTo(file string) error {
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	if err1 := f.Close(); err == nil {
		err = err1
	}
	return err
}

// Read returns the runs in a file that Note has written.
func Read(file string) ([]Run, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var runs []Run
	for line := range bytes.Lines(text) {
		var r Run
		if err := json.Unmarshal(line, &r); err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		runs = append(runs, r)
	}
	return runs, nil
}
