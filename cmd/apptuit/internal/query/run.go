// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"fmt"
	"io"
	"maps"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/cli"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/outfile"
	"github.com/apptuitai/apptuit-go/cmd/apptuit/internal/terminal"
	"github.com/apptuitai/apptuit-go/query"
)

// run is one run of a command.
type run struct {
	*command
	cmd      *cobra.Command
	client   *query.Client
	progress *terminal.Progress
	colors   terminal.Colors
}

func (c *command) execute(cmd *cobra.Command, stdout io.Writer, progress *terminal.Progress) error {
	var options []query.Option
	if c.align {
		options = append(options, query.WithAlignedStart())
	}
	if c.streams() {
		options = append(options, query.WithMaxResponseBytes(maxStream))
	}
	client, closeClient, err := c.server.open(func(err error) { cli.Say(cmd, "%v", err) }, options...)
	if err != nil {
		return err
	}
	defer closeClient()
	r := &run{command: c, cmd: cmd, client: client, progress: progress}
	ctx, cancel := c.server.connection.Limit(cmd.Context())
	defer cancel()
	if c.file == "" {
		r.colors = terminal.ColorsFor(cmd.OutOrStdout())
		return r.answer(ctx, stdout)
	}
	file, err := outfile.Create(c.file)
	if err != nil {
		return err
	}
	defer file.Discard()
	if err := r.answer(ctx, file); err != nil {
		return err
	}
	return file.Commit()
}

// answer queries the server, and writes the answer.
func (r *run) answer(ctx context.Context, w io.Writer) error {
	if r.streams() {
		return r.stream(ctx, w)
	}
	result, err := r.askAll(ctx)
	if err != nil {
		return err
	}
	say(r.cmd, result.Notes)
	return r.write(w, result)
}

// askAll sends all queries. The answers to several queries become one output.
func (r *run) askAll(ctx context.Context) (*query.Result, error) {
	var all []*query.Result
	for i, q := range r.queries {
		r.waiting(i)
		result, err := r.ask(ctx, q)
		if err == nil {
			err = r.choose(result)
		}
		if err != nil {
			return nil, r.failed(ctx, q, err)
		}
		if points(result) == 0 {
			r.nothing(ctx, q)
		}
		all = append(all, result)
	}
	if len(all) == 1 {
		return all[0], nil
	}
	return r.join(all), nil
}

// join returns one output with the series of all answers. A table or picture shows the query as a tag
// only if nothing else tells the series apart; other formats always have the tag.
func (r *run) join(all []*query.Result) *query.Result {
	joined := &query.Result{Outputs: []query.Output{{}}}
	plain := r.format.picture() || r.format == formatTable
	seen := map[string]bool{}
	each := func(visit func(q string, s query.Series)) {
		for i, result := range all {
			for _, o := range result.Outputs {
				for _, s := range o.Series {
					visit(r.queries[i], s)
				}
			}
		}
	}
	each(func(_ string, s query.Series) {
		name := s.Name()
		plain = plain && s.Metric != "" && !seen[name]
		seen[name] = true
	})
	series := &joined.Outputs[0].Series
	each(func(q string, s query.Series) {
		if !plain {
			s = r.tagged(s, q)
		}
		*series = append(*series, s)
	})
	for _, result := range all {
		gather(&joined.Notes, result.Notes)
	}
	return joined
}

func (r *run) waiting(i int) {
	if len(r.queries) == 1 {
		r.progress.Set("waiting for the answer")
	} else {
		r.progress.Set("waiting for answer %d of %d", i+1, len(r.queries))
	}
}

func (r *run) ask(ctx context.Context, q string) (*query.Result, error) {
	switch {
	case r.instant:
		return r.client.QueryInstant(ctx, q, r.at)
	case r.promql:
		return r.client.QueryRange(ctx, q, r.start, r.until(), r.step)
	}
	return r.client.Query(ctx, q, r.start, r.end)
}

