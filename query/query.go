// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apptuitai/apptuit-go/apptuitclient"
	"github.com/apptuitai/apptuit-go/internal/client"
)

// Query asks Apptuit's own query API for the points from start to end; a zero
// end is open. The language of q is the server's, and goes through untouched:
//
//	fetch('proc.cpu.percent').downsample('1m','avg')
//	a=fetch('x'); b=fetch('y'); output(a,b)
//
// A query that finds nothing is a Result without series, not an error;
// [Client.Hints] looks for the reason.
func (c *Client) Query(ctx context.Context, q string, start, end time.Time) (*Result, error) {
	result, err := c.native(ctx, q, start, end, nil)
	if err != nil {
		return nil, failed("query", err)
	}
	return result, nil
}

// native makes a native query. Series go to each, unless it is nil.
func (c *Client) native(ctx context.Context, q string, start, end time.Time, each eachSeries) (*Result, error) {
	faults := slices.Clone(c.faults)
	check(&faults, q, start, end)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	// The server knows whole seconds: ask for those around, and keep what is
	// within.
	first, last := start.Add(time.Millisecond-1).UnixMilli(), int64(math.MaxInt64)
	text := "start=" + strconv.FormatInt(start.Unix(), 10)
	if !end.IsZero() {
		last = end.UnixMilli()
		text += "&end=" + strconv.FormatInt(end.Add(time.Second-1).Unix(), 10)
	}
	question := client.Question{Path: "/api/query", Query: text + "&q=" + escape(q), Timeout: c.timeout, MaxBytes: c.maxBytes}
	var result *Result
	err := c.core.Read(ctx, question, func(body io.Reader) (err error) {
		d := &decoder{scanner: newScanner(body), first: first, last: last, each: each}
		result, err = d.native()
		return c.withoutSecrets(err)
	})
	return result, err
}

// QueryRange asks a Prometheus-compatible API to evaluate a PromQL expression
// at start, start+step, …, up to end, all cut to milliseconds; a zero end is now.
// A zero step is chosen for about 1,000 points a series: 1, 5 or 15 seconds or
// minutes, or a multiple of an hour. [WithAlignedStart] moves start to a multiple
// of the step. Servers give at most 11,000 points a series in one answer: longer
// ranges are asked for in parts, one after the other.
//
// An expression that gives a scalar has one series without metric and tags. Native histograms
// are not points: they are left out, and a warning of the Result says of how many series.
func (c *Client) QueryRange(ctx context.Context, promql string, start, end time.Time, step time.Duration) (*Result, error) {
	g, err := c.grid(promql, start, end, step)
	if err != nil {
		return nil, failed("query range", err)
	}
	var all joiner
	left := c.maxBytes
	for part := range g.parts() {
		m, n, err := c.span(ctx, promql, part, g.step, left, nil)
		if err != nil {
			return nil, failed("query range", err)
		}
		all.add(m)
		left -= n
	}
	return &Result{Outputs: []Output{{Series: all.joined()}}, Notes: all.Notes}, nil
}

// QueryInstant asks a Prometheus-compatible API for the value of a PromQL expression
// at one time, cut to milliseconds; a zero time is the server's now. Each series of the
// Result contains one point, except that a range selector such as requests[5m] gives the
// points as they are stored. A scalar is one series without metric and tags. Native histograms
// are left out, as by [Client.QueryRange].
func (c *Client) QueryInstant(ctx context.Context, promql string, at time.Time) (*Result, error) {
	faults := slices.Clone(c.faults)
	checkText(&faults, promql)
	checkYears(&faults, at)
	if len(faults) > 0 {
		return nil, failed("instant query", errors.Join(faults...))
	}
	form := url.Values{"query": {promql}}
	if !at.IsZero() {
		form.Set("time", seconds(at.UnixMilli()))
	}
	m, _, err := c.evaluate(ctx, request{path: "/query", form: form, most: c.maxBytes}, nil, everything())
	if err != nil {
		return nil, failed("instant query", err)
	}
	var all joiner // leaves out repeated warnings
	all.add(m)
	return &Result{Outputs: []Output{{Series: all.series}}, Notes: all.Notes}, nil
}

// grid is the times of a range query, in Unix milliseconds.
type grid struct{ start, end, step int64 }

// parts cuts a grid into ranges that servers answer at once.
func (g grid) parts() iter.Seq[span] { return split(g.start, g.end, g.step, maxPoints) }

