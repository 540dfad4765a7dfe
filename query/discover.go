// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package query

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Selection selects the series that [Client.Metrics], [Client.Labels],
// [Client.LabelValues] and [Client.Series] look at. The zero value selects all.
type Selection struct {
	// Match lists series selectors of PromQL, such as {job="api"}. Series that match at least
	// one of them are selected; if Match is empty, all series are.
	Match []string
	// Start and End limit the time in which a series must have points, cut to milliseconds.
	// The server chooses the limit that is zero: Prometheus none, VictoriaMetrics by default
	// the beginning and the end of the current day in UTC.
	Start, End time.Time
	// Limit bounds the number of items. 0 means that only WithMaxResponseBytes bounds the
	// answer. The limit is sent to the server as well: some releases of servers ignore it, and
	// a server that refuses unknown parameters may answer 400.
	Limit int
}

// Listing is a list of metrics, labels, label values or series of a server.
type Listing[T any] struct {
	// Items are in the order of the server, which usually sorts them.
	Items []T
	// Truncated says that there are more items than Selection.Limit.
	Truncated bool
	Notes
}

// Metrics returns the names of the metrics of a Prometheus-compatible server. Apptuit's own
// API does not list them.
func (c *Client) Metrics(ctx context.Context, s Selection) (*Listing[string], error) {
	return list(ctx, c, "metrics", request{path: labelValues("__name__"), onlyGet: true}, s, (*decoder).name)
}

// Labels returns the names of labels, which are the keys of tags, and __name__, which is the
// metric.
func (c *Client) Labels(ctx context.Context, s Selection) (*Listing[string], error) {
	return list(ctx, c, "labels", request{path: "/labels"}, s, (*decoder).name)
}

// LabelValues returns the values of a label, which is the key of a tag.
func (c *Client) LabelValues(ctx context.Context, label string, s Selection) (*Listing[string], error) {
	var fault error
	if label == "" {
		fault = errors.New("the label is empty")
	}
	return list(ctx, c, "label values", request{path: labelValues(label), onlyGet: true}, s, (*decoder).name, fault)
}

func labelValues(label string) string { return "/label/" + url.PathEscape(label) + "/values" }

// Series returns metric and tags of series, without points. Selection.Match must not be empty.
func (c *Client) Series(ctx context.Context, s Selection) (*Listing[Series], error) {
	var fault error
	if len(s.Match) == 0 {
		fault = errors.New("a series selector is missing: Selection.Match")
	}
	return list(ctx, c, "series", request{path: "/series"}, s, (*decoder).identity, fault)
}

// identity reads the labels of a series.
func (d *decoder) identity() (Series, error) {
	tags, err := d.tags()
	return newSeries(tags), err
}

// newSeries returns a series with the labels of a Prometheus-compatible server.
func newSeries(labels map[string]string) Series {
	s := Series{Metric: labels["__name__"], Tags: labels}
	delete(labels, "__name__")
	return s
}

// list asks for a list, whose items read reads, unless there are faults.
func list[T any](ctx context.Context, c *Client, what string, r request, s Selection, read func(*decoder) (T, error), faults ...error) (*Listing[T], error) {
	if err := errors.Join(slices.Concat(c.faults, faults, s.faults())...); err != nil {
		return nil, failed(what, err)
	}
	r.form, r.most = s.form(), c.maxBytes
	var l *Listing[T]
	r.decode = func(body io.Reader) (err error) {
		l = &Listing[T]{}
		d := &decoder{scanner: newScanner(body)}
		var notes noted
		said, err := d.envelope(func() error {
			return d.array(func() error {
				item, err := read(d)
				switch {
				case err != nil:
					return err
				case s.Limit > 0 && len(l.Items) == s.Limit:
					l.Truncated = true
					return nil
				}
				l.Items = append(l.Items, item)
				return nil
			})
		})
		if err != nil {
			return c.withoutSecrets(err)
		}
		err = c.clean(&said)
		notes.note(said)
		l.Notes = notes.Notes
		return err
	}
	if err := c.ask(ctx, r); err != nil {
		return nil, failed(what, err)
	}
	return l, nil
}

func (s Selection) faults() []error {
	var faults []error
	for _, m := range s.Match {
		if strings.TrimSpace(m) == "" {
			faults = append(faults, errors.New("a series selector is empty: Selection.Match"))
			break
		}
	}
	checkRange(&faults, s.Start, s.End)
	if s.Limit < 0 {
		faults = append(faults, fmt.Errorf("the limit %d is negative", s.Limit))
	}
	return faults
}

// form returns the parameters of a selection. One item more than the limit tells whether
// there are more.
func (s Selection) form() url.Values {
	form := url.Values{}
	for _, m := range s.Match {
		form.Add("match[]", m)
	}
	if !s.Start.IsZero() {
		form.Set("start", seconds(s.Start.UnixMilli()))
	}
	if !s.End.IsZero() {
		form.Set("end", seconds(s.End.UnixMilli()))
	}
	if s.Limit > 0 {
		form.Set("limit", strconv.Itoa(s.Limit+1))
	}
	return form
}
