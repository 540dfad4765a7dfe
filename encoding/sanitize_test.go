// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	stdencoding "encoding"
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

var (
	_ stdencoding.TextMarshaler   = SanitizeMode(0)
	_ stdencoding.TextUnmarshaler = (*SanitizeMode)(nil)
)

func TestSanitize_AgreesWithPython(t *testing.T) {
	type vector struct {
		In         string `json:"in"`
		Prometheus string `json:"prometheus"`
		Apptuit    string `json:"apptuit"`
		Valid      bool   `json:"valid"`
	}
	for _, v := range vectors[vector](t, "sanitize.jsonl") {
		if got := SanitizePrometheus.Sanitize(v.In); got != v.Prometheus {
			t.Errorf("prometheus: %q becomes %q, want %q", v.In, got, v.Prometheus)
		}
		if got := SanitizeApptuit.Sanitize(v.In); got != v.Apptuit {
			t.Errorf("apptuit: %q becomes %q, want %q", v.In, got, v.Apptuit)
		}
		if got := ValidName(v.In); got != v.Valid {
			t.Errorf("ValidName(%q) = %t, want %t", v.In, got, v.Valid)
		}
	}
}

func TestSanitize(t *testing.T) {
	tests := []struct{ in, prometheus, apptuit string }{
		{"", "", ""},
		{"9", "_9", "9"},
		{"_9", "_9", "_9"},
		{"٣a", "_a", "_a"}, // a digit, but not an ASCII one
		{"a٣b", "a_b", "a_b"},
		{"__", "_", "_"},
		{"a__b", "a_b", "a_b"},
		{"9__", "_9_", "9_"},
		{"a_ _b", "a_b", "a_b"},
		{"a\n", "a_", "a_"},
		{"\xff", "_", "_"},
		{"a\xff\xfeb", "a_b", "a_b"},
		{"日\xe6\x97b", "_b", "日_b"},
		{"\ufffd", "_", "_"},
		{"http.server/x-y", "http_server_x_y", "http.server/x-y"},
		{"über", "_ber", "über"},
	}
	for _, test := range tests {
		if got := SanitizePrometheus.Sanitize(test.in); got != test.prometheus {
			t.Errorf("prometheus: %q becomes %q, want %q", test.in, got, test.prometheus)
		}
		if got := SanitizeApptuit.Sanitize(test.in); got != test.apptuit {
			t.Errorf("apptuit: %q becomes %q, want %q", test.in, got, test.apptuit)
		}
		if got := SanitizeNone.Sanitize(test.in); got != test.in {
			t.Errorf("none: %q becomes %q", test.in, got)
		}
		if got := SanitizeMode(9).Sanitize(test.in); got != test.prometheus {
			t.Errorf("unknown mode: %q becomes %q, want %q", test.in, got, test.prometheus)
		}
	}
}

func TestValidName(t *testing.T) {
	for _, name := range []string{"a", "9", "_", "-", ".", "/", "日本", "ǅ", "ª", "a-B_9./"} {
		if !ValidName(name) {
			t.Errorf("%q is not valid", name)
		}
	}
	for _, name := range []string{"", " ", "a ", "a\n", "a:b", "a{", "é\u0301", "٣", "²", "\xff", "a\xc3", "\ufffd", "\x00"} {
		if ValidName(name) {
			t.Errorf("%q is valid", name)
		}
	}
}

func TestSanitize_UnchangedNamesDoNotAllocate(t *testing.T) {
	for name, modes := range map[string][]SanitizeMode{
		"http_server_request_duration": {SanitizePrometheus, SanitizeApptuit, SanitizeNone},
		"http.server/request-duration": {SanitizeApptuit, SanitizeNone},
		"日本.9":                         {SanitizeApptuit, SanitizeNone},
		"":                             {SanitizePrometheus, SanitizeApptuit, SanitizeNone},
		"a b":                          {SanitizeNone},
	} {
		for _, mode := range modes {
			var got string
			if n := testing.AllocsPerRun(100, func() { got = mode.Sanitize(name) }); n != 0 || got != name {
				t.Errorf("%v: %q becomes %q with %v allocations", mode, name, got, n)
			}
		}
	}
}

