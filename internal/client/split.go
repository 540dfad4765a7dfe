// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import "github.com/apptuitai/apptuit-go/internal/put"

const (
	// maxOversized bounds the requests with single points to a server that calls each of
	// them too large.
	maxOversized = 16
	// minSuspect is the compressed size, in bytes, from which a broken connection may mean
	// that the batch is too large. The smallest known limit is OpenTSDB's
	// tsd.http.request.max_chunk, 4,096 bytes by default.
	minSuspect = 2 << 10
)

// decideOversized rejects the single points that the server has called too large. If there
// are many of them and the server has accepted no point, the size is not the cause, so the
// points are undelivered like the rest of the batch.
func (s *sender) decideOversized() {
	sizeMatters := len(s.oversized) < maxOversized || s.tally.counts.Accepted > 0
	for _, u := range s.oversized {
		if sizeMatters {
			s.tally.rejectOversized(s.ctx, u)
		} else {
			s.addUndelivered(u.batch, u.deliveryFailure)
		}
	}
}

// stopsAtFirstFailure reports whether the remaining parts of a batch are not attempted
// after the failure of one part: either because they can be spooled, or because a broken
// connection has made the batch's size suspicious and the part tested that suspicion.
func (s *sender) stopsAtFirstFailure() bool {
	_, suspected := s.c.size.get()
	return s.hasSpool || suspected
}

// exceedsLimit reports whether a batch must be split before it is sent. A suspected limit
// does not apply to a live batch with a spool: if the suspicion is wrong, each part would
// become a file of its own.
func (s *sender) exceedsLimit(b *put.Batch) bool {
	limit, suspected := s.c.size.get()
	if s.maxSize > 0 && b.Size() >= minSuspect && (limit == 0 || s.maxSize < limit) {
		limit, suspected = s.maxSize, false
	}
	if suspected && (b.Size() < minSuspect || s.hasSpool && !s.replaying) {
		return false
	}
	size := b.RawSize() - b.RawSize()/8 // tolerance: the halves of a batch differ in size
	return limit > 0 && size > limit && b.Points() > 1
}

// split pushes the halves of a batch onto the stack of batches to send.
func (s *sender) split(b *put.Batch, stack []*put.Batch, status int) []*put.Batch {
	first, second, err := b.Split(s.ctx)
	switch {
	case err == nil:
		b.Release()
		return append(stack, second, first)
	case s.ctx.Err() != nil:
		s.addUndelivered(b, deliveryFailure{status: status, err: ended(s.ctx), stop: stopTemporary})
	default:
		s.addUndelivered(b, deliveryFailure{status: status, err: err, stop: stopUnreadable})
	}
	return stack
}
