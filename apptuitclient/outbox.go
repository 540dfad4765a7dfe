// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Outbox takes points one after the other and delivers a batch whenever one is
// full. It is the one way from points to requests: Send and the exporters of
// this module are made of it, and only they can use it. It belongs to one
// goroutine.
type Outbox struct {
	c       *Client
	ctx     context.Context
	opts    OutboxOptions
	builder *put.Builder       // of lines
	series  *put.SeriesBuilder // of series
	line    put.Line

	total   Report
	lost    SendError // of which the causes and points are new
	invalid Report    // refused here
	ended   bool      // ctx has: what comes now is not even made into batches
	grace   time.Time // but until then, where there is a spool
	late    int       // that many points
	tardy   *Failure  // of these, for Failed

	flying  []chan Report // of batches that are on their way, oldest first
	repeats bool          // a series may be in more than one batch
	last    bool          // no point comes after the batch
}

// OutboxOptions are what an exporter wants of an [Outbox]. All may be zero.
type OutboxOptions struct {
	// Stop, when closed, ends waits for a retry, but no request.
	Stop <-chan struct{}
	// Batch gets the report of each batch, and at last one of the points that
	// were refused here for a new reason, if there are any.
	Batch func(Report)
	// Known says whether a point that the server refused has been reported
	// before: then it only counts.
	Known func(*PointError) bool
	// Retain says that the caller keeps points that may be accepted later. Then points
	// that wait for another endpoint, token or certificate are not rejected but dropped,
	// with MayPass.
	Retain bool
	// Parallel says that each series comes once, until Repeats is called: then
	// several batches may be on their way at once (WithMaxInFlight).
	Parallel bool
	// Failed gets the source of each point that counts and was rejected by the server
	// or dropped, and why: points that failed together share a Failure. It is called
	// by the goroutine of the outbox. Of points that the server refused without
	// naming them, where it has accepted others, the sources are a guess.
	Failed func(source uint32, why *Failure)
}

// NewOutbox returns an outbox whose requests and waits end with ctx.
func (c *Client) NewOutbox(ctx context.Context, opts OutboxOptions) *Outbox {
	c.prepareOnce()
	o := &Outbox{c: c, ctx: ctx, opts: opts, series: c.codec.NewSeriesBuilder(c.limits())}
	o.builder = c.codec.NewBuilder(c.limits(), o.deliver)
	o.look()
	return o
}

// limits are those of the configuration, and of the server as far as it is known.
func (c *Client) limits() put.Limits {
	limits := c.cfg.limits
	if size, suspected := c.size.get(); size > 0 && !suspected {
		limits.Bytes = min(limits.Bytes, size)
	}
	return limits
}

// look notices that the context has ended.
func (o *Outbox) look() {
	o.ended = o.ctx.Err() != nil
	if o.ended && o.c.keeper() != nil {
		now := time.Now()
		if o.grace.IsZero() {
			o.grace = now.Add(grace)
		}
		o.ended = !now.Before(o.grace)
	}
	if o.ended {
		o.builder.Discard(func(source uint32) { o.tooLate(source) })
	}
}

// Append adds a valid point of a series.
func (o *Outbox) Append(s *put.Series, ts int64, v model.Value, source uint32) {
	if o.tooLate(source) {
		return
	}
	if o.series.Append(s, ts, v, source) {
		o.Flush()
		o.series.Append(s, ts, v, source)
	}
}

// AppendPrefix adds a valid point of a series that is not kept.
func (o *Outbox) AppendPrefix(prefix []byte, ts int64, v model.Value, source uint32) {
	o.line.Text = put.AppendTime(append(o.line.Text[:0], prefix...), ts)
	o.builder.Append(&o.line, v, source)
}

// AppendPart adds a valid point of a group.
func (o *Outbox) AppendPart(p *put.Part, ts int64, v model.Value, source uint32) {
	if o.tooLate(source) {
		return
	}
	if o.series.AppendPart(p, ts, v, source) {
		o.Flush()
		o.series.AppendPart(p, ts, v, source)
	}
}

