// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package otelconf

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.yaml.in/yaml/v3"
)

// substituted parses a document, replaces its references, and returns the root node and the faults.
func substituted(t testing.TB, doc string) (*yaml.Node, []error) {
	t.Helper()
	documents, err := parseDocuments([]byte(doc))
	if err != nil {
		t.Fatalf("%s\n%v", doc, err)
	}
	_, faults := substitute(documents[0])
	return content(documents[0]), faults
}

// This test has the examples of OpenTelemetry's configuration data model, in its section "Environment
// variable substitution".
func TestSubstitute_ExamplesOfSpecification(t *testing.T) {
	for name, text := range map[string]string{
		"STRING_VALUE": "value", "BOOL_VALUE": "true", "INT_VALUE": "1", "FLOAT_VALUE": "1.1", "HEX_VALUE": "0xdeadbeef",
		"INVALID_MAP_VALUE": "value\nkey:value", "DO_NOT_REPLACE_ME": "Never use this value",
		"REPLACE_ME": "${DO_NOT_REPLACE_ME}", "VALUE_WITH_ESCAPE": "value$$",
	} {
		t.Setenv(name, text)
	}
	for _, row := range []struct{ input, key, value, tag string }{
		{"key: ${STRING_VALUE}", "key", "value", "!!str"},
		{"key: ${BOOL_VALUE}", "key", "true", "!!bool"},
		{"key: ${INT_VALUE}", "key", "1", "!!int"},
		{"key: ${FLOAT_VALUE}", "key", "1.1", "!!float"},
		{"key: ${HEX_VALUE}", "key", "0xdeadbeef", "!!int"},
		{`key: "${STRING_VALUE}"`, "key", "value", "!!str"},
		{`key: "${BOOL_VALUE}"`, "key", "true", "!!str"},
		{`key: "${INT_VALUE}"`, "key", "1", "!!str"},
		{`key: "${FLOAT_VALUE}"`, "key", "1.1", "!!str"},
		{`key: "${HEX_VALUE}"`, "key", "0xdeadbeef", "!!str"},
		{"key: ${env:STRING_VALUE}", "key", "value", "!!str"},
		{"key: ${INVALID_MAP_VALUE}", "key", "value\nkey:value", "!!str"},
		{"key: foo ${STRING_VALUE} ${FLOAT_VALUE}", "key", "foo value 1.1", "!!str"},
		{"key: ${UNDEFINED_KEY}", "key", "", "!!null"},
		{"key: ${UNDEFINED_KEY:-fallback}", "key", "fallback", "!!str"},
		{"${STRING_VALUE}: value", "${STRING_VALUE}", "value", "!!str"},
		{"key: ${REPLACE_ME}", "key", "${DO_NOT_REPLACE_ME}", "!!str"},
		{"key: ${UNDEFINED_KEY:-${STRING_VALUE}}", "key", "${STRING_VALUE}", "!!str"},
		{"key: $${STRING_VALUE}", "key", "${STRING_VALUE}", "!!str"},
		{"key: $$${STRING_VALUE}", "key", "$value", "!!str"},
		{"key: $$$${STRING_VALUE}", "key", "$${STRING_VALUE}", "!!str"},
		{"key: $${STRING_VALUE:-fallback}", "key", "${STRING_VALUE:-fallback}", "!!str"},
		{"key: $${STRING_VALUE:-${STRING_VALUE}}", "key", "${STRING_VALUE:-value}", "!!str"},
		{"key: ${UNDEFINED_KEY:-$${UNDEFINED_KEY}}", "key", "${UNDEFINED_KEY:-${UNDEFINED_KEY}}", "!!str"},
		{"key: ${VALUE_WITH_ESCAPE}", "key", "value$$", "!!str"},
		{"key: a $$ b", "key", "a $ b", "!!str"},
		{"key: a $ b", "key", "a $ b", "!!str"},
	} {
		root, faults := substituted(t, row.input)
		if len(faults) > 0 || len(root.Content) != 2 {
			t.Errorf("%s: %d nodes, faults %v", row.input, len(root.Content), faults)
			continue
		}
		key, value := root.Content[0], root.Content[1]
		if key.Value != row.key || value.Value != row.value || value.ShortTag() != row.tag {
			t.Errorf("%s: %q: %q %s, want %q: %q %s", row.input, key.Value, value.Value, value.ShortTag(), row.key, row.value, row.tag)
		}
	}
	// This example of the specification is an error.
	if c, err := ParseYAML([]byte("file_format: '1.0'\nresource:\n  schema_url: ${STRING_VALUE:?error}\n")); c != nil || err == nil {
		t.Errorf("${STRING_VALUE:?error}: got %v, %v, want an error and nothing else", c, err)
	}
}

