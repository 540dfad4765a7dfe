// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"time"
)

// retrier leads from one attempt to the next: it waits, asks for another token, and ends
// the attempts.
type retrier struct {
	c        *Client
	ctx      context.Context
	stop     <-chan struct{} // ends waiting, too; may be nil
	once     bool            // no waiting at all
	start    time.Time
	attempts int
	renewed  bool  // another token was requested since the last answer that was not about the token
	answer   error // the last one there was
}

// next prepares another attempt after a result: it waits, or gets another token. If
// there is no further attempt, it says why.
func (r *retrier) next(res *result) (ending, error) {
	r.attempts++
	switch {
	case res.status != 0:
		r.answer = res.err
	case r.answer != nil: // it says more than that time ran out on the next attempt
		res.err = fmt.Errorf("%w; before that, %w", res.err, r.answer)
	}
	switch res.next {
	case split, openCircuit, reject:
		if res.status == 0 {
			return undecided, res.err
		}
		return refused, res.err
	case refreshToken:
		another, err := r.renew(res)
		switch {
		case another:
			return goOn, nil
		case err == nil:
			return refused, res.err
		}
		// A source that fails is a reason that may pass.
		res.err = fmt.Errorf("%w; %w", res.err, err)
	}
	if err := r.wait(res); err != nil {
		return outOfTime, err
	}
	return goOn, nil
}

// renew gets another token than the one that was refused.
func (r *retrier) renew(res *result) (bool, error) {
	if r.renewed {
		return false, nil
	}
	ctx, cancel := bound(r.ctx, r.c.settings.Connection.Timeout)
	defer cancel()
	another, err := r.c.settings.creds.refresh(ctx, res.token, res.status)
	r.renewed = err == nil
	return another, err
}

// wait waits before the next attempt. Its error says why there is none.
func (r *retrier) wait(res *result) error {
	retry := r.c.settings.Retry
	if r.once || !retry.Enabled || r.ctx.Err() != nil {
		return res.err
	}
	pause := r.c.settings.machine.backoff(retry, r.attempts-1)
	asked := ""
	if res.after > 0 {
		// The server's word, and a little more, so that not all come at once.
		pause = min(res.after, maxAsked) + r.c.settings.machine.random(retry.InitialInterval)
		asked = fmt.Sprintf(" in the %v that the server asks for", res.after)
	}
	next := time.Now().Add(pause)
	deadline, bounded := r.ctx.Deadline()
	switch {
	case retry.MaxElapsedTime > 0 && next.Sub(r.start) > retry.MaxElapsedTime:
		return fmt.Errorf("gave up after %s, the next one%s would be after more than %v: %w", r.tried(), asked, retry.MaxElapsedTime, res.err)
	case bounded && !next.Before(deadline):
		return fmt.Errorf("gave up after %s, the next one%s would be past the deadline: %w", r.tried(), asked, res.err)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.stop:
		return fmt.Errorf("shut down after %s: %w", r.tried(), res.err)
	case <-r.ctx.Done():
		return fmt.Errorf("%w after %s: %w", ended(r.ctx), r.tried(), res.err)
	}
}

func (r *retrier) tried() string {
	if r.attempts == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", r.attempts)
}
