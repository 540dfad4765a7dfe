// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package chart

import (
	"strconv"
	"strings"
	"unicode"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/label"
	"github.com/apptuitai/apptuit-go/query"
)

// names has the names of the columns of a frame: the labels that all columns share, and for each column
// the labels that differ.
type names struct {
	shared label.Series
	lead   string   // the key of the tag that differs, if it is the only one
	each   []string // the names of the columns; empty for a single column without a name
}

// The largest numbers of characters of the name of a line, if there are several, and of a tag in the name.
const (
	longestName  = 48
	longestValue = 32
)

func nameColumns(columns []query.Column) names {
	if len(columns) < 2 {
		return nameOne(columns)
	}
	all := label.Columns(columns)
	labels := label.Of(all)
	n := names{shared: labels.Shared, each: make([]string, len(columns))}
	if d := labels.Dimensions; len(d) == 1 && d[0].Tag {
		n.lead = shorten(clean(d[0].Title), longestValue)
	}
	for i, s := range all {
		n.each[i] = shorten(clean(n.tellApart(s, labels.Dimensions)), longestName)
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

// tellApart returns the labels of a column that differ between columns.
func (n names) tellApart(s label.Series, dimensions []label.Dimension) string {
	if n.lead != "" {
		if v, ok := dimensions[0].Lookup(s); ok {
			return v
		}
		return "(none)"
	}
	var parts []string
	for _, d := range dimensions {
		v, ok := d.Lookup(s)
		if !ok {
			continue
		}
		if d.Tag {
			v = d.Title + "=" + shorten(v, longestValue)
		}
		parts = append(parts, v)
	}
	return strings.Join(parts, " ")
}

// title adds the labels that all columns share to the title of a panel.
func (n names) title(t string) string {
	shared := n.shared.Metric
	if len(n.shared.Tags) > 0 {
		s := query.Series{Metric: n.shared.Metric, Tags: n.shared.Tags}
		shared = s.Name()
	}
	if t != "" && shared != "" {
		t += ": "
	}
	return t + shared
}

// shorten replaces the middle of a text of more than longest characters by an ellipsis, and keeps both
// ends, where names often differ. Package label counts columns of a terminal instead of characters.
func shorten(s string, longest int) string {
	runes := []rune(s)
	if len(runes) <= longest {
		return s
	}
	half := (longest - 1) / 2
	return string(runes[:longest-1-half]) + "…" + string(runes[len(runes)-half:])
}

// clean replaces characters that are not allowed in a line of text or in XML with spaces.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == 0xfffe || r == 0xffff {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
}
