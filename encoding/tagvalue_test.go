// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"math"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestTagValueRule_Value(t *testing.T) {
	tests := []struct{ in, openTSDB, influxDB string }{
		{"", "", ""},
		{"web-1.eu/a_b", "web-1.eu/a_b", "web-1.eu/a_b"},
		{"+Inf", "Inf", "+Inf"},
		{"-Inf", "-Inf", "-Inf"},
		{"NaN", "NaN", "NaN"},
		{"1e+06", "1000000", "1e+06"},
		{"1.5e+06", "1500000", "1.5e+06"},
		{"1.2345678e+06", "1234567.8", "1.2345678e+06"},
		{"-2.5e+07", "-25000000", "-2.5e+07"},
		{"1e+20", "100000000000000000000", "1e+20"},
		{"1e+21", "1e21", "1e+21"},
		{"1.7976931348623157e+308", "1.7976931348623157e308", "1.7976931348623157e+308"},
		{"1e-05", "1e-05", "1e-05"}, // OpenTSDB stores it unchanged
		{"0.25", "0.25", "0.25"},
		{"1e+400", "1e_400", "1e+400"},
		{"e+06", "e_06", "e+06"},
		{"0x1e+06", "0x1e_06", "0x1e+06"},
		{"1e+06 requests", "1e_06_requests", "1e+06 requests"},
		{"+491234", "_491234", "+491234"},
		{"unknown_service:shop", "unknown_service_shop", "unknown_service:shop"},
		{"host:80", "host_80", "host:80"},
		{"/users/{id}", "/users/_id_", "/users/{id}"},
		{"a  b", "a__b", "a  b"}, // runs are not shortened, so that values of different length remain different
		{"*", "_", "*"},
		{"Zürich", "Zürich", "Zürich"},
		{"ÿªºµ", "ÿªºµ", "ÿªºµ"},
		{"3×4÷5²", "3_4_5_", "3×4÷5²"},
		{"日本", "__", "日本"},
		{"😀", "_", "😀"},
		{"e\u0301", "e_", "e\u0301"},
		{"a\xff\xfeb", "a__b", "a\xff\xfeb"},
		{"new\nline", "new_line", "new\nline"},
		{`C:\dir`, "C__dir", `C:\dir`},
		{`C:\`, "C__", `C:_`},
		{`\\`, "__", "__"},
		{`a\,b=c d\\`, "a__b_c_d__", `a\,b=c d__`},
	}
	for _, test := range tests {
		for rule, want := range map[TagValueRule]string{TagValuesAny: test.in, TagValuesOpenTSDB: test.openTSDB, TagValuesInfluxDB: test.influxDB} {
			got := rule.Value(test.in)
			if got != want {
				t.Errorf("%v: %q becomes %q, want %q", rule, test.in, got, want)
			}
			if again := rule.Value(got); again != got {
				t.Errorf("%v: %q becomes %q, and that %q", rule, test.in, got, again)
			}
		}
	}
}

func TestTagValueRule_Key(t *testing.T) {
	for _, rule := range []TagValueRule{TagValuesAny, TagValuesOpenTSDB, TagValuesInfluxDB} {
		for key, want := range map[string]string{"time": "time", "times": "times", "Time": "Time", "host": "host", "exported_time": "exported_time"} {
			if rule == TagValuesInfluxDB && key == "time" {
				want = "exported_time"
			}
			if got := rule.Key(key); got != want {
				t.Errorf("%v: %q becomes %q, want %q", rule, key, got, want)
			}
		}
	}
}

func TestTagValueRule_Value_UnchangedValuesDoNotAllocate(t *testing.T) {
	for rule, values := range map[TagValueRule][]string{
		TagValuesAny:      {"", "+Inf", "日本", `a\`, "\xff"},
		TagValuesOpenTSDB: {"", "web-1.eu/a_b", "Zürich", "1e-05"},
		TagValuesInfluxDB: {"", "+Inf", "日本", `a\b`},
	} {
		for _, v := range values {
			var got string
			if n := testing.AllocsPerRun(100, func() { got = rule.Value(v) }); n != 0 || got != v {
				t.Errorf("%v: %q becomes %q with %v allocations", rule, v, got, n)
			}
		}
	}
}

func TestParseTagValueRule(t *testing.T) {
	for text, want := range map[string]TagValueRule{"any": TagValuesAny, "OpenTSDB": TagValuesOpenTSDB, "influxdb": TagValuesInfluxDB} {
		if got, err := ParseTagValueRule(text); got != want || err != nil || got.String() != strings.ToLower(text) {
			t.Errorf("%q is %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "none", " any", "TagValueRule(3)"} {
		_, err := ParseTagValueRule(text)
		wantError(t, err, FieldTagValueRule, ErrUnknownTagValueRule)
	}
	if s := TagValueRule(9).String(); s != "TagValueRule(9)" {
		t.Error(s)
	}
}

// FuzzTagValueRule checks that a rule returns values that the server stores unchanged,
// that rewriting them again does not change them, and that different floats remain
// different and can be parsed.
func FuzzTagValueRule(f *testing.F) {
	allowed := regexp.MustCompile(`^[-_./0-9A-Za-zªµºÀ-ÖØ-öø-ÿ]*$`)
	for _, s := range []string{"+Inf", "1e+06", "a b", `\`, "日本", "\xff", "-1.5e+300", "9e+20"} {
		f.Add(s, 1e6, 1e7)
	}
	f.Add("", math.Inf(1), math.MaxFloat64)
	f.Fuzz(func(t *testing.T, value string, a, b float64) {
		v := TagValuesOpenTSDB.Value(value)
		if !allowed.MatchString(v) || allowed.MatchString(value) && v != value {
			t.Errorf("OpenTSDB: %q becomes %q", value, v)
		}
		if w := TagValuesInfluxDB.Value(value); strings.HasSuffix(w, `\`) || len(w) != len(value) {
			t.Errorf("InfluxDB: %q becomes %q", value, w)
		}
		for _, rule := range []TagValueRule{TagValuesOpenTSDB, TagValuesInfluxDB} {
			once := rule.Value(value)
			if (once == "") != (value == "") || rule.Value(once) != once {
				t.Errorf("%v: %q becomes %q, and that %q", rule, value, once, rule.Value(once))
			}
		}
		text := func(f float64) string { return TagValuesOpenTSDB.Value(strconv.FormatFloat(f, 'g', -1, 64)) }
		if read, err := strconv.ParseFloat(text(a), 64); err != nil || read != a && !math.IsNaN(a) {
			t.Errorf("%v becomes %q, which reads as %v, %v", a, text(a), read, err)
		}
		if a != b && !math.IsNaN(a+b) && text(a) == text(b) {
			t.Errorf("%v and %v become %q", a, b, text(a))
		}
	})
}
