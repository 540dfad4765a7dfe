// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/internal/wire"
)

// Report says where the points of a delivered batch are. Accepted, Rejected and
// Dropped add up to the points of the batch that count; the exporter's own
// metrics do not.
type Report struct {
	// Accepted points were taken by the server.
	Accepted int
	// Rejected points were refused, here or by the server.
	Rejected int
	// Dropped points could not be delivered in time.
	Dropped int
	// After is how long the server asks to wait before points that are dropped are
	// sent again, 0 if it does not say.
	After time.Duration
	// Err says why, nil if every point that counts was accepted.
	Err *SendError

	fresh *SendError // Err without the points that are known
}

// delivery is the way of one batch: requests, and the policies over them.
type delivery struct {
	c        *Client
	ctx      context.Context
	patience patience

	opts      *OutboxOptions
	report    Report
	status    int
	points    []PointError
	fresh     []PointError // those of points that are not known
	causes    []error
	retryable bool
}

// deliver sends a batch, which it releases, and says where its points are. It
// returns by the context's deadline.
func (c *Client) deliver(ctx context.Context, opts *OutboxOptions, b *wire.Batch) Report {
	ctx, cancel := c.whileOpen(ctx)
	defer cancel()
	d := &delivery{
		c: c, ctx: ctx, opts: opts,
		patience: patience{c: c, ctx: ctx, stop: opts.Stop, start: time.Now()},
	}
	d.halve(b)
	r := d.report
	if r.Rejected+r.Dropped > 0 {
		r.Err, r.fresh = d.error(d.points), d.error(d.fresh)
	}
	return r
}

func (d *delivery) error(points []PointError) *SendError {
	return &SendError{
		StatusCode: d.status, Successful: d.report.Accepted, Failed: d.report.Rejected + d.report.Dropped,
		Errors: points, causes: d.causes, retryable: d.retryable,
	}
}

// settle counts what one request has decided: all but what is left.
func (d *delivery) settle(b *wire.Batch, out *outcome) {
	// Points that do not count are told apart where the server names points.
	// Where it gives only numbers, they are taken to be the accepted ones.
	uncounted := b.Points() - b.Counted()
	if out.left != nil {
		uncounted -= out.left.Points() - out.left.Counted()
	}
	refused := len(out.refused)
	for i := range out.refused {
		if b.Source(i) == wire.Uncounted {
			refused--
			uncounted--
		}
	}
	fine := min(uncounted, out.accepted)
	unnamed := out.unnamed - (uncounted - fine)
	d.report.Accepted += out.accepted - fine
	d.report.Rejected += refused + unnamed
	if refused+unnamed > 0 {
		d.status = out.status
	}
	d.list(b, out.refused)
	if unnamed > 0 {
		d.causes = append(d.causes, out.refusal)
	}
}

// drop counts a batch that could not be delivered and is given up. The status is
// of the last answer to it, 0 if there was none.
func (d *delivery) drop(b *wire.Batch, status int, err error, retryable bool) {
	if n := b.Counted(); n > 0 {
		d.report.Dropped += n
		d.lost(status, err)
		d.retryable = d.retryable || retryable
	}
	if retryable && d.opts.Undelivered != nil {
		for i := range b.Points() {
			if source := b.Source(i); source != wire.Uncounted {
				d.opts.Undelivered(source)
			}
		}
	}
	b.Release()
}

// refuse counts a batch that the server refused whole.
func (d *delivery) refuse(b *wire.Batch, status int, err error) {
	if n := b.Counted(); n > 0 {
		d.report.Rejected += n
		d.lost(status, err)
	}
	b.Release()
}

func (d *delivery) lost(status int, err error) {
	d.causes = append(d.causes, err)
	if status != 0 {
		d.status = status
	}
}

// list adds the points that were refused one by one to the error.
func (d *delivery) list(b *wire.Batch, refused map[int]string) {
	if len(refused) == 0 || len(d.points) >= maxPointErrors && (d.opts.Known == nil || len(d.fresh) >= maxPointErrors) {
		return
	}
	err := b.Lines(func(i int, line []byte) bool {
		reason, ok := refused[i]
		if !ok || b.Source(i) == wire.Uncounted {
			return true
		}
		if p, err := wire.DecodePoint(line); err == nil {
			d.add(PointError{Point: d.c.dataPoint(p), Reason: reason})
		}
		return true
	})
	if err != nil {
		d.causes = append(d.causes, err)
	}
}

func (d *delivery) add(p PointError) {
	if len(d.points) < maxPointErrors {
		d.points = append(d.points, p)
	}
	if len(d.fresh) < maxPointErrors && (d.opts.Known == nil || !d.opts.Known(&p)) {
		d.fresh = append(d.fresh, p)
	}
}

func (c *Client) dataPoint(p wire.Point) DataPoint {
	return DataPoint{
		Metric: p.Metric, Tags: p.Tags,
		Timestamp: wire.Time(p.Timestamp, c.cfg.milliseconds), Value: p.Value.Float64(),
	}
}
