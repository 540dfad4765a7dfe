// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package testedwith records the versions of the servers that tests run against.
//
// A test helper that starts a server calls [Note]. It does nothing unless the environment
// variable TESTED_WITH names a file: then each test that passes appends a line to that file.
// `make tested-with` runs the tests in this way and turns the lines into the table "Tested
// with" of the README.
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

// Note records, when the test has passed, the version of the server that it runs against.
// version asks the server; it is called at once, because a server may have ended when the
// test does. Its failure fails the test.
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

// testPackage returns the package of the test binary, below the root module.
func testPackage() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	return strings.TrimPrefix(strings.TrimSuffix(info.Path, ".test"), "github.com/apptuitai/apptuit-go/")
}

// appendTo writes a line with one system call: tests of several processes append to one file.
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
