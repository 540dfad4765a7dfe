// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// SpoolStats says what became of spooled points since the client was made:
// Found + Spooled = Replayed + Rejected + Dropped + Points, but for a batch that
// is on its way at that moment. The exporter's own metrics are left out.
type SpoolStats struct {
	// Batches, Points and Bytes are in the folder now.
	Batches       int
	Points, Bytes int64
	// Found points were there when the folder was opened.
	Found uint64
	// Spooled points were put there.
	Spooled uint64
	// Replayed points were accepted by the server.
	Replayed uint64
	// Rejected points were refused by the server.
	Rejected uint64
	// Dropped points were too old or too many, or in files that were damaged or
	// that the server answered with errors again and again.
	Dropped uint64
}

// SpoolStats returns what became of spooled points so far, and false without a
// spool, or before it is open (see Prepare). It is safe for concurrent use.
func (c *Client) SpoolStats() (SpoolStats, bool) {
	s := c.keeper()
	if s == nil {
		return SpoolStats{}, false
	}
	return s.statistics(), true
}

// prepareOnce prepares for a Send, and warns of it if that fails.
func (c *Client) prepareOnce() {
	if err := c.Prepare(); err != nil && c.warned.CompareAndSwap(false, true) {
		c.warnings.Add(err)
	}
}

// spooler keeps batches that cannot be delivered now, and delivers them later.
type spooler struct {
	c       *Client
	folder  *spool.Folder
	pause   time.Duration
	gate    gate
	writing chan struct{} // has room for the one that writes
	wake    chan struct{} // has room for the news that there is a batch
	ended   chan struct{} // the replay has
	idle    chan struct{} // closed when closing and no delivery is under way

	mu       sync.Mutex
	stats    SpoolStats // but for what is in the folder
	spooling bool       // has been reported
	reason   reason     // and so has this reason
	untold   int        // points lost by bounds that have not been reported
	quiet    time.Time  // until then
	known    func(*PointError) bool
	running  int // deliveries
	closing  bool
	codecs   map[put.Encoding]*put.Codec

	replayState
}

// openSpool opens the folder and starts the replay.
func openSpool(c *Client, cfg *spoolConfig) (*spooler, error) {
	s := &spooler{
		c: c, pause: cfg.pause,
		writing: make(chan struct{}, 1), wake: make(chan struct{}, 1),
		ended: make(chan struct{}), idle: make(chan struct{}),
		codecs: map[put.Encoding]*put.Codec{c.codec.Encoding(): c.codec},
	}
	folder, err := spool.Open(cfg.dir, cfg.limits, cfg.instances, s.lost)
	if err != nil {
		return nil, fmt.Errorf("spool: %w", err)
	}
	s.folder = folder
	s.spooling = folder.Content().Batches > 0
	go s.replayAll()
	return s, nil
}

func (s *spooler) statistics() SpoolStats {
	s.mu.Lock()
	defer s.mu.Unlock()
	stats, content := s.stats, s.folder.Content()
	stats.Batches, stats.Points, stats.Bytes, stats.Found = content.Batches, content.Points, content.Bytes, uint64(content.Found)
	return stats
}

// quietTime is the time between two reports of losses to the spool's bounds.
const quietTime = time.Minute

// lost counts and reports what the folder has lost: what goes by its bounds, of
// which there is more with each batch, now and then.
func (s *spooler) lost(l spool.Loss) {
	s.mu.Lock()
	s.stats.Dropped += uint64(l.Points)
	if l.Bound {
		now := time.Now()
		s.untold += l.Points
		if now.Before(s.quiet) {
			s.mu.Unlock()
			return
		}
		l.Points, s.untold, s.quiet = s.untold, 0, now.Add(quietTime)
	}
	s.mu.Unlock()
	if l.Points == 0 {
		s.c.warnings.Add(fmt.Errorf("apptuit: spool: %w", l.Err))
		return
	}
	s.c.warnings.Add(fmt.Errorf("apptuit: spool: %d points are lost: %w", l.Points, l.Err))
}

// tellRest reports the losses that have not been.
func (s *spooler) tellRest() {
	s.mu.Lock()
	n := s.untold
	s.untold = 0
	s.mu.Unlock()
	if n > 0 {
		s.c.warnings.Add(fmt.Errorf("apptuit: spool: %d more points are lost to the bounds of %s", n, s.folder.Dir()))
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

// spoolingReason is the reason of a delivery that has ended so.
func spoolingReason(err error, end ending) reason {
	switch {
	case errors.Is(err, ErrUnauthorized):
		return reasonCredentials
	case end != outOfTime:
		return reasonSetup
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return reasonUnknown
	}
	return reasonOutage
}

// began reports that points are spooled, once, and again when the reason changes.
func (s *spooler) began(why error, reason reason) {
	s.mu.Lock()
	switch {
	case reason != reasonUnknown:
	case s.spooling:
		reason = s.reason
	default:
		reason = reasonOutage
	}
	news := !s.spooling || reason != s.reason
	s.spooling, s.reason = true, reason
	s.mu.Unlock()
	if news {
		s.c.warnings.Add(fmt.Errorf("apptuit: points go to the spool %s until they can be delivered: %w", s.folder.Dir(), why))
	}
}

// over reports that the spool is empty again.
func (s *spooler) over() {
	s.mu.Lock()
	was, stats := s.spooling, s.stats
	s.spooling = false
	s.mu.Unlock()
	s.tellRest()
	if was {
		s.c.warnings.Add(fmt.Errorf("apptuit: the spool %s is empty again: so far %d points were delivered from it, %d refused, %d lost",
			s.folder.Dir(), stats.Replayed, stats.Rejected, stats.Dropped))
	}
}

// enter starts a delivery, unless it is too late.
func (s *spooler) enter(known func(*PointError) bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closing {
		return false
	}
	if known != nil {
		s.known = known
	}
	s.running++
	return true
}

func (s *spooler) leave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.running--
	if s.closing && s.running == 0 {
		close(s.idle)
	}
}

// closeTime bounds how long Close waits for a disk.
const closeTime = time.Second

// close waits until what is under way is spooled and the replay has stopped,
// and gives the folder back. The client's life has ended before.
func (s *spooler) close() {
	s.mu.Lock()
	if s.closing {
		s.mu.Unlock()
		return
	}
	s.closing = true
	if s.running == 0 {
		close(s.idle)
	}
	s.mu.Unlock()
	timer := time.NewTimer(closeTime)
	defer timer.Stop()
	for _, end := range []chan struct{}{s.idle, s.ended} {
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
	s.tellRest()
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
