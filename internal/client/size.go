// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
)

// sizeLimit learns how large a batch may be for a server, or for a proxy before it,
// and keeps the following batches no larger. Sizes are those of the text, in bytes. It is
// safe for concurrent use.
//
// A refusal can be explicit (413), or look like an outage: the connection breaks, or a
// proxy answers 502. After two such failures in a row the limit is half of what failed, a
// quarter after the next one, and so on, until a batch passes: then the server is there.
//
// After that it works as TCP finds the rate of a path: if the failures may have been an
// outage all the same, the limit doubles with each batch that passes. If larger batches
// have failed while smaller ones passed, it grows by half at most every five minutes. It is
// never less than 16 KiB, or 1 KiB without compression: a server that takes less has each batch refused once, and a
// limit that has been lifted is found within hours. A batch in the spool whose connection
// breaks again and again, while the server takes others, is tried in parts of any size.
type sizeLimit struct {
	mu     sync.Mutex
	limit  int64     // 0: none is known
	proven bool      // larger batches have failed while smaller ones passed
	grow   time.Time // when a proven limit may grow
	least  int64     // the limit is never less
	most   int64     // from here on only the configuration limits

	failures int   // that look like an outage, since a batch has passed
	failed   int64 // the size of the smallest of them
}

const (
	// suspicious is the number of failures from which the size may be the reason.
	suspicious = 2
	// growInterval is the time between two steps of a proven limit.
	growInterval = 5 * time.Minute
	// leastCompressed and leastUncompressed are the smallest limits, in bytes of text:
	// bodies of about 1 KiB.
	leastCompressed   = 16 << 10
	leastUncompressed = 1 << 10
)

func newSizeLimit(most int64, encoding put.Encoding) sizeLimit {
	least := int64(leastCompressed)
	if encoding == put.None {
		least = leastUncompressed
	}
	return sizeLimit{least: least, most: most}
}

// get returns the limit of a batch, 0 if there is none, and whether it is only an
// experiment.
func (s *sizeLimit) get() (limit int64, suspected bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures < suspicious {
		return s.limit, false
	}
	return s.failed / 2, true
}

// cutOff notes a batch that failed in a way that looks like an outage.
func (s *sizeLimit) cutOff(size int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failures == 0 || size < s.failed {
		s.failed = size
	}
	s.failures++
}

// passed notes a batch that the server has read, and the size of a larger one of the
// same delivery that it has called too large, or 0.
func (s *sizeLimit) passed(size, tooLarge int64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	suspected := s.failures >= suspicious && size < s.failed
	explicit := tooLarge > size
	if suspected && !explicit {
		tooLarge = s.failed
	}
	if suspected || size >= s.failed { // a smaller batch says nothing about a single failure
		s.failures = 0
	}
	switch {
	case explicit && (!s.proven || size > s.limit || tooLarge <= s.limit), suspected:
		s.proven = explicit || s.limit > 0 // in this case smaller ones have passed meanwhile
		// A part beside a single large point may be much smaller than half.
		s.limit, s.grow = max(size, tooLarge/2, s.least), now.Add(growInterval)
	case s.limit == 0:
	case !s.proven:
		s.limit = max(s.limit, 2*size)
	case size >= s.limit/2 && !now.Before(s.grow):
		s.limit += s.limit / 2
		s.grow = now.Add(growInterval)
	}
	if s.limit >= s.most {
		s.limit, s.proven = 0, false
	}
}
