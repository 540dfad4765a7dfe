// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"errors"
	"strings"
	"testing"
)

// Lines and Split refuse a body whose decompressed size differs from RawSize.
func TestBatch_Lines_ReadsNoMoreThanTheRawSize(t *testing.T) {
	const text = "[\n{},\n{}\n]"
	size := int64(len(text))
	for name, tt := range map[string]struct {
		text string
		raw  int64
		ok   bool
	}{
		"as declared":             {text, size, true},
		"longer":                  {text, size - 1, false},
		"much longer":             {"[\n{" + strings.Repeat("x", 1<<20), 1000, false},
		"shorter":                 {text, size + 1, false},
		"more points":             {"[\n{},\n{},\n{}\n]", 13, false},
		"a line break at the end": {text + "\n", size + 1, false},
	} {
		b := NewCodec(None).Load([]byte(tt.text), 2, tt.raw, nil)
		err := b.Lines(t.Context(), func(int, []byte) bool { return true })
		_, _, splitErr := b.Split(t.Context())
		if (err == nil) != tt.ok || (splitErr == nil) != tt.ok {
			t.Errorf("%s: Lines %v, Split %v", name, err, splitErr)
		}
		if name == "much longer" && !errors.Is(err, errTooLong) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
