// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Report says where the points of a delivered batch are. Accepted, Rejected,
// Spooled and Dropped add up to the points of the batch that count; the
// exporter's own metrics do not.
type Report struct {
	// Accepted points were taken by the server.
	Accepted int
	// Rejected points were refused, here or by the server.
	Rejected int
	// Spooled points are kept on disk and delivered later.
	Spooled int
	// Dropped points could not be delivered in time.
	Dropped int
	// After is how long the server asks to wait before points that are dropped are
	// sent again, 0 if it does not say.
	After time.Duration
	// StatusCode is the status of the answer to the last request for the batch, 0 if
	// it got none, or none was made.
	StatusCode int
	// Err says why points were rejected or dropped, nil if none was.
	Err *SendError

	fresh *SendError // Err without the points that are known

	failures []*failure // for Failed
	until    time.Time  // when spooling ends, if the context has
}

// delivery is the way of one batch: requests, and the policies over them.
type delivery struct {
	c        *Client
	ctx      context.Context
	patience patience

	opts      *OutboxOptions
	keep      func(b *put.Batch, why error, end ending) error // takes the points that are not delivered; may be nil
	replay    bool                                            // the batch is from the spool
	report    Report
	status    int
	points    []PointError
	fresh     []PointError // those of points that are not known
	causes    []error
	retryable bool

	between func() // is called between two requests for parts of the batch; may be nil

	failure       error // the last one that may pass, or can be mended
	failureStatus int
	failureEnd    ending
	tooLarge      int64 // the size of the last part that the server has called too large
	taken         bool  // the server has looked at points and taken or refused them
}

// deliver sends a batch, which it releases, and says where its points are. It
// returns by the context's deadline.
func (c *Client) deliver(ctx context.Context, opts *OutboxOptions, b *put.Batch, graceEnd time.Time) Report {
	d := &delivery{c: c, opts: opts}
	if s := c.keeper(); s != nil {
		return s.deliver(ctx, d, b, graceEnd)
	}
	d.send(ctx, b)
	return d.result()
}

// send sends a batch, which it releases, with the patience that there is.
func (d *delivery) send(ctx context.Context, b *put.Batch) {
	ctx, cancel := d.c.whileOpen(ctx)
	defer cancel()
	d.ctx = ctx
	d.patience = patience{c: d.c, ctx: ctx, stop: d.opts.Stop, once: d.keep != nil, start: time.Now()}
	d.sendParts(b)
}

func (d *delivery) result() Report {
	r := d.report
	if r.Rejected+r.Dropped > 0 {
		r.Err, r.fresh = d.error(d.points), d.error(d.fresh)
	}
	return r
}

func (d *delivery) error(points []PointError) *SendError {
	return &SendError{
		StatusCode: d.status, Successful: d.report.Accepted, Failed: d.report.Rejected + d.report.Dropped, Spooled: d.report.Spooled,
		Errors: points, causes: d.causes, retryable: d.retryable,
	}
}

// settle counts what one request has decided: all but what is left.
func (d *delivery) settle(b *put.Batch, out *outcome) {
	// Points that do not count are told apart where the server names points.
	// Where it gives only numbers, they are taken to be the accepted ones.
	d.taken = d.taken || out.accepted > 0 || len(out.refused) > 0
	uncounted := b.Points() - b.Counted()
	if out.left != nil {
		uncounted -= out.left.Points() - out.left.Counted()
	}
	refused := len(out.refused)
	for i := range out.refused {
		if b.Source(i) == put.Uncounted {
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
	d.list(b, out.refused, d.c.serverReason)
	d.failRefused(b, out, unnamed)
	if unnamed > 0 {
		d.causes = append(d.causes, out.refusal)
	}
}

// drop gives up a batch that could not be delivered, or has it kept, by a spool or by
// the caller, unless it cannot be read. The status is of the last answer to it, 0 if
// there was none. Without a way to keep it, a batch that an answer has refused is rejected.
func (d *delivery) drop(b *put.Batch, status int, err error, end ending) {
	if end == refused && d.keep == nil && !d.opts.Retain {
		d.refuse(b, status, err)
		return
	}
	defer b.Release()
	if end != unreadable {
		d.failure, d.failureStatus, d.failureEnd = err, status, end
	}
	n := b.Counted()
	if n == 0 {
		return
	}
	if end != unreadable && d.keep != nil {
		keepErr := d.keep(b, err, end)
		if keepErr == nil {
			d.report.Spooled += n
			return
		}
		err = fmt.Errorf("%w; it could not be spooled: %w", err, keepErr)
	}
	d.report.Dropped += n
	d.lost(status, err)
	d.retryable = d.retryable || end == outOfTime
	d.fail(b, Failure{StatusCode: status, Err: err, MayPass: end == outOfTime || d.opts.Retain && end != unreadable}, all)
}

// refuse counts a batch that the server refused whole.
func (d *delivery) refuse(b *put.Batch, status int, err error) {
	if n := b.Counted(); n > 0 {
		d.report.Rejected += n
		d.lost(status, err)
		d.fail(b, Failure{StatusCode: status, Err: err}, all)
	}
	b.Release()
}

func (d *delivery) lost(status int, err error) {
	d.causes = append(d.causes, err)
	if status != 0 {
		d.status = status
	}
}

// list adds the points that were refused one by one to the error, with their reasons as
// shown makes them. It ends with the context: to look at many points takes its time.
func (d *delivery) list(b *put.Batch, refused map[int]string, shown func(reason string) string) {
	if len(refused) == 0 || len(d.points) >= maxPointErrors && (d.opts.Known == nil || len(d.fresh) >= maxPointErrors) {
		return
	}
	err := b.Lines(d.ctx, func(i int, line []byte) bool {
		reason, ok := refused[i]
		if !ok || b.Source(i) == put.Uncounted {
			return true
		}
		if p, err := put.DecodePoint(line); err == nil {
			d.add(PointError{Point: d.c.dataPoint(p), Reason: reason}, shown)
		}
		return true
	})
	if err != nil {
		d.causes = append(d.causes, fmt.Errorf("not all points that were refused are listed: %w", err))
	}
}

// add adds a point to the error, unless it has enough.
func (d *delivery) add(p PointError, shown func(reason string) string) {
	listed := len(d.points) < maxPointErrors
	fresh := len(d.fresh) < maxPointErrors && (d.opts.Known == nil || !d.opts.Known(&p))
	if !listed && !fresh {
		return
	}
	p.Reason = shown(p.Reason)
	if listed {
		d.points = append(d.points, p)
	}
	if fresh {
		d.fresh = append(d.fresh, p)
	}
}

// serverReason is a reason as an error shows it. It is searched for secrets only then:
// the server may give one for each of many points.
func (c *Client) serverReason(reason string) string {
	return c.creds.redact.cutLine(reason, len(reason) >= maxReason)
}

func (c *Client) dataPoint(p put.Point) DataPoint {
	return DataPoint{
		Metric: p.Metric, Tags: p.Tags,
		Timestamp: model.Time(p.Timestamp, c.cfg.milliseconds), Value: p.Value.Float64(),
	}
}
