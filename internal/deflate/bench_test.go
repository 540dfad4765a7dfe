// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package deflate

import "testing"

func BenchmarkNewCode(b *testing.B) {
	for range b.N {
		NewCode(nil)
	}
}

// BenchmarkLine writes lines of two matches, four literals, and a number.
func BenchmarkLine(b *testing.B) {
	var w Writer
	code := NewCode(nil)
	var out []byte
	for i := range b.N {
		if i%10_000 == 0 {
			if i > 0 {
				out = w.Finish()[:0]
			}
			w.Reset(out, code, nil)
			w.Literals(make([]byte, 500))
		}
		w.Match(120, 240)
		w.Literals([]byte("k123"))
		w.Match(100, 240)
		w.Literals([]byte("1234567.25"))
	}
}