// This test has further rules of the specification, and special cases of YAML.
func TestSubstitute_RulesAndYAML(t *testing.T) {
	for name, text := range map[string]string{
		"WORD": "w", "TWO": "b c", "EMPTY": "", "ONE": "1", "YES": "true", "FLOAT": "1e3", "TILDE": "~", "NULL": "null", "DATE": "2026-01-02",
		"HASH": "a #b", "COLON": "a: b", "DASH": "- a", "LIST": "[a, b]", "MAP": "{a: b}", "QUOTES": `"a" 'b'`, "OPEN": `"`,
		"LINES": "a\n- b\n\n  c: d\n", "AT": "@a", "PERCENT": "%a", "STAR": "*a", "AND": "&a", "PIPE": "|", "GREATER": "> a", "TICK": "`",
		"BANG": "!!int 7", "QUESTION": "? a", "MERGE": "<<", "TAB": "a\tb", "SPACES": "  1  ", "DOLLARS": "$${WORD}$", "BRACE": "}", "BACKSLASH": `\n\`,
	} {
		t.Setenv(name, text)
	}
	// want is the value of "key" in the document, as JSON.
	for _, test := range []struct{ doc, want string }{
		// The value of a variable is data, not YAML.
		{"key: ${HASH}", `"a #b"`},
		{"key: x${HASH} # comment", `"xa #b"`},
		{"key: ${COLON}", `"a: b"`},
		{"key: ${DASH}", `"- a"`},
		{"key: ${LIST}", `"[a, b]"`},
		{"key: ${MAP}", `"{a: b}"`},
		{"key: ${QUOTES}", `"\"a\" 'b'"`},
		{"key: \"${OPEN}\"", `"\""`},
		{"key: '${QUOTES}'", `"\"a\" 'b'"`},
		{"key: ${LINES}", `"a\n- b\n\n  c: d\n"`},
		{"key: '${LINES}'", `"a\n- b\n\n  c: d\n"`},
		{"key: ${AT}", `"@a"`},
		{"key: ${PERCENT}", `"%a"`},
		{"key: ${STAR}", `"*a"`},
		{"key: ${AND}", `"\u0026a"`},
		{"key: ${PIPE}", `"|"`},
		{"key: ${GREATER}", `"\u003e a"`},
		{"key: ${TICK}", "\"`\""},
		{"key: ${BANG}", `"!!int 7"`},
		{"key: ${QUESTION}", `"? a"`},
		{"key: ${MERGE}", `"\u003c\u003c"`},
		{"key: ${TAB}", `"a\tb"`},
		{"key: ${SPACES}", `"  1  "`},
		{"key: ${DOLLARS}", `"$${WORD}$"`},
		{"key: ${BRACE}", `"}"`},
		{`key: "${BACKSLASH}"`, `"\\n\\"`},
		// The whole text determines the type, unless the scalar has quotation marks or a tag.
		{"key: ${ONE}", `1`},
		{"key: 1${ONE}", `11`},
		{"key: ${ONE}.${ONE}", `1.1`},
		{"key: -${ONE}", `-1`},
		{"key: ${FLOAT}", `1000`},
		{"key: ${YES}", `true`},
		{"key: ${UNSET:-false}", `false`},
		{"key: ${UNSET:-7}", `7`},
		{"key: ${TILDE}", `null`},
		{"key: ${NULL}", `null`},
		{"key: ${EMPTY}", `null`},
		{"key: '${EMPTY}'", `""`},
		{"key: '${NULL}'", `"null"`},
		{"key: ${EMPTY}x", `"x"`},
		{"key: ${DATE}", `"2026-01-02"`}, // the core schema has no timestamps
		{"key: 2026-01-02", `"2026-01-02"`},
		{"key: !!str ${ONE}", `"1"`},
		{"key: !!int ${ONE}", `1`},
		{"key: !!float ${ONE}", `1`},
		// Defaults.
		{"key: ${EMPTY:-d}", `"d"`},
		{"key: ${WORD:-d}", `"w"`},
		{"key: ${env:UNSET:-d}", `"d"`},
		{"key: ${UNSET:-}", `null`},
		{"key: ${UNSET:-a:-b}", `"a:-b"`},
		{"key: ${UNSET:-http://h:1/?a=b&c}", `"http://h:1/?a=b\u0026c"`},
		{"key: ${UNSET:- d e }", `" d e "`},
		{"key: '${UNSET:-a #b}'", `"a #b"`},
		{"key: '${UNSET:-a: b}'", `"a: b"`},
		{`key: "${UNSET:-\"q\"}"`, `"\"q\""`},
		{"key: ${UNSET:-größe}", `"größe"`},
		{"key: ${env:-d}", `"d"`},                  // refers to a variable named env
		{"key: ${UNSET:-a$$b}", `"${UNSET:-a$b}"`}, // $$ is replaced first, and ends the reference
		// These texts are not references.
		{"key: $WORD", `"$WORD"`},
		{"key: ${", `"${"`},
		{"key: ${}", `"${}"`},
		{"key: ${WORD", `"${WORD"`},
		{"key: '{WORD}'", `"{WORD}"`},
		{"key: $ {WORD}", `"$ {WORD}"`},
		{"key: \"${WORD\\n}\"", `"${WORD\n}"`},
		// Escapes.
		{"key: $$", `"$"`},
		{"key: $$$", `"$$"`},
		{"key: $$$$$${WORD}$${WORD}${WORD}", `"$$${WORD}${WORD}w"`},
		{"key: '$$'", `"$"`},
		// A scalar may have several references.
		{"key: ${WORD}${ONE}${TWO}${UNSET}", `"w1b c"`},
		{"key: a ${WORD}\n  b ${ONE}", `"a w b 1"`},
		// Block scalars.
		{"key: |\n  a ${WORD}\n  # ${ONE}\n", `"a w\n# 1\n"`},
		{"key: |-\n  ${ONE}\n", `"1"`},
		{"key: >\n  a ${LINES}\n  b\n", `"a a\n- b\n\n  c: d\n b\n"`},
		{"key: |\n  ${UNSET:-a\n  }\n", `"${UNSET:-a\n}\n"`},
		// Flow collections, in which a plain scalar of YAML cannot contain braces.
		{"key: {a: ${WORD}, b: ${ONE}, c: ${LIST}}", `{"a":"w","b":1,"c":"[a, b]"}`},
		{"key: [${WORD}, ${ONE}, ${UNSET}, x${WORD}y, ${UNSET:-d e}, $${WORD}, '${WORD}']", `["w",1,null,"xwy","d e","${WORD}","w"]`},
		{"{key: ${MAP}}", `"{a: b}"`},
		{`{"key":"${WORD}"}`, `"w"`},
		{`{"key":{"a":"${","b":{"c":"}"}}}`, `{"a":"${","b":{"c":"}"}}`},
		{`key: {a: "$", b: {c: "$"}}`, `{"a":"$","b":{"c":"$"}}`},
		{"key: [\"${UNSET:-a, b}\"]", `["a, b"]`},
		{"key: {${WORD}: ${WORD}}", `{"${WORD}":"w"}`},
		{"key: {\ue000: ${WORD}, \ue001: \"\ue002\"}", "{\"\ue000\":\"w\",\"\ue001\":\"\ue002\"}"},
		// Keys and comments do not change.
		{"key: {a: 1, ${ONE}: b}", `{"${ONE}":"b","a":1}`},
		{"key: # ${A B}\n  a: b # ${A B}", `{"a":"b"}`},
		{"key: {'$$': 1, \"${A B}\": 2}", `{"$$":1,"${A B}":2}`},
		// Aliases and merges: the references of an anchor are replaced once.
		{"x: &a ${DOLLARS}\nkey: [*a, *a]", `["$${WORD}$","$${WORD}$"]`},
		{"x: &a [${ONE}]\nkey: {b: *a, c: *a}", `{"b":[1],"c":[1]}`},
		{"x: &a {b: ${ONE}, c: ${WORD}}\nkey: {<<: *a, c: ${TWO}}", `{"b":1,"c":"b c"}`},
		{"x: &a ${WORD}\nkey: {*a : 1}", `{"${WORD}":1}`},
		{"x: {&a ${WORD}: 1}\nkey: *a", `"w"`},
		{"key: &a ${ONE}", `1`},
	} {
		root, faults := substituted(t, test.doc)
		if len(faults) > 0 {
			t.Errorf("%s: %v", test.doc, faults)
			continue
		}
		var values map[string]any
		if err := root.Decode(&values); err != nil {
			t.Errorf("%s: %v", test.doc, err)
			continue
		}
		if got, err := json.Marshal(values["key"]); err != nil || string(got) != test.want {
			t.Errorf("%s: got %s, want %s; %v", test.doc, got, test.want, err)
		}
	}
}

