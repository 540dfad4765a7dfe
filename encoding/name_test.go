// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package encoding

import (
	"encoding/json"
	"maps"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestEncodeName_AgreesWithPython(t *testing.T) {
	type vector struct {
		Metric        string            `json:"metric"`
		Tags          map[string]string `json:"tags"`
		Encoded       string            `json:"encoded"`
		DecodedMetric string            `json:"decoded_metric"`
		DecodedTags   map[string]string `json:"decoded_tags"`
	}
	for _, v := range vectors[vector](t, "encode_metric.jsonl") {
		encoded, err := EncodeName(v.Metric, v.Tags)
		if err != nil {
			t.Errorf("EncodeName(%q, %q): %v", v.Metric, v.Tags, err)
			continue
		}
		if encoded != v.Encoded {
			t.Errorf("EncodeName(%q, %q)\n got %s\nwant %s", v.Metric, v.Tags, encoded, v.Encoded)
		}
		metric, tags, err := DecodeName(v.Encoded)
		if err != nil {
			t.Errorf("DecodeName(%q): %v", v.Encoded, err)
			continue
		}
		if metric != v.DecodedMetric || !maps.Equal(tags, v.DecodedTags) {
			t.Errorf("DecodeName(%q) = %q, %q, want %q, %q", v.Encoded, metric, tags, v.DecodedMetric, v.DecodedTags)
		}
	}
}

func TestDecodeName_AgreesWithPython(t *testing.T) {
	type vector struct {
		In     string         `json:"in"`
		Metric string         `json:"metric"`
		Tags   map[string]any `json:"tags"`
		Error  bool           `json:"error"`
	}
	for _, v := range vectors[vector](t, "decode_metric.jsonl") {
		metric, tags, err := DecodeName(v.In)
		if v.Error {
			if err == nil {
				t.Errorf("DecodeName(%q) = %q, %q, want an error", v.In, metric, tags)
			}
			continue
		}
		if err != nil {
			t.Errorf("DecodeName(%q): %v", v.In, err)
			continue
		}
		want := make(map[string]string)
		for k, value := range v.Tags {
			switch value := value.(type) {
			case string:
				want[k] = value
			case json.Number:
				want[k] = value.String()
			case bool:
				want[k] = strconv.FormatBool(value)
			case nil:
			default:
				t.Fatalf("tag %q of %q is a %T", k, v.In, value)
			}
		}
		if metric != v.Metric || tags == nil || !maps.Equal(tags, want) {
			t.Errorf("DecodeName(%q) = %q, %q, want %q, %q", v.In, metric, tags, v.Metric, want)
		}
	}
}

func TestEncodeName(t *testing.T) {
	tests := map[string]struct {
		metric string
		tags   map[string]string
		want   string
	}{
		"no tags":                       {"m", nil, `m{}`},
		"white space around the metric": {" m ", map[string]string{"k": "v"}, ` m {"k": "v"}`},
		"keys sorted by code point, not by UTF-16 unit": {
			"m",
			map[string]string{"\U00010000": "2", "\uffff": "1", "a": "0"},
			`m{"a": "0", "\uffff": "1", "\ud800\udc00": "2"}`,
		},
		"escapes":                           {"m", map[string]string{`"\/`: "\b\t\n\f\r\x00\x1f \x7f<&>\u2028"}, `m{"\"\\/": "\b\t\n\f\r\u0000\u001f \u007f<&>\u2028"}`},
		"invalid UTF-8":                     {"m\xff", map[string]string{"k\x80\xff": "\xc3(\xed\xa0\x80"}, "m\ufffd" + `{"k\ufffd\ufffd": "\ufffd(\ufffd\ufffd\ufffd"}`},
		"empty keys and values":             {"m", map[string]string{"": ""}, `m{"": ""}`},
		"a metric that is not a valid name": {"m n}\n", nil, "m n}\n{}"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := EncodeName(test.metric, test.tags)
			if err != nil {
				t.Fatal(err)
			}
			if got != test.want {
				t.Errorf("got  %s\nwant %s", got, test.want)
			}
		})
	}
}

