// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/model"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// Report is the account of the points of a delivered batch. Each counted point is in
// exactly one of Accepted, Rejected, Spooled and Dropped. The exporter's own metrics are
// not counted.
type Report struct {
	// Accepted points were stored by the server.
	Accepted int
	// Rejected points were refused, by this package or by the server, and will not be sent
	// again.
	Rejected int
	// Spooled points are on disk, and will be delivered later.
	Spooled int
	// Dropped points could not be delivered in time.
	Dropped int
	// RetryAfter is the delay that the server requested before dropped points are sent
	// again, 0 if it requested none.
	RetryAfter time.Duration
	// StatusCode is the HTTP status of the answer to the last request for the batch. It is
	// 0 if that request got no answer, or if no request was made.
	StatusCode int
	// Err is the public error that describes the rejected and dropped points, nil if there
	// are none.
	Err error

	unreported *Summary   // like Err, without the points that were reported before; nil with Err
	failures   []*failure // for WriterOptions.Failed
	spoolUntil time.Time  // if the context has ended: when spooling of further points must end
}

// Failures returns the points that were refused one by one, and the errors of batches, or of
// unnamed points of a batch. Both describe Err, without the failures that were reported
// before. The caller must not modify them.
func (r *Report) Failures() ([]PointError, []error) {
	if r.unreported == nil {
		return nil, nil
	}
	return r.unreported.Points, r.unreported.Causes
}

// tally counts the points of one batch and collects the reasons of failures. It counts each
// point once: points that are sent again are counted when they are decided.
type tally struct {
	c      *Client
	opts   *WriterOptions
	counts Report

	status     int          // of the last answer that rejected or dropped points
	points     []PointError // refused one by one, at most maxPointErrors
	unreported []PointError // points without the refusals that WriterOptions.Reported knows
	causes     []error      // of batches that failed as a whole
	retryable  bool         // a dropped point may be accepted later
	processed  bool         // the server has accepted or refused single points, and so is an ingest endpoint
}

// report returns the counts so far, with the error of the points that failed.
func (t *tally) report() Report {
	r := t.counts
	if r.Rejected+r.Dropped > 0 {
		all := t.summary(t.points)
		r.Err, r.unreported = t.c.settings.Errors.Send(all), t.summary(t.unreported)
	}
	return r
}

func (t *tally) summary(points []PointError) *Summary {
	return &Summary{
		StatusCode: t.status, Successful: t.counts.Accepted, Failed: t.counts.Rejected + t.counts.Dropped, Spooled: t.counts.Spooled,
		Points: points, Causes: t.causes, Retryable: t.retryable,
	}
}

// count counts the points that an attempt has decided: all points of the batch except
// res.undecided.
func (t *tally) count(ctx context.Context, b *put.Batch, res *result) {
	// Uncounted points are known where the server names points. Where it gives only
	// numbers, they are assumed to be among the accepted ones.
	t.processed = t.processed || res.accepted > 0 || len(res.refused) > 0
	uncounted := b.Points() - b.Counted()
	if res.undecided != nil {
		uncounted -= res.undecided.Points() - res.undecided.Counted()
	}
	refused := len(res.refused)
	for i := range res.refused {
		if b.Source(i) == put.Uncounted {
			refused--
			uncounted--
		}
	}
	fine := min(uncounted, res.accepted)
	unnamed := res.unnamed - (uncounted - fine)
	t.counts.Accepted += res.accepted - fine
	t.counts.Rejected += refused + unnamed
	if refused+unnamed > 0 {
		t.status = res.status
	}
	t.list(ctx, b, res.refused, t.c.serverReason)
	t.noteRefused(b, res, unnamed)
	if unnamed > 0 {
		t.causes = append(t.causes, res.refusal)
	}
}

// spooled counts a batch that was written to the spool.
func (t *tally) spooled(b *put.Batch) { t.counts.Spooled += b.Counted() }

