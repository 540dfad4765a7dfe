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
	builder *put.Builder       // of lines
	series  *put.SeriesBuilder // of series
	line    put.Line

	total   Report
	fresh   Summary // of failures that have not been reported before
	invalid Summary // of points that were refused here

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
	// Failed gets the source of each point that counts and was rejected by the server
	// or dropped, and why: points that failed together share a Failure. It is called
	// by the goroutine of the writer. Of points that the server refused without
	// naming them, where it has accepted others, the sources are a guess.
	Failed func(source uint32, why *Failure)
}

// NewWriter returns a writer whose requests and waits end with ctx.
func (c *Client) NewWriter(ctx context.Context, opts WriterOptions) *Writer {
	c.prepareOnce(ctx)
	w := &Writer{c: c, ctx: ctx, opts: opts, series: c.codec.NewSeriesBuilder(c.limits())}
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
		w.builder.Discard(func(source uint32) { w.tooLate(source) })
	}
}

// Append adds a valid point of a series.
func (w *Writer) Append(s *put.Series, ts int64, v model.Value, source uint32) {
	if w.tooLate(source) {
		return
	}
	if w.series.Append(s, ts, v, source) {
		w.Flush()
		w.series.Append(s, ts, v, source)
	}
}

// AppendPrefix adds a valid point of a series that is not kept. When the context has ended,
// the builder discards it (checkContext).
func (w *Writer) AppendPrefix(prefix []byte, ts int64, v model.Value, source uint32) {
	w.line.Text = put.AppendTime(append(w.line.Text[:0], prefix...), ts)
	w.builder.Append(&w.line, v, source)
}

// AppendPart adds a valid point of a group.
func (w *Writer) AppendPart(p *put.Part, ts int64, v model.Value, source uint32) {
	if w.tooLate(source) {
		return
	}
	if w.series.AppendPart(p, ts, v, source) {
		w.Flush()
		w.series.AppendPart(p, ts, v, source)
	}
}

// AppendParts adds valid points of a group that differ in their label, and in nothing
// else but their values.
func (w *Writer) AppendParts(p *put.Part, labels []string, ts int64, values []model.Value, source uint32) {
	for len(values) > 0 {
		if w.ended {
			for range values {
				w.tooLate(source)
			}
			return
		}
		added := w.series.AppendParts(p, labels, ts, values, source)
		if labels, values = labels[added:], values[added:]; len(values) > 0 {
			w.Flush()
		}
	}
}

// tooLate counts a point that comes when the context has ended.
func (w *Writer) tooLate(source uint32) bool {
	if w.ended && source != put.Uncounted {
		w.late++
		if w.opts.Failed != nil {
			if w.lateFailure == nil {
				w.lateFailure = &Failure{Err: ended(w.ctx), MayPass: true}
			}
			w.opts.Failed(source, w.lateFailure)
		}
	}
	return w.ended
}

// Reject counts a point that is refused here. A nil error means that it has been
// reported before.
func (w *Writer) Reject(p Point, err error) {
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
func (w *Writer) Flush() {
	w.builder.Flush()
	if b := w.series.Batch(); b != nil {
		w.dispatch(b)
	}
}

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
	w.series.Close()
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
