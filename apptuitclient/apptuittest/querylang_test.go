// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuittest

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParseQuery(t *testing.T) {
	plain := func(id, metric string) output { return output{id, expression{metric: metric}} }
	sampled := func(id, metric string, every int64, aggregate string) output {
		return output{id, expression{metric, every, aggregate}}
	}
	for _, tt := range []struct {
		name, text string
		want       []output
	}{
		{"a metric", `fetch('m')`, []output{plain("out0", "m")}},
		{"double quotes", `fetch("m")`, []output{plain("out0", "m")}},
		{"quotes within quotes", `fetch("'m'")`, []output{plain("out0", "'m'")}},
		{"a last semicolon", `fetch('m');`, []output{plain("out0", "m")}},
		{"seconds", `fetch('m').downsample('15s','sum')`, []output{sampled("out0", "m", 15, "sum")}},
		{"minutes", `fetch('m').downsample('1m', "avg")`, []output{sampled("out0", "m", 60, "avg")}},
		{"hours", `fetch('m').downsample('2h', 'min')`, []output{sampled("out0", "m", 7200, "min")}},
		{"days", `fetch('m').downsample('1d', 'max')`, []output{sampled("out0", "m", 86400, "max")}},
		{
			"the longest interval", `fetch('m').downsample('2147483647d', 'count')`,
			[]output{sampled("out0", "m", 2147483647*86400, "count")},
		},
		{"bare expressions", `fetch('a'); fetch('b')`, []output{plain("out0", "a"), plain("out1", "b")}},
		{
			"names", "cpu=fetch('node.cpu').downsample('1h', 'avg');\n load=fetch('node.load1');\n output(load, cpu)",
			[]output{plain("load", "node.load1"), sampled("cpu", "node.cpu", 3600, "avg")},
		},
		{
			"bare expressions among names", `fetch('a'); x = fetch('b'); output(x); fetch('c')`,
			[]output{plain("out0", "a"), plain("x", "b"), plain("out1", "c")},
		},
		{
			"outputs one by one", `a = fetch('x'); output(a); b = fetch('y'); output(b);`,
			[]output{plain("a", "x"), plain("b", "y")},
		},
		{"a name that is never output", `a = fetch('x'); fetch('y')`, []output{plain("out0", "y")}},
		{
			"white space everywhere", "\n größe_1\t=\r\n fetch ( 'm' ) . downsample ( '1m' , 'avg' ) \n;\n output ( größe_1 ) ; ",
			[]output{sampled("größe_1", "m", 60, "avg")},
		},
		{"no white space", `a=fetch('x');b=fetch('y');output(a,b)`, []output{plain("a", "x"), plain("b", "y")}},
		{"a method's name", `downsample=fetch('x');output(downsample)`, []output{plain("downsample", "x")}},
		{"any characters of a metric", "fetch('a\n\x00东;)')", []output{plain("out0", "a\n\x00东;)")}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := parseQuery(tt.text)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got, cmp.AllowUnexported(output{}, expression{})); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestParseQuery_Rejects(t *testing.T) {
	const (
		statement  = "fetch(…), output(…) or a name and ="
		aggregates = "avg, sum, min, max, count"
		interval   = "is not supported, only a count and one of s, m, h, d"
	)
	// ▶ marks the position that the error must name.
	for _, tt := range []struct{ text, want string }{
		{"▶", "it is empty"},
		{" \n▶", "it is empty"},
		{"a = fetch('m')▶", "it ends without an output"},
		{"a = fetch('m'); ▶", "it ends without an output"},

		{"▶;", `";" is not supported here, only ` + statement},
		{"fetch('m');▶;", `";" is not supported here, only ` + statement},
		{"▶'m'", "a string is not supported here, only " + statement},
		{"▶(fetch('m'))", `"(" is not supported here, only ` + statement},
		{"▶sum(fetch('m'))", `"sum" is not supported here, only ` + statement},
		{"▶1", `"1" is not supported here, only ` + statement},
		{"▶m", `"m" is not supported here, only ` + statement},
		{"a = fetch('m'); ▶a", `"a" is not supported here, only ` + statement},
		{"a = fetch('m'); ▶a.downsample('1m','avg')", `"a" is not supported here, only ` + statement},
		{"▶# a comment", `"#" is not supported here, only ` + statement},

		{"fetch▶", `it ends where only "(" is supported`},
		{"fetch▶ 'm'", `a string is not supported here, only "("`},
		{"fetch(▶", "it ends where only a quoted metric is supported"},
		{"fetch(▶)", `")" is not supported here, only a quoted metric`},
		{"fetch(▶m)", `"m" is not supported here, only a quoted metric`},
		{"fetch(▶'')", "the metric is empty"},
		{"fetch(▶'m)", "the string does not end"},
		{"fetch(▶'m\")", "the string does not end"},
		{"fetch('m▶\\'n')", "a backslash in a string is not supported"},
		{"fetch('m'▶", `it ends where only ")" is supported`},
		{"fetch('m'▶, host='a')", `"," is not supported here, only ")"`},
		{"fetch('m'▶]", `"]" is not supported here, only ")"`},

		{"fetch('m')▶ fetch('n')", `"fetch" is not supported here, only ";" or the end`},
		{"fetch('m')▶ + fetch('n')", `"+" is not supported here, only ";" or the end`},
		{"fetch('m')▶Ok", `"Ok" is not supported here, only ";" or the end`},
		{"fetch('m')▶é", `"é" is not supported here, only ";" or the end`},
		{"fetch('東')▶😀", `"😀" is not supported here, only ";" or the end`},
		{"fetch('m')▶\u0301", "\"\u0301\" is not supported here, only \";\" or the end"},
		{"fetch('m')▶\x00", `"\x00" is not supported here, only ";" or the end`},
		{"fetch('m')▶'", "the string does not end"},
		{"fetch('m')▶)", `")" is not supported here, only ";" or the end`},

		{"fetch('m').▶", "it ends where only downsample(…) is supported"},
		{"fetch('m').▶rate()", `"rate" is not supported here, only downsample(…)`},
		{"fetch('m').▶.downsample('1m','avg')", `"." is not supported here, only downsample(…)`},
		{"fetch('m').downsample▶;", `";" is not supported here, only "("`},
		{"fetch('m').downsample(▶)", `")" is not supported here, only a quoted interval`},
		{"fetch('m').downsample(▶1m,'avg')", `"1m" is not supported here, only a quoted interval`},
		{"fetch('m').downsample(▶'', 'avg')", `the interval "" ` + interval},
		{"fetch('m').downsample(▶'m', 'avg')", `the interval "m" ` + interval},
		{"fetch('m').downsample(▶'1', 'avg')", `the interval "1" ` + interval},
		{"fetch('m').downsample(▶'0m', 'avg')", `the interval "0m" ` + interval},
		{"fetch('m').downsample(▶'-1m', 'avg')", `the interval "-1m" ` + interval},
		{"fetch('m').downsample(▶'1.5m', 'avg')", `the interval "1.5m" ` + interval},
		{"fetch('m').downsample(▶'1w', 'avg')", `the interval "1w" ` + interval},
		{"fetch('m').downsample(▶'100ms', 'avg')", `the interval "100ms" ` + interval},
		{"fetch('m').downsample(▶'2147483648s', 'avg')", `the interval "2147483648s" ` + interval},
		{"fetch('m').downsample('1m'▶)", `")" is not supported here, only ","`},
		{"fetch('m').downsample('1m',▶)", `")" is not supported here, only a quoted aggregator`},
		{"fetch('m').downsample('1m', ▶'median')", `the aggregator "median" is not supported, only ` + aggregates},
		{"fetch('m').downsample('1m', ▶'AVG')", `the aggregator "AVG" is not supported, only ` + aggregates},
		{"fetch('m').downsample('1m', ▶'')", `the aggregator "" is not supported, only ` + aggregates},
		{"fetch('m').downsample('1m', 'avg'▶, 0)", `"," is not supported here, only ")"`},
		{"fetch('m').downsample('1m', 'avg'▶", `it ends where only ")" is supported`},
		{
			"fetch('m').downsample('1m', 'avg')▶.downsample('1h', 'max')",
			`"." is not supported here, only ";" or the end`,
		},

		{"a =▶", "it ends where only fetch(…) is supported"},
		{"a = ▶'m'", "a string is not supported here, only fetch(…)"},
		{"a = ▶sum('m')", `"sum" is not supported here, only fetch(…)`},
		{"a = fetch('m'); b = ▶a", `"a" is not supported here, only fetch(…)`},
		{"a = ▶= fetch('m')", `"=" is not supported here, only fetch(…)`},
		{"▶1a = fetch('m')", "a name that begins with a digit is not supported: 1a"},
		{"▶fetch = fetch('m')", "fetch is a function, not a name to assign to"},
		{"▶output = fetch('m')", "output is a function, not a name to assign to"},
		{"a = fetch('m'); ▶a = fetch('n')", "a is assigned twice"},

		{"output▶", `it ends where only "(" is supported`},
		{"output(▶)", `")" is not supported here, only an assigned name`},
		{"output(▶a)", "a is not assigned"},
		{"output(▶a); a = fetch('m')", "a is not assigned"},
		{"é = fetch('東'); output(é,▶b)", "b is not assigned"},
		{"output(▶fetch('m'))", "fetch is not assigned"},
		{"a = fetch('m'); output(▶'a')", "a string is not supported here, only an assigned name"},
		{"a = fetch('m'); output(a▶", `it ends where only "," or ")" is supported`},
		{"a = fetch('m'); output(a,▶)", `")" is not supported here, only an assigned name`},
		{"a = fetch('m'); output(a▶ a)", `"a" is not supported here, only "," or ")"`},
		{"a = fetch('m'); output(a, ▶a)", "a second output with the id a is not supported"},
		{"a = fetch('m'); output(a); output(▶a)", "a second output with the id a is not supported"},
		{"out0 = fetch('m'); output(out0); ▶fetch('n')", "a second output with the id out0 is not supported"},
		{"a = fetch('m'); output(a)▶.downsample('1m','avg')", `"." is not supported here, only ";" or the end`},

		{"fetch('é▶\xff')", "it is not UTF-8"},
		{"fetch('m')▶\xe2\x82", "it is not UTF-8"},
		{"fetch('\ufffd', ▶\xc0", "it is not UTF-8"},
	} {
		before, after, _ := strings.Cut(tt.text, "▶")
		// The position is after the white space that follows the mark.
		skipped := len(after) - len(strings.TrimLeft(after, " "))
		at := utf8.RuneCountInString(before) + skipped + 1
		text := before + after
		t.Run(text, func(t *testing.T) {
			outputs, err := parseQuery(text)
			var refused *queryError
			if !errors.As(err, &refused) {
				t.Fatalf("the error is %v", err)
			}
			if got := utf8.RuneCountInString(text[:refused.at]) + 1; refused.problem != tt.want || got != at {
				t.Errorf("refused at character %d: %s\nwant at %d: %s", got, refused.problem, at, tt.want)
			}
			if outputs != nil {
				t.Errorf("parseQuery returns the outputs %v together with an error", outputs)
			}
		})
	}
}

func TestParseQuery_ErrorCountsCharacters(t *testing.T) {
	_, err := parseQuery("größe = fetch('東京'); output(x)")
	if want := "at character 29: x is not assigned"; err == nil || err.Error() != want {
		t.Errorf("the error is %v, want %s", err, want)
	}
}

// FuzzParseQuery checks that an error has a position within the text. If a query is valid, its outputs are written
// as a query again, which must be parsed to the same outputs.
func FuzzParseQuery(f *testing.F) {
	f.Add("fetch('m')")
	f.Add("fetch(\"m\").downsample('1m', 'avg');")
	f.Add("cpu=fetch('node.cpu').downsample('1h', 'avg');\n load=fetch('node.load1');\n output(cpu, load)")
	f.Add("é = fetch('東京'); output(é); fetch('m')")
	f.Add("fetch('m', host='a')")
	f.Add("fetch('m).downsample(")
	f.Add("fetch('\xff')")
	f.Fuzz(func(t *testing.T, text string) {
		outputs, err := parseQuery(text)
		if err != nil {
			var refused *queryError
			if !errors.As(err, &refused) {
				t.Fatalf("the error is a %T", err)
			}
			if refused.at < 0 || refused.at > len(text) || refused.problem == "" {
				t.Fatalf("refused at byte %d of %d: %q", refused.at, len(text), refused.problem)
			}
			if utf8.ValidString(text) && !utf8.ValidString(text[:refused.at]) {
				t.Fatalf("refused within a character, at byte %d", refused.at)
			}
			return
		}
		written := writeQuery(outputs)
		again, err := parseQuery(written)
		if err != nil {
			t.Fatalf("%q is refused as %q: %v", text, written, err)
		}
		if diff := cmp.Diff(outputs, again, cmp.AllowUnexported(output{}, expression{})); diff != "" {
			t.Fatalf("%q and %q have different outputs: %s", text, written, diff)
		}
	})
}

func writeQuery(outputs []output) string {
	var b, ids strings.Builder
	for i, o := range outputs {
		quote := "'"
		if strings.Contains(o.expr.metric, quote) {
			quote = `"`
		}
		b.WriteString(o.id + " = fetch(" + quote + o.expr.metric + quote + ")")
		if o.expr.every > 0 {
			b.WriteString(".downsample('" + interval(o.expr.every) + "', '" + o.expr.aggregate + "')")
		}
		b.WriteString("; ")
		if i > 0 {
			ids.WriteString(", ")
		}
		ids.WriteString(o.id)
	}
	return b.String() + "output(" + ids.String() + ")"
}

func interval(seconds int64) string {
	if seconds%86400 == 0 {
		return fmt.Sprintf("%dd", seconds/86400)
	}
	if seconds%3600 == 0 {
		return fmt.Sprintf("%dh", seconds/3600)
	}
	if seconds%60 == 0 {
		return fmt.Sprintf("%dm", seconds/60)
	}
	return fmt.Sprintf("%ds", seconds)
}
