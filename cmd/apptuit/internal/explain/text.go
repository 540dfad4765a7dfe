// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package explain

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/amount"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
)

// write writes the report in the format of --output.
func (f *flags) write(c *cobra.Command, r *Report) error {
	if f.output.String() == "json" {
		return cli.WriteJSON(c.OutOrStdout(), r)
	}
	_, err := io.WriteString(c.OutOrStdout(), r.text(terminal.ColorsFor(c.OutOrStdout())))
	return err
}

// text returns the report as text: the verdict, then the details.
func (r *Report) text(colors terminal.Colors) string {
	var b strings.Builder
	head := colors.Red("not found")
	if r.Found {
		head = colors.Green("ok")
	}
	fmt.Fprintf(&b, "%s  %s [%s]\n", head, printable(r.Verdict.Text), r.Verdict.Cause)
	advise(&b, "  ", r.Verdict.Advice)
	if len(r.Notes) > 0 {
		fmt.Fprintf(&b, "\n%s\n", colors.Bold("Also"))
	}
	for _, n := range r.Notes {
		fmt.Fprintf(&b, "  %s [%s]\n", printable(n.Text), n.Cause)
		advise(&b, "    ", n.Advice)
	}
	for i := range r.DataPoints {
		r.DataPoints[i].text(&b, colors)
	}
	if r.More > 0 {
		fmt.Fprintf(&b, "\n%s not shown.\n", amount.Are(r.More, "more data point"))
	}
	if r.Sent != nil {
		fmt.Fprintf(&b, "\n%s\n  %s\n", colors.Bold("Sent"), printable(r.Sent.sentText()))
	}
	if r.Stored != nil {
		r.Stored.text(&b, colors)
	}
	return b.String()
}

func advise(b *strings.Builder, indent, advice string) {
	if advice != "" {
		fmt.Fprintf(b, "%s-> %s\n", indent, printable(advice))
	}
}

// maxLines bounds the points that the text shows for a data point.
const maxLines = 20

func (d *DataPoint) text(b *strings.Builder, colors terminal.Colors) {
	fmt.Fprintf(b, "\n%s %s %s", colors.Bold("Data point"), d.Kind, printable(strconv.Quote(d.Instrument)))
	if d.Scope != "" {
		fmt.Fprintf(b, " of the scope %q", d.Scope)
	}
	if !d.Time.IsZero() {
		fmt.Fprintf(b, " at %s", d.Time.UTC().Format(time.RFC3339))
	}
	b.WriteString("\n")
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	for _, t := range d.Tags {
		value := t.Value
		if t.Value == "" {
			value = "(left out: its value is empty)"
		}
		from := "from " + t.Source
		if t.Source != strings.TrimLeft(t.Source, "abcdefghijklmnopqrstuvwxyz") { // a name of an option or variable has no article
			from = "from the " + t.Source
		}
		if len(t.Given) > 0 {
			var given []string
			for _, g := range t.Given {
				given = append(given, g.Key+"="+g.Value)
			}
			from += " " + strings.Join(given, ", ")
		}
		for _, o := range t.Over {
			from += fmt.Sprintf("; over %q (%s)", o.Value, o.Source)
		}
		row(w, t.Key, value, from)
	}
	for _, u := range d.Unused {
		row(w, u.Key, "(no tag)", fmt.Sprintf("the %s %q is not selected", u.Source, u.Value))
	}
	_ = w.Flush() // a strings.Builder
	for i, p := range d.Points {
		if i == maxLines {
			fmt.Fprintf(b, "  ... and %s\n", amount.Of(len(d.Points)-i, "more point"))
			break
		}
		fmt.Fprintf(b, "  sent as %s %s at %s\n", printable(seriesText(p.Metric, p.Tags)), p.Value, p.Time.Format("2006-01-02T15:04:05.999Z07:00"))
	}
	for i, r := range d.Rejected {
		if i == maxLines {
			fmt.Fprintf(b, "  ... and %s\n", amount.Of(len(d.Rejected)-i, "more rejected point"))
			break
		}
		fmt.Fprintf(b, "  %s %s: %s\n", colors.Red("rejected"), printable(orName(r.Metric, d.Instrument)), printable(r.Reason))
	}
}

// row writes a row of a table. w writes to a strings.Builder, which does not fail.
func row(w io.Writer, cells ...string) {
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	_, _ = fmt.Fprintln(w, "  "+strings.Join(cells, "\t"))
}

func (s *Stored) text(b *strings.Builder, colors terminal.Colors) {
	fmt.Fprintf(b, "\n%s by %s of %s, from %s to %s\n", colors.Bold("Stored"), s.API, s.Endpoint, s.Start.Format(time.RFC3339), s.End.Format(time.RFC3339))
	for _, one := range s.Series {
		fmt.Fprintf(b, "  %s  points: %d, the last one %s at %s\n", printable(seriesText(one.Metric, one.Tags)), one.Points, one.Text, one.Last.Format(time.RFC3339))
	}
	for _, m := range s.Missing {
		fmt.Fprintf(b, "  %s %s\n", colors.Red("nothing of"), printable(m))
	}
	if s.Query != "" {
		fmt.Fprintf(b, "  query: %s\n", printable(s.Query))
	}
}

// printable replaces characters that control a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}, text)
}
