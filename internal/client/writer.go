// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Writer writes batches: it takes points one after the other and delivers a batch whenever
// one is full. It is the one way from points to requests. It belongs to one goroutine.
type Writer struct {
	c       *Client
	ctx     context.Context
	opts    WriterOptions
	builder *put.Builder
	line    put.Line // of AppendPrefix
	text    []byte   // of the line

	total   Report
	fresh   Summary // of failures that have not been reported before
	invalid Summary // of points that were refused here
	refused int     // all points that were refused here

	ended       bool      // the context: further points are not made into batches
	grace       time.Time // with a spool, points are still batched until then
	late        int       // points that came after that
	lateFailure *Failure  // of these, for Failed

	inFlight []chan Report // of batches that are on their way, oldest first
	repeats  bool          // a series may be in more than one batch
	last     bool          // no point comes after the batch
}

// WriterOptions are the options of a [Writer]. The zero value has none.
type WriterOptions struct {
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
	// Rejected gets the source of each counted point that was rejected before it became
	// part of a batch, because it was invalid or collided with another point.
	Rejected func(source uint32, collision bool)
	// Failed gets the source of each point that counts and was rejected by the server
	// or dropped, and why: points that failed together share a Failure. It is called
	// by the goroutine of the writer. Of points that the server refused without
	// naming them, where it has accepted others, the sources are a guess.
	Failed func(source uint32, why *Failure)
}

// NewWriter returns a writer whose requests and waits end with ctx.
func (c *Client) NewWriter(ctx context.Context, opts WriterOptions) *Writer {
	c.prepareOnce(ctx)
	w := &Writer{c: c, ctx: ctx, opts: opts}
	w.builder = c.codec.NewBuilder(c.limits(), w.dispatch)
	w.checkContext()
	return w
}

// limits are those of the configuration, and of the server as far as it is known.
func (c *Client) limits() put.Limits {
	limits := c.settings.Points.Batch
	if size, suspected := c.size.get(); size > 0 && !suspected {
		limits.Bytes = min(limits.Bytes, size)
	}
	return limits
}

// look notices that the context has ended.
func (w *Writer) checkContext() {
	w.ended = w.ctx.Err() != nil
	if w.ended && w.c.spooler() != nil {
		now := time.Now()
		if w.grace.IsZero() {
			w.grace = now.Add(gracePeriod)
		}
		w.ended = !now.Before(w.grace)
	}
	if w.ended {
		w.builder.Discard(w.tooLate)
	}
}

// Lines returns the builder to which valid points are added. When the context has ended, the
// builder discards them (checkContext).
func (w *Writer) Lines() *put.Builder { return w.builder }

// AppendPrefix adds a valid point of a series.
func (w *Writer) AppendPrefix(prefix []byte, ts int64, v model.Value, source uint32) {
	w.text = put.AppendTime(append(w.text[:0], prefix...), ts)
	w.line.SetText(w.text)
	w.builder.Append(&w.line, v, source)
}

// tooLate counts a point that comes when the context has ended.
func (w *Writer) tooLate(source uint32) {
	if source == put.Uncounted {
		return
	}
	w.late++
	if w.opts.Failed != nil {
		if w.lateFailure == nil {
			w.lateFailure = &Failure{Err: ended(w.ctx), MayPass: true}
		}
		w.opts.Failed(source, w.lateFailure)
	}
}

// Produced returns how many counted points were added or rejected so far.
func (w *Writer) Produced() int { return w.builder.Counted() + w.refused }

// Reject counts a point that cannot be sent, unless it is uncounted.
func (w *Writer) Reject(r put.Rejection) {
	if r.Source == put.Uncounted {
		return
	}
	if w.opts.Rejected != nil {
		w.opts.Rejected(r.Source, r.Collision)
	}
	if r.Reported {
		w.reject(Point{}, nil)
		return
	}
	tags := make(map[string]string, len(r.Tags))
	for _, t := range r.Tags {
		tags[t.Key] = t.Value
	}
	w.reject(Point{
		Metric: r.Metric, Tags: tags,
		Timestamp: model.Time(r.Timestamp, w.c.settings.Points.Milliseconds), Value: r.Value.Float64(),
	}, r.Err)
}