func TestEncodeName_Rejects(t *testing.T) {
	rejected := func(metric string, tags map[string]string, field Field, rule error) {
		t.Helper()
		got, err := EncodeName(metric, tags)
		if got != "" {
			t.Errorf("EncodeName(%q, %q) = %q, want nothing", metric, tags, got)
		}
		wantError(t, err, field, rule)
	}
	rejected("", nil, FieldMetric, ErrEmpty)
	rejected(" \t\x1c\u2003", map[string]string{"k": "v"}, FieldMetric, ErrEmpty)
	rejected("a{b", nil, FieldMetric, ErrBrace)
	rejected(`a{"k": "v"}`, nil, FieldMetric, ErrBrace)
	rejected("m", map[string]string{"\xff": "1", "\xfe": "2"}, FieldTagKey, ErrDuplicateKey)
	rejected("m", map[string]string{"\xff": "1", "\ufffd": "2"}, FieldTagKey, ErrDuplicateKey)
}

func TestDecodeName(t *testing.T) {
	decoded := func(in, metric string, tags map[string]string) {
		t.Helper()
		gotMetric, gotTags, err := DecodeName(in)
		if err != nil {
			t.Errorf("DecodeName(%q): %v", in, err)
			return
		}
		if diff := cmp.Diff(tags, gotTags); gotMetric != metric || diff != "" {
			t.Errorf("DecodeName(%q): metric %q, want %q; tags (-want +got):\n%s", in, gotMetric, metric, diff)
		}
	}
	none := map[string]string{}
	decoded(" ", "", none)
	decoded("a b", "a b", none)
	decoded("\x1f\u3000\u0085a\x1c", "a", none)
	decoded("a\xff", "a\ufffd", none)
	decoded("a } {}", "a }", none)
	decoded("a\xff{\"\xff\": \"\xfe\xfe\"}", "a\ufffd", map[string]string{"\ufffd": "\ufffd\ufffd"})
	decoded("a {\n\t\"k\" : \"v\" }\r\n", "a", map[string]string{"k": "v"})
	decoded(`a{"k": "{\"x\": 1}"}`, "a", map[string]string{"k": `{"x": 1}`})

	// Numbers keep their text, even if no Go type can represent them.
	decoded(`a{"a": 1.50 , "b":-0,"c" : 1E+400, "d": 123456789012345678901234567890 }`, "a",
		map[string]string{"a": "1.50", "b": "-0", "c": "1E+400", "d": "123456789012345678901234567890"})

	// The last value of a key is used, and earlier ones are not checked.
	decoded(`a{"k": 1, "k": null}`, "a", none)
	decoded(`a{"k": null, "k": false}`, "a", map[string]string{"k": "false"})
	decoded(`a{"k": {"x": []}, "k": "v"}`, "a", map[string]string{"k": "v"})
	decoded(`a{"k": 1, "\u006b": 2}`, "a", map[string]string{"k": "2"})

	// A surrogate pair is one character; a surrogate without its other half is invalid.
	decoded(`a{"k": "\ud83d\ude00"}`, "a", map[string]string{"k": "😀"})
	decoded(`a{"k": "\ud83d", "\ude00": "\ude00\ud83d"}`, "a", map[string]string{"k": "\ufffd", "\ufffd": "\ufffd\ufffd"})
}

func TestDecodeName_Rejects(t *testing.T) {
	rejected := func(in string, field Field, rule error) {
		t.Helper()
		metric, tags, err := DecodeName(in)
		if metric != "" || tags != nil {
			t.Errorf("DecodeName(%q) = %q, %q, want nothing", in, metric, tags)
		}
		wantError(t, err, field, rule)
	}
	rejected("", FieldEncodedName, ErrEmpty)
	for _, in := range []string{
		`a{`, `a{}}`, `a{}{}`, `a{},`, `a{"k": "v",}`, `a{"k" "v"}`, `a{k: "v"}`, `a{'k': 'v'}`,
		`a{"k": NaN}`, `a{"k": -Infinity}`, `a{"k": 01}`, `a{"k": True}`, `a{1: 2}`,
		"a{\"k\": \"v\"}\u00a0", "a{\u00a0}", "a{\"k\": \"\n\"}", "a{\xff}", "a{}\x00",
	} {
		rejected(in, FieldEncodedName, ErrSyntax)
	}
	rejected(`a{"k": {}}`, FieldTagValue, ErrNotScalar)
	rejected(`a{"k": ["v"]}`, FieldTagValue, ErrNotScalar)
	rejected(`a{"k": "v", "k": []}`, FieldTagValue, ErrNotScalar)
}