func TestSanitize_AllocatesOnce(t *testing.T) {
	for _, mode := range []SanitizeMode{SanitizePrometheus, SanitizeApptuit} {
		if n := testing.AllocsPerRun(100, func() { _ = mode.Sanitize("9 request duration, in milliseconds") }); n > 1 {
			t.Errorf("%v: %v allocations", mode, n)
		}
	}
}

func TestSanitizeMode_Text(t *testing.T) {
	if SanitizeMode(0) != SanitizePrometheus {
		t.Error("prometheus is not the zero value")
	}
	for text, mode := range map[string]SanitizeMode{
		"prometheus": SanitizePrometheus,
		"apptuit":    SanitizeApptuit,
		"none":       SanitizeNone,
	} {
		for _, s := range []string{text, strings.ToUpper(text), strings.ToUpper(text[:1]) + text[1:]} {
			if got, err := ParseSanitizeMode(s); err != nil || got != mode {
				t.Errorf("ParseSanitizeMode(%q) = %v, %v", s, got, err)
			}
		}
		if mode.String() != text {
			t.Errorf("String() = %q, want %q", mode, text)
		}
		data, err := json.Marshal(mode)
		if err != nil || string(data) != `"`+text+`"` {
			t.Errorf("%v as JSON: %s, %v", mode, data, err)
		}
		got := SanitizeMode(9)
		if err := json.Unmarshal(data, &got); err != nil || got != mode {
			t.Errorf("%s from JSON: %v, %v", data, got, err)
		}
	}
}

func TestSanitizeMode_RejectsUnknownModes(t *testing.T) {
	for _, s := range []string{"", " none", "none ", "off", "prometheuſ", "SanitizeNone"} {
		_, err := ParseSanitizeMode(s)
		wantError(t, err, FieldSanitizeMode, ErrUnknownMode)

		mode := SanitizeApptuit
		wantError(t, mode.UnmarshalText([]byte(s)), FieldSanitizeMode, ErrUnknownMode)
		if mode != SanitizeApptuit {
			t.Errorf("a failed UnmarshalText(%q) leaves %v", s, mode)
		}
	}
	unknown := SanitizeMode(3)
	if got := unknown.String(); got != "SanitizeMode(3)" {
		t.Errorf("String() = %q", got)
	}
	_, err := unknown.MarshalText()
	wantError(t, err, FieldSanitizeMode, ErrUnknownMode)
}

func FuzzSanitize(f *testing.F) {
	for _, seed := range []string{
		"", "9lives", "a__b", "http.server-x/y", "日本語.abc", "\xff\xfe", "_\u0301_", "a\x00b", "__9", "\U00010400\U0001d4b3",
	} {
		f.Add(seed)
	}
	underscores := regexp.MustCompile(`_+`)
	notPrometheus := regexp.MustCompile(`[^A-Za-z0-9_]`)
	notApptuit := regexp.MustCompile(`[^\pL0-9\-_./]`)
	leadingDigit := regexp.MustCompile(`^[0-9]`)

	f.Fuzz(func(t *testing.T, in string) {
		want := map[SanitizeMode]string{
			SanitizePrometheus: underscores.ReplaceAllString(notPrometheus.ReplaceAllString(leadingDigit.ReplaceAllString(in, "_$0"), "_"), "_"),
			SanitizeApptuit:    underscores.ReplaceAllString(notApptuit.ReplaceAllString(in, "_"), "_"),
			SanitizeNone:       in,
		}
		for mode, want := range want {
			got := mode.Sanitize(in)
			if got != want {
				t.Errorf("%v: %q becomes %q, want %q", mode, in, got, want)
			}
			if again := mode.Sanitize(got); again != got {
				t.Errorf("%v: %q becomes %q, and then %q", mode, in, got, again)
			}
			if mode != SanitizeNone && ValidName(got) != (in != "") {
				t.Errorf("%v: %q becomes %q, which is not valid", mode, in, got)
			}
		}
		if invalid := notApptuit.MatchString(in) || in == ""; ValidName(in) == invalid {
			t.Errorf("ValidName(%q) = %t", in, !invalid)
		}
	})
}
