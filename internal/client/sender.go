// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/put"
)

// sender delivers one batch: it makes attempts, waits between them, and splits the batch
// where it is too large. Points that the server has accepted or rejected are counted in
// tally. Batches without such a decision are appended to undelivered; the caller spools
// them or gives them up, and releases them.
//
// Set the options (hasSpool to beforeNextPart), then call send once.
type sender struct {
	c       *Client
	opts    *WriterOptions
	tally   tally
	retrier retrier
	ctx     context.Context // of send

	hasSpool       bool   // undelivered batches are spooled: each is attempted once, without a wait
	replaying      bool   // the batch comes from the spool
	maxSize        int64  // split batches with more bytes of text than this; 0: no such limit
	beforeNextPart func() // called between two requests for parts of the batch; may be nil

	tooLarge    int64         // bytes of text of the last part that the server called too large
	oversized   []undelivered // single points that the server called too large, see decideOversized
	undelivered []undelivered

	// unavailable says that a part is undelivered because of the server, the network or the
	// configuration, and not because of its points. cause is the reason.
	unavailable bool
	cause       deliveryFailure
}

// undelivered is a batch that the server has neither accepted nor rejected, and the reason.
type undelivered struct {
	batch *put.Batch
	deliveryFailure
}

// deliveryFailure says how the attempts to deliver a batch have ended.
type deliveryFailure struct {
	status int // of the last answer, 0 if there was none
	err    error
	stop   stopReason
	cutOff int64 // bytes of text of the batch, if the connection broke as it does for a batch that is too large

	untried bool // the batch was not sent, and the failure is that of another part
}

func (c *Client) newSender(opts *WriterOptions) *sender {
	return &sender{c: c, opts: opts, tally: tally{c: c, opts: opts}}
}

// send delivers a batch, in parts where it is too large. It returns when each part is
// decided or undelivered, and takes over the caller's reference to the batch.
func (s *sender) send(ctx context.Context, b *put.Batch) {
	ctx, cancel := s.c.untilClosed(ctx)
	defer cancel()
	s.ctx = ctx
	s.retrier = retrier{c: s.c, ctx: ctx, stop: s.opts.Stop, noWait: s.hasSpool, start: time.Now()}
	stack := []*put.Batch{b} // parts to send, the first one on top
	requests := 0
	for len(stack) > 0 {
		b, stack = stack[len(stack)-1], stack[:len(stack)-1]
		if s.unavailable && s.stopsAtFirstFailure() {
			why := s.cause
			why.untried = true
			s.addUndelivered(b, why)
			continue
		}
		if s.exceedsLimit(b) {
			stack = s.split(b, stack, 0)
			continue
		}
		if requests++; requests > 1 && s.beforeNextPart != nil {
			s.beforeNextPart()
		}
		res := s.sendPart(b)
		if res == nil {
			continue
		}
		b = res.undecided
		if res.action == actionSplit {
			stack = s.splitTooLarge(b, stack, res)
		} else { // the size limit has become smaller than b
			stack = append(stack, b)
		}
	}
	s.decideOversized()
}

// sendPart makes attempts to deliver a batch until each of its points is decided, or the
// batch is undelivered, and returns nil. If the points that are still undecided must be split
// instead, sendPart returns the last result.
func (s *sender) sendPart(b *put.Batch) *result {
	status, cutOff := 0, int64(0)
	if _, suspected := s.c.size.get(); !suspected {
		s.retrier.attempts, s.retrier.lastAnswer = 0, nil
	}
	for {
		res := s.c.attempt(s.ctx, b)
		s.tally.count(s.ctx, b, &res)
		s.tally.counts.StatusCode = res.status
		if res.status != 0 {
			status = res.status
			// Any answer but 401 and 403 shows that the token is accepted.
			s.retrier.tokenRefreshed = s.retrier.tokenRefreshed && res.action == actionRefreshToken
		}
		switch {
		case res.undecided != b:
			s.c.size.passed(b.RawSize(), s.tooLarge)
			b.Release()
		case res.cutOff && b.Size() >= minSuspect && b.Points() > 1:
			cutOff = b.RawSize()
			s.c.size.cutOff(cutOff)
		}
		if b = res.undecided; b == nil {
			return nil
		}
		if res.action == actionSplit {
			return &res
		}
		stop, err := s.retrier.next(&res)
		if stop != stopNone {
			s.tally.counts.RetryAfter = max(s.tally.counts.RetryAfter, res.retryAfter)
			s.addUndelivered(b, deliveryFailure{status: status, err: err, stop: stop, cutOff: cutOff})
			return nil
		}
		if s.exceedsLimit(b) {
			return &res
		}
	}
}

// splitTooLarge splits a batch that the server has called too large, and pushes its halves.
// A single point is kept for decideOversized.
func (s *sender) splitTooLarge(b *put.Batch, stack []*put.Batch, res *result) []*put.Batch {
	switch {
	case b.Points() == 1:
		s.oversized = append(s.oversized, undelivered{b, deliveryFailure{status: res.status, err: res.err, stop: stopRefused}})
		return stack
	case len(s.oversized) >= maxOversized && s.tally.counts.Accepted == 0:
		err := fmt.Errorf("the server called %s too large and accepted none: %w", amount.Of(len(s.oversized), "single point"), res.err)
		s.addUndelivered(b, deliveryFailure{status: res.status, err: err, stop: stopRefused})
		return stack
	}
	s.tooLarge = b.RawSize()
	return s.split(b, stack, res.status)
}

// addUndelivered appends a batch to undelivered, and notes whether the reason also stops the
// remaining parts. A refusal stops them only if the points are kept until the cause is
// corrected. Otherwise the refused batch is rejected, and each remaining part is attempted.
func (s *sender) addUndelivered(b *put.Batch, why deliveryFailure) {
	kept := s.hasSpool || s.opts.Retain
	switch why.stop {
	case stopTemporary:
		s.noteUnavailable(why)
	case stopRefused, stopNoAnswer:
		if kept {
			s.noteUnavailable(why)
		}
	case stopNone, stopUnreadable:
	}
	s.undelivered = append(s.undelivered, undelivered{b, why})
}

func (s *sender) noteUnavailable(why deliveryFailure) {
	why.untried = false
	s.unavailable, s.cause = true, why
}
