// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

const (
	// dropReportInterval is the least time between two reports of drops at the limits of the
	// spool: a full spool drops points with each batch.
	dropReportInterval = time.Minute
	// reasonReportInterval is the least time between two reports of the same reason while
	// points are spooled: alternating reasons would be reported with each batch.
	reasonReportInterval = time.Minute
)

// spoolReport is the state of the reports to the warning handler. Unlike the events of
// package reported, these are reported again after an interval. The spooler's mutex guards
// it.
type spoolReport struct {
	spooling       bool                            // the beginning of spooling was reported, and its end was not
	reason         spoolReason                     // the current one
	reasonReported [spoolReasonSetup + 1]time.Time // when each reason was last reported

	unreportedDrops int       // points dropped at the limits since the last report
	nextDropReport  time.Time // the earliest time
}

// spoolReason says why points are spooled. There is one for each remedy.
type spoolReason uint8

const (
	spoolReasonUnknown     spoolReason = iota // the context has ended, or there was no request
	spoolReasonOutage                         // the server or the network: no remedy needed
	spoolReasonCredentials                    // of the server or a proxy
	spoolReasonSetup                          // the endpoint or a certificate
)

// spoolReasonOf returns the reason for spooling a batch after a failure.
func spoolReasonOf(why deliveryFailure) spoolReason {
	switch {
	case why.status == http.StatusUnauthorized, why.status == http.StatusForbidden, why.status == http.StatusProxyAuthRequired,
		errors.Is(why.err, ErrUnauthorized):
		return spoolReasonCredentials
	case why.stop != stopTemporary:
		return spoolReasonSetup
	case errors.Is(why.err, context.Canceled), errors.Is(why.err, context.DeadlineExceeded):
		return spoolReasonUnknown
	}
	return spoolReasonOutage
}

// reportSpooling reports that points are being spooled: for the first batch after the spool
// was empty, and when the reason changes to one that was not reported within
// reasonReportInterval.
func (s *spooler) reportSpooling(why deliveryFailure) {
	reason := spoolReasonOf(why)
	s.mu.Lock()
	r := &s.report
	if reason == spoolReasonUnknown {
		reason = spoolReasonOutage
		if r.spooling {
			reason = r.reason
		}
	}
	now := time.Now()
	isNew := !r.spooling || reason != r.reason && now.Sub(r.reasonReported[reason]) >= reasonReportInterval
	r.spooling, r.reason = true, reason
	if isNew {
		r.reasonReported[reason] = now
	}
	s.mu.Unlock()
	if isNew {
		s.c.warnings.Add(fmt.Errorf("apptuit: points go to the spool %s until they can be delivered: %w", s.folder.Dir(), why.err))
	}
}

// reportEmpty reports that all spooled batches are delivered or gone, if reportSpooling has
// reported the beginning. It does nothing while a batch is being written: the end of the
// write wakes the replay, which calls it again. Nor does it while another client has the
// folder.
func (s *spooler) reportEmpty() {
	s.mu.Lock()
	// The order matters: a write that ends between the two checks is in the folder.
	if len(s.writeSlot) > 0 || s.folder.Content().Batches > 0 || !s.folder.Held() {
		s.mu.Unlock()
		return
	}
	wasSpooling, stats := s.report.spooling, s.stats
	s.report.spooling = false
	s.mu.Unlock()
	s.reportRemainingDrops()
	if wasSpooling {
		s.c.warnings.Add(fmt.Errorf("apptuit: the spool %s is empty again: %s delivered, %d rejected and %d dropped so far",
			s.folder.Dir(), amount.Of(stats.Replayed, "point"), stats.Rejected, stats.Dropped))
	}
}

// dropped counts and reports a drop. Drops at the limits of the spool are collected, and
// reported at most once per dropReportInterval.
func (s *spooler) dropped(d spool.Drop) {
	s.mu.Lock()
	s.stats.Dropped += uint64(d.Points)
	if d.AtLimit {
		now, r := time.Now(), &s.report
		r.unreportedDrops += d.Points
		if now.Before(r.nextDropReport) {
			s.mu.Unlock()
			return
		}
		d.Points, r.unreportedDrops, r.nextDropReport = r.unreportedDrops, 0, now.Add(dropReportInterval)
	}
	s.mu.Unlock()
	if d.Points == 0 {
		s.c.warnings.Add(fmt.Errorf("apptuit: spool: %w", d.Err))
		return
	}
	s.c.warnings.Add(fmt.Errorf("apptuit: spool: dropped %s: %w", amount.Of(d.Points, "point"), d.Err))
}

// reportRemainingDrops reports the drops at the limits that dropped has not reported yet.
func (s *spooler) reportRemainingDrops() {
	s.mu.Lock()
	n := s.report.unreportedDrops
	s.report.unreportedDrops = 0
	s.mu.Unlock()
	if n > 0 {
		s.c.warnings.Add(fmt.Errorf("apptuit: spool: dropped %s since the last report, at the limits of %s", amount.Of(n, "point"), s.folder.Dir()))
	}
}