// failed returns the error of a query, with hints at the reason. If there are several queries, the
// error names the query.
func (r *run) failed(ctx context.Context, q string, err error) error {
	hints := strings.Join(r.hints(ctx, q, err), "\n")
	if len(r.queries) > 1 {
		err = fmt.Errorf("%s: %w", q, err)
	}
	if hints != "" {
		err = fmt.Errorf("%w\n%s", err, hints)
	}
	return err
}

// The tag that tells the answers to several queries apart, and the key that a tag of the server with
// that key gets.
const (
	queryTag      = "query"
	movedQueryTag = "exported_query"
)

// tagged returns a series with its query as a tag, if there are several queries.
func (r *run) tagged(s query.Series, q string) query.Series {
	if len(r.queries) == 1 {
		return s
	}
	tags := maps.Clone(s.Tags)
	if tags == nil {
		tags = map[string]string{}
	}
	if own, ok := tags[queryTag]; ok {
		tags[movedQueryTag] = own
	}
	tags[queryTag] = q
	s.Tags = tags
	return s
}

// choose keeps the output of --id, and checks that the format can hold the outputs.
func (r *run) choose(result *query.Result) error {
	if r.outputID != "" {
		o, ok := result.Output(r.outputID)
		if !ok {
			return noOutput(r.outputID, outputIDs(result))
		}
		result.Outputs = []query.Output{o}
	}
	if len(result.Outputs) > 1 && r.format.single() && len(r.queries) == 1 {
		return severalOutputs(outputIDs(result), r.format)
	}
	return nil
}

func severalOutputs(ids []string, f format) error {
	return fmt.Errorf("the answer has the outputs %s, and %s holds one: choose it with --id", quoted(ids), f)
}

func noOutput(id string, ids []string) error {
	return fmt.Errorf("the answer has no output %q: it has %s", id, quoted(ids))
}

func outputIDs(r *query.Result) []string {
	ids := make([]string, len(r.Outputs))
	for i, o := range r.Outputs {
		ids[i] = o.ID
	}
	return ids
}

func quoted(ids []string) string {
	if len(ids) == 0 {
		return "none"
	}
	texts := make([]string, len(ids))
	for i, id := range ids {
		texts[i] = strconv.Quote(id)
	}
	return strings.Join(texts, ", ")
}

func points(r *query.Result) int {
	n := 0
	for _, o := range r.Outputs {
		for i := range o.Series {
			n += o.Series[i].Len()
		}
	}
	return n
}

// nothing reports that a query has found no points, with hints at the reason.
func (r *run) nothing(ctx context.Context, q string) {
	of := ""
	if len(r.queries) > 1 {
		of = " of " + q
	}
	switch {
	case !r.instant:
		cli.Say(r.cmd, "no points%s %v", of, r.timeRange)
	case r.at.IsZero():
		cli.Say(r.cmd, "no points%s now", of)
	default:
		cli.Say(r.cmd, "no points%s at %s", of, r.timeRange.format(r.at))
	}
	for _, h := range r.hints(ctx, q, nil) {
		cli.Say(r.cmd, "%s", h)
	}
}

// hints returns reasons why a query may have found no points, or failed. If the server does not answer
// the requests for hints, there are none.
func (r *run) hints(ctx context.Context, q string, cause error) []string {
	if ctx.Err() != nil {
		return nil
	}
	language := query.LanguageApptuit
	if r.promql {
		language = query.LanguagePromQL
	}
	r.progress.Set("looking for the reason")
	found, _ := r.client.Hints(ctx, language, q, cause)
	var texts []string
	for _, h := range found {
		text := "hint: " + h.String()
		switch h.Kind {
		case query.HintPromQL:
			text += " (give --promql)"
		case query.HintApptuit:
			text += " (omit --promql)"
		}
		texts = append(texts, text)
	}
	return texts
}
