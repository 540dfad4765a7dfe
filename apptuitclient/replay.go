// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

// maxStrikes is how often a batch is tried that a server which takes others
// answers with errors.
const maxStrikes = 8

// maxStrikeWait bounds how long such a batch waits for its next try.
const maxStrikeWait = 5 * time.Minute

// replayState belongs to the goroutine of the replay, but for successes.
type replayState struct {
	successes atomic.Uint64 // requests of which the server has taken points
	failures  int           // of the replay, one after the other
	probes    int           // of these for the gate
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
		ok, probe, _, _ := s.gate.pass()
		if !ok { // a live batch is the probe
			s.next = time.Now().Add(max(s.c.cfg.retry.InitialInterval/4, 10*time.Millisecond))
			continue
		}
		file, again := s.take(probe)
		if file == nil {
			s.gate.cancel(probe)
			s.sleep(again)
			continue
		}
		s.replay(file, probe)
	}
}

// rest waits until the next batch may be tried, or there is news, and reports
// whether it may.
func (s *spooler) rest() bool {
	s.sleep(later(s.gate.opens(), s.next))
	return s.c.life.Err() == nil && !time.Now().Before(later(s.gate.opens(), s.next))
}

// sleep waits for a time, or for news: a batch, or that the server may be back.
func (s *spooler) sleep(until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.wake:
	case <-s.c.life.Done():
	}
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// take takes the oldest batch that has not been tried in this pass. If none may
// be tried, it says when to look again. Of the probes each fourth is any batch:
// the oldest ones may be what the server fails on.
func (s *spooler) take(probe bool) (file *spool.File, again time.Time) {
	now := time.Now()
	again = now.Add(s.c.cfg.retry.MaxInterval)
	untried := func(f *spool.File) bool {
		if now.Before(f.Mark.NotBefore) {
			again = minTime(again, f.Mark.NotBefore)
			return false
		}
		return f.Mark.Pass != s.pass
	}
	if probe && s.probes%4 == 3 {
		skip := rand.N(max(s.folder.Content().Batches, 1))
		if file = s.folder.Take(func(f *spool.File) bool { skip--; return skip < 0 && untried(f) }); file != nil {
			return file, again
		}
	}
	for range 2 {
		if file = s.folder.Take(untried); file != nil {
			break
		}
		s.pass++
	}
	return file, again
}

// replay tries one batch.
func (s *spooler) replay(file *spool.File, probe bool) {
	record, err := s.folder.Read(file)
	var codec *put.Codec
	if err == nil {
		if codec = s.codec(record.Encoding); codec == nil {
			err = fmt.Errorf("%w: encoding %d is not known", spool.ErrFormat, record.Encoding)
		}
	}
	if err != nil {
		s.gate.cancel(probe)
		s.unreadable(file, err)
		return
	}
	b := codec.Load(record.Body, int(record.Points), record.Raw, record.Uncounted)
	s.mu.Lock()
	opts := &OutboxOptions{Known: s.known}
	s.mu.Unlock()
	d := &delivery{c: s.c, opts: opts, replay: true}
	var left []*put.Batch
	d.keep = func(b *put.Batch, _ error, _ ending) error {
		b.Retain()
		left = append(left, b)
		return nil
	}
	d.between = func() { // the server is there, and asks for smaller batches
		s.gate.open()
		timer := time.NewTimer(s.pause)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-s.c.life.Done():
		}
	}
	d.send(s.c.life, b)
	report := d.result()
	files := []*spool.File{file}
	if !isWhole(left, b) {
		rest, err := s.folder.Replace(file, parts(record, left)...)
		if err == nil {
			files = rest
			s.count(&report)
		} else {
			s.lost(spool.Loss{Err: fmt.Errorf("what is left of %d points cannot be written, and all are sent again: %w", record.Counted(), err)})
		}
	}
	for _, b := range left {
		b.Release()
	}
	s.proceed(files, d, probe)
	for _, file := range files {
		s.folder.Return(file)
	}
}

