// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import "testing"

func TestParseBool_AgreesWithPython(t *testing.T) {
	type vector struct {
		In    string `json:"in"`
		Out   bool   `json:"out"`
		Error bool   `json:"error"`
	}
	for _, v := range vectors[vector](t, "booleans.jsonl") {
		got, err := ParseBool(v.In)
		if v.Error {
			wantError(t, err, FieldBoolean, ErrNotBoolean)
			continue
		}
		if err != nil || got != v.Out {
			t.Errorf("ParseBool(%q) = %t, %v, want %t", v.In, got, err, v.Out)
		}
	}
}

func TestParseBool_RejectsOtherWords(t *testing.T) {
	for _, s := range []string{"true ", "yeſ", "1.0", "+1", "on\n", "null"} {
		_, err := ParseBool(s)
		wantError(t, err, FieldBoolean, ErrNotBoolean)
	}
}
