// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package table

import (
	"bytes"
	"flag"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/label"
	"github.com/apptuitai/apptuit-go/internal/golden"
	"github.com/apptuitai/apptuit-go/query"
)

var update = flag.Bool("update", false, "write the golden files")

// requests is an output of 50 series with three tags that differ and one that does not, over
// an hour; the second has a gap.
func requests(start time.Time, step time.Duration) query.Output {
	var o query.Output
	for host := range 5 {
		for _, method := range []string{"GET", "POST"} {
			for i, route := range []string{"/products/{id}", "/cart", "/checkout", "/login", "/search"} {
				s := query.Series{Metric: "http_requests", Tags: map[string]string{
					"host": fmt.Sprintf("web%02d", host+1), "method": method, "route": route, "env": "prod",
				}}
				for minute := range 61 {
					if len(o.Series) == 1 && minute > 20 {
						continue
					}
					s.Timestamps = append(s.Timestamps, start.Add(time.Duration(minute)*step).UnixMilli())
					s.Values = append(s.Values, float64(100*(i+1)+10*host)*(1+0.3*math.Sin(float64(minute)/9))+float64(len(method)))
				}
				o.Series = append(o.Series, s)
			}
		}
	}
	return o
}

// check compares a table with its golden file. No line may be wider than the terminal, or end
// with spaces.
func check(t *testing.T, name, got string, width int) {
	t.Helper()
	for line := range strings.Lines(got) {
		if n := label.Width(strings.TrimSuffix(line, "\n")); width > 0 && n > width {
			t.Errorf("%s: a line of %d columns: %s", name, n, line)
		}
		if strings.TrimRight(line, " \n")+"\n" != line {
			t.Errorf("%s: spaces at the end of %q", name, line)
		}
	}
	golden.Text(t, name+".txt", got, *update)
}

func TestTable_LooksAsBefore(t *testing.T) {
	t.Parallel()
	noon := time.Date(2026, 6, 16, 12, 0, 0, 0, time.UTC)
	fifty, days := requests(noon, time.Minute), requests(noon, 7*time.Hour)
	three := query.Output{Series: days.Series[:3]}
	scalar := query.Output{Series: []query.Series{{Timestamps: fifty.Series[0].Timestamps, Values: fifty.Series[0].Values}}}
	many := query.Output{}
	for i := range 500 {
		s := fifty.Series[0]
		s.Tags = map[string]string{"id": fmt.Sprint(i), "path": strings.Repeat("/a-long-path", 20)}
		many.Series = append(many.Series, s)
	}
	one := query.Output{}
	for _, s := range fifty.Series {
		s.Timestamps, s.Values = s.Timestamps[:1], s.Values[:1]
		one.Series = append(one.Series, s)
	}
	kolkata := time.FixedZone("", 5*3600+1800)
	for _, c := range []struct {
		name  string
		style Style
		write func(Style, *bytes.Buffer) error
	}{
		{"fifty", Style{Width: 100}, frame(fifty)},
		{"fifty_raw", Style{Width: 100, Raw: true}, frame(fifty)},
		{"fifty_narrow", Style{Width: 50}, frame(fifty)},
		{"three", Style{Width: 100}, frame(three)},
		{"three_few_rows", Style{Width: 100, Rows: 4}, frame(three)},
		{"three_complete", Style{}, frame(three)},
		{"fifty_days", Style{Width: 100}, frame(days)},
		{"scalar", Style{Width: 100}, frame(scalar)},
		{"many", Style{Width: 100}, frame(many)},
		{"nothing", Style{Width: 100}, frame(query.Output{})},
		{"long", Style{Width: 100}, func(s Style, b *bytes.Buffer) error { return Long(b, s, three.Long().In(kolkata)) }},
		{"long_instant", Style{Width: 100}, func(s Style, b *bytes.Buffer) error { return Long(b, s, one.Long()) }},
		{"long_instant_complete", Style{}, func(s Style, b *bytes.Buffer) error { return Long(b, s, one.Long()) }},
		{"long_many", Style{Width: 60}, func(s Style, b *bytes.Buffer) error { return Long(b, s, many.Long()) }},
	} {
		var b bytes.Buffer
		if err := c.write(c.style, &b); err != nil {
			t.Fatal(err)
		}
		check(t, c.name, b.String(), c.style.Width)
	}
}

func frame(o query.Output) func(Style, *bytes.Buffer) error {
	return func(s Style, b *bytes.Buffer) error { return Frame(b, s, o.Frame()) }
}

func TestFrame_IsCompleteWithoutAWidth(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	f := requests(time.Date(2026, 6, 16, 12, 0, 0, 0, time.UTC), time.Minute).Frame()
	if err := Frame(&b, Style{}, f); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	const captionAndTitles, footer = 4, 1
	if len(lines) != captionAndTitles+len(f.Index)+footer {
		t.Errorf("%d lines", len(lines))
	}
	for row, line := range lines[captionAndTitles : len(lines)-footer] {
		cells := strings.Fields(line)[2:] // date and time
		if len(cells) != len(f.Columns) {
			t.Fatalf("%d cells: %s", len(cells), line)
		}
		for i, c := range f.Columns {
			if cells[i] != Raw(c.Values[row]) {
				t.Errorf("row %d, column %d: %s, want %v", row, i, cells[i], c.Values[row])
			}
		}
	}
}

func TestTimes_AreShort(t *testing.T) {
	t.Parallel()
	at := func(texts ...string) []time.Time {
		var times []time.Time
		for _, text := range texts {
			tm, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				t.Fatal(err)
			}
			times = append(times, tm)
		}
		return times
	}
	for _, c := range []struct {
		times               []time.Time
		full                bool
		shared, first, last string
	}{
		{at("2026-06-16T12:00:00Z", "2026-06-16T13:00:00Z"), false, "2026-06-16 UTC", "12:00", "13:00"},
		{at("2026-06-16T12:00:00Z", "2026-06-16T13:00:01Z"), false, "2026-06-16 UTC", "12:00:00", "13:00:01"},
		{at("2026-06-16T12:00:00.25Z"), false, "2026-06-16 UTC", "12:00:00.250", "12:00:00.250"},
		{at("2026-06-16T12:00:00+05:30", "2026-06-17T12:00:00+05:30"), false, "2026 UTC+05:30", "06-16 12:00", "06-17 12:00"},
		{at("2025-06-16T12:00:00Z", "2026-06-16T12:00:00Z"), false, "UTC", "2025-06-16 12:00", "2026-06-16 12:00"},
		{at("2026-10-25T02:30:00+02:00", "2026-10-25T02:30:00+01:00"), false, "2026-10-25 ", "02:30+02:00", "02:30+01:00"},
		{at("2026-06-16T12:00:00Z"), true, "", "2026-06-16 12:00:00Z", "2026-06-16 12:00:00Z"},
		{nil, false, "", "", ""},
	} {
		f := formatTimes(c.times, c.full)
		if f.shared != c.shared {
			t.Errorf("%v: shared %q, want %q", c.times, f.shared, c.shared)
		}
		if n := len(c.times); n > 0 && (f.line(c.times[0]) != c.first || f.line(c.times[n-1]) != c.last) {
			t.Errorf("%v: %q, %q", c.times, f.line(c.times[0]), f.line(c.times[n-1]))
		}
	}
}