// isWhole reports whether what is left of a batch is all of it, perhaps in parts. Then
// its file stays: the parts would be as many files.
func isWhole(left []*put.Batch, b *put.Batch) bool {
	points := 0
	for _, part := range left {
		points += part.Points()
	}
	return points == b.Points()
}

// unreadable sets a file aside that will not be another one. What the disk or
// the process may get over waits.
func (s *spooler) unreadable(file *spool.File, err error) {
	if errors.Is(err, spool.ErrFormat) || errors.Is(err, fs.ErrNotExist) {
		s.folder.SetAside(file, err)
		return
	}
	if file.Mark.Strikes == 0 {
		file.Mark.Strikes = 1
		s.lost(spool.Loss{Err: fmt.Errorf("%d points have to wait: %w", file.Points(), err)})
	}
	file.Mark.NotBefore = time.Now().Add(s.c.cfg.retry.MaxInterval)
	s.folder.Return(file)
}

// parts is what is left of a batch as it is kept.
func parts(record *spool.Batch, left []*put.Batch) []*spool.Batch {
	var parts []*spool.Batch
	for _, b := range left {
		parts = append(parts, &spool.Batch{
			Encoding: record.Encoding, Points: uint32(b.Points()), Uncounted: b.Uncounted(nil),
			Raw: b.RawSize(), Time: record.Time, Body: b.Body(),
		})
	}
	return parts
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
		s.c.warnings.Add(fmt.Errorf("apptuit: delivering spooled points: %w", r.fresh))
	}
}

// proceed decides when it goes on, and what is tried then. The files are what is
// left of the batch.
func (s *spooler) proceed(files []*spool.File, d *delivery, probe bool) {
	now := time.Now()
	if d.failure == nil {
		s.failures, s.probes = 0, 0
		s.pass++ // with the oldest again
		s.next = now.Add(s.pause)
		s.succeeded(d.taken)
		return
	}
	if s.c.life.Err() != nil {
		s.gate.cancel(probe)
		return
	}
	open := s.gate.opens().IsZero()
	for _, file := range files {
		if open || d.aboutBatch() { // the others have their turn
			file.Mark.Pass = s.pass
		}
		switch {
		case d.aboutBatch(), open && d.failureStatus == 0 && d.failureEnd == outOfTime:
			s.strike(file, d.failure)
		case open && d.failureEnd != outOfTime: // for this batch alone, but not for what it is
			s.delay(file)
		}
	}
	if probe {
		s.probes++
		s.gate.fail(s.c.cfg.retry, true, d.report.After, d.failure, d.failureEnd)
		s.next = now
		return
	}
	s.next = now.Add(pause(s.c.cfg.retry, s.failures, d.report.After))
	s.failures++
}

// aboutBatch reports whether a failure may be one that this batch alone has: an
// error within the server, or one that it tells of single points.
func (d *delivery) aboutBatch() bool {
	if d.failureEnd != outOfTime {
		return false
	}
	switch d.failureStatus {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError:
		return true
	}
	return d.failureStatus/100 == 2
}

// strike counts the failures of a batch between which the server has taken
// others, and makes it wait longer each time. A batch that has too many is set
// aside.
func (s *spooler) strike(file *spool.File, reason error) {
	s.delay(file)
	if file.Mark.Strikes >= maxStrikes {
		s.folder.SetAside(file, errors.Join(fmt.Errorf("it failed %d times while others did not", maxStrikes), reason))
	}
}

// delay makes a batch wait, longer each time that the server has taken others since.
func (s *spooler) delay(file *spool.File) {
	m, n := &file.Mark, s.successes.Load()
	if m.Strikes > 0 && n <= m.Successes {
		return
	}
	m.Strikes++
	m.Successes = n
	if m.Strikes > 1 {
		retry := s.c.cfg.retry
		retry.MaxInterval = max(retry.MaxInterval, maxStrikeWait)
		m.NotBefore = time.Now().Add(backoff(retry, m.Strikes))
	}
}
