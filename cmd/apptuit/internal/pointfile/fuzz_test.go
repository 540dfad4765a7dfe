// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package pointfile

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// Any text is read to its end, or to a fatal error, with the same result however it arrives, and
// each line is counted once.
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
			t.Errorf("byte by byte (-at once +byte by byte)\n%s", diff)
		}
		var last Position
		for _, place := range places {
			if place.Offset < last.Offset || place.Line != int64(bytes.Count(text[:place.Offset], []byte("\n"))) {
				t.Fatalf("from %v to %v", last, place)
			}
			last = place
		}
		fatal := len(all) > 0 && bytes.HasPrefix([]byte(all[len(all)-1]), []byte("fatal: "))
		if !fatal && last.Offset != int64(len(text)) {
			t.Errorf("the end is at %d of %d bytes", last.Offset, len(text))
		}
		_, _ = Detect("-", text)
	})
}
