// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"bytes"
	"encoding/json"
	"testing"
	"unicode/utf8"
)

func TestAppendString(t *testing.T) {
	tests := map[string]struct{ in, want string }{
		"empty":               {"", `""`},
		"plain":               {"idle", `"idle"`},
		"quote and backslash": {`a"b\c/d`, `"a\"b\\c/d"`},
		"short escapes":       {"\b\t\n\f\r", `"\b\t\n\f\r"`},
		"control characters":  {"\x00a\x01\x0b\x1f\x7f", "\"\\u0000a\\u0001\\u000b\\u001f\x7f\""},
		"unescaped UTF-8":     {"é日😀\u2028\u2029\ufffd", "\"é日😀\u2028\u2029\ufffd\""},
		"unescaped HTML":      {"<a&b>", `"<a&b>"`},
		"invalid bytes":       {"\xff\xfe", "\"\ufffd\ufffd\""},
		"truncated character": {"a\xe6\x97b\xe6", "\"a\ufffd\ufffdb\ufffd\""},
		"encoded surrogate":   {"\xed\xa0\x80", "\"\ufffd\ufffd\ufffd\""},
		"overlong encoding":   {"\xc0\xa2", "\"\ufffd\ufffd\""},
		"adjacent escapes":    {"é\"日\n\xff\"", "\"é\\\"日\\n\ufffd\\\"\""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := AppendString(nil, test.in); string(got) != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
		})
	}
}

func TestAppendString_KeepsPrefix(t *testing.T) {
	if got := AppendString([]byte(`{"k":`), "v"); string(got) != `{"k":"v"` {
		t.Errorf("got %s", got)
	}
}

func TestAppendString_DoesNotAllocate(t *testing.T) {
	dst := make([]byte, 0, 256)
	for _, s := range []string{"service.instance.id", "a\"b\\c\n\x01", "日本語 😀", "\xff\xfe\xed\xa0\x80"} {
		if n := testing.AllocsPerRun(100, func() { dst = AppendString(dst[:0], s) }); n != 0 {
			t.Errorf("%q: %v allocations", s, n)
		}
	}
}

func FuzzAppendString(f *testing.F) {
	for _, seed := range []string{
		"", "idle", "a\"b\\c", "\x00\x1f\x7f\r\n", "日本語 😀", "\xff\xed\xa0\x80", "\u2028<&>", "\xc0\xa2\"",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		got := AppendString([]byte("prefix"), in)
		text, ok := bytes.CutPrefix(got, []byte("prefix"))
		if !ok || !json.Valid(text) || !utf8.Valid(text) || bytes.ContainsAny(text, "\n\r") {
			t.Fatalf("%q becomes %q", in, got)
		}
		var back string
		if err := json.Unmarshal(text, &back); err != nil || back != replaced(in) {
			t.Errorf("%s decodes to %q, %v, want %q", text, back, err, replaced(in))
		}

		var ascii string
		text = appendASCIIString(nil, in)
		if err := json.Unmarshal(text, &ascii); err != nil || ascii != replaced(in) {
			t.Errorf("%s decodes to %q, %v, want %q", text, ascii, err, replaced(in))
		}
	})
}

func BenchmarkAppendString(b *testing.B) {
	dst := make([]byte, 0, 256)
	for name, s := range map[string]string{
		"ascii":   "checkout-7d9f8c6b5-x2x4z.eu-west-1",
		"unicode": "料金サービス-東京",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dst = AppendString(dst[:0], s)
			}
		})
	}
}
