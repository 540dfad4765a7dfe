// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

const (
	// maxStrikes is how often a batch is tried that a server which takes others
	// answers with errors.
	maxStrikes = 8
	// maxStrikeWait bounds how long such a batch waits for its next try.
	maxStrikeWait = 5 * time.Minute
)

// replayer delivers the batches in a spool's folder, one after the other. All but
// successes, wake and ended belongs to its goroutine.
type replayer struct {
	s         *spooler
	pause     time.Duration // between two requests
	successes atomic.Uint64 // requests of which the server has taken points
	wake      chan struct{} // has room for the news that there is a batch, or that the server is back
	ended     chan struct{} // closed when the goroutine has ended

	failures int       // of the replay, one after the other
	probes   int       // of these for the circuit
	next     time.Time // not before this
	pass     uint64    // each batch is tried once a pass, from the oldest on
}

func newReplayer(s *spooler, pause time.Duration) *replayer {
	return &replayer{s: s, pause: pause, wake: make(chan struct{}, 1), ended: make(chan struct{}), pass: 1}
}

// run delivers the batches in the folder until the client is closed.
func (r *replayer) run() {
	defer close(r.ended)
	retry := r.s.c.settings.Retry
	r.next = time.Now().Add(r.s.c.settings.machine.random(retry.InitialInterval)) // not all processes that are started at once
	life := r.s.c.life
	for life.Err() == nil {
		if r.s.folder.Content().Batches == 0 {
			r.s.reportEmpty()
			select {
			case <-r.wake:
			case <-life.Done():
			}
			continue
		}
		if !r.rest() {
			continue
		}
		p, allowed, _ := r.s.circuit.allow()
		if !allowed { // a live batch is the probe
			r.next = time.Now().Add(max(retry.InitialInterval/4, 10*time.Millisecond))
			continue
		}
		file, again := r.take(p.probe)
		if file == nil {
			r.s.circuit.cancel(p)
			r.sleep(again)
			continue
		}
		r.try(file, p)
	}
}

// stir wakes the replay.
func (r *replayer) stir() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// rest waits until the next batch may be tried, or there is news, and reports
// whether it may.
func (r *replayer) rest() bool {
	r.sleep(later(r.s.circuit.probeDue(), r.next))
	return r.s.c.life.Err() == nil && !time.Now().Before(later(r.s.circuit.probeDue(), r.next))
}

// sleep waits for a time, or for news.
func (r *replayer) sleep(until time.Time) {
	timer := time.NewTimer(time.Until(until))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.wake:
	case <-r.s.c.life.Done():
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
// the oldest ones may be those that the server fails on.
func (r *replayer) take(probe bool) (file *spool.File, again time.Time) {
	now := time.Now()
	again = now.Add(r.s.c.settings.Retry.MaxInterval)
	untried := func(f *spool.File) bool {
		if now.Before(f.Mark.NotBefore) {
			again = minTime(again, f.Mark.NotBefore)
			return false
		}
		return f.Mark.Pass != r.pass
	}
	folder := r.s.folder
	if probe && r.probes%4 == 3 {
		skip := r.s.c.settings.machine.index(max(folder.Content().Batches, 1))
		if file = folder.Take(func(f *spool.File) bool { skip--; return skip < 0 && untried(f) }); file != nil {
			return file, again
		}
	}
	for range 2 {
		if file = folder.Take(untried); file != nil {
			break
		}
		r.pass++
	}
	return file, again
}

// try tries to deliver one batch.
func (r *replayer) try(file *spool.File, p permit) {
	record, err := r.s.folder.Read(file)
	var codec *put.Codec
	if err == nil {
		if codec = r.s.codec(record.Encoding); codec == nil {
			err = fmt.Errorf("%w: encoding %d is not known", spool.ErrFormat, record.Encoding)
		}
	}
	if err != nil {
		r.s.circuit.cancel(p)
		r.unreadable(file, err)
		return
	}
	b := codec.Load(record.Body, int(record.Points), record.Raw, record.Uncounted)
	points := b.Points()
	sender := r.s.c.newSender(r.s.options())
	sender.spooled, sender.replay, sender.between = true, true, r.between
	sender.atMost = file.Mark.AtMost
	sender.send(r.s.c.life, b)
	if u := sender.undelivered; len(u) == 1 && u[0].end == unreadable {
		u[0].batch.Release()
		r.s.circuit.cancel(p)
		r.unreadable(file, fmt.Errorf("%w: %w", spool.ErrFormat, u[0].err))
		return
	}
	files := r.replaceFile(file, record, sender, points)
	for _, u := range sender.undelivered {
		u.batch.Release()
	}
	r.proceed(files, failuresOf(files, sender), sender, p)
	for _, file := range files {
		r.s.folder.Return(file)
	}
}

// between waits between two parts of a batch. The server is there: it asks for smaller
// batches.
func (r *replayer) between() {
	r.s.circuit.close()
	timer := time.NewTimer(r.pause)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.s.c.life.Done():
	}
}