// reject counts a point that is refused here. A nil error means that it has been
// reported before.
func (w *Writer) reject(p Point, err error) {
	w.refused++
	w.total.Rejected++
	if err == nil {
		return
	}
	w.invalid.Failed++
	if len(w.invalid.Points) < maxPointErrors {
		w.invalid.Points = append(w.invalid.Points, PointError{Point: p, Reason: err.Error(), Cause: err})
	}
}

// Repeats says that a series may come more than once. From now on the points of
// one batch are settled before the next is sent.
func (w *Writer) Repeats() { w.repeats = true }

// Flush sends what has been added on its way. The next batch can be made
// meanwhile.
func (w *Writer) Flush() { w.builder.Flush() }

// dispatch sends a batch on its way.
func (w *Writer) dispatch(b *put.Batch) {
	if w.last && len(w.inFlight) == 0 { // most of the time: one batch is all
		w.settle(w.c.deliver(w.ctx, &w.opts, b, w.grace))
		return
	}
	most := 1
	if w.opts.Parallel && !w.repeats {
		most = w.c.settings.Points.InFlight
	}
	for len(w.inFlight) >= most {
		w.await()
	}
	report := make(chan Report, 1)
	grace := w.grace
	go func() { report <- w.c.deliver(w.ctx, &w.opts, b, grace) }()
	w.inFlight = append(w.inFlight, report)
	w.checkContext()
}

// finish delivers what has been added and waits for all that is on its way.
func (w *Writer) finish() {
	w.last = true
	w.Flush()
	for len(w.inFlight) > 0 {
		w.await()
	}
}

// await waits for the oldest batch that is on its way.
func (w *Writer) await() {
	r := <-w.inFlight[0]
	w.inFlight = w.inFlight[1:]
	w.settle(r)
}

// settle counts and reports a batch.
func (w *Writer) settle(r Report) {
	w.total.Accepted += r.Accepted
	w.total.Rejected += r.Rejected
	w.total.Spooled += r.Spooled
	w.total.Dropped += r.Dropped
	w.total.After = max(w.total.After, r.After)
	if w.grace.IsZero() {
		w.grace = r.until
	}
	for _, f := range r.failures {
		for _, source := range f.sources {
			w.opts.Failed(source, &f.Failure)
		}
	}
	w.report(r)
	w.checkContext()
}

// report passes a report on, and takes its new failures into the error of all.
func (w *Writer) report(r Report) {
	if w.opts.Batch != nil {
		w.opts.Batch(r)
	}
	if r.fresh != nil {
		w.fresh.add(r.fresh)
	}
}

// reportFailed reports points of no batch.
func (w *Writer) reportFailed(r Report, failed *Summary) {
	r.Err, r.fresh = w.c.settings.Errors.Send(failed), failed
	w.report(r)
}

// Close delivers the points that have been added and reports all points of the writer
// together. Its error is nil if all failures have been reported before.
func (w *Writer) Close() Report {
	w.finish()
	w.builder.Close()
	if w.invalid.Failed > 0 {
		w.reportFailed(Report{Rejected: w.invalid.Failed}, &w.invalid)
	}
	if w.late > 0 {
		w.total.Dropped += w.late
		w.reportFailed(Report{Dropped: w.late}, &Summary{Failed: w.late, Causes: []error{ended(w.ctx)}, Retryable: true})
	}
	r := w.total
	if !w.fresh.empty() {
		w.fresh.Successful, w.fresh.Failed, w.fresh.Spooled = r.Accepted, r.Rejected+r.Dropped, r.Spooled
		r.Err = w.c.settings.Errors.Send(&w.fresh)
	}
	return r
}