// References are also replaced in the parts of a document that otelconf decodes.
func TestSubstitute_AppliesToOtelconf(t *testing.T) {
	t.Setenv("URL", "http://a/#b: *c")
	t.Setenv("LIMIT", "7")
	t.Setenv("ON", "true")
	t.Setenv("DOLLARS", "$${URL}")
	c := parse(t, `
file_format: "1.0"
disabled: ${ON}
resource:
  schema_url: ${URL} # ${URL
  attributes:
    - {name: number, value: ${LIMIT}}
    - {name: text, value: "${LIMIT}"}
    - {name: dollars, value: '${DOLLARS}'}
    - {name: date, value: ${UNSET:-2026-01-02}}
attribute_limits:
  attribute_count_limit: ${LIMIT}
`)
	var values []any
	for _, a := range c.Rest.Resource.Attributes {
		values = append(values, a.Value)
	}
	got := []any{*c.Rest.Disabled, *c.Rest.Resource.SchemaUrl, *c.Rest.AttributeLimits.AttributeCountLimit, values}
	want := []any{true, "http://a/#b: *c", 7, []any{7, "7", "$${URL}", "2026-01-02"}}
	if diff := cmp.Diff(fmt.Sprint(want), fmt.Sprint(got)); diff != "" {
		t.Error(diff)
	}
}

