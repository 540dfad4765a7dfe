// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// vectors reads a file of testdata: inputs and the results of apptuit-py 2.4.2 for them,
// one JSON object per line.
func vectors[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var all []T
	lines := bufio.NewScanner(bytes.NewReader(data))
	for lines.Scan() {
		dec := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		dec.UseNumber()
		dec.DisallowUnknownFields()
		var v T
		if err := dec.Decode(&v); err != nil {
			t.Fatalf("%s, line %d: %v", name, len(all)+1, err)
		}
		all = append(all, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(all) == 0 {
		t.Fatalf("%s is empty", name)
	}
	return all
}

// wantError returns err as an *Error. It fails the test if err is not an *Error about the
// field that wraps the rule.
func wantError(t *testing.T, err error, field Field, rule error) *Error {
	t.Helper()
	var e *Error
	if !errors.As(err, &e) {
		t.Fatalf("error %v (%T), want an *Error", err, err)
	}
	if e.Field != field || !errors.Is(err, rule) {
		t.Errorf("error %q about %q, want one about %q that wraps %q", err, e.Field, field, rule)
	}
	return e
}

// replaced returns s with each byte of invalid UTF-8 replaced by U+FFFD, as encoding/json
// does.
func replaced(s string) string { return string([]rune(s)) }
