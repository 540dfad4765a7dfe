// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package apptuitclient

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// patience leads from one attempt at something to the next.
type patience struct {
	c        *Client
	ctx      context.Context
	stop     <-chan struct{} // ends waiting, too; may be nil
	once     bool            // no waiting at all
	start    time.Time
	attempts int
	renewed  bool  // the token, which is done once
	answer   error // the last one there was
}

// ending says whether there is another attempt, and if not, why.
type ending uint8

const (
	goOn        ending = iota
	outOfTime          // the reason may pass
	refused            // by an answer: endpoint or credentials have to be mended
	undelivered        // without an answer, and another attempt would not help
	unreadable         // a body that cannot be read again
)

// next does what the outcome of an attempt asks for before another one: it
// waits, or gets another token. The error says why there is none.
func (p *patience) next(out *outcome) (ending, error) {
	p.attempts++
	switch {
	case out.status != 0:
		p.answer = out.err
	case p.answer != nil: // it says more than that time ran out on the next attempt
		out.err = fmt.Errorf("%w; before that, %w", out.err, p.answer)
	}
	switch out.next {
	case split, openCircuit, reject:
		if out.status == 0 {
			return undelivered, out.err
		}
		return refused, out.err
	case refreshToken:
		another, err := p.renew(out)
		switch {
		case another:
			return goOn, nil
		case err == nil:
			return refused, out.err
		}
		// A source that fails is a reason that may pass.
		out.err = fmt.Errorf("%w; %w", out.err, err)
	}
	if err := p.wait(out); err != nil {
		return outOfTime, err
	}
	return goOn, nil
}

// renew gets another token than the one that was refused.
func (p *patience) renew(out *outcome) (bool, error) {
	if p.renewed {
		return false, nil
	}
	ctx, cancel := p.c.bound(p.ctx, p.c.cfg.timeout)
	defer cancel()
	another, err := p.c.creds.refresh(ctx, out.token, out.status)
	p.renewed = err == nil
	return another, err
}

// wait waits before the next attempt. Its error says why there is none.
func (p *patience) wait(out *outcome) error {
	retry := p.c.cfg.retry
	if p.once || !retry.Enabled || p.ctx.Err() != nil {
		return out.err
	}
	pause := backoff(retry, p.attempts-1)
	asked := ""
	if out.after > 0 {
		// The server's word, and a little more, so that not all come at once.
		pause = out.after + rand.N(retry.InitialInterval)
		asked = fmt.Sprintf(" in the %v that the server asks for", out.after)
	}
	next := time.Now().Add(pause)
	deadline, bounded := p.ctx.Deadline()
	switch {
	case retry.MaxElapsedTime > 0 && next.Sub(p.start) > retry.MaxElapsedTime:
		return fmt.Errorf("gave up after %s, the next one%s would be after more than %v: %w", p.tried(), asked, retry.MaxElapsedTime, out.err)
	case bounded && !next.Before(deadline):
		return fmt.Errorf("gave up after %s, the next one%s would be past the deadline: %w", p.tried(), asked, out.err)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.stop:
		return fmt.Errorf("shut down after %s: %w", p.tried(), out.err)
	case <-p.ctx.Done():
		return fmt.Errorf("%w after %s: %w", ended(p.ctx), p.tried(), out.err)
	}
}

func (p *patience) tried() string {
	if p.attempts == 1 {
		return "1 attempt"
	}
	return fmt.Sprintf("%d attempts", p.attempts)
}

// backoff is exponential with full jitter: uniform below a bound that doubles
// from InitialInterval to MaxInterval.
func backoff(retry RetryConfig, attempt int) time.Duration {
	bound := retry.InitialInterval
	for range attempt {
		if bound >= retry.MaxInterval/2 {
			bound = retry.MaxInterval
			break
		}
		bound *= 2
	}
	return rand.N(min(bound, retry.MaxInterval)) + 1
}

// ended is the error of a context that has ended: its cause, which also matches
// context.Canceled or context.DeadlineExceeded.
func ended(ctx context.Context) error {
	err, cause := ctx.Err(), context.Cause(ctx)
	if errors.Is(cause, err) {
		return cause
	}
	return fmt.Errorf("%w (%w)", cause, err)
}
