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

// Sending renders the points of one Send: Series, then Add for each of its points, for one
// series after the other, and at last Close. It belongs to one goroutine.
type Sending struct {
	c      *Client
	out    *Writer
	given  Point // the series, as it was given
	failed error // why it cannot be sent
	prefix []byte
	own    []model.Tag
	named  []model.Tag // the own ones under those of an encoded name
	merged []model.Tag
}

// NewSending returns a Send whose requests and waits end with ctx.
func (c *Client) NewSending(ctx context.Context) *Sending {
	return &Sending{c: c, out: c.NewWriter(ctx, WriterOptions{})}
}

// Series begins a series. If it cannot be sent, each of its points is rejected.
func (s *Sending) Series(metric string, tags map[string]string) {
	s.given = Point{Metric: metric, Tags: tags}
	s.failed = s.series(metric, tags)
}

// series renders the constant part of the points that follow.
func (s *Sending) series(metric string, tags map[string]string) error {
	metric, named, err := s.name(metric)
	if err != nil {
		return err
	}
	s.own = model.TagsOf(s.own, tags)
	own, err := model.SanitizeTags(s.c.settings.Points.Mode.Value, s.own)
	if err != nil {
		return err
	}
	if len(named) > 0 {
		s.named = model.MergeTags(s.named[:0], named, own)
		own = s.named
	}
	s.merged = model.MergeTags(s.merged[:0], own, s.c.settings.Points.global)
	if s.merged, err = model.FinishTags(s.merged); err != nil {
		return err
	}
	s.prefix = put.AppendPrefix(s.prefix[:0], metric, s.merged)
	return nil
}

// name returns the name that a metric has on the wire, and the tags in it if it is
// an encoded name.
func (s *Sending) name(metric string) (string, []model.Tag, error) {
	if s.c.names != nil && isEncoded(metric) {
		n := s.c.names.decode(metric)
		return n.metric, n.tags, n.err
	}
	name := s.c.settings.Points.Mode.Value.Sanitize(metric)
	return name, nil, model.CheckName(encoding.FieldMetric, name)
}

// Add adds a point of the series.
func (s *Sending) Add(at time.Time, value float64) {
	ts, v := model.Timestamp(at, s.c.settings.Points.Milliseconds), model.Float(value)
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

// Close delivers the points and returns their public error, nil if none failed.
func (s *Sending) Close() error { return s.out.Close().Err }