// Each invalid reference is a fault with its line and key, but without its text.
func TestSubstitute_ReportsInvalidReferences(t *testing.T) {
	const invalid = "invalid reference: must be ${NAME}, ${env:NAME} or ${NAME:-default}; write $${ for the text ${"
	for _, test := range []struct {
		doc  string
		want []string
	}{
		{"a: 1\nb: ${A B}", []string{"2 b"}},
		{"a: ${A:s3cret}", []string{"1 a"}},
		{"a: ${1A}\nb: [x, '${A-s3cret}']", []string{"1 a", "2 b[1]"}},
		{"a: ${API_$KEY}", []string{"1 a"}},
		{"a: ${sys:s3cret}", []string{"1 a"}},
		{"a: ${env:}\nb: ${:-s3cret}\nc: ${ A}", []string{"1 a", "2 b", "3 c"}},
		{"a: ${UNSET:=s3cret} ${A B}", []string{"1 a"}},
		{"a:\n  - b:\n      c: |\n        x\n        ${A B}", []string{"3 a[0].b.c"}},
		{"- ${A B}", []string{"1 [0]"}},
		{"${A B}", []string{"1 the document"}},
		{"s3cret-key: ${A B}\ns3cret key: ${A B}\n? [a]\n: ${A B}", []string{"1 (name not shown)", "2 (name not shown)", "4 (name not shown)"}},
		{"x: &a ${A B}\ny: *a\nz: *a", []string{"1 x"}},
		{"x: {&a ${A B}: 1}\ny: *a", []string{"1 y"}},
		{"a: ${GOOD:-${B C}}", nil}, // the default value is the text ${B C
		{"a: $${A B}", nil},
		{"${A B}: c # ${A B}", nil},
		{"\r\na: |\r\n  x\r\nb: ${A B}", []string{"4 b"}},
	} {
		_, list := substituted(t, test.doc)
		var got []string
		for _, f := range list {
			fault, ok := errors.AsType[*KeyError](f)
			if !ok || fault.Err.Error() != invalid {
				t.Errorf("%s: %v", test.doc, f)
				continue
			}
			got = append(got, fmt.Sprintf("%d %s", fault.Line, fault.Key))
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s\nfaults (-want +got):\n%s", test.doc, diff)
		}
	}
}

// Invalid references are reported together with all other faults.
func TestParseYAML_ReportsInvalidReferencesWithOtherFaults(t *testing.T) {
	_, err := ParseYAML([]byte(documentWith("apptuit:\n            token: ${A B}\n            timeout: x\n            tags: {zone: ${C D}}", "consol:")))
	got := strings.Join(faults(t, err), "\n")
	for _, want := range []string{"7 apptuit.token: invalid reference", "8 apptuit.timeout: must be", "9 apptuit.tags.zone: invalid reference", "12 meter_provider.readers[1].periodic.exporter: unknown exporter \"consol\""} {
		if !strings.Contains(got, want) {
			t.Errorf("missing: %s\nin %s", want, got)
		}
	}
}