// replaceFile replaces the file of a batch by files of the parts that are left, and returns the
// files that there are then. If all of the batch is left, its file stays: the parts would
// be as many files.
func (r *replayer) replaceFile(file *spool.File, record *spool.Batch, sender *sender, points int) []*spool.File {
	left := 0
	var parts []*spool.Batch
	for _, u := range sender.undelivered {
		b := u.batch
		left += b.Points()
		parts = append(parts, &spool.Batch{
			Encoding: record.Encoding, Points: uint32(b.Points()), Uncounted: b.Uncounted(nil),
			Raw: b.RawSize(), Time: record.Time, Body: b.Body(),
		})
	}
	if left == points {
		return []*spool.File{file}
	}
	files, err := r.s.folder.Replace(file, parts...)
	if err != nil {
		r.s.dropped(spool.Drop{Err: fmt.Errorf("the rest of %d points cannot be written, and all are sent again: %w", record.Counted(), err)})
		return []*spool.File{file}
	}
	r.count(sender.tally.report())
	return files
}

// unreadable moves a damaged file to the quarantine. After a fault of the disk or the
// process, which may pass, the file is tried again later.
func (r *replayer) unreadable(file *spool.File, err error) {
	damaged := errors.Is(err, spool.ErrFormat) || errors.Is(err, fs.ErrNotExist)
	if damaged && r.s.folder.Quarantine(file, err) {
		return
	}
	if !damaged && file.Mark.Strikes == 0 {
		file.Mark.Strikes = 1
		r.s.dropped(spool.Drop{Err: fmt.Errorf("%d points have to wait: %w", file.Points(), err)})
	}
	file.Mark.NotBefore = time.Now().Add(r.s.c.settings.Retry.MaxInterval)
	r.s.folder.Return(file)
}

// count counts the points of a batch, and reports points that were refused as those of
// live batches are reported.
func (r *replayer) count(report Report) {
	r.s.mu.Lock()
	r.s.stats.Replayed += uint64(report.Accepted)
	r.s.stats.Rejected += uint64(report.Rejected)
	r.s.stats.Dropped += uint64(report.Dropped)
	r.s.mu.Unlock()
	if !report.fresh.empty() {
		r.s.c.warnings.Add(fmt.Errorf("apptuit: delivering spooled points: %w", r.s.c.settings.Errors.Send(report.fresh)))
	}
}

// failuresOf returns why the batch of each file was not delivered. If one file holds all
// parts that are left, the last failure stands for them.
func failuresOf(files []*spool.File, sender *sender) []failed {
	why := make([]failed, len(files))
	for i := range files {
		why[i] = sender.last
		if len(files) == len(sender.undelivered) {
			why[i] = sender.undelivered[i].failed
		}
	}
	return why
}

// proceed decides when the replay goes on, and which batch is tried then. The files are
// those that are left of the batch, and why says how each of them has failed.
func (r *replayer) proceed(files []*spool.File, why []failed, sender *sender, p permit) {
	now := time.Now()
	circuit := &r.s.circuit
	if !sender.hasFailed {
		r.failures, r.probes = 0, 0
		r.pass++ // with the oldest again
		r.next = now.Add(r.pause)
		r.s.succeeded(sender.tally.taken)
		return
	}
	if r.s.c.life.Err() != nil {
		circuit.cancel(p)
		return
	}
	serverIsThere := circuit.probeDue().IsZero()
	for i, file := range files {
		why := why[i]
		if why.untried {
			continue
		}
		about := aboutBatch(why)
		if serverIsThere || about { // the others have their turn
			file.Mark.Pass = r.pass
		}
		if serverIsThere && why.cutOff > 0 {
			file.Mark.AtMost = why.cutOff / 2
		}
		switch {
		case about, serverIsThere && why.status == 0 && why.end == outOfTime:
			r.strike(file, why.err)
		case serverIsThere: // for this batch alone, but not for its points
			r.delay(file)
		}
	}
	after := sender.tally.counts.After
	if p.probe || after > 0 { // what the server asks for, live batches have to know, too
		if p.probe {
			r.probes++
		}
		circuit.open(p, after, sender.last)
		r.next = now
		return
	}
	r.next = now.Add(r.s.c.settings.machine.pause(r.s.c.settings.Retry, r.failures, after))
	r.failures++
}

// aboutBatch reports whether a failure may be one that this batch alone has: an
// error within the server, or one that it tells of single points.
func aboutBatch(why failed) bool {
	if why.end != outOfTime {
		return false
	}
	switch why.status {
	case http.StatusBadRequest, http.StatusUnprocessableEntity, http.StatusInternalServerError:
		return true
	}
	return why.status/100 == 2
}

// strike counts the failures of a batch between which the server has taken others, with a
// longer wait after each. After too many the batch is moved to the quarantine.
func (r *replayer) strike(file *spool.File, reason error) {
	r.delay(file)
	if file.Mark.Strikes >= maxStrikes {
		r.s.folder.Quarantine(file, errors.Join(fmt.Errorf("it failed %d times while others did not", maxStrikes), reason))
	}
}

// delay makes a batch wait, longer each time that the server has taken others since.
func (r *replayer) delay(file *spool.File) {
	m, n := &file.Mark, r.successes.Load()
	if m.Strikes > 0 && n <= m.Successes {
		return
	}
	m.Strikes++
	m.Successes = n
	if m.Strikes > 1 {
		retry := r.s.c.settings.Retry
		retry.MaxInterval = max(retry.MaxInterval, maxStrikeWait)
		m.NotBefore = time.Now().Add(r.s.c.settings.machine.backoff(retry, m.Strikes))
	}
}
