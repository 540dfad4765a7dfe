// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

// Package label names the series of a table or chart in little space. It separates the labels that all
// series share, which are shown once, from the labels that differ.
package label

import (
	"maps"
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/width"

	"github.com/apptuitai/apptuit-go/query"
)

// Series identifies a series by its metric and tags.
type Series struct {
	Metric string
	Tags   map[string]string
}

// Labels are the labels of a set of series.
type Labels struct {
	// Shared has the metric and the tags that all series have.
	Shared Series
	// Dimensions are the labels that differ: the metric first, then tags by key.
	Dimensions []Dimension
}

// Dimension is a label whose value differs between series.
type Dimension struct {
	// Title is the key of the tag, or "metric".
	Title string
	// Tag is false for the metric.
	Tag bool
}

// Columns returns the metrics and tags of the columns of a frame.
func Columns(columns []query.Column) []Series {
	all := make([]Series, len(columns))
	for i := range columns {
		all[i] = Series{Metric: columns[i].Metric, Tags: columns[i].Tags}
	}
	return all
}

// Of compares series. All labels of a single series are shared.
func Of(all []Series) Labels {
	if len(all) == 0 {
		return Labels{}
	}
	l := Labels{Shared: Series{Metric: all[0].Metric, Tags: maps.Clone(all[0].Tags)}}
	keys, metrics := map[string]bool{}, false
	for _, s := range all {
		if s.Metric != l.Shared.Metric {
			metrics = true
		}
		for k := range s.Tags {
			keys[k] = true
		}
		maps.DeleteFunc(l.Shared.Tags, func(k, v string) bool {
			other, ok := s.Tags[k]
			return !ok || other != v
		})
	}
	if metrics {
		l.Shared.Metric = ""
		l.Dimensions = append(l.Dimensions, Dimension{Title: "metric"})
	}
	for _, k := range slices.Sorted(maps.Keys(keys)) {
		if _, shared := l.Shared.Tags[k]; !shared {
			l.Dimensions = append(l.Dimensions, Dimension{Title: k, Tag: true})
		}
	}
	return l
}

// Value returns the value of the dimension of a series, or "" if the series lacks the tag.
func (d Dimension) Value(s Series) string {
	v, _ := d.Lookup(s)
	return v
}

// Lookup returns the value of the dimension of a series, and whether the series has the label.
func (d Dimension) Lookup(s Series) (value string, ok bool) {
	if d.Tag {
		value, ok = s.Tags[d.Title]
		return value, ok
	}
	return s.Metric, s.Metric != ""
}

// String returns the metric and tags that all series have, for example "cpu  dc=eu  env=prod".
func (l Labels) String() string {
	var parts []string
	if l.Shared.Metric != "" {
		parts = append(parts, l.Shared.Metric)
	}
	for _, k := range slices.Sorted(maps.Keys(l.Shared.Tags)) {
		parts = append(parts, k+"="+l.Shared.Tags[k])
	}
	return Clean(strings.Join(parts, "  "))
}

// Rest returns the values of the dimensions of a series, such as "web1 GET".
func (l Labels) Rest(s Series) string {
	var parts []string
	for _, d := range l.Dimensions {
		if v := d.Value(s); v != "" {
			parts = append(parts, v)
		}
	}
	return Clean(strings.Join(parts, " "))
}

// Clean replaces characters that would break a line or control a terminal.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsGraphic(r) {
			return r
		}
		return unicode.ReplacementChar
	}, s)
}

// Width returns the number of columns that a text takes on a terminal.
func Width(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

func runeWidth(r rune) int {
	if unicode.In(r, unicode.Mn, unicode.Me, unicode.Cf) {
		return 0
	}
	if k := width.LookupRune(r).Kind(); k == width.EastAsianWide || k == width.EastAsianFullwidth {
		return 2
	}
	return 1
}

// Shorten replaces the middle of a text by an ellipsis if the text takes more than most columns. It keeps
// both ends, where names often differ.
func Shorten(s string, most int) string {
	if Width(s) <= most {
		return s
	}
	left := most / 2
	right := most - 1 - left
	runes := []rune(s)
	head, tail := 0, len(runes)
	for n := 0; head < tail; head++ {
		if n += runeWidth(runes[head]); n > left {
			break
		}
	}
	for n := 0; tail > head; tail-- {
		if n += runeWidth(runes[tail-1]); n > right {
			break
		}
	}
	return string(runes[:head]) + "…" + string(runes[tail:])
}