// Errors about a value of the wrong type do not quote it, because it may be a secret.
func TestParseYAML_ErrorsHideValues(t *testing.T) {
	for _, value := range []string{secret, "` into " + secret, "a` into " + secret + "` as ", "\n" + secret + ": `b`", `"` + secret + `"`, secret[:6] + "`\"'"} {
		t.Setenv("SECRET", value)
		for _, place := range []string{
			"disabled: ${SECRET}", "resource: ${SECRET}", "resource: {attributes: ${SECRET}}", "resource: {attributes: [{name: a, value: 1, type: \"${SECRET}\"}]}",
			"attribute_limits: {attribute_count_limit: !!int ${SECRET}}", "attribute_limits: {attribute_count_limit: !!float '${SECRET}'}",
			"meter_provider: {readers: ${SECRET}}", "meter_provider: {readers: [{periodic: ${SECRET}}]}", "meter_provider: {readers: [{periodic: {exporter: ${SECRET}}}]}",
			"meter_provider: {readers: [{periodic: {exporter: {otlp_http: {endpoint: http://a, timeout: '${SECRET}'}}}}]}",
			"meter_provider: {readers: [{periodic: {exporter: {otlp_http: {endpoint: http://a, default_histogram_aggregation: '${SECRET}'}}}}]}",
			"meter_provider: {readers: [], views: [{selector: {instrument_type: '${SECRET}'}}]}", "<<: ${SECRET}", "meter_provider: {<<: '${SECRET}'}",
			"tracer_provider: {sampler: ${SECRET}}", "propagator: ${SECRET}", "meter_provider: {readers: [{periodic: {exporter: {apptuit: {timeout: '${SECRET}'}}}}]}",
		} {
			_, err := ParseYAML([]byte("file_format: '1.0'\n" + place + "\n"))
			if err == nil {
				t.Errorf("%s: ParseYAML returns no error", place)
			} else if leaks(err) {
				t.Errorf("%s: %q: the error contains the secret: %v", place, value, err)
			}
		}
	}
}

// Errors of NewSDK do not quote values either, although otelconf's errors do.
func TestNewSDK_ErrorsHideValues(t *testing.T) {
	t.Setenv("SECRET", secret)
	for _, exporter := range []string{
		"otlp_http: {endpoint: 'http://user:${SECRET}@a:x'}", "otlp_http: {endpoint: http://a, compression: '${SECRET}'}",
		"otlp_http: {endpoint: http://a, temporality_preference: '${SECRET}'}", "otlp_http: {endpoint: http://a, headers_list: '${SECRET}'}",
	} {
		for _, doc := range []string{documentWith(exporter), documentWith(exporter, "apptuit: {token: x}")} {
			_, err := NewSDK(WithOpenTelemetryConfiguration(*parse(t, doc)))
			if err == nil {
				t.Errorf("%s: NewSDK returns no error", exporter)
			} else if leaks(err) {
				t.Errorf("%s: the error contains the secret: %v", exporter, err)
			}
		}
	}
}

// The size of a document is limited to 1 MiB, and so is the total size of the values of its
// variables.
func TestParseYAML_LimitsSize(t *testing.T) {
	head := "file_format: '1.0'\nresource:\n  schema_url: "
	if _, err := ParseYAML([]byte(head + strings.Repeat("x", maxDocument-len(head)))); err != nil {
		t.Errorf("1 MiB: %v", err)
	}
	if _, err := ParseYAML([]byte(head + strings.Repeat("x", maxDocument-len(head)+1))); err == nil || !strings.Contains(err.Error(), "more than 1048576 bytes") {
		t.Errorf("more than 1 MiB: %v", err)
	}
	t.Setenv("LONG", strings.Repeat("x", 1<<16))
	for n, want := range map[int]bool{16: true, 17: false} {
		_, err := ParseYAML([]byte(head + strings.Repeat("${LONG}", n)))
		if (err == nil) != want || err != nil && !strings.Contains(err.Error(), "line 3: resource.schema_url: the values of all variables") {
			t.Errorf("%d times 64 KiB: %v", n, err)
		}
	}
}

