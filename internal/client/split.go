// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "github.com/apptuitai/apptuit-go/internal/put"

const (
	// maxAlone bounds the single points that are tried on a server that takes none.
	maxAlone = 16
	// minSuspect is the size, in compressed bytes, from which a batch may be too large
	// though nobody says so. The smallest limit known is OpenTSDB's max_chunk, 4,096.
	minSuspect = 2 << 10
)

// decideAlone rejects the single points that were too large. If the server has taken
// none of many, its limit is not about size, and they are undelivered like the rest.
func (s *sender) decideAlone() {
	limitOfSize := len(s.alone) < maxAlone || s.tally.counts.Accepted > 0
	for _, u := range s.alone {
		if limitOfSize {
			s.tally.rejectAlone(s.ctx, u)
		} else {
			s.addUndelivered(u.batch, u.failed)
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
		s.addUndelivered(b, failed{status: status, err: ended(s.ctx), end: outOfTime})
	default:
		s.addUndelivered(b, failed{status: status, err: err, end: unreadable})
	}
	return rest
}
