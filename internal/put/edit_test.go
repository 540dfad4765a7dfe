// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package put

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// edited applies edits to a, and takes the inserted bytes from b at the same offsets as in the
// result. It returns false if an edit is out of range.
func edited(a, b []byte, edits []Edit) (text []byte, ok bool) {
	from := 0
	for _, e := range edits {
		skip, del, ins := int(e.Skip), int(e.Delete), int(e.Insert)
		if from+skip+del > len(a) || len(text)+skip+ins > len(b) {
			return nil, false
		}
		text = append(text, a[from:from+skip]...)
		text = append(text, b[len(text):len(text)+ins]...)
		from += skip + del
	}
	return append(text, a[from:]...), true
}

func TestDiff(t *testing.T) {
	for _, tt := range []struct {
		a, b string
		want []Edit
	}{
		{"", "", nil},
		{"same", "same", nil},
		{"", "new", []Edit{{0, 0, 3}}},
		{"old", "", []Edit{{0, 3, 0}}},
		{`{"k":"v1"}`, `{"k":"v22"}`, []Edit{{7, 1, 2}}},
		{`{"k":"v1","l":"w"}`, `{"k":"v","l":"x"}`, []Edit{{7, 1, 0}, {7, 1, 1}}},
		{`{"k":"a","l":"b"}`, `{"k":"b","l":"b"}`, []Edit{{6, 1, 1}}},
		{`{"k":"a1"}`, `{"k":"a1","l":"b"}`, []Edit{{9, 0, 8}}},
	} {
		if diff := cmp.Diff(tt.want, Diff(nil, []byte(tt.a), []byte(tt.b))); diff != "" {
			t.Errorf("%s to %s: %s", tt.a, tt.b, diff)
		}
	}
}

// Texts that are too long for the numbers of one edit are changed by several edits.
func TestDiff_SplitsEditsOfLongTexts(t *testing.T) {
	long, longer := strings.Repeat("x", 70_000), strings.Repeat("y", 200_000)
	for _, tt := range [][2]string{{long, longer}, {long + "1", long + "2"}, {long + "1" + longer, long + "2" + longer}, {"", longer}, {longer, ""}} {
		a, b := []byte(tt[0]), []byte(tt[1])
		if got, ok := edited(a, b, Diff(nil, a, b)); !ok || !bytes.Equal(got, b) {
			t.Errorf("%d to %d bytes: got %d bytes, %v", len(a), len(b), len(got), ok)
		}
	}
}

func TestDiff_Random(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	text := func() []byte {
		b := make([]byte, random.IntN(40))
		for i := range b {
			b[i] = `abc"`[random.IntN(4)]
		}
		return b
	}
	for range 100_000 {
		checkDiff(t, text(), text())
	}
}

func FuzzDiff(f *testing.F) {
	f.Add([]byte(`"a":"1","b":"2"`), []byte(`"a":"2","b":"2"`))
	f.Fuzz(func(t *testing.T, a, b []byte) { checkDiff(t, a, b) })
}

func checkDiff(t *testing.T, a, b []byte) {
	t.Helper()
	edits := Diff(nil, a, b)
	if got, ok := edited(a, b, edits); !ok || !bytes.Equal(got, b) {
		t.Fatalf("%q to %q: %v makes %q", a, b, edits, got)
	}
	for i, e := range edits {
		if i > 0 && e.Skip < minSkip && edits[i-1].Delete < 60_000 && edits[i-1].Insert < 60_000 {
			t.Fatalf("%q to %q: %v", a, b, edits)
		}
	}
}
