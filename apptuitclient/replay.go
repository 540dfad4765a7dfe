// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/internal/spool"
	"github.com/apptuitai/apptuit-go/internal/wire"
)

// maxStrikes is how often a batch is tried that a server which takes others
// answers with errors.
const maxStrikes = 8

// replayState belongs to the goroutine of the replay, but for successes.
type replayState struct {
	successes atomic.Uint64 // requests that the server has taken
	failures  int           // of the replay alone, one after the other
	next      time.Time     // not before this
	pass      uint64        // each batch is tried once a pass, from the oldest on
}

// replayAll delivers what is in the folder until the client is closed.
func (s *spooler) replayAll() {
	defer close(s.ended)
	s.pass = 1
	s.next = time.Now().Add(rand.N(s.c.cfg.retry.InitialInterval)) // not all processes that are started at once
	for s.c.life.Err() == nil {
		if s.folder.Content().Batches == 0 {
			s.over()
			select {
			case <-s.wake:
			case <-s.c.life.Done():
			}
			continue
		}
		if !s.rest() {
			continue
		}
		ok, probe := s.gate.pass()
		if !ok {
			s.next = time.Now().Add(s.c.cfg.retry.InitialInterval / 4) // a live batch is the probe
			continue
		}
		file := s.take()
		if file == nil {
			s.gate.cancel(probe)
			continue
		}
		s.replay(file, probe)
	}
}

// rest waits until the next batch may be tried, and reports whether it may.
func (s *spooler) rest() bool {
	at, _ := s.gate.state()
	if at.Before(s.next) {
		at = s.next
	}
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.wake: // the server may be back
		return !time.Now().Before(s.next)
	case <-s.c.life.Done():
		return false
	}
}

// take takes the oldest batch that has not been tried in this pass.
func (s *spooler) take() *spool.File {
	untried := func(f *spool.File) bool { return f.Pass != s.pass }
	if file := s.folder.Take(untried); file != nil {
		return file
	}
	s.pass++
	return s.folder.Take(untried)
}

// replay tries one batch.
func (s *spooler) replay(file *spool.File, probe bool) {
	record, err := s.folder.Read(file)
	if err == nil && s.codec(record.Encoding) == nil {
		err = fmt.Errorf("encoding %d is not known", record.Encoding)
	}
	if err != nil {
		s.gate.cancel(probe)
		s.folder.SetAside(file, err)
		return
	}
	b := s.codec(record.Encoding).Load(record.Body, int(record.Points), record.Raw, record.Uncounted)
	s.mu.Lock()
	opts := &OutboxOptions{Known: s.known}
	s.mu.Unlock()
	d := &delivery{c: s.c, opts: opts, replay: true}
	var left []*wire.Batch
	d.keep = func(b *wire.Batch, _ error) error {
		b.Retain()
		left = append(left, b)
		return nil
	}
	d.send(s.c.life, b)
	report := d.result()
	unchanged := len(left) == 1 && left[0] == b
	if !unchanged {
		err = s.exchange(file, record, left)
	}
	for _, b := range left {
		b.Release()
	}
	switch {
	case err != nil:
		s.c.cfg.warn(fmt.Errorf("apptuit: spool: %w", err))
		s.folder.Return(file)
	case unchanged:
		s.folder.Return(file)
	default:
		s.count(&report)
	}
	if !unchanged {
		file = nil
	}
	s.proceed(file, d, probe)
}

// exchange puts what is left of a batch in its place.
func (s *spooler) exchange(file *spool.File, record *spool.Batch, left []*wire.Batch) error {
	for _, b := range left {
		part := &spool.Batch{
			Encoding: record.Encoding, Points: uint32(b.Points()), Uncounted: b.Uncounted(nil),
			Raw: b.RawSize(), Time: record.Time, Body: b.Body(),
		}
		if err := s.folder.Put(part, func() bool { return true }); err != nil {
			return err
		}
	}
	return s.folder.Remove(file)
}

// count counts what became of a batch, and reports what was refused as it is
// reported of live ones.
func (s *spooler) count(r *Report) {
	s.mu.Lock()
	s.stats.Replayed += uint64(r.Accepted)
	s.stats.Rejected += uint64(r.Rejected)
	s.stats.Dropped += uint64(r.Dropped)
	s.mu.Unlock()
	if r.fresh != nil && len(r.fresh.causes)+len(r.fresh.Errors) > 0 {
		s.c.cfg.warn(fmt.Errorf("apptuit: delivering spooled points: %w", r.fresh))
	}
}

// proceed decides when, and with what, it goes on. The file is nil if it has
// gone.
func (s *spooler) proceed(file *spool.File, d *delivery, probe bool) {
	now := time.Now()
	if d.failure == nil {
		s.failures = 0
		s.pass++ // with the oldest again
		s.next = now.Add(s.pause)
		s.succeeded()
		return
	}
	if s.c.life.Err() != nil {
		s.gate.cancel(probe)
		return
	}
	if closed, _ := s.gate.state(); file != nil && (closed.IsZero() || d.failureStatus == http.StatusInternalServerError) {
		// The server may mean this batch: the others have their turn.
		file.Pass = s.pass
		if d.failureStatus == http.StatusInternalServerError || d.failureStatus == 0 {
			s.strike(file, d.failure)
		}
	}
	if probe {
		s.gate.fail(s.c.cfg.retry, true, d.report.After, d.failure)
		s.next = now
		return
	}
	wait := backoff(s.c.cfg.retry, s.failures)
	if d.report.After > 0 {
		wait = d.report.After + backoff(s.c.cfg.retry, 0)
	}
	s.failures++
	s.next = now.Add(wait)
}

// strike counts the failures of a batch between which the server has taken
// others. A batch that has too many is set aside.
func (s *spooler) strike(file *spool.File, reason error) {
	if n := s.successes.Load(); file.Strikes == 0 || n > file.Successes {
		file.Strikes++
		file.Successes = n
	}
	if file.Strikes >= maxStrikes {
		s.folder.SetAside(file, errors.Join(fmt.Errorf("it failed %d times while others did not", maxStrikes), reason))
	}
}
