// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"fmt"
	"io"
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
// A query that finds nothing is a Result without series, not an error.
func (c *Client) Query(ctx context.Context, q string, start, end time.Time) (*Result, error) {
	faults := slices.Clone(c.faults)
	check(&faults, q, start, end)
	if len(faults) > 0 {
		return nil, failed("query", errors.Join(faults...))
	}
	// The server knows whole seconds: ask for those around, and keep what is
	// within.
	first, last := start.Add(time.Millisecond-1).UnixMilli(), int64(math.MaxInt64)
	text := "start=" + strconv.FormatInt(start.Unix(), 10)
	if !end.IsZero() {
		last = end.UnixMilli()
		text += "&end=" + strconv.FormatInt(end.Add(time.Second-1).Unix(), 10)
	}
	request := client.Question{Path: "/api/query", Query: text + "&q=" + escape(q), Timeout: c.timeout, MaxBytes: c.maxBytes}
	var result *Result
	err := c.core.Read(ctx, request, func(body io.Reader) (err error) {
		result, err = decodeNative(body, first, last)
		return err
	})
	if err != nil {
		return nil, failed("query", err)
	}
	return result, nil
}

// QueryRange asks a Prometheus-compatible API to evaluate a PromQL expression
// at start, start+step, …, up to end, all cut to milliseconds; a zero end is now.
// A zero step is chosen for about 1,000 points a series: 1, 5 or 15 seconds or
// minutes, or a multiple of an hour. Servers give at most 11,000 points a series
// in one answer: longer ranges are asked for in parts, one after the other.
//
// An expression that gives a scalar has one series without metric and tags. Native histograms
// are not points: they are left out, and a warning of the Result says of how many series.
func (c *Client) QueryRange(ctx context.Context, promql string, start, end time.Time, step time.Duration) (*Result, error) {
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
		return nil, failed("query range", errors.Join(faults...))
	}
	var all joiner
	left := c.maxBytes
	for part := range split(start.UnixMilli(), end.UnixMilli(), step.Milliseconds(), maxPoints) {
		m, n, err := c.span(ctx, promql, part, step, left)
		if err != nil {
			return nil, failed("query range", err)
		}
		all.add(m)
		left -= n
	}
	return &Result{Outputs: []Output{{Series: all.joined()}}, Warnings: all.warnings}, nil
}

// span asks for a part of a range. It returns also the length of the answer.
func (c *Client) span(ctx context.Context, promql string, part span, step time.Duration, most int64) (*matrix, int64, error) {
	form := url.Values{
		"query": {promql},
		"start": {seconds(part.start)},
		"end":   {seconds(part.end)},
		"step":  {seconds(step.Milliseconds())},
		// VictoriaMetrics rounds start and end to multiples of the step unless it
		// is told not to. Others ignore this.
		"nocache": {"1"},
	}
	request := client.Question{
		Path: c.prometheus + "/api/v1/query_range", Form: form.Encode(),
		Timeout: c.timeout, MaxBytes: most,
	}
	var m *matrix
	var answer counted
	err := c.core.Read(ctx, request, func(body io.Reader) (err error) {
		answer.r = body
		if m, err = decodePrometheus(&answer); err != nil {
			return c.withoutSecrets(err)
		}
		for i, w := range m.warnings {
			m.warnings[i] = c.core.Redact(w)
		}
		return unauthorized(m.warnings)
	})
	return m, answer.n, err
}

// withoutSecrets removes secrets from the error of a server before it is shortened.
func (c *Client) withoutSecrets(err error) error {
	var failure *PrometheusError
	if errors.As(err, &failure) {
		failure.Type, failure.Message = c.core.Redact(failure.Type), c.core.Redact(failure.Message)
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

// counted counts what is read.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n += int64(n)
	return n, err
}

func check(faults *[]error, q string, start, end time.Time) {
	if strings.TrimSpace(q) == "" {
		*faults = append(*faults, errors.New("the query is empty"))
	}
	switch {
	case start.IsZero():
		*faults = append(*faults, errors.New("the start is missing"))
	case !end.IsZero() && end.Before(start):
		*faults = append(*faults, fmt.Errorf("the end %s is before the start %s",
			end.UTC().Format(time.RFC3339Nano), start.UTC().Format(time.RFC3339Nano)))
	case max(start.Year(), end.Year()) > 9999 || start.Year() < 0: // what fits into milliseconds, and RFC 3339
		*faults = append(*faults, errors.New("the range is not within the years 0 to 9999"))
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
