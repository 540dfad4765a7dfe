// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/lifecycle"
	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// SpoolStats counts the spooled points of a client since it was created:
//
//	Found + Spooled = Replayed + Rejected + Dropped + Removed + Points
//
// except for a batch that is being sent or written. The exporter's own metrics are not
// counted. The fields are documented in apptuitclient.SpoolStats.
type SpoolStats struct {
	Batches       int   // in the folder now
	Points, Bytes int64 // in the folder now
	Found         uint64
	Spooled       uint64
	Replayed      uint64
	Rejected      uint64
	Dropped       uint64
	Removed       uint64
	Waiting       bool
}

// spooler delivers live batches while the circuit is closed, and writes undelivered batches into a
// folder. Its replayer delivers them later.
type spooler struct {
	c          *Client
	folder     *spool.Folder
	circuit    circuit
	deliveries *lifecycle.Lifecycle // of live batches
	writeSlot  chan struct{}        // capacity 1: one file is written at a time
	replay     *replayer

	mu       sync.Mutex
	stats    SpoolStats // without the current content of the folder
	report   spoolReport
	failure  error                  // of the last attempt of the replay; nil after a success
	reported func(*PointError) bool // WriterOptions.Reported of the last live batch that had one
	codecs   map[put.Encoding]*put.Codec
}

// openSpool opens the folder and starts the replay. The error is spool.ErrInUse if another
// client has locked the folder.
func openSpool(c *Client) (*spooler, error) {
	s := &spooler{
		c: c, circuit: circuit{policy: c.settings.Retry, machine: &c.settings.machine}, deliveries: lifecycle.New(), writeSlot: make(chan struct{}, 1),
		codecs: map[put.Encoding]*put.Codec{c.codec.Encoding(): c.codec},
	}
	folder, err := c.settings.openFolder(s.dropped)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s.folder = folder
	s.report.spooling = folder.Content().Batches > 0
	s.replay = newReplayer(s, c.settings.Spool.ReplayInterval)
	go s.replay.run()
	return s, nil
}

func (s *spooler) statistics() SpoolStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats, content := s.stats, s.folder.Content()
	stats.Batches, stats.Points, stats.Bytes = content.Batches, content.Points, content.Bytes
	stats.Found, stats.Removed = uint64(content.Found), uint64(content.Removed)
	stats.Waiting = !s.folder.Held()
	return stats
}

// setFailure remembers the result of an attempt of the replay, for SpoolFailure.
func (s *spooler) setFailure(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failure = err
}

// SpoolFailure returns the error of the last attempt to deliver a spooled batch, nil if it
// succeeded or there was no attempt.
func (c *Client) SpoolFailure() error {
	s := c.spool.current.Load()
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.failure
}

// maintain detects that the folder was lost or can be locked again, and takes over the batches of
// processes that have ended, which it reports.
func (s *spooler) maintain() {
	before, held := s.folder.Content().Found, s.folder.Held()
	s.folder.Maintain()
	content := s.folder.Content()
	if content.Found == before && s.folder.Held() == held {
		return
	}
	s.mu.Lock()
	s.report.spooling = content.Batches > 0 || s.report.spooling
	s.mu.Unlock()
	if held && content.Found > before { // else the folder has reported it
		s.c.warnings.Add(fmt.Errorf("apptuit: the spool %s has taken over %s of processes that have ended",
			s.folder.Dir(), amount.Of(content.Found-before, "point")))
	}
	s.replay.wakeUp()
}

const (
	// diskReserve is the part of the time before a deadline that is reserved for writing to
	// the disk: this long, but at most a fifth of the time.
	diskReserve = time.Second
	// gracePeriod is how long spooling may continue after the context has ended.
	gracePeriod = 100 * time.Millisecond
	// minAnswerTime is the least time that a server must have had to answer before the
	// caller's deadline counts as a failure of the server.
	minAnswerTime = time.Second
	// diskTimeout bounds a write if the context has no deadline.
	diskTimeout = 10 * time.Second
)

// deliver sends a live batch once if the circuit is closed, and spools the points that are
// not delivered. It takes over the caller's reference to the batch. For graceEnd see
// Client.deliver.
func (s *spooler) deliver(ctx context.Context, sender *sender, b *put.Batch, graceEnd time.Time) Report {
	sender.hasSpool = true
	_, leave, ok := s.deliveries.Enter(ctx)
	if !ok {
		sender.tally.giveUp(undelivered{b, deliveryFailure{err: ErrClosed, stop: stopTemporary}})
		return sender.tally.report()
	}
	defer leave()
	s.setReported(sender.opts.Reported)
	writeBy := graceEnd
	requestCtx, cancel := ctx, context.CancelFunc(func() {})
	if writeBy.IsZero() {
		writeBy = time.Now().Add(diskTimeout)
		if deadline, ok := ctx.Deadline(); ok {
			remaining := time.Until(deadline)
			writeBy = deadline.Add(gracePeriod)
			requestCtx, cancel = context.WithDeadline(ctx, deadline.Add(-min(diskReserve, remaining/5)))
		}
	}
	defer cancel()
	s.sendIfAllowed(ctx, requestCtx, sender, b)
	if ctx.Err() != nil || s.c.life.Err() != nil { // perhaps canceled, long before its deadline
		writeBy = minTime(writeBy, time.Now().Add(gracePeriod))
	}
	for _, u := range sender.undelivered {
		s.spoolOrGiveUp(sender, u, writeBy)
	}
	r := sender.tally.report()
	if ctx.Err() != nil {
		r.spoolUntil = minTime(writeBy, time.Now().Add(gracePeriod))
	}
	return r
}