func TestDecodeName_ReportsFirstInvalidKey(t *testing.T) {
	for range 20 { // map order is random
		_, _, err := DecodeName(`a{"c": [], "b": {"x" : 1}, "d": []}`)
		want := `tag value "{\"x\" : 1}" of tag "b": is a JSON object or array`
		if err == nil || err.Error() != want {
			t.Fatalf("error %v, want %s", err, want)
		}
	}
}

func FuzzEncodeDecodeName(f *testing.F) {
	f.Add("node.cpu", "type", "idle", "core", "0")
	f.Add(" m ", "", "", "k", "\"\\\b\t\n\x7f")
	f.Add("日本\xff", "\xff", "\xed\xa0\x80", "\ufffd", "😀")
	f.Add("a}", "\U00010000", "{", "\uffff", "}")
	f.Add("\x1c\u0085", "a", "b", "a", "c")
	f.Fuzz(func(t *testing.T, metric, k1, v1, k2, v2 string) {
		tags := map[string]string{k1: v1, k2: v2}
		encoded, err := EncodeName(metric, tags)
		if err != nil {
			return
		}
		again, err := EncodeName(metric, map[string]string{replaced(k2): replaced(v2), replaced(k1): replaced(tags[k1])})
		if err != nil || again != encoded {
			t.Errorf("EncodeName gives %q, then %q, %v", encoded, again, err)
		}
		gotMetric, gotTags, err := DecodeName(encoded)
		if err != nil {
			t.Fatalf("DecodeName(%q): %v", encoded, err)
		}
		wantTags := make(map[string]string)
		for k, v := range tags {
			wantTags[replaced(k)] = replaced(v)
		}
		if want := trimSpace(replaced(metric)); gotMetric != want || !maps.Equal(gotTags, wantTags) {
			t.Errorf("%q decodes to %q, %q, want %q, %q", encoded, gotMetric, gotTags, want, wantTags)
		}
		for _, c := range []byte(encoded[len(replaced(metric)):]) {
			if c < ' ' || c > '~' {
				t.Fatalf("%q holds %q in its tags", encoded, c)
			}
		}
	})
}

func FuzzDecodeName(f *testing.F) {
	for _, seed := range []string{
		"", " ", "test ", `x {"a":22,"b":"c"}`, `x{"a":true,"b":1.5,"c":null}`, `{"a":"b"}`, `x{"a":"b"}y`,
		`x{"a":[{}]}`, `x{"a":"\ud800"}`, "x\xff{\"\xff\":\"\x80\"}", "cpu {sjd",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, in string) {
		metric, tags, err := DecodeName(in)
		if err != nil {
			if metric != "" || tags != nil {
				t.Errorf("DecodeName(%q) = %q, %q and an error", in, metric, tags)
			}
			return
		}
		if tags == nil || metric != trimSpace(metric) {
			t.Errorf("DecodeName(%q) = %q, %v", in, metric, tags)
		}
		encoded, err := EncodeName(metric, tags)
		if metric == "" {
			wantError(t, err, FieldMetric, ErrEmpty)
			return
		}
		if err != nil {
			t.Fatalf("EncodeName(%q, %q): %v", metric, tags, err)
		}
		gotMetric, gotTags, err := DecodeName(encoded)
		if err != nil || gotMetric != metric || !maps.Equal(gotTags, tags) {
			t.Errorf("%q decodes to %q, %q, %v, want %q, %q", encoded, gotMetric, gotTags, err, metric, tags)
		}
	})
}