// giveUp counts a batch that was neither delivered nor spooled, and releases it. The points
// are rejected if an answer refused the request, and dropped otherwise. For a caller that
// retains points itself (WriterOptions.Retain) they are always dropped.
func (t *tally) giveUp(u undelivered) {
	kept := t.opts.Retain && u.stop != stopUnreadable
	if u.stop == stopRefused && !kept {
		t.reject(u.batch, u.status, u.err)
		return
	}
	defer u.batch.Release()
	if n := u.batch.Counted(); n > 0 {
		t.counts.Dropped += n
		t.retryable = t.retryable || u.stop == stopTemporary
		t.noteBatchFailed(u.batch, Failure{StatusCode: u.status, Err: u.err, Temporary: kept || u.stop == stopTemporary})
	}
}

// reject counts a batch that the server has refused as a whole, and releases it.
func (t *tally) reject(b *put.Batch, status int, err error) {
	defer b.Release()
	if n := b.Counted(); n > 0 {
		t.counts.Rejected += n
		t.noteBatchFailed(b, Failure{StatusCode: status, Err: err})
	}
}

// noteBatchFailed records why all points of a batch have failed.
func (t *tally) noteBatchFailed(b *put.Batch, why Failure) {
	t.causes = append(t.causes, why.Err)
	if why.StatusCode != 0 {
		t.status = why.StatusCode
	}
	t.noteFailed(b, why, all)
}

// rejectOversized rejects a single point that is too large for the server, and releases its
// batch.
func (t *tally) rejectOversized(ctx context.Context, u undelivered) {
	b := u.batch
	if n := b.Counted(); n > 0 {
		t.counts.Rejected += n
		t.status = u.status
		t.noteFailed(b, Failure{StatusCode: u.status, Err: u.err}, all)
	}
	reason := fmt.Sprintf("too large for the server by itself, with %d bytes: %v", b.RawSize(), u.err)
	t.list(ctx, b, map[int]string{0: reason}, OneLine)
	b.Release()
}

// list adds points that were refused one by one to the error. refused maps the index of a point
// in the batch to its reason, and shown shortens a reason for display. Decoding many points
// takes time, so list stops when ctx ends, and adds an error that the list is incomplete.
func (t *tally) list(ctx context.Context, b *put.Batch, refused map[int]string, shown func(reason string) string) {
	if len(refused) == 0 || len(t.points) >= maxPointErrors && (t.opts.Reported == nil || len(t.unreported) >= maxPointErrors) {
		return
	}
	err := b.Lines(ctx, func(i int, line []byte) bool {
		if ctx.Err() != nil { // Lines checks it less often, and a reason can take long to redact
			return false
		}
		reason, ok := refused[i]
		if !ok || b.Source(i) == put.Uncounted {
			return true
		}
		if p, err := put.DecodePoint(line); err == nil {
			t.add(PointError{Point: t.c.point(p), Source: b.Source(i), Reason: reason}, shown)
		}
		return true
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		t.causes = append(t.causes, fmt.Errorf("the list of refused points is incomplete: %w", err))
	}
}

// add adds a point to the error, unless maxPointErrors points are listed already.
func (t *tally) add(p PointError, shown func(reason string) string) {
	listed := len(t.points) < maxPointErrors
	isNew := len(t.unreported) < maxPointErrors && (t.opts.Reported == nil || !t.opts.Reported(&p))
	if !listed && !isNew {
		return
	}
	p.Reason = shown(p.Reason)
	if listed {
		t.points = append(t.points, p)
	}
	if isNew {
		t.unreported = append(t.unreported, p)
	}
}

// serverReason returns a server's reason as errors display it, without secrets. It is
// called for listed points only: an answer can contain a reason for each of many points.
func (c *Client) serverReason(reason string) string {
	return c.settings.creds.redact.cutLine(reason, len(reason) >= maxReason)
}

func (c *Client) point(p put.Point) Point {
	return Point{
		Metric: p.Metric, Tags: p.Tags,
		Timestamp: model.Time(p.Timestamp, c.settings.Points.milliseconds()), Value: p.Value.Float64(),
	}
}