// sendIfAllowed sends a live batch if the circuit allows it, and reports the outcome to the
// circuit. It does so before the batch is spooled: otherwise the replay could attempt the
// batch again at once.
func (s *spooler) sendIfAllowed(ctx, requestCtx context.Context, sender *sender, b *put.Batch) {
	cause := deliveryFailure{err: ended(ctx), stop: stopTemporary}
	var p permit
	allowed := false
	if ctx.Err() == nil {
		p, allowed, cause = s.circuit.allow()
	}
	if !allowed {
		sender.addUndelivered(b, deliveryFailure{err: cause.err, stop: cause.stop})
		return
	}
	start := time.Now()
	sender.send(requestCtx, b)
	switch {
	case !sender.unavailable:
		s.serverAnswered(sender.tally.processed)
	case requestCtx.Err() != nil && sender.cause.status == 0 && time.Since(start) < minAnswerTime:
		s.circuit.cancel(p) // the caller's deadline was too short to tell anything about the server
	case errors.Is(ctx.Err(), context.Canceled) || s.c.life.Err() != nil:
		s.circuit.cancel(p) // the caller ended the request: the server may be available
	default:
		s.circuit.open(p, sender.tally.counts.RetryAfter, sender.cause)
	}
}

// spoolOrGiveUp writes a batch into the folder, and gives it up if that fails or takes
// until writeBy. It releases the batch.
func (s *spooler) spoolOrGiveUp(sender *sender, u undelivered, writeBy time.Time) {
	if u.stop == stopUnreadable || u.batch.Counted() == 0 {
		sender.tally.giveUp(u)
		return
	}
	if err := s.write(u.batch, u.err, writeBy); err != nil {
		s.circuit.close() // without a place on the disk, a request is the only chance of the next batches
		u.err = fmt.Errorf("%w; the batch could not be spooled: %w", u.err, err)
		if u.stop == stopRefused { // dropped, not rejected: the disk has lost the points, not the server
			u.stop = stopNoAnswer
		}
		sender.tally.giveUp(u)
		return
	}
	sender.tally.spooled(u.batch)
	u.batch.Release()
	s.reportSpooling(u.deliveryFailure)
	s.replay.wakeUp()
}

// serverAnswered closes the circuit after a request that the server has answered. processed
// says whether it accepted or rejected points.
func (s *spooler) serverAnswered(processed bool) {
	if processed {
		s.replay.processed.Add(1)
	}
	s.circuit.close()
	s.replay.wakeUp()
}

// setReported keeps the function that knows which refusals were reported, for replayed batches,
// which have no caller.
func (s *spooler) setReported(reported func(*PointError) bool) {
	if reported == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reported = reported
}

// replayOptions returns the options for batches from the folder.
func (s *spooler) replayOptions() *WriterOptions {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &WriterOptions{Reported: s.reported}
}

// close waits until the batches in progress are spooled and the replay has stopped, but only
// until the given time, and closes the folder. The client's context must have been canceled.
func (s *spooler) close(by time.Time) {
	if !s.deliveries.End() {
		return
	}
	timer := time.NewTimer(time.Until(by))
	defer timer.Stop()
	for _, end := range []<-chan struct{}{s.deliveries.Idle(), s.replay.ended} {
		select {
		case <-end:
		case <-timer.C:
			timer.Reset(0)
		}
	}
	select {
	case s.writeSlot <- struct{}{}: // a write whose caller has stopped waiting is over, too
	case <-timer.C:
	}
	s.reportRemainingDrops()
	if err := s.folder.Close(); err != nil {
		s.c.warnings.Add(fmt.Errorf("apptuit: closing the spool %s: %w", s.folder.Dir(), err))
	}
}

// codec returns the codec of an encoding that a file names, nil if it is unknown.
func (s *spooler) codec(e uint16) *put.Codec {
	encoding := put.Encoding(e)
	if uint16(encoding) != e || encoding > put.None {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.codecs[encoding] == nil {
		s.codecs[encoding] = put.NewCodec(encoding)
	}
	return s.codecs[encoding]
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
