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
func (c *Client) NewSending(ctx context.Context, opts WriterOptions) *Sending {
	return &Sending{c: c, out: c.NewWriter(ctx, opts)}
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

// Check returns the reason for which a point of the current series would be rejected by
// Add, an *[encoding.Error], or nil.
func (s *Sending) Check(at time.Time, v model.Value) error {
	_, err := s.check(at, v)
	return err
}

// check returns the timestamp in wire units.
func (s *Sending) check(at time.Time, v model.Value) (int64, error) {
	if s.failed != nil {
		return 0, s.failed
	}
	ts := model.Timestamp(at, s.c.settings.Points.milliseconds())
	return ts, model.CheckPoint(ts, v)
}

// Add adds a point to the current series. An invalid point is rejected. The source is that
// of [PointError].
func (s *Sending) Add(at time.Time, v model.Value, source uint32) {
	ts, err := s.check(at, v)
	if err != nil {
		p := s.given
		p.Timestamp, p.Value = at, v.Float64()
		s.out.reject(PointError{Point: p, Source: source, Cause: err})
		return
	}
	s.out.AppendPrefix(s.prefix, ts, v, source)
}

// AppendLine appends a valid point of the current series to dst, as the JSON object that
// Add sends. The point is not sent.
func (s *Sending) AppendLine(dst []byte, at time.Time, v model.Value) []byte {
	dst = append(dst, s.prefix...)
	dst = put.AppendTime(dst, model.Timestamp(at, s.c.settings.Points.milliseconds()))
	return append(v.Append(dst), '}')
}

// Flush begins to send the points that were added. Further points can be added while they
// are sent.
func (s *Sending) Flush() { s.out.Flush() }

// Wait sends the points that were added, and waits until they are delivered or given up.
func (s *Sending) Wait() { s.out.Wait() }

// Close delivers the points, and returns a report of all points. Its error describes the points
// that were neither accepted nor spooled.
func (s *Sending) Close() Report { return s.out.Close() }
