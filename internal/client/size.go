// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// sizeLimit learns the largest batch that a server, or a proxy in front of it, accepts, and
// limits the following batches to it. Sizes are bytes of text, before compression. It is
// safe for concurrent use.
//
// A server can refuse a batch explicitly, with 413: then the limit is the size of the part
// that passes. Or the refusal looks like an outage, because the connection breaks or a proxy
// answers 502. After two such failures in a row, the limit is half the size of the smallest
// batch that failed. As long as it is only suspected, each further failure halves it again.
// A batch that passes ends the suspicion.
//
// Afterwards the limit grows, in a manner similar to TCP's congestion control. If the
// failures may have been a real outage, the limit is doubled with each batch that passes.
// If it is proven, because larger batches failed while smaller ones passed, it grows by
// half at most every five minutes.
//
// For a server that has a small limit by default, the client assumes one from the start
// (Profile.FirstBytes). It grows like a limit that is not proven.
//
// The limit is at least 16 KiB, or 1 KiB without compression. A server with a smaller limit
// refuses each batch once before it is split. A spooled batch whose connection breaks
// repeatedly, while the server accepts other batches, is split regardless of this minimum
// (see replayer).
type sizeLimit struct {
	mu         sync.Mutex // guards the fields below
	limit      int64      // 0 if there is none
	proven     bool       // larger batches have failed while smaller ones passed
	grow       time.Time  // when a proven limit may grow
	lowest     int64      // the lower bound of limit
	configured int64      // the configured limit: a learned limit of this size or more is removed

	tried    bool  // a batch has passed; if not, limit is an assumption
	failures int   // cut-off batches since the last batch passed
	failed   int64 // size of the smallest of them
}

const (
	// suspicious is the number of consecutive failures after which the size is suspected.
	suspicious = 2
	// growInterval is the time between two increases of a proven limit.
	growInterval = 5 * time.Minute
	// minCompressed and minUncompressed are lower bounds of the limit, in bytes of
	// text. Both correspond to bodies of about 1 KiB.
	minCompressed   = 16 << 10
	minUncompressed = 1 << 10
)

// newSizeLimit returns a limit that is not known yet. configured is the configured limit. first,
// if it is neither 0 nor more than that, is an assumption that grows with each batch that
// passes.
func newSizeLimit(configured, first int64, encoding put.Encoding) sizeLimit {
	lowest := int64(minCompressed)
	if encoding == put.None {
		lowest = minUncompressed
	}
	if first >= configured {
		first = 0
	}
	return sizeLimit{limit: first, lowest: lowest, configured: configured}
}

// get returns the limit, 0 if there is none, and whether it is only suspected.
func (s *sizeLimit) get() (limit int64, suspected bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures < suspicious {
		return s.limit, false
	}
	return s.failed / 2, true
}

// cutOff records a batch of the given size that failed in a way that looks like an outage.
func (s *sizeLimit) cutOff(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures == 0 || size < s.failed {
		s.failed = size
	}
	s.failures++
}

// passed records a batch of the given size that the server has read. tooLarge is the size
// of a larger part of the same batch that the server has explicitly called too large, or 0.
func (s *sizeLimit) passed(size, tooLarge int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	suspected := s.failures >= suspicious && size < s.failed
	explicit := tooLarge > size
	if suspected && !explicit {
		tooLarge = s.failed
	}
	if suspected || size >= s.failed { // a single failure of a larger batch remains suspicious
		s.failures = 0
	}
	switch {
	case explicit && (!s.proven || size > s.limit || tooLarge <= s.limit), suspected:
		s.proven = explicit || s.limit > 0 && s.tried // there was a limit already, so smaller batches have passed before
		// If one point is very large, the other half can be much smaller than the limit.
		s.limit, s.grow = max(size, tooLarge/2, s.lowest), now.Add(growInterval)
	case s.limit == 0:
	case !s.proven:
		s.limit = max(s.limit, 2*size)
	case size >= s.limit/2 && !now.Before(s.grow):
		s.limit += s.limit / 2
		s.grow = now.Add(growInterval)
	}
	if s.limit >= s.configured {
		s.limit, s.proven = 0, false
	}
	s.tried = true
}
