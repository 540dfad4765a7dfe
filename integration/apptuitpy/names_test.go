// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitpy_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/apptuitai/apptuit-go/encoding"
)

// call is a call of a pure function that both sides have.
type call struct {
	function  string
	arguments []any
}

// ourFunctions returns the functions of package encoding by the names of the functions of the driver. A
// result is a string, a bool or a decodedName.
func ourFunctions() map[string]func(arguments []any) (any, error) {
	text := func(f func(string) (any, error)) func([]any) (any, error) {
		return func(arguments []any) (any, error) { return f(arguments[0].(string)) }
	}
	return map[string]func([]any) (any, error){
		"prometheus": text(func(s string) (any, error) { return encoding.SanitizePrometheus.Sanitize(s), nil }),
		"apptuit":    text(func(s string) (any, error) { return encoding.SanitizeApptuit.Sanitize(s), nil }),
		"valid":      text(func(s string) (any, error) { return encoding.ValidName(s), nil }),
		"bool":       text(func(s string) (any, error) { return encoding.ParseBool(s) }),
		"tags":       text(func(s string) (any, error) { return encoding.ParseTags(s) }),
		"decode": text(func(s string) (any, error) {
			metric, tags, err := encoding.DecodeName(s)
			return map[string]any{"metric": metric, "tags": tags}, err
		}),
		"encode": func(arguments []any) (any, error) {
			return encoding.EncodeName(arguments[0].(string), arguments[1].(map[string]string))
		},
		"mode": func(arguments []any) (any, error) {
			text, ok := arguments[0].(string)
			if !ok {
				text = "none" // where Python has None
			}
			mode, err := encoding.ParseSanitizeMode(text)
			return mode.String(), err
		},
	}
}

// odd returns texts at the limits of the rules for names, tags and numbers.
func odd() []string {
	return []string{
		"a", "Z", "0", "_", "-", ".", "/", "a.b", "a-b/c.d_e", "9lives", "99", "_9", "__a", "a__b", "a___", "___", "..", "...a...", "a b", " a", "a ", " ", "\t", "\n", "a\n", "a\nb", "\na",
		"a\r\n", "a\x00b", "\x1c", "\x7f", "a{b}", "{", "}", "{}", "a{}", `"`, `\`, "a:b", ":", "a,b", "=", "é", "É", "日本", "ß", "ñandú", "ü.b", "٣", "a²", "Ⅷ", "½", "a‿b", "e\u0301", "\u00a0", "\u200b",
		"m³", "x٣٣", "_٣_", "٣lives", "٣", "①", "〇", "三", "二〇二六", "３", "𝟘", "a²b", "a_²_b", "Ⅻ.Ⅷ", "नमस्ते३", "نسخة٣",
		"\u2028", "😀", "a😀b", "𐐀", "ﬁ", "ª", "ʰ", "中_文", "_é_", "http.server.duration", "system.cpu.utilization", "k8s/pod.name", "a" + strings.Repeat("_", 50) + "b", strings.Repeat("x", 300),
		strings.Repeat("é ", 100), "%", "a%", "a+b", "a@b", "#", "$", "~", "`", "'", "(a)", "[a]", "a|b", "<a>", "a;b", "a?b", "!", "*", "^", "&",
	}
}

// random returns n texts of up to 12 characters.
func random(r *rand.Rand, n int, alphabet string) []string {
	runes := []rune(alphabet)
	texts := make([]string, n)
	for i := range texts {
		var b strings.Builder
		for range r.IntN(13) {
			b.WriteRune(runes[r.IntN(len(runes))])
		}
		texts[i] = b.String()
	}
	return texts
}

