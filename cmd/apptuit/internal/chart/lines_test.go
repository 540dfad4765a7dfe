// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"fmt"
	"image/color"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"gonum.org/v1/plot/vg"

	"github.com/apptuitai/apptuit-go/query"
)

// runs returns the lengths of segments.
func runs(seconds, values []float64) string {
	index := make([]time.Time, len(seconds))
	for i, s := range seconds {
		index[i] = time.UnixMilli(int64(s * 1000))
	}
	var out []string
	for _, s := range segments(index, values) {
		out = append(out, fmt.Sprint(len(s)))
	}
	return strings.Join(out, " ")
}

func TestSegments_AreBrokenByMissingValues(t *testing.T) {
	t.Parallel()
	nan, inf := math.NaN(), math.Inf(1)
	f := func(want string, seconds, values []float64) {
		t.Helper()
		if got := runs(seconds, values); got != want {
			t.Errorf("%v at %v: segments of %s, want %s", values, seconds, got, want)
		}
	}
	grid := []float64{0, 15, 30, 45, 60, 75, 90}
	f("7", grid, []float64{1, 2, 3, 4, 5, 6, 7})
	f("3 3", grid, []float64{1, 2, 3, nan, 5, 6, 7})
	f("1 5", grid, []float64{1, inf, 3, 4, 5, 6, 7})
	f("5", grid, []float64{nan, 1, 2, 3, 4, 5, nan})
	f("", grid, []float64{nan, nan, nan, nan, nan, nan, -inf})
	f("1", grid, []float64{nan, nan, 3, nan, nan, nan, nan})
	f("", nil, nil)

	// An infinity is no usual value, even where gaps are.
	f("2 3", []float64{0, 3, 20, 32, 50, 61}, []float64{1, 2, -inf, 4, 5, 6})
	// Nobody has a value: the time itself is missing.
	f("3 3", []float64{0, 15, 30, 300, 315, 330}, []float64{1, 2, 3, 4, 5, 6})
	// Another series has times of its own, which break nothing.
	f("4", []float64{0, 7, 15, 22, 30, 37, 45}, []float64{1, nan, 2, nan, 3, nan, 4})
	// Nearly regular, and not at all.
	f("6", []float64{0, 14, 30, 46, 60, 74}, []float64{1, 2, 3, 4, 5, 6})
	f("6", []float64{0, 3, 40, 42, 60, 71}, []float64{1, 2, 3, 4, 5, 6})
	f("5 2", []float64{0, 3, 20, 32, 50, 950, 960}, []float64{1, 2, 3, 4, 5, 6, 7})
}

func column(metric string, tags ...string) query.Column {
	m := map[string]string{}
	for i := 0; i < len(tags); i += 2 {
		m[tags[i]] = tags[i+1]
	}
	s := query.Series{Metric: metric, Tags: m}
	return query.Column{Name: s.Name(), Metric: metric, Tags: m}
}

func TestNameColumns_NamesTheLabelsThatDiffer(t *testing.T) {
	t.Parallel()
	f := func(title, lead string, each []string, columns ...query.Column) {
		t.Helper()
		n := nameColumns(columns)
		if n.title("") != title || n.lead != lead {
			t.Errorf("title %q, lead %q; want %q, %q", n.title(""), n.lead, title, lead)
		}
		if diff := cmp.Diff(each, n.each); diff != "" {
			t.Errorf("(-want +got)\n%s", diff)
		}
	}
	f("", "", []string{})
	f("", "", []string{""}, column(""))
	f("", "", []string{"m{}"}, column("m"))
	f("", "", []string{"m{host:a}"}, column("m", "host", "a"))
	f("m{host:a}", "route", []string{"/x", "/y"}, column("m", "host", "a", "route", "/x"), column("m", "host", "a", "route", "/y"))
	f("m", "route", []string{"/x", "(none)"}, column("m", "route", "/x"), column("m"))
	f("{host:a}", "", []string{"m", "n"}, column("m", "host", "a"), column("n", "host", "a"))
	f("{host:a}", "", []string{"m route=/x", "n route=/y"}, column("m", "host", "a", "route", "/x"), column("n", "host", "a", "route", "/y"))
	f("m", "", []string{"a=1 b=2", "a=2 b=3", "b=2"}, column("m", "a", "1", "b", "2"), column("m", "b", "3", "a", "2"), column("m", "b", "2"))
	f("m", "", []string{"#1", "#2"}, column("m"), column("m")) // doubles
	f("", "", []string{"m", "#2"}, column("m"), column(""))
	f("", "", []string{"a=1", "m a=2"}, column("", "a", "1"), column("m", "a", "2")) // in either order
	f("", "", []string{"m a=2", "a=1"}, column("m", "a", "2"), column("", "a", "1"))
	f("", "route", []string{"a b", "x" + strings.Repeat("y", 23) + "…" + strings.Repeat("z", 23)},
		column("", "route", "a\nb"), column("", "route", "x"+strings.Repeat("y", 50)+strings.Repeat("z", 50)))
	f("", "", []string{"a=1 b=0123456789abcdef…mnopqrstuvwxyz9", "a=2"},
		column("", "a", "1", "b", "0123456789abcdefghijklmnopqrstuvwxyz9"), column("", "a", "2"))
}

