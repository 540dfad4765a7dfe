// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// sender delivers one batch: it makes attempts, waits between them, and sends the batch
// in parts where it is too large. It counts the points that are decided, and returns the
// batches that are not.
type sender struct {
	c       *Client
	opts    *WriterOptions
	tally   tally
	retrier retrier

	ctx      context.Context // of send
	spooled  bool            // undelivered batches are spooled: each is attempted once
	replay   bool            // the batch comes from the spool
	atMost   int64           // the size of a batch that may pass, where larger ones alone were cut off; 0: any
	between  func()          // is called between two requests for parts of the batch; may be nil
	tooLarge int64           // the size of the last part that the server has called too large

	alone       []undelivered // single points that were too large, until it is known whether others are taken
	undelivered []undelivered
	hasFailed   bool   // a batch is undelivered for a reason outside it, which may pass or can be fixed
	last        failed // how
}

// undelivered is a batch without a decision of the server, and why. It belongs to the
// caller, who releases it.
type undelivered struct {
	batch *put.Batch
	failed
}

// failed is how the attempts at a batch have ended without success.
type failed struct {
	status int // of the last answer, 0 if there was none
	err    error
	end    ending
	cutOff int64 // the size of the batch if it may have been too large though nobody said so

	untried bool // the batch was not sent: this is the failure of another part
}

// ending says why there is no further attempt.
type ending uint8

const (
	goOn       ending = iota // no ending: there is another attempt
	outOfTime                // the reason may pass
	refused                  // by an answer: endpoint or credentials have to be mended
	undecided                // there was no answer, and another attempt would not help
	unreadable               // the body of the batch cannot be read
)

func (c *Client) newSender(opts *WriterOptions) *sender {
	return &sender{c: c, opts: opts, tally: tally{c: c, opts: opts}}
}

// send sends a batch in as many parts as it takes. The batch is released, or among
// the undelivered ones.
func (s *sender) send(ctx context.Context, b *put.Batch) {
	ctx, cancel := s.c.whileOpen(ctx)
	defer cancel()
	s.ctx = ctx
	s.retrier = retrier{c: s.c, ctx: ctx, stop: s.opts.Stop, once: s.spooled, start: time.Now()}
	rest := []*put.Batch{b}
	requests := 0
	for len(rest) > 0 {
		b, rest = rest[len(rest)-1], rest[:len(rest)-1]
		if s.hasFailed && s.oneFailureIsEnough() {
			why := s.last
			why.untried = true
			s.addUndelivered(b, why)
			continue
		}
		if s.exceedsLimit(b) {
			rest = s.split(b, rest, 0)
			continue
		}
		if requests++; requests > 1 && s.between != nil {
			s.between()
		}
		res := s.persist(b)
		if res == nil {
			continue
		}
		b = res.left // b, or the points that were left of it
		switch {
		case res.next != split: // it is to be tried again, in parts
			rest = append(rest, b)
		case b.Points() == 1:
			s.alone = append(s.alone, undelivered{b, failed{status: res.status, err: res.err, end: refused}})
		case len(s.alone) >= maxAlone && s.tally.counts.Accepted == 0:
			err := fmt.Errorf("%d points were too large one by one: %w", len(s.alone), res.err)
			s.addUndelivered(b, failed{status: res.status, err: err, end: refused})
		default:
			s.tooLarge = b.RawSize()
			rest = s.split(b, rest, res.status)
		}
	}
	s.decideAlone()
}

// persist attempts to deliver a batch until each of its points is decided, or there is no
// time left. It returns a result only if the points that are left have to be sent in
// parts.
func (s *sender) persist(b *put.Batch) *result {
	status, cutOff := 0, int64(0)
	if _, suspected := s.c.size.get(); !suspected {
		s.retrier.attempts, s.retrier.answer = 0, nil
	}
	for {
		res := s.c.attempt(s.ctx, b)
		s.tally.settle(s.ctx, b, &res)
		s.tally.counts.StatusCode = res.status
		if res.status != 0 {
			status = res.status
			s.retrier.renewed = s.retrier.renewed && res.next == refreshToken // any other answer is to a good token
		}
		switch {
		case res.left != b:
			s.c.size.passed(b.RawSize(), s.tooLarge)
			b.Release()
		case res.cutOff && b.Size() >= minSuspect && b.Points() > 1:
			cutOff = b.RawSize()
			s.c.size.cutOff(cutOff)
		}
		if b = res.left; b == nil {
			return nil
		}
		if res.next == split {
			return &res
		}
		end, err := s.retrier.next(&res)
		if end != goOn {
			s.tally.counts.After = max(s.tally.counts.After, res.after)
			s.addUndelivered(b, failed{status: status, err: err, end: end, cutOff: cutOff})
			return nil
		}
		if s.exceedsLimit(b) {
			return &res
		}
	}
}

// addUndelivered puts a batch among the undelivered ones.
func (s *sender) addUndelivered(b *put.Batch, why failed) {
	if why.end == outOfTime || why.end != unreadable && (s.spooled || s.opts.Retain) {
		s.hasFailed, s.last = true, why
		s.last.untried = false
	}
	s.undelivered = append(s.undelivered, undelivered{b, why})
}
