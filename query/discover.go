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

// Selection restricts [Client.Metrics], [Client.Labels], [Client.LabelValues] and
// [Client.Series] to some series of the server. The zero value selects all series.
type Selection struct {
	// Match lists PromQL series selectors, such as {job="api"}. A series is selected if it
	// matches at least one of them. If Match is empty, all series are selected.
	Match []string
	// Start and End are the range of time in which a series must have points, truncated to
	// milliseconds. If one of them is zero, the server chooses it: Prometheus does not limit
	// the range, and VictoriaMetrics uses the beginning or end of the current day in UTC.
	Start, End time.Time
	// Limit limits the number of items. If it is 0, only [WithMaxResponseBytes] limits the
	// answer. Limit+1 is sent to the server as the parameter limit. Some servers ignore the
	// parameter, which has no effect on the result. A server that rejects unknown parameters
	// may answer 400.
	Limit int
}

// Listing is a list of metrics, labels, label values or series of a server.
type Listing[T any] struct {
	// Items are in the order of the server's answer, which is usually sorted.
	Items []T
	// Truncated reports whether the server has more items than Selection.Limit.
	Truncated bool
	Notes
}

// Metrics lists the names of metrics. Like all lists, it uses the Prometheus-compatible API,
// because Apptuit's own API has no lists.
func (c *Client) Metrics(ctx context.Context, s Selection) (*Listing[string], error) {
	return list(ctx, c, "metrics", request{path: labelValues("__name__"), onlyGet: true}, s, (*decoder).name)
}

// Labels lists the names of labels. These are the keys of tags, and __name__, the label whose
// value is the metric.
func (c *Client) Labels(ctx context.Context, s Selection) (*Listing[string], error) {
	return list(ctx, c, "labels", request{path: "/labels"}, s, (*decoder).name)
}

// LabelValues lists the values of a label, which is the key of a tag.
func (c *Client) LabelValues(ctx context.Context, label string, s Selection) (*Listing[string], error) {
	var fault error
	if label == "" {
		fault = errors.New("the label is empty")
	}
	return list(ctx, c, "label values", request{path: labelValues(label), onlyGet: true}, s, (*decoder).name, fault)
}

// labelValues returns the path of the values of a label.
func labelValues(label string) string { return "/label/" + url.PathEscape(label) + "/values" }

// Series lists the metric and tags of series, without points. Selection.Match must not be
// empty.
func (c *Client) Series(ctx context.Context, s Selection) (*Listing[Series], error) {
	var fault error
	if len(s.Match) == 0 {
		fault = errors.New("a series selector is missing: Selection.Match")
	}
	return list(ctx, c, "series", request{path: "/series"}, s, (*decoder).identity, fault)
}

// identity reads the labels of a series, and returns a series without points.
func (d *decoder) identity() (Series, error) {
	tags, err := d.tags()
	return newSeries(tags), err
}

// newSeries returns a series without points. The label __name__ is its metric, and the other
// labels are its tags.
func newSeries(labels map[string]string) Series {
	s := Series{Metric: labels["__name__"], Tags: labels}
	delete(labels, "__name__")
	return s
}

// list requests a list, and calls read for each item of the answer. It returns an error without
// a request if there are faults. operation names the list in errors.
func list[T any](ctx context.Context, c *Client, operation string, r request, s Selection, read func(*decoder) (T, error), faults ...error) (*Listing[T], error) {
	if err := errors.Join(slices.Concat(c.faults, faults, s.faults())...); err != nil {
		return nil, failed(operation, err)
	}
	r.form, r.most = s.form(), c.maxBytes
	var l *Listing[T]
	r.decode = func(body io.Reader) (err error) {
		l = &Listing[T]{}
		d := &decoder{scanner: newScanner(body)}
		var notes noted // removes repeated notes
		received, err := d.envelope(func() error {
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
		err = c.clean(&received)
		notes.note(received)
		l.Notes = notes.Notes
		return err
	}
	if err := c.ask(ctx, r); err != nil {
		return nil, failed(operation, err)
	}
	return l, nil
}

// faults returns the faults of a selection.
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

// form returns the parameters of a selection. It requests one item more than the limit: if it
// is present, the list is truncated.
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