// calls returns the cases of the area "names".
func calls() []call {
	r := rand.New(rand.NewPCG(1, 2))
	var all []call
	known := map[[2]string]bool{}
	each := func(function string, texts ...string) {
		for _, s := range texts {
			if known[[2]string{function, s}] {
				continue
			}
			known[[2]string{function, s}] = true
			all = append(all, call{function, []any{s}})
		}
	}
	names := slices.Concat([]string{""}, odd(), random(r, 400, "aZ09_-./ {}\":,éß日٣²\t\n\\\u00a0😀"))
	for _, function := range []string{"prometheus", "apptuit", "valid"} {
		each(function, names...)
	}

	each("bool", "y", "Y", "yes", "YES", "t", "T", "true", "True", "on", "ON", "1", "n", "no", "NO", "f", "false", "FALSE", "off", "0", "", " ", " yes", "yes ", "2", "-1", "10", "ye", "none", "null", "oui", "tru", "ﬀ", "İ")
	for _, mode := range []any{"prometheus", "Prometheus", "PROMETHEUS", "apptuit", "APPTUIT", "Apptuit", "none", "NONE", nil, "", "off", " apptuit", "prometheus ", "default", "ſ"} {
		all = append(all, call{"mode", []any{mode}})
	}

	each("tags", "k:v", "k: v", " k : v ", "k1:v1,k2:v2", "k1: v1, k2: v2", "k1:v1,,k2:v2", ",k:v,", " , k:v , ", ", ,", "", " ", ",", "k:", "k: ", ":v", ":", "k", "k:v:w", "k:v,k:w", "k=v", "a b:c", "a.b:c", "a/b:c d",
		"a-b:c", "é:ü", "日:本", "9:9", "k:http://x", "k:v;w", "k:\"v\"", "k:v\n", "k\n:v", "\nk:v", "k:\t", "a{:b", "٣:x", "a²:x", "k:a{b}", "host:web1,host:web2", "k:v,:", "k:v,x", "k:v, x y:z", "\u00a0k:v", "k:\x1cv\x1f", "k:v,\n,l:w")
	each("tags", random(r, 400, "abc019_-. :,,:  \té")...)

	tags := []map[string]string{
		{},
		{"k": "v"},
		{"k1": "v1", "k2": "v2"},
		{"b": "1", "a": "2", "B": "3", "_": "4", "é": "5"},
		{"city-code": "ZRH"},
		{"": "v"},
		{"k": ""},
		{"k": `"quoted"`},
		{"k": `back\slash`},
		{"k": "line\nbreak\ttab"},
		{"k": "\x00\x1f\x7f"},
		{"k": "é日😀"},
		{"é": "日", "😀": "𐐀"},
		{"k": "\u2028<&>/"},
		{"a b": "c d"},
		{"k": "{}"},
		{"k": "1"},
		{"k": "null"},
		{"\uffff": "1", "\U00010000": "2"},
	}
	for i := range 200 {
		set := map[string]string{}
		for j, key := range random(r, r.IntN(5), "abé😀\"\\ {}\n") {
			set[key] = random(r, 1, "abé日😀\"\\ {}:,\n\x01")[0]
			set[fmt.Sprintf("k%d", j)] = strconv.Itoa(i)
		}
		tags = append(tags, set)
	}
	metrics := []string{"m", "node.cpu", "m ", " m", "é日", "m\n", "a b", "m{", "{", "", " ", "m}", "m\"", "9", "\u00a0"}
	encode := func(metric string, set map[string]string) {
		all = append(all, call{"encode", []any{metric, set}})
		if encoded, err := encoding.EncodeName(metric, set); err == nil {
			each("decode", encoded)
		}
	}
	for _, metric := range metrics {
		for _, set := range tags[:6] {
			encode(metric, set)
		}
	}
	for _, set := range tags {
		encode("m", set)
	}
	each("decode", "", " ", "m", " m ", "m{}", "m {}", "m{ }", `m{"k":"v"}`, `m {"k" : "v" , "l":"w"}`, `m{"k":1}`, `m{"k":1.50}`, `m{"k":-0}`, `m{"k":1e3}`, `m{"k":true,"l":false}`, `m{"k":null}`, `m{"k":null,"l":"v"}`,
		`m{"k":{}}`, `m{"k":[]}`, `m{"k":["v"]}`, `m{"k":"v"} `, `m{"k":"v"}x`, `m{"k":"v"`, `m{k:v}`, `m{'k':'v'}`, `m{"k"}`, `m{,}`, `m{"k":"v",}`, `{"k":"v"}`, ` {"k":"v"}`, `{}`, `{`, `m{`, `m}`, `m{{}}`, `m{}{}`, `m{"k":"v","k":"w"}`,
		`m{"k":"\u00e9"}`, `m{"k":"\ud83d\ude00"}`, `m{"k":"\ud800"}`, `m{"k":"\x"}`, "m{\"k\":\"line\nbreak\"}", "m\u00a0{}", "m\x1c{}", `m{"":"v"}`, `m{"k":""}`, `m{"k":"{"}`, `m{"k":NaN}`, `m{"k":Infinity}`, `m{"k":-Infinity}`, `m{"k":01}`, `m{"k":+1}`,
		`m{"k":12345678901234567890}`, `m{"k":1E400}`, "m\n{}", "\ufeffm{}", `m{"k":"v"}`+"\u00a0", "m{\u00a0}", `m{"k":0.1}`, `m{"k":100000000000000000000000.0}`, `m{"k":1.0}`)
	each("decode", random(r, 300, "m{}\":,k01 ")...)
	return all
}