func TestLineStyle_DiffersBetweenLines(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	for i := range 50 {
		s := lineStyle(i)
		seen[fmt.Sprint(s.Color, s.Dashes)]++
		if s.Color == color.White || s.Width == 0 {
			t.Errorf("line %d cannot be seen", i)
		}
	}
	if len(seen) != 50 {
		t.Errorf("%d looks of 50", len(seen))
	}
	lineStyle(1000)
}

func TestLegend_PlaceKeepsToItsRows(t *testing.T) {
	t.Parallel()
	style := legendStyle()
	f := func(lead string, n, others int, width vg.Length, rows int) (named int) {
		t.Helper()
		l := legend{lead: lead, others: others}
		for i := range n {
			l.entries = append(l.entries, entry{name: "route " + strings.Repeat("x", i%9*i%80)})
		}
		p := l.place(width, rows)
		if len(p.entries) > 0 && p.others+len(p.entries) != n+others || p.rows > rows {
			t.Errorf("%d rows, %d entries, %d others of %d and %d", p.rows, len(p.entries), p.others, n, others)
		}
		texts := len(p.entries)
		if p.others > 0 {
			texts++
		}
		if len(p.at) != texts {
			t.Errorf("%d places of %d", len(p.at), texts)
		}
		end, row := vg.Length(0), 0
		for i, at := range p.at {
			if at.row > row {
				end, row = 0, at.row
			}
			right := at.x + swatch + swatchGap + style.Width(at.name)
			if at.row < row || at.row >= p.rows || right > width || at.x < end || at.name == "" {
				t.Errorf("entry %d is at %+v", i, at)
			}
			end = right
		}
		if p.others > 0 && p.at[len(p.entries)].name != fmt.Sprintf("and %d more", p.others) {
			t.Errorf("%d others: %q", p.others, p.at[len(p.entries)].name)
		}
		return len(p.entries)
	}
	for n := 0; n < 60; n += 1 + n/8 {
		for rows := range 5 {
			for _, lead := range []string{"", "route"} {
				f(lead, n, 0, 400, rows)
				f(lead, n, 40, 650, rows)
				f(lead, n, 7, 200, rows)
			}
		}
	}
	if got := f("route", 5, 0, 650, 1); got != 5 {
		t.Errorf("%d entries of 5 in a row that has room for them", got)
	}
	if got := f("", 1000, 0, 650, 3); got < 5 || got > 20 {
		t.Errorf("%d entries of 1,000 in three rows", got)
	}
	if got := f("", 50, 0, 650, 1000); got != 50 {
		t.Errorf("%d entries of 50 in rows enough", got)
	}
	if got := f("", 50, 0, 650, 0); got != 0 {
		t.Errorf("%d entries in no row", got)
	}
}

func TestStyles_NamesTheLargestLines(t *testing.T) {
	t.Parallel()
	var columns []query.Column
	for i := range 50 {
		columns = append(columns, query.Column{Metric: "m", Values: []float64{math.NaN(), 0.5 / float64(50-i), 0}})
	}
	f := func(which Legend, entries, others int) {
		t.Helper()
		order, l := styles(columns, nameColumns(columns), which)
		if len(l.entries) != entries || l.others != others || len(order) != 50 {
			t.Errorf("%d: %d entries and %d others of %d", which, len(l.entries), l.others, len(order))
		}
		for i, e := range l.entries {
			if want := fmt.Sprintf("#%d", order[i]+1); e.name != want || !cmp.Equal(e.style, lineStyle(i)) {
				t.Errorf("entry %d is %+v, want %s", i, e, want)
			}
		}
	}
	f(LegendLargest, 10, 40)
	f(LegendAll, 50, 0)
	f(LegendNone, 0, 0)
}

func TestFit_ShortensToTheWidth(t *testing.T) {
	t.Parallel()
	style := titleStyle()
	long := strings.Repeat("日本 wide text ", 40)
	for width := vg.Length(20); width < 400; width += 7 {
		got := fit(style, long, width)
		if style.Width(got) > width || !strings.HasSuffix(got, "…") || !strings.HasPrefix(long, strings.TrimSuffix(got, "…")) {
			t.Fatalf("%q has %v of %v", got, style.Width(got), width)
		}
	}
	if got := fit(style, "short", 400); got != "short" {
		t.Error(got)
	}
}

func TestShorten_KeepsBothEnds(t *testing.T) {
	t.Parallel()
	if got := shorten("web1.frankfurt.example.com", 11); got != "web1.…e.com" {
		t.Error(got)
	}
	if got := shorten("日本日本", 4); got != "日本日本" {
		t.Error(got)
	}
	if got := []rune(shorten(strings.Repeat("日", 99), 10)); len(got) != 10 || !slices.Contains(got, '…') {
		t.Error(string(got))
	}
}
