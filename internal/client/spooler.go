// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/lifecycle"
	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// SpoolStats says what became of spooled points since the client was made:
// Found + Spooled = Replayed + Rejected + Dropped + Points, but for a batch that
// is on its way at that moment. The exporter's own metrics are left out.
type SpoolStats struct {
	Batches       int   // in the folder now
	Points, Bytes int64 // in the folder now
	Found         uint64
	Spooled       uint64
	Replayed      uint64
	Rejected      uint64
	Dropped       uint64
}

// spooler keeps batches that cannot be delivered now, and delivers them later.
type spooler struct {
	c       *Client
	folder  *spool.Folder
	circuit circuit
	live    *lifecycle.Lifecycle // of the deliveries of live batches
	writing chan struct{}        // has room for the one that writes
	replay  *replayer

	mu         sync.Mutex
	stats      SpoolStats   // without what is in the folder
	spooling   bool         // has been reported
	reason     reason       // and so has this reason
	reasons    [4]time.Time // when each reason was reported last
	unreported int          // points dropped at the limits that have not been reported
	quiet      time.Time    // until then
	known      func(*PointError) bool
	codecs     map[put.Encoding]*put.Codec
}

// openSpool opens the folder and starts the replay.
func openSpool(c *Client, settings *SpoolSettings) (*spooler, error) {
	s := &spooler{
		c: c, circuit: circuit{retry: c.settings.Retry, machine: &c.settings.machine}, live: lifecycle.New(), writing: make(chan struct{}, 1),
		codecs: map[put.Encoding]*put.Codec{c.codec.Encoding(): c.codec},
	}
	folder, err := c.settings.machine.openFolder(settings, s.dropped)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s.folder = folder
	s.spooling = folder.Content().Batches > 0
	s.replay = newReplayer(s, settings.Pause)
	go s.replay.run()
	return s, nil
}

func (s *spooler) statistics() SpoolStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats, content := s.stats, s.folder.Content()
	stats.Batches, stats.Points, stats.Bytes, stats.Found = content.Batches, content.Points, content.Bytes, uint64(content.Found)
	return stats
}

const (
	// diskReserve is how much of the time to the deadline is left for the spool, at
	// most; a fifth of less.
	diskReserve = time.Second
	// gracePeriod is how long spooling may go on when the context has ended.
	gracePeriod = 100 * time.Millisecond
	// patience is how long a server must have had for an answer, before the end of the
	// caller's time says something about the server.
	patience = time.Second
	// diskTimeout is how long a disk may take without a deadline.
	diskTimeout = 10 * time.Second
)

// deliver sends a live batch, which it releases: one attempt if the circuit is closed,
// and the points that are not delivered go into the folder.
func (s *spooler) deliver(ctx context.Context, sender *sender, b *put.Batch, graceEnd time.Time) Report {
	sender.spooled = true
	_, leave, ok := s.live.Enter(ctx)
	if !ok {
		sender.tally.giveUp(undelivered{b, failed{err: ErrClosed, end: outOfTime}})
		return sender.tally.report()
	}
	defer leave()
	s.remember(sender.opts.Known)
	by := graceEnd
	requestCtx, cancel := ctx, context.CancelFunc(func() {})
	if by.IsZero() {
		by = time.Now().Add(diskTimeout)
		if deadline, ok := ctx.Deadline(); ok {
			left := time.Until(deadline)
			by = deadline.Add(gracePeriod)
			requestCtx, cancel = context.WithDeadline(ctx, deadline.Add(-min(diskReserve, left/5)))
		}
	}
	defer cancel()
	s.sendIfAllowed(ctx, requestCtx, sender, b)
	if ctx.Err() != nil || s.c.life.Err() != nil { // by was computed before the context ended
		by = minTime(by, time.Now().Add(gracePeriod))
	}
	for _, u := range sender.undelivered {
		s.keepOrGiveUp(sender, u, by)
	}
	r := sender.tally.report()
	if ctx.Err() != nil {
		r.until = minTime(by, time.Now().Add(gracePeriod))
	}
	return r
}

// sendIfAllowed sends a live batch if the circuit allows it, and tells the circuit how it
// went: before the replay can see a batch in the folder, and try it at once.
func (s *spooler) sendIfAllowed(ctx, requestCtx context.Context, sender *sender, b *put.Batch) {
	why := failed{err: ended(ctx), end: outOfTime}
	var p permit
	allowed := false
	if ctx.Err() == nil {
		p, allowed, why = s.circuit.allow()
	}
	if !allowed {
		sender.addUndelivered(b, failed{err: why.err, end: why.end})
		return
	}
	start := time.Now()
	sender.send(requestCtx, b)
	switch {
	case !sender.hasFailed:
		s.succeeded(sender.tally.taken)
	case requestCtx.Err() != nil && sender.last.status == 0 && time.Since(start) < patience:
		s.circuit.cancel(p) // so does the caller's deadline
	case errors.Is(ctx.Err(), context.Canceled) || s.c.life.Err() != nil:
		s.circuit.cancel(p) // that was the caller, not the server
	default:
		s.circuit.open(p, sender.tally.counts.After, sender.last)
	}
}

// keepOrGiveUp puts a batch into the folder, until a time, and releases it.
func (s *spooler) keepOrGiveUp(sender *sender, u undelivered, by time.Time) {
	if u.end == unreadable || u.batch.Counted() == 0 {
		sender.tally.giveUp(u)
		return
	}
	if err := s.keep(u.batch, by); err != nil {
		s.circuit.close() // there is nothing better than to try
		u.err = fmt.Errorf("%w; it could not be spooled: %w", u.err, err)
		if u.end == refused { // with a spool it is the disk that has cost the points
			u.end = undecided
		}
		sender.tally.giveUp(u)
		return
	}
	sender.tally.spooled(u.batch)
	u.batch.Release()
	s.reportSpooling(u.failed)
	s.replay.stir()
}

// succeeded closes the circuit: the server has answered. Whether it has judged points is in
// taken.
func (s *spooler) succeeded(taken bool) {
	if taken {
		s.replay.successes.Add(1)
	}
	s.circuit.close()
	s.replay.stir()
}

// remember notes how the exporter tells points that it has reported before.
func (s *spooler) remember(known func(*PointError) bool) {
	if known == nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known = known
}

// options are those for batches from the spool.
func (s *spooler) options() *WriterOptions {
	s.mu.Lock()
	defer s.mu.Unlock()
	return &WriterOptions{Known: s.known}
}

// closeTimeout bounds how long Close waits for a disk.
const closeTimeout = time.Second

// close waits until the batches under way are spooled and the replay has stopped,
// and gives the folder back. The client's life has ended before.
func (s *spooler) close() {
	if !s.live.End() {
		return
	}
	timer := time.NewTimer(closeTimeout)
	defer timer.Stop()
	for _, end := range []<-chan struct{}{s.live.Idle(), s.replay.ended} {
		select {
		case <-end:
		case <-timer.C:
			timer.Reset(0)
		}
	}
	select {
	case s.writing <- struct{}{}: // also a write that nobody has waited for has ended
	case <-timer.C:
	}
	s.reportRest()
	if err := s.folder.Close(); err != nil {
		s.c.warnings.Add(fmt.Errorf("apptuit: spool: %w", err))
	}
}

// codec returns the codec of an encoding, nil if it is none that we know.
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
