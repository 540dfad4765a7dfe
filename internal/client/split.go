// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

const (
	// maxAlone bounds the single points that are tried on a server that takes none.
	maxAlone = 16
	// minSuspect is the size, in compressed bytes, from which a batch may be too large
	// though nobody says so. The smallest limit known is OpenTSDB's max_chunk, 4,096.
	minSuspect = 2 << 10
)

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
			s.leave(b, s.last)
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
			s.leave(b, failed{status: res.status, err: err, end: refused})
		default:
			s.tooLarge = b.RawSize()
			rest = s.split(b, rest, res.status)
		}
	}
	s.decideAlone()
}

// decideAlone rejects the single points that were too large. If the server has taken
// none of many, its limit is not about size, and they are undelivered like the rest.
func (s *sender) decideAlone() {
	limitOfSize := len(s.alone) < maxAlone || s.tally.counts.Accepted > 0
	for _, u := range s.alone {
		if limitOfSize {
			s.tally.rejectAlone(s.ctx, u)
		} else {
			s.leave(u.batch, u.failed)
		}
	}
}

// oneFailureIsEnough reports whether a part of a batch that failed keeps the other parts
// from being tried: there is a spool for them, or the part was an experiment with the
// size.
func (s *sender) oneFailureIsEnough() bool {
	_, suspected := s.c.size.get()
	return s.spooled || suspected
}

// exceedsLimit reports whether a batch is to be sent in parts. A live batch that can be
// spooled is no experiment: the parts would be spooled as so many batches.
func (s *sender) exceedsLimit(b *put.Batch) bool {
	limit, suspected := s.c.size.get()
	if s.atMost > 0 && b.Size() >= minSuspect && (limit == 0 || s.atMost < limit) {
		limit, suspected = s.atMost, false
	}
	if suspected && (b.Size() < minSuspect || s.spooled && !s.replay) {
		return false
	}
	size := b.RawSize() - b.RawSize()/8 // halves of a batch are not quite equal
	return limit > 0 && size > limit && b.Points() > 1
}

// split puts the halves of a batch onto the stack of batches to send.
func (s *sender) split(b *put.Batch, rest []*put.Batch, status int) []*put.Batch {
	first, second, err := b.Split(s.ctx)
	switch {
	case err == nil:
		b.Release()
		return append(rest, second, first)
	case s.ctx.Err() != nil:
		s.leave(b, failed{status: status, err: ended(s.ctx), end: outOfTime})
	default:
		s.leave(b, failed{status: status, err: err, end: unreadable})
	}
	return rest
}
