// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"errors"
	"fmt"
	"io/fs"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/internal/amount"
	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/reported"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

const (
	// randomProbe is the interval of probes with a random batch: every fourth probe.
	randomProbe = 4
	// maxReadFailures bounds the unreadable files that are remembered as reported.
	maxReadFailures = 1000
)

// replayer delivers the batches in a spool's folder, one request at a time, oldest first.
//
// A failed attempt is attributed to the server or to the batch (see blame). If the server is
// to blame, all batches wait for the next probe. If the batch is to blame, the others go
// first: the batch is not attempted again in the current pass. A pass attempts each batch
// once; a success starts a new pass, and so returns to the oldest batch.
//
// A file gets a strike when it fails although the server has processed another batch since
// its last strike. From the second strike on it is postponed, longer each time. A batch that
// is to blame and has maxStrikes is moved to the quarantine.
//
// The fields from failures on belong to the goroutine of run.
type replayer struct {
	s         *spooler
	interval  time.Duration // between two requests
	processed atomic.Uint64 // requests, also of live batches, whose points the server accepted or rejected
	wake      chan struct{} // capacity 1: a batch was spooled, or the server has answered
	ended     chan struct{} // closed when the goroutine has ended

	failures     int       // consecutive failed attempts while the circuit was closed
	failedProbes int       // consecutive
	notBefore    time.Time // the earliest time of the next attempt
	pass         uint64    // number of the current pass
	readFailures *reported.Set[*spool.File]
}

func newReplayer(s *spooler, interval time.Duration) *replayer {
	return &replayer{
		s: s, interval: interval, wake: make(chan struct{}, 1), ended: make(chan struct{}), pass: 1,
		readFailures: reported.NewSet[*spool.File](maxReadFailures),
	}
}

// run delivers the batches in the folder until the client is closed.
func (r *replayer) run() {
	defer close(r.ended)
	policy := r.s.c.settings.Retry
	r.notBefore = time.Now().Add(r.s.c.settings.machine.random(policy.InitialInterval)) // processes may start at the same moment
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
		if !r.waitUntilDue() {
			continue
		}
		p, allowed, _ := r.s.circuit.allow()
		if !allowed { // a live batch is the probe: check its result soon
			r.notBefore = time.Now().Add(max(policy.InitialInterval/4, 10*time.Millisecond))
			continue
		}
		file, again := r.nextFile(p.probe)
		if file == nil {
			r.s.circuit.cancel(p)
			r.waitUntil(again)
			continue
		}
		r.replay(file, p)
	}
}

// wakeUp makes the replay look at the folder and the circuit again.
func (r *replayer) wakeUp() {
	select {
	case r.wake <- struct{}{}:
	default:
	}
}

// waitUntilDue waits until the next attempt is due or wakeUp is called, and reports whether
// the attempt is due.
func (r *replayer) waitUntilDue() bool {
	r.waitUntil(maxTime(r.s.circuit.probeDue(), r.notBefore))
	return r.s.c.life.Err() == nil && !time.Now().Before(maxTime(r.s.circuit.probeDue(), r.notBefore))
}

// waitUntil waits until the given time, a wakeUp, or the end of the client.
func (r *replayer) waitUntil(at time.Time) {
	timer := time.NewTimer(time.Until(at))
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.wake:
	case <-r.s.c.life.Done():
	}
}

