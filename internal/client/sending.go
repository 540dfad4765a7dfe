// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Sending renders the points of one Send. Call Series for each series, then Add for each of
// its points, and finally Close. It must not be used concurrently.
type Sending struct {
	c      *Client
	out    *Writer
	given  Point       // metric and tags of the current series, as passed to Series
	failed error       // why the series cannot be sent, nil if it can
	prefix []byte      // the rendered metric and tags
	own    []model.Tag // the tags of the series
	named  []model.Tag // the tags of an encoded name, merged over own
	merged []model.Tag // all tags, with the global ones
}

// NewSending starts a Send. Its requests and waits end with ctx.
func (c *Client) NewSending(ctx context.Context) *Sending {
	return &Sending{c: c, out: c.NewWriter(ctx, WriterOptions{})}
}

// Series begins a series. If its name or tags are invalid, each of its points is rejected.
func (s *Sending) Series(metric string, tags map[string]string) {
	s.given = Point{Metric: metric, Tags: tags}
	s.failed = s.series(metric, tags)
}

// series renders the metric and the tags.
func (s *Sending) series(metric string, tags map[string]string) error {
	metric, named, err := s.name(metric)
	if err != nil {
		return err
	}
	s.own = model.TagsOf(s.own, tags)
	own, err := s.c.settings.Points.tagRules().Layer(s.own)
	if err != nil {
		return err
	}
	if len(named) > 0 {
		s.named = model.MergeTags(s.named[:0], named, own)
		own = s.named
	}
	s.merged = model.MergeTags(s.merged[:0], own, s.c.settings.Points.global)
	if s.merged, err = s.c.settings.Points.tagRules().Finish(s.merged); err != nil {
		return err
	}
	s.prefix = put.AppendPrefix(s.prefix[:0], metric, s.merged)
	return nil
}

// name returns the sanitized name of a metric, and the tags that it contains if it is an
// encoded name.
func (s *Sending) name(metric string) (string, []model.Tag, error) {
	if s.c.names != nil && isEncoded(metric) {
		n := s.c.names.decode(metric)
		return n.metric, n.tags, n.err
	}
	name := s.c.settings.Points.Mode.Value.Sanitize(metric)
	return name, nil, model.CheckName(encoding.FieldMetric, name)
}

// Add adds a point to the current series. An invalid point is rejected.
func (s *Sending) Add(at time.Time, value float64) {
	ts, v := model.Timestamp(at, s.c.settings.Points.milliseconds()), model.Float(value)
	err := s.failed
	if err == nil {
		err = model.CheckPoint(ts, v)
	}
	if err != nil {
		p := s.given
		p.Timestamp, p.Value = at, value
		s.out.reject(p, err)
		return
	}
	s.out.AppendPrefix(s.prefix, ts, v, 0)
}

// Close delivers the points, and returns the public error that describes those that were
// not accepted or spooled, nil if there are none.
func (s *Sending) Close() error { return s.out.Close().Err }
