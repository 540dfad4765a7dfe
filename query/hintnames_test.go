// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"slices"
	"strings"
	"testing"
)

func TestSelected(t *testing.T) {
	for promql, want := range map[string]string{
		"":   "",
		"up": "up",
		`sum by (host, up) (rate(requests{host="a", job=~"x|y"}[5m])) / on(host) group_left (x) cpu:load1{}`: "requests cpu:load1",
		`sum(a) by (b) + count without(c) (d) > bool 5e3 offset 5m and e or f unless g`:                      "a d e f g",
		`http.server.duration`:                             "http.server.duration",
		`rate(http.server.duration.count[5m] @ 17)`:        "http.server.duration.count",
		`{"http.server.duration", host="a"}`:               "http.server.duration",
		`{host="a", "other metric"}`:                       "other metric",
		`{__name__="x", y="z"}`:                            "x",
		`{ __name__ = "x" , "k"="v"}`:                      "x",
		`{__name__=~"x.*"}`:                                "",
		`{"__name__"="x"}`:                                 "x",
		"x # and y\n+ z # and more":                        "x z",
		`label_replace(a, "b", "$1", 'c\'d', "(.*)") + up`: "a up",
		"quantile(0.9, lat) + `no`":                        "lat",
		`histogram_quantile(0.9, sum by (le) (x_bucket))`:  "x_bucket",
		`count_values("v", build)`:                         "build",
		`topk (3, a) atan2 b`:                              "a b",
		`größe + _x`:                                       "größe _x",
		`a[5m:1m] + -Inf + NaN + 0x1F + .5`:                "a",
		`a + a`:                                            "a",
		`max_over_time((time() - ts)[1h:])`:                "ts",
		`{unclosed="`:                                      "",
		`"unclosed \`:                                      "",
		`sum by (a`:                                        "",
	} {
		if got := strings.Join(selected(promql), " "); got != want {
			t.Errorf("%s: %q, want %q", promql, got, want)
		}
	}
}

func TestFetched(t *testing.T) {
	for q, want := range map[string]string{
		"fetch('proc.cpu').downsample('1m','avg')":             "proc.cpu",
		`a=fetch("x"); b = fetch ( 'y{host=a}' ); output(a,b)`: "x y",
		"fetch('x') + fetch('x')":                              "x",
		"prefetch('x')":                                        "x",
		"fetch(x) fetch fetch( fetch('') fetch('y":             "",
		"sum(x)": "",
	} {
		if got := strings.Join(fetched(q), " "); got != want {
			t.Errorf("%s: %q, want %q", q, got, want)
		}
	}
}

// FuzzSelectedAndFetched checks, for any query, that each name is a part of the query and is returned once.
func FuzzSelectedAndFetched(f *testing.F) {
	for _, q := range []string{"sum by (a) (b{c=\"d\"}[5m])", `{"a\"", __name__="b"}`, "fetch('x{y}')", "a.b # c\n`d`", "\xff{'", "ä[", "by("} {
		f.Add(q)
	}
	f.Fuzz(func(t *testing.T, q string) {
		for _, names := range [][]string{selected(q), fetched(q)} {
			for i, name := range names {
				if name == "" || !strings.Contains(q, name) || slices.Contains(names[:i], name) {
					t.Errorf("%q: %q", q, names)
				}
			}
		}
	})
}