// AppendParts adds valid points of a group that differ in their label, and in nothing
// else but their values.
func (o *Outbox) AppendParts(p *put.Part, labels []string, ts int64, values []model.Value, source uint32) {
	for len(values) > 0 {
		if o.ended {
			for range values {
				o.tooLate(source)
			}
			return
		}
		added := o.series.AppendParts(p, labels, ts, values, source)
		if labels, values = labels[added:], values[added:]; len(values) > 0 {
			o.Flush()
		}
	}
}

// tooLate counts a point that comes when the context has ended.
func (o *Outbox) tooLate(source uint32) bool {
	if o.ended && source != put.Uncounted {
		o.late++
		if o.opts.Failed != nil {
			if o.tardy == nil {
				o.tardy = &Failure{Err: ended(o.ctx), MayPass: true}
			}
			o.opts.Failed(source, o.tardy)
		}
	}
	return o.ended
}

// Reject counts a point that is refused here. A nil error means that it is
// known already.
func (o *Outbox) Reject(p DataPoint, err error) {
	o.total.Rejected++
	if err == nil {
		return
	}
	o.invalid.Rejected++
	if o.invalid.Err == nil {
		o.invalid.Err = &SendError{}
	}
	if errs := &o.invalid.Err.Errors; len(*errs) < maxPointErrors {
		*errs = append(*errs, PointError{Point: p, Reason: err.Error(), cause: err})
	}
}

// Repeats says that a series may come more than once. From now on the points of
// one batch are settled before the next is sent.
func (o *Outbox) Repeats() { o.repeats = true }

// Flush sends what has been added on its way. The next batch can be made
// meanwhile.
func (o *Outbox) Flush() {
	o.builder.Flush()
	if b := o.series.Batch(); b != nil {
		o.deliver(b)
	}
}

// deliver sends a batch on its way.
func (o *Outbox) deliver(b *put.Batch) {
	if o.last && len(o.flying) == 0 { // most of the time: one batch is all
		o.settle(o.c.deliver(o.ctx, &o.opts, b, o.grace))
		return
	}
	most := 1
	if o.opts.Parallel && !o.repeats {
		most = o.c.cfg.inFlight
	}
	for len(o.flying) >= most {
		o.land()
	}
	report := make(chan Report, 1)
	grace := o.grace
	go func() { report <- o.c.deliver(o.ctx, &o.opts, b, grace) }()
	o.flying = append(o.flying, report)
	o.look()
}

// finish delivers what has been added and waits for all that is on its way.
func (o *Outbox) finish() {
	o.last = true
	o.Flush()
	for len(o.flying) > 0 {
		o.land()
	}
}

// land waits for the oldest batch that is on its way.
func (o *Outbox) land() {
	r := <-o.flying[0]
	o.flying = o.flying[1:]
	o.settle(r)
}

// settle counts and reports a batch.
func (o *Outbox) settle(r Report) {
	o.total.Accepted += r.Accepted
	o.total.Rejected += r.Rejected
	o.total.Spooled += r.Spooled
	o.total.Dropped += r.Dropped
	o.total.After = max(o.total.After, r.After)
	if o.grace.IsZero() {
		o.grace = r.until
	}
	for _, f := range r.failures {
		for _, source := range f.sources {
			o.opts.Failed(source, &f.Failure)
		}
	}
	o.report(r)
	o.look()
}

// report passes a report on, and takes what is new of it into the error of all.
func (o *Outbox) report(r Report) {
	if o.opts.Batch != nil {
		o.opts.Batch(r)
	}
	if r.fresh != nil {
		o.lost.add(r.fresh)
	}
}

// Close delivers what has been added and reports all points of the outbox
// together. Its error is nil if all that failed is known.
func (o *Outbox) Close() Report {
	o.finish()
	o.builder.Close()
	o.series.Close()
	if o.invalid.Err != nil {
		o.invalid.Err.Failed = o.invalid.Rejected
		o.invalid.fresh = o.invalid.Err
		o.report(o.invalid)
	}
	if o.late > 0 {
		o.total.Dropped += o.late
		err := &SendError{Failed: o.late, causes: []error{ended(o.ctx)}, retryable: true}
		o.report(Report{Dropped: o.late, Err: err, fresh: err})
	}
	r := o.total
	if len(o.lost.causes)+len(o.lost.Errors) > 0 {
		o.lost.Successful, o.lost.Failed, o.lost.Spooled = r.Accepted, r.Rejected+r.Dropped, r.Spooled
		r.Err = &o.lost
	}
	return r
}
