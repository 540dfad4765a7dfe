// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Writer collects points into batches and delivers each batch when it is full. All points
// of the client's users pass through a Writer. The caller appends points to [Writer.Lines],
// reports invalid ones to Reject, and must call Close at the end. A Writer belongs to one
// goroutine.
type Writer struct {
	c       *Client
	ctx     context.Context
	opts    WriterOptions
	builder *put.Builder
	line    put.Line // of AppendPrefix
	text    []byte   // of the line

	total      Report
	unreported Summary // of failures that were not reported before
	invalid    Summary // of points that Reject got
	rejected   int     // number of all points that Reject got

	ended bool      // the context has ended: further points are discarded
	grace time.Time // with a spool, points are still batched until then
	late  latePoints

	inFlight   []chan Report // of batches that are being sent, oldest first
	sequential bool          // batches are sent one after the other
	last       bool          // no point comes after the batch
}

// latePoints are points that were appended after the context had ended.
type latePoints struct {
	n       int
	failure *Failure // for WriterOptions.Failed
}

// WriterOptions are the options of a [Writer]. The zero value is valid.
type WriterOptions struct {
	// Stop, when closed, ends waits for a retry, but no request.
	Stop <-chan struct{}
	// Batch is called with the report of each batch, and at the end with a report of the
	// points that Reject got for a new reason, if there are any.
	Batch func(Report)
	// Reported reports whether the refusal of a point by the server was reported before.
	// Such a point is counted but not part of an error.
	Reported func(*PointError) bool
	// Retain says that the caller keeps points that may be accepted later. Points that wait
	// for another endpoint, token or certificate are then dropped with Failure.Temporary
	// instead of rejected.
	Retain bool
	// Concurrent allows several batches to be sent at the same time (WithMaxInFlight). It
	// requires that each series has one point only, until Sequential is called.
	Concurrent bool
	// Rejected is called with the source of each counted point that Reject gets: the point
	// is invalid or collides with another one.
	Rejected func(source uint32, collision bool)
	// Failed is called with the source of each counted point that the server rejected or
	// that was dropped. Points that failed together share a Failure. Failed is called by the
	// goroutine of the writer. If the server refuses some points of a batch without naming
	// them, the sources are a guess.
	Failed func(source uint32, why *Failure)
}

// NewWriter returns a writer. Its requests and waits end with ctx.
func (c *Client) NewWriter(ctx context.Context, opts WriterOptions) *Writer {
	c.spool.openOnce(ctx)
	w := &Writer{c: c, ctx: ctx, opts: opts}
	w.builder = c.codec.NewBuilder(c.limits(), w.dispatch)
	w.checkContext()
	return w
}

// limits returns the configured limits of a batch, or the limits of the server if they are
// known and smaller.
func (c *Client) limits() put.Limits {
	limits := put.Limits{Points: c.settings.Points.MaxPoints.Value, Bytes: c.settings.Points.MaxBytes.Value}
	if size, suspected := c.size.get(); size > 0 && !suspected {
		limits.Bytes = min(limits.Bytes, size)
	}
	return limits
}

// checkContext makes the builder discard further points if the context has ended. With a
// spool, points are batched for gracePeriod more, so that they can be spooled.
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

// Lines returns the builder to which valid points are appended. When the context has ended,
// the builder discards them.
func (w *Writer) Lines() *put.Builder { return w.builder }

// AppendPrefix appends a valid point, given the rendered metric and tags.
func (w *Writer) AppendPrefix(prefix []byte, ts int64, v model.Value, source uint32) {
	w.text = put.AppendTime(append(w.text[:0], prefix...), ts)
	w.line.SetText(w.text)
	w.builder.Append(&w.line, v, source)
}

// tooLate counts a point that is appended after the context has ended.
func (w *Writer) tooLate(source uint32) {
	if source == put.Uncounted {
		return
	}
	w.late.n++
	if w.opts.Failed != nil {
		if w.late.failure == nil {
			w.late.failure = &Failure{Err: ended(w.ctx), Temporary: true}
		}
		w.opts.Failed(source, w.late.failure)
	}
}

// Produced returns the number of counted points that were appended or rejected so far.
func (w *Writer) Produced() int { return w.builder.Counted() + w.rejected }

// Reject counts a point that cannot be sent. Uncounted points are ignored.
func (w *Writer) Reject(r put.Rejection) {
	if r.Source == put.Uncounted {
		return
	}
	if w.opts.Rejected != nil {
		w.opts.Rejected(r.Source, r.Collision)
	}
	if r.Reported {
		w.reject(PointError{})
		return
	}
	tags := make(map[string]string, len(r.Tags))
	for _, t := range r.Tags {
		tags[t.Key] = t.Value
	}
	w.reject(PointError{
		Point: Point{
			Metric: r.Metric, Tags: tags,
			Timestamp: model.Time(r.Timestamp, w.c.settings.Points.milliseconds()), Value: r.Value.Float64(),
		},
		Source: r.Source, Cause: r.Err,
	})
}