// TestNames compares the pure functions: sanitizing, valid names, booleans, modes, the
// tags of the environment, encoded names.
func TestNames(t *testing.T) {
	py := startPython(t)
	c := compareArea(t, "names")
	byFunction := map[string][]call{}
	for _, one := range calls() {
		byFunction[one.function] = append(byFunction[one.function], one)
	}
	functions := ourFunctions()
	for _, function := range slices.Sorted(maps.Keys(byFunction)) {
		var arguments [][]any
		for _, one := range byFunction[function] {
			arguments = append(arguments, one.arguments)
		}
		var answers []struct {
			Result json.RawMessage
			Error  *raised
		}
		py.result(t, "call", map[string]any{"function": function, "calls": arguments}, &answers)
		for i, one := range byFunction[function] {
			theirs, ours := newOutcome(), newOutcome()
			if answers[i].Error != nil {
				theirs.Facts["refused"] = "yes"
			} else {
				describe(t, theirs, answers[i].Result)
			}
			if result, err := functions[function](one.arguments); err != nil {
				ours.Facts["refused"] = "yes"
			} else {
				text, err := json.Marshal(result)
				if err != nil {
					t.Fatal(err)
				}
				describe(t, ours, text)
			}
			c.check(fmt.Sprintf("%s %q", function, one.arguments), one, theirs, ours)
		}
		t.Logf("%s: %d cases", function, len(arguments))
	}
}

// describe adds a result to an outcome. Each tag of an object is a fact of its own; a
// tag value that is not a string is its JSON text in parentheses.
func describe(t *testing.T, o *outcome, result json.RawMessage) {
	t.Helper()
	add := func(name string, raw json.RawMessage) {
		var text string
		if err := json.Unmarshal(raw, &text); err != nil || string(raw) == "null" {
			text = "(" + string(raw) + ")"
		}
		o.Facts[name] = text
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(result, &object); err != nil {
		add("result", result)
		return
	}
	for name, raw := range object {
		var tags map[string]json.RawMessage
		if err := json.Unmarshal(raw, &tags); name != "tags" || err != nil {
			add(name, raw)
			continue
		}
		for key, value := range tags {
			add("tag "+key, value)
		}
	}
}

// TestCharacters compares for each character of Unicode whether it is valid in a name, and whether each
// mode keeps it. A character that only one of the two Unicode tables has is not compared, but must be
// invalid on the other side.
func TestCharacters(t *testing.T) {
	py := startPython(t)
	c := compareArea(t, "characters")
	var blocks map[string]map[string]string
	py.result(t, "characters", nil, &blocks)
	compared, newer, numbers := 0, 0, 0
	for name, theirs := range blocks {
		first, err := strconv.ParseInt(name, 16, 32)
		if err != nil {
			t.Fatal(err)
		}
		ours := map[string]string{}
		known := make([]bool, 256)
		for i := range known {
			char := rune(first<<8) + rune(i)
			category := theirs["category"][i]
			inOurs := unicode.In(char, unicode.L, unicode.M, unicode.N, unicode.P, unicode.S, unicode.Z, unicode.Cc, unicode.Cf, unicode.Co, unicode.Cs)
			known[i] = category != 'C' && category != 'S' && inOurs
			switch {
			case known[i]:
				compared++
			case category == 'C' && inOurs:
				newer++
			}
			if category == 'n' && char > unicode.MaxASCII && theirs["apptuit"][i] == '1' {
				numbers++
			}
			text := string(char)
			for row, yes := range map[string]bool{
				"valid":      encoding.ValidName(text),
				"apptuit":    encoding.SanitizeApptuit.Sanitize(text) == text,
				"prometheus": encoding.SanitizePrometheus.Sanitize(text) == text,
			} {
				ours[row] += map[bool]string{true: "1", false: "0"}[yes]
				if category == 'C' && theirs[row][i] != '0' || !inOurs && yes {
					t.Errorf("%U is valid on a side whose Unicode table lacks it (%s)", char, row)
				}
			}
		}
		masked := func(rows map[string]string) *outcome {
			o := newOutcome()
			for _, row := range []string{"valid", "apptuit", "prometheus"} {
				text := []byte(rows[row])
				for i := range text {
					if !known[i] {
						text[i] = '-'
					}
				}
				o.Facts[row] = string(text)
			}
			return o
		}
		c.check("U+"+name+"00", theirs["category"], masked(theirs), masked(ours))
	}
	t.Logf("%d characters in three modes, %d that only Go has; apptuit-py keeps %d digits and numbers outside ASCII", compared, newer, numbers)
	if numbers < 1781 { // the number of Unicode 14, which docs/migration.md has for Python 3.11
		t.Errorf("apptuit-py keeps only %d digits and numbers outside ASCII", numbers)
	}
	if compared < 140_000 {
		t.Errorf("only %d characters are in both Unicode tables", compared)
	}
}
