// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/apptuitai/apptuit-go/internal/put"
	"github.com/apptuitai/apptuit-go/internal/spool"
)

const (
	// reserve is how much of the time to the deadline is left for the spool, at
	// most; a fifth of less.
	reserve = time.Second
	// grace is how long spooling may go on when the context has ended.
	grace = 100 * time.Millisecond
	// patient is how long a disk may take without a deadline.
	patient = 10 * time.Second
)

// deliver sends a live batch, which it releases: one attempt if the server
// answers, else into the spool.
func (s *spooler) deliver(ctx context.Context, d *delivery, b *put.Batch, graceEnd time.Time) Report {
	if !s.enter(d.opts.Known) {
		d.drop(b, 0, ErrClosed, outOfTime)
		return d.result()
	}
	defer s.leave()
	by := graceEnd
	requestCtx, cancel := ctx, context.CancelFunc(func() {})
	if by.IsZero() {
		by = time.Now().Add(patient)
		if deadline, ok := ctx.Deadline(); ok {
			left := time.Until(deadline)
			by = deadline.Add(grace)
			requestCtx, cancel = context.WithDeadline(ctx, deadline.Add(-min(reserve, left/5)))
		}
	}
	defer cancel()
	pass, probe, last, why := false, false, outOfTime, ended(ctx)
	if ctx.Err() == nil {
		pass, probe, last, why = s.gate.pass()
	}
	judged := !pass
	d.keep = func(b *put.Batch, why error, end ending) error {
		if !judged { // before the replay sees the batch, and tries it at once
			judged = true
			s.judge(ctx, d, probe)
		}
		if ctx.Err() != nil || s.c.life.Err() != nil { // by is from before
			by = minTime(by, time.Now().Add(grace))
		}
		if err := s.keep(b, by); err != nil {
			s.gate.open() // there is nothing better than to try
			return err
		}
		s.began(why, spoolingReason(why, end))
		s.stir()
		return nil
	}
	if pass {
		d.send(requestCtx, b)
	} else {
		d.drop(b, 0, why, last)
	}
	if !judged {
		s.judge(ctx, d, probe)
	}
	r := d.result()
	if ctx.Err() != nil {
		r.until = minTime(by, time.Now().Add(grace))
	}
	return r
}

// judge tells the gate how a live attempt went.
func (s *spooler) judge(ctx context.Context, d *delivery, probe bool) {
	switch {
	case d.failure == nil:
		s.succeeded(d.taken)
	case errors.Is(ctx.Err(), context.Canceled) || s.c.life.Err() != nil:
		s.gate.cancel(probe) // that was the caller, not the server
	default:
		s.gate.fail(s.c.cfg.retry, probe, d.report.After, d.failure, d.failureEnd)
	}
}

// succeeded opens the gate: the server has answered, and taken something or not.
func (s *spooler) succeeded(taken bool) {
	if taken {
		s.successes.Add(1)
	}
	s.gate.open()
	s.stir()
}

// stir wakes the replay.
func (s *spooler) stir() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// How far the write of a batch is.
const (
	written   = iota // or about to be: still the caller's
	committed        // becomes visible
	abandoned        // by the caller, before
	left             // by the caller, after
	finished
)

// keep puts a batch into the folder. Until by it has to be visible there.
func (s *spooler) keep(b *put.Batch, by time.Time) error {
	timer := time.NewTimer(time.Until(by))
	defer timer.Stop()
	slow := errors.New("the disk is too slow")
	select {
	case s.writing <- struct{}{}:
	case <-timer.C:
		return slow
	}
	record := &spool.Batch{
		Encoding: uint16(b.Encoding()), Points: uint32(b.Points()), Uncounted: b.Uncounted(nil),
		Raw: b.RawSize(), Time: time.Now(), Body: b.Body(),
	}
	b.Retain()
	var state atomic.Int32
	done := make(chan error, 1)
	go func() {
		defer b.Release()
		err := s.folder.Put(record, func() bool { return state.CompareAndSwap(written, committed) })
		<-s.writing
		if !state.CompareAndSwap(committed, finished) && state.Load() == left && err != nil {
			s.lost(spool.Loss{Points: record.Counted(), Err: err})
		}
		done <- err
	}()
	select {
	case err := <-done:
		if err != nil {
			return fmt.Errorf("%s: %w", s.folder.Dir(), err)
		}
	case <-timer.C:
		if state.CompareAndSwap(written, abandoned) {
			return slow
		}
		if !state.CompareAndSwap(committed, left) {
			if err := <-done; err != nil { // it is there already
				return fmt.Errorf("%s: %w", s.folder.Dir(), err)
			}
		}
	}
	s.mu.Lock()
	s.stats.Spooled += uint64(record.Counted())
	s.mu.Unlock()
	return nil
}

func minTime(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
