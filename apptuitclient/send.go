// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/encoding"
	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Send sends points, in as many requests as they need, and returns when each
// point is accepted, refused or given up. Points that are invalid are left out
// and the rest is sent. If any point failed, the error is a *[SendError]. All
// of it ends at the deadline of ctx.
func (c *Client) Send(ctx context.Context, points []DataPoint) error {
	s := c.newSending(ctx)
	for i := range points {
		p := &points[i]
		if err := s.series(p.Metric, p.Tags); err != nil {
			s.out.Reject(*p, err)
			continue
		}
		s.point(p.Metric, p.Tags, p.Timestamp, p.Value)
	}
	return s.end()
}

// SendTimeSeries sends the points of series as [Client.Send] sends points:
// sanitized, merged with the global tags, retried, and accounted for alike.
func (c *Client) SendTimeSeries(ctx context.Context, series []TimeSeries) error {
	s := c.newSending(ctx)
	for i := range series {
		ts := &series[i]
		err := s.series(ts.Metric, ts.Tags)
		for _, v := range ts.Samples {
			if err != nil {
				s.out.Reject(DataPoint{ts.Metric, ts.Tags, v.Timestamp, v.Value}, err)
				continue
			}
			s.point(ts.Metric, ts.Tags, v.Timestamp, v.Value)
		}
	}
	return s.end()
}

// sending renders the points of one Send.
type sending struct {
	c      *Client
	out    *Outbox
	prefix []byte
	own    []model.Tag
	named  []model.Tag // the own ones under those of an encoded name
	merged []model.Tag
}

func (c *Client) newSending(ctx context.Context) *sending {
	return &sending{c: c, out: c.NewOutbox(ctx, OutboxOptions{})}
}

// series renders the constant part of the points that follow.
func (s *sending) series(metric string, tags map[string]string) error {
	metric, named, err := s.name(metric)
	if err != nil {
		return err
	}
	s.own = model.TagsOf(s.own, tags)
	own, err := model.SanitizeTags(s.c.cfg.mode, s.own)
	if err != nil {
		return err
	}
	if len(named) > 0 {
		s.named = model.MergeTags(s.named[:0], named, own)
		own = s.named
	}
	s.merged = model.MergeTags(s.merged[:0], own, s.c.global)
	if s.merged, err = model.FinishTags(s.merged); err != nil {
		return err
	}
	s.prefix = put.AppendPrefix(s.prefix[:0], metric, s.merged)
	return nil
}

// name returns the name that a metric has on the wire, and the tags in it if it is
// an encoded name.
func (s *sending) name(metric string) (string, []model.Tag, error) {
	if s.c.names != nil && isEncoded(metric) {
		n := s.c.names.decode(metric)
		return n.metric, n.tags, n.err
	}
	name := s.c.cfg.mode.Sanitize(metric)
	return name, nil, model.CheckName(encoding.FieldMetric, name)
}

func (s *sending) point(metric string, tags map[string]string, at time.Time, value float64) {
	ts, v := model.Timestamp(at, s.c.cfg.milliseconds), model.Float(value)
	if err := model.CheckPoint(ts, v); err != nil {
		s.out.Reject(DataPoint{metric, tags, at, value}, err)
		return
	}
	s.out.AppendPrefix(s.prefix, ts, v, 0)
}

func (s *sending) end() error {
	if r := s.out.Close(); r.Err != nil {
		return r.Err
	}
	return nil
}