func maxTime(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// nextFile takes the oldest file that was not attempted in this pass and is not postponed. If
// this pass has no such file, it starts the next pass. If all files are postponed, it returns
// nil and the time of the next check.
//
// Every fourth probe uses a random batch: if the server fails on the oldest batches only, they
// would keep the circuit open.
func (r *replayer) nextFile(probe bool) (file *spool.File, again time.Time) {
	now := time.Now()
	again = now.Add(r.s.c.settings.Retry.MaxInterval)
	eligible := func(f *spool.File) bool {
		if now.Before(f.Replay.NotBefore) {
			again = minTime(again, f.Replay.NotBefore)
			return false
		}
		return f.Replay.Pass != r.pass
	}
	folder := r.s.folder
	if probe && r.failedProbes%randomProbe == randomProbe-1 {
		skip := r.s.c.settings.machine.index(max(folder.Content().Batches, 1))
		if file = folder.Take(func(f *spool.File) bool { skip--; return skip < 0 && eligible(f) }); file != nil {
			return file, again
		}
	}
	for range 2 {
		if file = folder.Take(eligible); file != nil {
			break
		}
		r.pass++
	}
	return file, again
}

// replay attempts to deliver the batch in a file, and returns, replaces, removes or
// quarantines the file.
func (r *replayer) replay(file *spool.File, p permit) {
	record, b, err := r.load(file)
	if err != nil {
		r.s.circuit.cancel(p)
		r.handleReadFailure(file, err)
		return
	}
	points := b.Points()
	sender := r.newSender(file)
	sender.send(r.s.c.life, b)
	if u := sender.undelivered; len(u) == 1 && u[0].stop == stopUnreadable {
		u[0].batch.Release()
		r.s.circuit.cancel(p)
		r.handleReadFailure(file, fmt.Errorf("%w: %w", spool.ErrFormat, u[0].err))
		return
	}
	files := r.replaceFile(file, record, sender, points)
	for _, u := range sender.undelivered {
		u.batch.Release()
	}
	causes := failuresOf(files, sender)
	r.schedule(files, causes, sender, p)
	for i, file := range files {
		// Before the server has answered an attempt, the age of a batch is not limited.
		file.Replay.Offered = file.Replay.Offered || causes[i].status != 0 && !causes[i].untried
		r.s.folder.Return(file)
	}
}

// load reads the batch in a file. The caller must release it.
func (r *replayer) load(file *spool.File) (*spool.Batch, *put.Batch, error) {
	record, err := r.s.folder.Read(file)
	if err != nil {
		return nil, nil, err
	}
	codec := r.s.codec(record.Encoding)
	if codec == nil {
		return nil, nil, fmt.Errorf("%w: unknown encoding %d", spool.ErrFormat, record.Encoding)
	}
	return record, codec.Load(record.Body, int(record.Points), record.Raw, record.Uncounted), nil
}

func (r *replayer) newSender(file *spool.File) *sender {
	s := r.s.c.newSender(r.s.replayOptions())
	s.hasSpool, s.replaying, s.maxSize = true, true, file.Replay.MaxSize
	s.beforeNextPart = func() {
		// A request for smaller batches is an answer: live batches need not wait for a probe.
		r.s.circuit.close()
		r.pause()
	}
	return s
}

// pause waits for the interval between two requests.
func (r *replayer) pause() {
	timer := time.NewTimer(r.interval)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-r.s.c.life.Done():
	}
}

// replaceFile replaces the file of a batch by files of its undelivered parts, and returns
// these. If no point of the batch was delivered, it keeps the file: splitting it would only
// multiply the files.
func (r *replayer) replaceFile(file *spool.File, record *spool.Batch, sender *sender, points int) []*spool.File {
	remaining := 0
	var parts []*spool.Batch
	for _, u := range sender.undelivered {
		b := u.batch
		remaining += b.Points()
		parts = append(parts, &spool.Batch{
			Encoding: record.Encoding, Points: uint32(b.Points()), Uncounted: b.Uncounted(nil),
			Raw: b.RawSize(), Time: record.Time, Reason: storedReason(u.err), Body: b.Body(),
		})
	}
	if remaining == points {
		return []*spool.File{file}
	}
	files, err := r.s.folder.Replace(file, parts...)
	switch {
	case isLost(err):
		r.s.folder.Return(file)
		return nil
	case err != nil:
		r.s.dropped(spool.Drop{Err: fmt.Errorf("the undelivered part of a batch cannot be written, so the whole batch (%s) will be sent again: %w",
			amount.Of(record.Counted(), "point"), err)})
		return []*spool.File{file}
	}
	r.account(sender.tally.report())
	return files
}

