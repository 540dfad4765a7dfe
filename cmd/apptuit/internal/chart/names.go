// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/apptuitai/apptuit-go/query"
)

// names are of the columns of a frame: what they share, and what tells them
// apart.
type names struct {
	metric string            // of all
	tags   map[string]string // of all
	lead   string            // the key, if a single one tells them apart
	each   []string          // of the columns; empty for a single one without a name
}

// How many characters are shown of the name of one of several lines, and of each tag in it.
const (
	longestName  = 48
	longestValue = 32
)

func nameColumns(columns []query.Column) names {
	if len(columns) < 2 {
		return nameOne(columns)
	}
	n := names{metric: columns[0].Metric, tags: map[string]string{}, each: make([]string, len(columns))}
	keys := map[string]bool{} // to whether it tells columns apart
	for i := range columns {
		if columns[i].Metric != n.metric {
			n.metric = ""
		}
		for k := range columns[i].Tags {
			keys[k] = false
		}
	}
	for k := range keys {
		first, common := columns[0].Tags[k]
		for i := range columns {
			v, ok := columns[i].Tags[k]
			common = common && ok && v == first
		}
		if common {
			n.tags[k] = first
			delete(keys, k)
		}
	}
	sorted := slices.Sorted(maps.Keys(keys))
	if n.metric == columns[0].Metric && len(sorted) == 1 {
		n.lead = shorten(clean(sorted[0]), longestValue)
	}
	for i := range columns {
		n.each[i] = shorten(clean(n.tellApart(columns[i], sorted)), longestName)
		if n.each[i] == "" {
			n.each[i] = "#" + strconv.Itoa(i+1)
		}
	}
	return n
}

func nameOne(columns []query.Column) names {
	n := names{each: make([]string, len(columns))}
	if len(columns) == 1 && (columns[0].Metric != "" || len(columns[0].Tags) > 0) {
		n.each[0] = clean(columns[0].Name)
	}
	return n
}

// tellApart returns what a column has that not all have.
func (n names) tellApart(c query.Column, keys []string) string {
	if n.lead != "" {
		if v, ok := c.Tags[keys[0]]; ok {
			return v
		}
		return "(none)"
	}
	var parts []string
	if n.metric == "" && c.Metric != "" {
		parts = append(parts, c.Metric)
	}
	for _, k := range keys {
		if v, ok := c.Tags[k]; ok {
			parts = append(parts, k+"="+shorten(v, longestValue))
		}
	}
	return strings.Join(parts, " ")
}

// title adds what all columns share to the title of a panel.
func (n names) title(t string) string {
	shared := n.metric
	if len(n.tags) > 0 {
		s := query.Series{Metric: n.metric, Tags: n.tags}
		shared = s.Name()
	}
	if t != "" && shared != "" {
		t += ": "
	}
	return t + shared
}

// shorten leaves out the middle of a long text: what differs is often at one of
// the ends.
func shorten(s string, longest int) string {
	runes := []rune(s)
	if len(runes) <= longest {
		return s
	}
	half := (longest - 1) / 2
	return string(runes[:longest-1-half]) + "…" + string(runes[len(runes)-half:])
}

// clean takes out what has no place in a line of text, or in XML.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
}
