// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// FuzzReader checks that a Reader reads any text to its end or to a fatal error, that the result is the
// same if the text arrives byte by byte, and that each line is counted once.
func FuzzReader(f *testing.F) {
	for format, text := range texts() {
		for i, name := range Formats() {
			f.Add(uint8(i), []byte(text))
			if name == string(format) {
				f.Add(uint8(i), []byte(text)[:len(text)/2])
			}
		}
	}
	f.Add(uint8(0), []byte("metric,value,h\nm,1,\"a\nm,2,\"\"\"b\nm,3,\"c\""))
	f.Add(uint8(1), []byte("[{\"metric\":\"}\\\"\"}][]\n"))
	f.Add(uint8(3), []byte("{\"a.b\",c=\"\\n\"} 1 5\nx{le=\"+Inf\"} 1\n"))
	f.Fuzz(func(t *testing.T, format uint8, text []byte) {
		name := Format(Formats()[int(format)%len(Formats())])
		all, places, sums := readAll(t, bytes.NewReader(text), name)
		slow, slowPlaces, slowSums := readAll(t, &hesitant{r: bytes.NewReader(text)}, name)
		if diff := cmp.Diff(all, slow) + cmp.Diff(places, slowPlaces) + cmp.Diff(sums, slowSums); diff != "" {
			t.Errorf("results (-complete text +byte by byte)\n%s", diff)
		}
		var last Position
		for _, place := range places {
			if place.Offset < last.Offset || place.Line != int64(bytes.Count(text[:place.Offset], []byte("\n"))) {
				t.Fatalf("the position %v follows %v", place, last)
			}
			last = place
		}
		fatal := len(all) > 0 && bytes.HasPrefix([]byte(all[len(all)-1]), []byte("fatal: "))
		if !fatal && last.Offset != int64(len(text)) {
			t.Errorf("the last position is at %d of %d bytes", last.Offset, len(text))
		}
		_, _ = Detect("-", text)
	})
}
