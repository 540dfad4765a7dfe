// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// Outbox takes points one after the other and delivers a batch whenever one is
// full. It is the one way from points to requests: Send and the exporters of
// this module are made of it, and only they can use it. It belongs to one
// goroutine.
type Outbox struct {
	c       *Client
	ctx     context.Context
	stop    <-chan struct{}
	reports func(Report)
	builder *wire.Builder

	total Report
	lost  SendError
}

// NewOutbox returns an outbox whose requests end with ctx, and whose waits for
// a retry end with stop, too. The function reports, which may be nil, gets the
// report of each batch.
func (c *Client) NewOutbox(ctx context.Context, stop <-chan struct{}, reports func(Report)) *Outbox {
	return &Outbox{c: c, ctx: ctx, stop: stop, reports: reports, builder: c.codec.NewBuilder(c.cfg.limits)}
}

// Append adds a valid point of a series.
func (o *Outbox) Append(s *wire.Series, ts int64, v wire.Value, source uint32) {
	if o.builder.Append(s, ts, v, source) {
		o.Flush()
		o.builder.Append(s, ts, v, source)
	}
}

// AppendPrefix adds a valid point of a series that is not kept.
func (o *Outbox) AppendPrefix(prefix []byte, ts int64, v wire.Value, source uint32) {
	if o.builder.AppendPrefix(prefix, ts, v, source) {
		o.Flush()
		o.builder.AppendPrefix(prefix, ts, v, source)
	}
}

// Reject counts a point that is refused here.
func (o *Outbox) Reject(p DataPoint, err error) {
	o.total.Rejected++
	if len(o.lost.Errors) < maxPointErrors {
		o.lost.Errors = append(o.lost.Errors, invalid(p, err))
	}
}

// Flush delivers what has been added.
func (o *Outbox) Flush() {
	b := o.builder.Batch()
	if b == nil {
		return
	}
	r := o.c.deliver(o.ctx, o.stop, b)
	o.total.Accepted += r.Accepted
	o.total.Rejected += r.Rejected
	o.total.Dropped += r.Dropped
	o.lost.add(r.Err)
	if o.reports != nil {
		o.reports(r)
	}
}

// Close delivers what has been added and reports all points of the outbox
// together.
func (o *Outbox) Close() Report {
	o.Flush()
	o.builder.Close()
	r := o.total
	if r.Rejected+r.Dropped > 0 {
		o.lost.Successful, o.lost.Failed = r.Accepted, r.Rejected+r.Dropped
		r.Err = &o.lost
	}
	return r
}
