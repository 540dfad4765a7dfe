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

// Report says where the points of a delivered batch are. Accepted, Rejected, Spooled and
// Dropped add up to the points of the batch that count; the exporter's own metrics do
// not.
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
	// Err is the public error of points that were rejected or dropped, nil if none was.
	Err error

	fresh    *Summary   // without the points that have been reported before
	failures []*failure // for WriterOptions.Failed
	until    time.Time  // when spooling ends, if the context has
}

// tally counts the points of one batch, and collects why points failed. Each point
// is counted once, in the end.
type tally struct {
	c      *Client
	opts   *WriterOptions
	counts Report

	status    int // of the last answer that cost points
	points    []PointError
	fresh     []PointError // those of points that have not been reported before
	causes    []error
	retryable bool
	taken     bool // the server has looked at points and taken or refused them
}

// report returns the counts, with the error of the points that failed.
func (t *tally) report() Report {
	r := t.counts
	if r.Rejected+r.Dropped > 0 {
		all := t.summary(t.points)
		r.Err, r.fresh = t.c.settings.Errors.Send(all), t.summary(t.fresh)
	}
	return r
}

func (t *tally) summary(points []PointError) *Summary {
	return &Summary{
		StatusCode: t.status, Successful: t.counts.Accepted, Failed: t.counts.Rejected + t.counts.Dropped, Spooled: t.counts.Spooled,
		Points: points, Causes: t.causes, Retryable: t.retryable,
	}
}

// settle counts the points that one attempt has decided: all but those that are left.
func (t *tally) settle(ctx context.Context, b *put.Batch, res *result) {
	// Points that do not count are told apart where the server names points.
	// Where it gives only numbers, they are taken to be the accepted ones.
	t.taken = t.taken || res.accepted > 0 || len(res.refused) > 0
	uncounted := b.Points() - b.Counted()
	if res.left != nil {
		uncounted -= res.left.Points() - res.left.Counted()
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
	t.failRefused(b, res, unnamed)
	if unnamed > 0 {
		t.causes = append(t.causes, res.refusal)
	}
}

// spooled counts a batch that is kept on disk.
func (t *tally) spooled(b *put.Batch) { t.counts.Spooled += b.Counted() }

// giveUp counts a batch that was not delivered and is not kept, and releases it: as
// rejected if an answer has refused it, else as dropped. A caller that keeps points
// itself gets them all as dropped.
func (t *tally) giveUp(u undelivered) {
	kept := t.opts.Retain && u.end != unreadable
	if u.end == refused && !kept {
		t.reject(u.batch, u.status, u.err)
		return
	}
	defer u.batch.Release()
	if n := u.batch.Counted(); n > 0 {
		t.counts.Dropped += n
		t.retryable = t.retryable || u.end == outOfTime
		t.failWhole(u.batch, Failure{StatusCode: u.status, Err: u.err, MayPass: kept || u.end == outOfTime})
	}
}

// reject counts a batch that the server has refused whole, and releases it.
func (t *tally) reject(b *put.Batch, status int, err error) {
	defer b.Release()
	if n := b.Counted(); n > 0 {
		t.counts.Rejected += n
		t.failWhole(b, Failure{StatusCode: status, Err: err})
	}
}

// failWhole notes why all points of a batch have failed.
func (t *tally) failWhole(b *put.Batch, why Failure) {
	t.causes = append(t.causes, why.Err)
	if why.StatusCode != 0 {
		t.status = why.StatusCode
	}
	t.fail(b, why, all)
}

// rejectAlone counts a single point that is too large for the server, and releases it.
func (t *tally) rejectAlone(ctx context.Context, u undelivered) {
	b := u.batch
	if n := b.Counted(); n > 0 {
		t.counts.Rejected += n
		t.status = u.status
		t.fail(b, Failure{StatusCode: u.status, Err: u.err}, all)
	}
	reason := fmt.Sprintf("too large for the server by itself, with %d bytes: %v", b.RawSize(), u.err)
	t.list(ctx, b, map[int]string{0: reason}, OneLine)
	b.Release()
}

// list adds the points that were refused one by one to the error, with their reasons as
// shown makes them. It ends with the context: to look at many points takes its time.
func (t *tally) list(ctx context.Context, b *put.Batch, refused map[int]string, shown func(reason string) string) {
	if len(refused) == 0 || len(t.points) >= maxPointErrors && (t.opts.Known == nil || len(t.fresh) >= maxPointErrors) {
		return
	}
	err := b.Lines(ctx, func(i int, line []byte) bool {
		if ctx.Err() != nil { // a reason takes its time, too
			return false
		}
		reason, ok := refused[i]
		if !ok || b.Source(i) == put.Uncounted {
			return true
		}
		if p, err := put.DecodePoint(line); err == nil {
			t.add(PointError{Point: t.c.point(p), Reason: reason}, shown)
		}
		return true
	})
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		t.causes = append(t.causes, fmt.Errorf("not all points that were refused are listed: %w", err))
	}
}

// add adds a point to the error, unless it has enough.
func (t *tally) add(p PointError, shown func(reason string) string) {
	listed := len(t.points) < maxPointErrors
	fresh := len(t.fresh) < maxPointErrors && (t.opts.Known == nil || !t.opts.Known(&p))
	if !listed && !fresh {
		return
	}
	p.Reason = shown(p.Reason)
	if listed {
		t.points = append(t.points, p)
	}
	if fresh {
		t.fresh = append(t.fresh, p)
	}
}

// serverReason is a reason as an error shows it. It is searched for secrets only then:
// the server may give one for each of many points.
func (c *Client) serverReason(reason string) string {
	return c.settings.creds.redact.cutLine(reason, len(reason) >= maxReason)
}

func (c *Client) point(p put.Point) Point {
	return Point{
		Metric: p.Metric, Tags: p.Tags,
		Timestamp: model.Time(p.Timestamp, c.settings.Points.Milliseconds), Value: p.Value.Float64(),
	}
}
