// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package table

import (
	"io"
	"strings"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/label"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
)

// gap is the number of spaces between two columns.
const gap = 2

// omitted is the cell of rows or columns that are left out.
const omitted = "…"

// column is a column of texts. All columns of a grid have the same number of titles and cells.
type column struct {
	titles []string // lines, one below the other
	cells  []string
	left   bool // aligned on the left
}

func (c *column) width() int {
	w := 0
	for _, text := range c.titles {
		w = max(w, label.Width(text))
	}
	for _, text := range c.cells {
		w = max(w, label.Width(text))
	}
	return w
}

// shorten shortens the texts of a column to a width.
func (c *column) shorten(width int) {
	for _, texts := range [][]string{c.titles, c.cells} {
		for i := range texts {
			texts[i] = label.Shorten(texts[i], width)
		}
	}
}

func widthOf(columns []column) int {
	total := -gap
	for i := range columns {
		total += gap + columns[i].width()
	}
	return max(0, total)
}

// fit shortens the widest column again and again until the columns fit into a width.
func fit(columns []column, most int) {
	const least = 6 // the width of a text that still says something
	for widthOf(columns) > most {
		widest := 0
		for i := range columns {
			if columns[i].width() > columns[widest].width() {
				widest = i
			}
		}
		w := columns[widest].width()
		if w <= least {
			return
		}
		columns[widest].shorten(max(least, w-max(1, widthOf(columns)-most)))
	}
}

// writeGrid writes bold titles, and rows. A line does not end in spaces.
func writeGrid(b *strings.Builder, colors terminal.Colors, columns []column) {
	if len(columns) == 0 {
		return
	}
	widths := make([]int, len(columns))
	for i := range columns {
		widths[i] = columns[i].width()
	}
	line := func(text func(column) string) string {
		var l strings.Builder
		for i, c := range columns {
			cell := text(c)
			pad := strings.Repeat(" ", widths[i]-label.Width(cell))
			if i > 0 {
				l.WriteString(strings.Repeat(" ", gap))
			}
			if c.left {
				l.WriteString(cell + pad)
			} else {
				l.WriteString(pad + cell)
			}
		}
		return strings.TrimRight(l.String(), " ")
	}
	for i := range columns[0].titles {
		b.WriteString(colors.Bold(line(func(c column) string { return c.titles[i] })) + "\n")
	}
	for i := range columns[0].cells {
		b.WriteString(line(func(c column) string { return c.cells[i] }) + "\n")
	}
}

// write writes the caption, the grid, and the footer with the numbers of rows and columns. left are the
// numbers of rows and columns that are not shown.
func (s Style) write(w io.Writer, caption []string, columns []column, footer string, left ...string) error {
	var b strings.Builder
	var parts []string
	for _, c := range caption {
		if c != "" {
			parts = append(parts, c)
		}
	}
	if text := strings.Join(parts, "  "); text != "" {
		if s.Width > 0 {
			text = wrap(text, s.Width)
		}
		b.WriteString(text + "\n")
	}
	writeGrid(&b, s.Colors, columns)
	if len(left) > 0 {
		footer += ", not shown " + strings.Join(left, " and ")
	}
	b.WriteString(s.Colors.Faint("["+footer+"]") + "\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// wrap breaks a line where it has two spaces.
func wrap(text string, width int) string {
	var lines []string
	for word := range strings.SplitSeq(text, "  ") {
		word = label.Shorten(word, width)
		if n := len(lines) - 1; n >= 0 && label.Width(lines[n])+gap+label.Width(word) <= width {
			lines[n] += "  " + word
		} else {
			lines = append(lines, word)
		}
	}
	return strings.Join(lines, "\n")
}

// ends returns the numbers from 0 to n-1. If n is larger than most, it returns the first and the last of
// the numbers, most in all, with one -1 in place of the others. Without a limit, most is 0.
func ends(n, most int) []int {
	var out []int
	for i := range n {
		switch {
		case most == 0 || n <= most || i < (most+1)/2 || i >= n-most/2:
			out = append(out, i)
		case i == (most+1)/2:
			out = append(out, -1)
		}
	}
	return out
}
