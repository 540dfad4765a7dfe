// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/label"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/query"
)

// lists returns the subcommands that list metrics, labels, values and series.
func lists() []*cobra.Command {
	const about = `

The list comes from a Prometheus-compatible API; Apptuit's own API has no lists. It covers
the series with points from --start to --end. Each item is on a line of its own. Characters
that would break the line are replaced; -o json writes them as they are.`
	return []*cobra.Command{
		list("metrics", "List metrics", `List the names of metrics.`+about,
			`  apptuit query metrics
  apptuit query metrics --match '{service_name="shop"}' --since 7d`,
			cobra.NoArgs, func(ctx context.Context, q *query.Client, _ []string, s query.Selection) (*listing, error) {
				return listed(q.Metrics(ctx, s))
			}),
		list("labels", "List labels, the keys of tags", `List the names of labels: the keys of tags, and __name__, which is the metric.`+about,
			`  apptuit query labels --match http_requests`,
			cobra.NoArgs, func(ctx context.Context, q *query.Client, _ []string, s query.Selection) (*listing, error) {
				return listed(q.Labels(ctx, s))
			}),
		list("values LABEL", "List the values of a label", `List the values of a label, which is the key of a tag.`+about,
			`  apptuit query values host --match http_requests --limit 100`,
			cli.ExactlyOne("LABEL"), func(ctx context.Context, q *query.Client, args []string, s query.Selection) (*listing, error) {
				return listed(q.LabelValues(ctx, args[0], s))
			}),
		list("series MATCH...", "List series", `List the series that match at least one of the selectors MATCH, in PromQL's notation. With
-o json an item has the metric and the tags.`+about,
			`  apptuit query series http_requests '{__name__=~"cpu_.*"}' --since 7d -o json`,
			cli.AtLeastOne("MATCH"), func(ctx context.Context, q *query.Client, args []string, s query.Selection) (*listing, error) {
				s.Match = append(s.Match, args...)
				return listedSeries(q.Series(ctx, s))
			}),
	}
}

// listing is the list of a subcommand.
type listing struct {
	items     []any // in JSON
	lines     []string
	truncated bool
	notes     query.Notes
}

func listed(l *query.Listing[string], err error) (*listing, error) {
	if err != nil {
		return nil, err
	}
	out := &listing{items: []any{}, truncated: l.Truncated, notes: l.Notes}
	for _, item := range l.Items {
		out.items, out.lines = append(out.items, item), append(out.lines, item)
	}
	return out, nil
}

func listedSeries(l *query.Listing[query.Series], err error) (*listing, error) {
	if err != nil {
		return nil, err
	}
	type series struct {
		Metric string            `json:"metric"`
		Tags   map[string]string `json:"tags"`
	}
	out := &listing{items: []any{}, truncated: l.Truncated, notes: l.Notes}
	for _, s := range l.Items {
		tags := s.Tags
		if tags == nil {
			tags = map[string]string{}
		}
		out.items, out.lines = append(out.items, series{s.Metric, tags}), append(out.lines, selector(s))
	}
	return out, nil
}

// selector returns a series in PromQL's notation.
func selector(s query.Series) string {
	var labels []string
	for _, k := range slices.Sorted(maps.Keys(s.Tags)) {
		labels = append(labels, k+"="+strconv.Quote(s.Tags[k]))
	}
	if len(labels) == 0 && s.Metric != "" {
		return s.Metric
	}
	return s.Metric + "{" + strings.Join(labels, ",") + "}"
}

type lister func(context.Context, *query.Client, []string, query.Selection) (*listing, error)

func list(use, short, long, example string, args cobra.PositionalArgs, ask lister) *cobra.Command {
	c := &cobra.Command{Use: use, Short: short, Long: long, Example: example, Args: args}
	servers, times := addServer(c), addRange(c, "1d")
	var s query.Selection
	if !strings.HasPrefix(use, "series") { // its selectors are arguments
		c.Flags().StringArrayVar(&s.Match, "match", nil, "Include only series that match the PromQL `SELECTOR`; may be repeated")
	}
	c.Flags().IntVar(&s.Limit, "limit", 0, "Largest number `N` of items (default: all)")
	output := cli.AddChoice(c, "output", "o", "Format", "text", "json")
	c.RunE = func(c *cobra.Command, args []string) error {
		r, rangeFault := times.parse(time.Now().Truncate(time.Second))
		server, serverFault := servers.parse()
		var limitFault error
		if s.Limit < 0 {
			limitFault = fmt.Errorf("--limit: %d is negative", s.Limit)
		}
		if err := errors.Join(rangeFault, limitFault, serverFault); err != nil {
			return cli.Usage(err)
		}
		s.Start, s.End = r.start, r.until()
		progress := terminal.NewProgress(c.ErrOrStderr())
		defer progress.Stop()
		c.SetErr(progress.Around(c.ErrOrStderr()))
		progress.Set("waiting for the list")
		client, closeClient, err := server.open(func(err error) { cli.Say(c, "%v", err) })
		if err != nil {
			return err
		}
		defer closeClient()
		ctx, cancel := server.connection.Limit(c.Context())
		defer cancel()
		l, err := ask(ctx, client, args, s)
		if err != nil {
			return err
		}
		say(c, l.notes)
		if len(l.items) == 0 {
			cli.Say(c, "no items %v", r)
		}
		if l.truncated {
			cli.Say(c, "the list ends after %s, and the server has more", amount.Of(len(l.items), "item"))
		}
		return l.write(progress.Around(c.OutOrStdout()), output.String())
	}
	return c
}

func (l *listing) write(w io.Writer, format string) error {
	if format == "json" {
		return encode(w, struct {
			Items     []any `json:"items"`
			Truncated bool  `json:"truncated"`
			notes
		}{l.items, l.truncated, notesOf(l.notes)})
	}
	var b strings.Builder
	for _, line := range l.lines {
		b.WriteString(label.Clean(line) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}
