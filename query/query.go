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

// Query sends a query in Apptuit's language and returns the points from start to end. A zero
// start is an error. If end is zero, the range has no end. q is passed to the server unchanged, for example
//
//	fetch('proc.cpu.percent').downsample('1m','avg')
//	a=fetch('x'); b=fetch('y'); output(a,b)
//
// If the query finds nothing, the Result contains no series, and there is no error.
// [Client.Hints] suggests the reason.
func (c *Client) Query(ctx context.Context, q string, start, end time.Time) (*Result, error) {
	result, err := c.native(ctx, q, start, end, nil)
	if err != nil {
		return nil, failed("query", err)
	}
	return result, nil
}

// native sends a query in Apptuit's language. If each is not nil, it gets the series, and the
// Result does not contain them.
func (c *Client) native(ctx context.Context, q string, start, end time.Time, each eachSeries) (*Result, error) {
	faults := slices.Clone(c.faults)
	check(&faults, q, start, end)
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	// The API takes whole seconds: extend the range to whole seconds, and drop the points
	// outside the given range.
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

// QueryRange evaluates a PromQL expression at start, start+step, start+2*step and so on, up to
// end. Times are truncated to milliseconds. A zero start is an error. If end is zero, the range
// ends now. If step is zero, QueryRange chooses a step for about 1,000 points per series: 1, 5
// or 15 seconds, 1, 5 or 15 minutes, or a multiple of an hour. [WithAlignedStart] moves start to
// a multiple of the step.
//
// The Result has one output. If the expression is a scalar, the output is one series without
// metric and tags. Native histograms are omitted, and a warning of the Result contains the
// number of affected series.
//
// Prometheus returns at most 11,000 points per series in one answer. QueryRange splits longer
// ranges into several requests, which it sends one after the other.
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

// QueryInstant evaluates a PromQL expression at one time, truncated to milliseconds. If at is
// zero, the server uses its current time. Each series of the Result contains one point. For
// a range selector such as requests[5m], it contains the stored points of the range. Scalars
// and native histograms are returned as by [Client.QueryRange].
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
	var all joiner // removes repeated warnings
	all.add(m)
	return &Result{Outputs: []Output{{Series: all.series}}, Notes: all.Notes}, nil
}

// grid is the evaluation times of a range query, in Unix milliseconds.
type grid struct{ start, end, step int64 }

// parts splits the range of a grid into parts that a server answers in one request.
func (g grid) parts() iter.Seq[span] { return split(g.start, g.end, g.step, maxPoints) }

// grid checks the arguments of a range query, and returns its evaluation times.
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

// offset returns the distance of the start from the previous multiple of the step.
func (g grid) offset() int64 { return ((g.start % g.step) + g.step) % g.step }

// span queries a part of a range. It returns the answer and its length in bytes. If each is not
// nil, it gets the series, and the matrix does not contain them.
func (c *Client) span(ctx context.Context, promql string, part span, step, most int64, each eachSeries) (*matrix, int64, error) {
	form := url.Values{
		"query": {promql},
		"start": {seconds(part.start)},
		"end":   {seconds(part.end)},
		"step":  {seconds(step)},
	}
	keep := everything()
	if each != nil {
		keep = part // if the server moves times, the answer may overlap the previous part
	}
	onGrid := grid{part.start, part.end, step}.offset() == 0
	return c.evaluate(ctx, request{path: "/query_range", form: form, most: most, onGrid: onGrid}, each, keep)
}

// everything returns the range of all times.
func everything() span { return span{math.MinInt64, math.MaxInt64} }

// evaluate sends a request that evaluates an expression, and returns the answer and its length
// in bytes. Points outside keep are dropped.
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

// clean removes secrets from notes. It returns an error if a note says that the token was
// rejected.
func (c *Client) clean(n *Notes) error {
	for i, w := range n.Warnings {
		n.Warnings[i] = c.core.Redact(w)
	}
	for i, w := range n.Infos {
		n.Infos[i] = c.core.Redact(w)
	}
	return unauthorized(n.Warnings)
}

// withoutSecrets removes secrets from a PrometheusError, and then shortens it. The order
// matters: a part of a secret would not be recognized.
func (c *Client) withoutSecrets(err error) error {
	var failure *PrometheusError
	if errors.As(err, &failure) {
		failure.Type = cut(c.core.RedactLine(failure.Type), maxType)
		failure.Message = cut(c.core.RedactLine(failure.Message), maxMessage)
	}
	return err
}

// unauthorized returns an error if a warning says that the token was rejected. Apptuit's query
// front end answers with success and such a warning if the store behind it rejects the token.
func unauthorized(warnings []string) error {
	for _, w := range warnings {
		if strings.Contains(w, "server returned HTTP status 401 Unauthorized") {
			return fmt.Errorf("%w: %.200s", apptuitclient.ErrUnauthorized, w)
		}
	}
	return nil
}

// check adds the faults of a query and its range.
func check(faults *[]error, q string, start, end time.Time) {
	checkText(faults, q)
	if start.IsZero() {
		*faults = append(*faults, errors.New("the start is missing"))
		return
	}
	checkRange(faults, start, end)
}

// checkText adds a fault if a query is empty.
func checkText(faults *[]error, q string) {
	if strings.TrimSpace(q) == "" {
		*faults = append(*faults, errors.New("the query is empty"))
	}
}

// checkRange adds the faults of a range. A zero time means that the range is open at that end.
func checkRange(faults *[]error, start, end time.Time) {
	if !start.IsZero() && !end.IsZero() && end.Before(start) {
		*faults = append(*faults, fmt.Errorf("the end %s is before the start %s",
			end.UTC().Format(time.RFC3339Nano), start.UTC().Format(time.RFC3339Nano)))
		return
	}
	checkYears(faults, start, end)
}

// checkYears adds a fault if a time cannot be expressed in milliseconds and in RFC 3339.
func checkYears(faults *[]error, times ...time.Time) {
	for _, t := range times {
		if t.Year() < 0 || t.Year() > 9999 {
			*faults = append(*faults, errors.New("the range is not within the years 0 to 9999"))
			return
		}
	}
}

// failed returns the public error of a failed operation, such as "query".
func failed(operation string, err error) error { return fmt.Errorf("apptuit: %s: %w", operation, err) }

// escape escapes a query for a URL like apptuit-py, which uses Python's urllib.parse.quote:
// a space becomes %20.
func escape(q string) string {
	return strings.ReplaceAll(url.QueryEscape(q), "+", "%20")
}

// seconds returns milliseconds as a decimal number of seconds, the format of Prometheus' times
// and durations.
func seconds(ms int64) string {
	s := strconv.FormatFloat(float64(ms)/1000, 'f', 3, 64)
	return strings.TrimSuffix(s, ".000")
}