// grid checks a range query, and returns its times.
func (c *Client) grid(promql string, start, end time.Time, step time.Duration) (grid, error) {
	if end.IsZero() {
		end = time.Now()
	}
	faults := slices.Clone(c.faults)
	check(&faults, promql, start, end)
	switch {
	case step < 0:
		faults = append(faults, fmt.Errorf("the step %v is negative", step))
	case step == 0:
		step = chooseStep(end.Sub(start))
	case step%time.Millisecond != 0:
		faults = append(faults, fmt.Errorf("the step %v is not in whole milliseconds", step))
	}
	if len(faults) > 0 {
		return grid{}, errors.Join(faults...)
	}
	g := grid{start.UnixMilli(), end.UnixMilli(), step.Milliseconds()}
	if c.aligned {
		g.start -= g.offset()
	}
	return g, nil
}

// offset is how far the start is from the multiple of the step before it.
func (g grid) offset() int64 { return ((g.start % g.step) + g.step) % g.step }

// span asks for a part of a range. It returns also the length of the answer. Series go to
// each, unless it is nil.
func (c *Client) span(ctx context.Context, promql string, part span, step, most int64, each eachSeries) (*matrix, int64, error) {
	form := url.Values{
		"query": {promql},
		"start": {seconds(part.start)},
		"end":   {seconds(part.end)},
		"step":  {seconds(step)},
	}
	keep := everything()
	if each != nil {
		keep = part // of a server that moves times, a part may begin within the one before
	}
	onGrid := grid{part.start, part.end, step}.offset() == 0
	return c.evaluate(ctx, request{path: "/query_range", form: form, most: most, onGrid: onGrid}, each, keep)
}

// everything is the range of all times.
func everything() span { return span{math.MinInt64, math.MaxInt64} }

// evaluate asks for the evaluation of an expression, and returns the answer and its length.
func (c *Client) evaluate(ctx context.Context, r request, each eachSeries, keep span) (*matrix, int64, error) {
	var m *matrix
	var answer counted
	r.evaluates = true
	r.decode = func(body io.Reader) (err error) {
		answer.r = body
		d := &decoder{scanner: newScanner(&answer), first: keep.start, last: keep.end, each: each}
		if m, err = d.prometheus(); err != nil {
			return c.withoutSecrets(err)
		}
		return c.clean(&m.Notes)
	}
	err := c.ask(ctx, r)
	return m, answer.n, err
}

// clean removes secrets from notes. It returns an error if they say that the token was
// refused.
func (c *Client) clean(n *Notes) error {
	for i, w := range n.Warnings {
		n.Warnings[i] = c.core.Redact(w)
	}
	for i, w := range n.Infos {
		n.Infos[i] = c.core.Redact(w)
	}
	return unauthorized(n.Warnings)
}

// withoutSecrets removes secrets from the error of a server before it is shortened.
func (c *Client) withoutSecrets(err error) error {
	var failure *PrometheusError
	if errors.As(err, &failure) {
		failure.Type = cut(c.core.RedactLine(failure.Type), maxType)
		failure.Message = cut(c.core.RedactLine(failure.Message), maxMessage)
	}
	return err
}

// unauthorized finds the warning by which Apptuit's query front end says in a
// successful answer that the store behind it refused the token.
func unauthorized(warnings []string) error {
	for _, w := range warnings {
		if strings.Contains(w, "server returned HTTP status 401 Unauthorized") {
			return fmt.Errorf("%w: %.200s", apptuitclient.ErrUnauthorized, w)
		}
	}
	return nil
}

func check(faults *[]error, q string, start, end time.Time) {
	checkText(faults, q)
	if start.IsZero() {
		*faults = append(*faults, errors.New("the start is missing"))
		return
	}
	checkRange(faults, start, end)
}

func checkText(faults *[]error, q string) {
	if strings.TrimSpace(q) == "" {
		*faults = append(*faults, errors.New("the query is empty"))
	}
}

// checkRange checks a range. A zero time is open.
func checkRange(faults *[]error, start, end time.Time) {
	if !start.IsZero() && !end.IsZero() && end.Before(start) {
		*faults = append(*faults, fmt.Errorf("the end %s is before the start %s",
			end.UTC().Format(time.RFC3339Nano), start.UTC().Format(time.RFC3339Nano)))
		return
	}
	checkYears(faults, start, end)
}

// checkYears checks that times fit into milliseconds, and into RFC 3339.
func checkYears(faults *[]error, times ...time.Time) {
	for _, t := range times {
		if t.Year() < 0 || t.Year() > 9999 {
			*faults = append(*faults, errors.New("the range is not within the years 0 to 9999"))
			return
		}
	}
}

func failed(what string, err error) error { return fmt.Errorf("apptuit: %s: %w", what, err) }

// escape quotes as Python's urllib.parse.quote does, as apptuit-py: a space is
// %20.
func escape(q string) string {
	return strings.ReplaceAll(url.QueryEscape(q), "+", "%20")
}

// seconds prints milliseconds as Prometheus takes times and durations.
func seconds(ms int64) string {
	s := strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64)
	return strings.TrimSuffix(s, ".000")
}