// account adds the points of a replayed batch to the statistics. It reports refused points like
// refused points of live batches.
func (r *replayer) account(report Report) {
	r.s.mu.Lock()
	r.s.stats.Replayed += uint64(report.Accepted)
	r.s.stats.Rejected += uint64(report.Rejected)
	r.s.stats.Dropped += uint64(report.Dropped)
	r.s.mu.Unlock()
	if !report.unreported.empty() {
		r.s.c.warnings.Add(fmt.Errorf("apptuit: delivering spooled points: %w", WithoutPrefix(r.s.c.settings.Errors.Send(report.unreported))))
	}
}

// isLost reports whether an operation has failed because the folder was lost. Its batches then
// belong to another client, and are counted as removed.
func isLost(err error) bool { return errors.Is(err, spool.ErrGone) || errors.Is(err, spool.ErrInUse) }

// handleReadFailure moves a damaged file to the quarantine. It postpones a damaged file that
// cannot be moved. After an error that may pass, such as too many open files, it postpones the
// file too, and reports the first such error of each file.
func (r *replayer) handleReadFailure(file *spool.File, err error) {
	if isLost(err) {
		r.s.folder.Return(file)
		return
	}
	damaged := errors.Is(err, spool.ErrFormat) || errors.Is(err, fs.ErrNotExist)
	if damaged && r.s.folder.Quarantine(file, err) {
		return
	}
	if !damaged && !r.readFailures.Seen(file) {
		r.s.dropped(spool.Drop{Err: fmt.Errorf("a file with %s cannot be read, and is tried again later: %w", amount.Of(file.Points(), "point"), err)})
	}
	r.s.setFailure(err)
	file.Replay.NotBefore = time.Now().Add(r.s.c.settings.Retry.MaxInterval)
	r.s.folder.Return(file)
}

// failuresOf returns the reason why the batch of each file was not delivered. If one file
// holds all remaining parts, the last failure applies to it.
func failuresOf(files []*spool.File, sender *sender) []deliveryFailure {
	causes := make([]deliveryFailure, len(files))
	for i := range files {
		causes[i] = sender.cause
		if len(files) == len(sender.undelivered) {
			causes[i] = sender.undelivered[i].deliveryFailure
		}
	}
	return causes
}

// schedule decides when the next attempt is made, and marks the given files, which hold the
// undelivered points of the batch, so that nextFile chooses the right batch. The causes say
// why each of them was not delivered.
func (r *replayer) schedule(files []*spool.File, causes []deliveryFailure, sender *sender, p permit) {
	switch {
	case !sender.unavailable:
		r.s.setFailure(nil)
		r.scheduleAfterSuccess(sender.tally.processed)
	case r.s.c.life.Err() != nil: // Close has ended the attempt
		r.s.circuit.cancel(p)
	default:
		r.s.setFailure(sender.cause.err)
		circuitClosed := r.s.circuit.isClosed()
		for i, file := range files {
			if !causes[i].untried {
				r.markFailed(file, causes[i], circuitClosed)
			}
		}
		r.scheduleAfterFailure(sender.cause, sender.tally.counts.RetryAfter, p)
	}
}

func (r *replayer) scheduleAfterSuccess(processed bool) {
	r.failures, r.failedProbes = 0, 0
	r.pass++
	r.notBefore = time.Now().Add(r.interval)
	r.s.serverAnswered(processed)
}

// scheduleAfterFailure opens the circuit if the attempt was a probe, or if the server has
// requested a delay, which applies to live batches too. Otherwise one failure of the replay
// does not stop live batches, and the replay alone backs off.
func (r *replayer) scheduleAfterFailure(cause deliveryFailure, retryAfter time.Duration, p permit) {
	if p.probe || retryAfter > 0 {
		if p.probe {
			r.failedProbes++
		}
		r.s.circuit.open(p, retryAfter, cause)
		r.notBefore = time.Now() // the circuit determines the time
		return
	}
	r.notBefore = time.Now().Add(r.s.c.settings.machine.backoff(r.s.c.settings.Retry, r.failures))
	r.failures++
}