// oracle replaces the references of a text by the pseudocode of the specification. It returns false
// if a reference is invalid.
func oracle(text string) (string, bool) {
	name := func(s string) bool {
		for i, r := range s {
			if r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (i == 0 || r < '0' || r > '9') {
				return false
			}
		}
		return s != ""
	}
	escaped, rest, found := strings.Cut(text, "$$")
	var out strings.Builder
	for {
		begin := strings.Index(escaped, "${")
		if begin < 0 {
			break
		}
		length := strings.IndexByte(escaped[begin:], '}')
		inner := ""
		if length > 0 {
			inner = escaped[begin+2 : begin+length]
		}
		if inner == "" || strings.ContainsFunc(inner, func(r rune) bool { return r != '\t' && r < ' ' || r == 0x7f }) {
			out.WriteString(escaped[:begin+1])
			escaped = escaped[begin+1:]
			continue
		}
		variable, otherwise, _ := strings.Cut(inner, ":-")
		if !name(variable) {
			variable, otherwise, _ = strings.Cut(strings.TrimPrefix(inner, "env:"), ":-")
		}
		if !name(variable) {
			return "", false
		}
		value := os.Getenv(variable)
		if value == "" {
			value = otherwise
		}
		out.WriteString(escaped[:begin] + value)
		escaped = escaped[begin+length+1:]
	}
	out.WriteString(escaped)
	if !found {
		return out.String(), true
	}
	after, ok := oracle(rest)
	return out.String() + "$" + after, ok
}

func FuzzSubstitute(f *testing.F) {
	for _, text := range []string{
		"${A} ${B} $${A} $$${A} $$$${A} $$a $$", "${UNSET:-${A}} ${UNSET:-$${A}} $${A:-${B}} $${A:-$$$${B}}", "a${A\n}b", "${ ${A}",
		"${env:A} ${A:b} ${A B} ${env:-x}", "{a: b} ${M}", "$$$$a$$", "${D}$${D}$$$$$${D:-$${D}}", "${é} ${A:-é}", "${A\x7f} ${A\t}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, text := range map[string]string{"A": "1", "B": "b c", "D": "x$$", "E": "", "M": "a: b"} {
			t.Setenv(name, text)
		}
		n := &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.DoubleQuotedStyle, Value: text}
		_, faults := substitute(n)
		want, ok := oracle(text)
		if ok != (len(faults) == 0) || ok && n.Value != want {
			t.Errorf("%q: got %q, faults %v, want %q, %v", text, n.Value, faults, want, ok)
		}
	})
}

// shape returns the structure and the keys of a document, without its scalar values.
func shape(n *yaml.Node, key bool) string {
	switch n.Kind {
	case yaml.ScalarNode:
		if key {
			return fmt.Sprintf("%q", n.Value)
		}
		return "."
	case yaml.AliasNode:
		return "*" + n.Value
	}
	var parts []string
	for i, c := range n.Content {
		parts = append(parts, shape(c, n.Kind == yaml.MappingNode && i%2 == 0))
	}
	return fmt.Sprintf("%d(%s)", n.Kind, strings.Join(parts, " "))
}

// FuzzSubstitute_KeepsStructure checks that the value of a variable does not change the structure of a
// document.
func FuzzSubstitute_KeepsStructure(f *testing.F) {
	for _, doc := range []string{
		"a: ${V}\nb: [x, ${V}]\n${V}: {c: '${V}', d: \"${V}\"}\n", "a: &x ${V}\n*x : *x\n<<: {b: ${V}}\n", "- |\n  ${V}\n- >-\n  ${V}\n# ${V}\n",
		`{"a":"${V}","b":[${V},"${"]}`, "&a ${V}: *a\n", "a: !!str ${V}\nb: ! ${V}\n",
	} {
		for _, value := range []string{"x: y", "\n- a", "<<", "*x", "'", "}", "1"} {
			f.Add(doc, value)
		}
	}
	f.Fuzz(func(t *testing.T, doc, value string) {
		if strings.ContainsRune(value, 0) {
			t.Skip()
		}
		t.Setenv("V", value)
		documents, err := parseDocuments([]byte(doc))
		if err != nil {
			return
		}
		before := shape(documents[0], false)
		_, _ = substitute(documents[0])
		if after := shape(documents[0], false); before != after {
			t.Errorf("%q with %q:\n%s became\n%s", doc, value, before, after)
		}
		// If yaml.v3 can parse the original document, it has the same structure.
		var direct yaml.Node
		if yaml.Unmarshal([]byte(doc), &direct) == nil && !strings.ContainsAny(doc, "&*") {
			if want := shape(&direct, false); want != before {
				t.Errorf("%q: the structure is\n%s, want as yaml.v3\n%s", doc, before, want)
			}
		}
	})
}
