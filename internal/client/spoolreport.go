// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/apptuitai/apptuit-go/internal/spool"
)

// quietTime is the time between two reports of drops at the limits of the spool.
const quietTime = time.Minute

// dropped counts and reports a drop. A full spool drops with each batch: drops at its
// limits are reported together.
func (s *spooler) dropped(d spool.Drop) {
	s.mu.Lock()
	s.stats.Dropped += uint64(d.Points)
	if d.AtLimit {
		now := time.Now()
		s.unreported += d.Points
		if now.Before(s.quiet) {
			s.mu.Unlock()
			return
		}
		d.Points, s.unreported, s.quiet = s.unreported, 0, now.Add(quietTime)
	}
	s.mu.Unlock()
	if d.Points == 0 {
		s.c.warnings.Add(fmt.Errorf("apptuit: spool: %w", d.Err))
		return
	}
	s.c.warnings.Add(fmt.Errorf("apptuit: spool: %d points are dropped: %w", d.Points, d.Err))
}

// reportRest reports the drops that have not been reported.
func (s *spooler) reportRest() {
	s.mu.Lock()
	n := s.unreported
	s.unreported = 0
	s.mu.Unlock()
	if n > 0 {
		s.c.warnings.Add(fmt.Errorf("apptuit: spool: %d more points are dropped at the limits of %s", n, s.folder.Dir()))
	}
}

// reason is why points are spooled, as far as the user has to know: for each a
// different thing has to be mended.
type reason uint8

const (
	reasonUnknown     reason = iota // the context has ended, or there was no request
	reasonOutage                    // which passes
	reasonCredentials               // of the server, or of a proxy
	reasonSetup                     // endpoint or certificates
)

// reasonOf is the reason of an attempt that has failed so.
func reasonOf(why failed) reason {
	switch {
	case why.status == http.StatusUnauthorized, why.status == http.StatusForbidden, why.status == http.StatusProxyAuthRequired,
		errors.Is(why.err, ErrUnauthorized):
		return reasonCredentials
	case why.end != outOfTime:
		return reasonSetup
	case errors.Is(why.err, context.Canceled), errors.Is(why.err, context.DeadlineExceeded):
		return reasonUnknown
	}
	return reasonOutage
}

// reasonTime is the time between two reports of one reason, while points are spooled.
const reasonTime = time.Minute

// reportSpooling reports that points are spooled, once, and again when the reason changes to one
// that has not been reported lately.
func (s *spooler) reportSpooling(why failed) {
	reason := reasonOf(why)
	s.mu.Lock()
	switch {
	case reason != reasonUnknown:
	case s.spooling:
		reason = s.reason
	default:
		reason = reasonOutage
	}
	now := time.Now()
	news := !s.spooling || reason != s.reason && now.Sub(s.reasons[reason]) >= reasonTime
	s.spooling, s.reason = true, reason
	if news {
		s.reasons[reason] = now
	}
	s.mu.Unlock()
	if news {
		s.c.warnings.Add(fmt.Errorf("apptuit: points go to the spool %s until they can be delivered: %w", s.folder.Dir(), why.err))
	}
}

// reportEmpty reports that the spool is empty again, if it is. While a batch is being
// written it is not: the end of the write wakes the replay, which asks again.
func (s *spooler) reportEmpty() {
	s.mu.Lock()
	if len(s.writing) > 0 || s.folder.Content().Batches > 0 { // in this order: a write that ends in between is in the folder
		s.mu.Unlock()
		return
	}
	was, stats := s.spooling, s.stats
	s.spooling = false
	s.mu.Unlock()
	s.reportRest()
	if was {
		s.c.warnings.Add(fmt.Errorf("apptuit: the spool %s is empty again: so far %d points were delivered from it, %d rejected, %d dropped",
			s.folder.Dir(), stats.Replayed, stats.Rejected, stats.Dropped))
	}
}