// reject counts a point that cannot be sent. Its cause is nil if it was reported before.
func (w *Writer) reject(p PointError) {
	w.rejected++
	w.total.Rejected++
	if p.Cause == nil {
		return
	}
	w.invalid.Failed++
	if len(w.invalid.Points) < maxPointErrors {
		p.Reason = p.Cause.Error()
		w.invalid.Points = append(w.invalid.Points, p)
	}
}

// Sequential says that a series may have several points. From now on a batch is sent after
// the batch before it was answered.
func (w *Writer) Sequential() { w.sequential = true }

// Flush begins to send the points that were appended. Further points can be appended
// while they are sent.
func (w *Writer) Flush() { w.builder.Flush() }

// dispatch begins to send a batch. It waits if too many batches are in flight.
func (w *Writer) dispatch(b *put.Batch) {
	if w.last && len(w.inFlight) == 0 { // the usual case: one batch, sent without a goroutine
		w.addBatch(w.c.deliver(w.ctx, &w.opts, b, w.grace))
		return
	}
	limit := 1
	if w.opts.Concurrent && !w.sequential {
		limit = w.c.settings.Points.InFlight
	}
	for len(w.inFlight) >= limit {
		w.await()
	}
	report := make(chan Report, 1)
	grace := w.grace
	go func() { report <- w.c.deliver(w.ctx, &w.opts, b, grace) }()
	w.inFlight = append(w.inFlight, report)
	w.checkContext()
}

// deliver sends a batch, through the spool if there is one, and returns the account of its
// points. It returns by the deadline of ctx; with a spool, it may take until graceEnd if
// that is not zero, and otherwise until gracePeriod after the deadline. It takes over the
// caller's reference to the batch.
func (c *Client) deliver(ctx context.Context, opts *WriterOptions, b *put.Batch, graceEnd time.Time) Report {
	s := c.newSender(opts)
	if spool := c.spooler(); spool != nil {
		return spool.deliver(ctx, s, b, graceEnd)
	}
	s.send(ctx, b)
	for _, u := range s.undelivered {
		s.tally.giveUp(u)
	}
	return s.tally.report()
}

// finish sends the points that were appended and waits for all batches in flight.
func (w *Writer) finish() {
	w.last = true
	w.Wait()
}

// Wait sends the points that were appended, and waits for all batches in flight.
func (w *Writer) Wait() {
	w.Flush()
	for len(w.inFlight) > 0 {
		w.await()
	}
}

// await waits for the oldest batch in flight.
func (w *Writer) await() {
	r := <-w.inFlight[0]
	w.inFlight = w.inFlight[1:]
	w.addBatch(r)
}

// addBatch adds the report of a batch to the totals, and passes it on.
func (w *Writer) addBatch(r Report) {
	w.total.Accepted += r.Accepted
	w.total.Rejected += r.Rejected
	w.total.Spooled += r.Spooled
	w.total.Dropped += r.Dropped
	w.total.RetryAfter = max(w.total.RetryAfter, r.RetryAfter)
	if w.grace.IsZero() {
		w.grace = r.spoolUntil
	}
	for _, f := range r.failures {
		for _, source := range f.sources {
			w.opts.Failed(source, &f.Failure)
		}
	}
	w.report(r)
	w.builder.SetMaxBytes(w.c.limits().Bytes) // the client may have learned it from this batch
	w.checkContext()
}

// report passes a report to WriterOptions.Batch and adds its failures to the error of
// Close.
func (w *Writer) report(r Report) {
	if w.opts.Batch != nil {
		w.opts.Batch(r)
	}
	if r.unreported != nil {
		w.unreported.add(r.unreported)
	}
}

// reportFailed reports points that did not become part of a batch.
func (w *Writer) reportFailed(r Report, failed *Summary) {
	r.Err, r.unreported = w.c.settings.Errors.Send(failed), failed
	w.report(r)
}

// Close sends the points that were appended, waits for all batches, and returns a report of
// all points of the writer. Its error is nil if all failures were reported before.
func (w *Writer) Close() Report {
	w.finish()
	w.builder.Close()
	if w.invalid.Failed > 0 {
		w.reportFailed(Report{Rejected: w.invalid.Failed}, &w.invalid)
	}
	if w.late.n > 0 {
		w.total.Dropped += w.late.n
		w.reportFailed(Report{Dropped: w.late.n}, &Summary{Failed: w.late.n, Causes: []error{ended(w.ctx)}, Retryable: true})
	}
	r := w.total
	if !w.unreported.empty() {
		w.unreported.Successful, w.unreported.Failed, w.unreported.Spooled = r.Accepted, r.Rejected+r.Dropped, r.Spooled
		r.Err = w.c.settings.Errors.Send(&w.unreported)
	}
	return r
}
