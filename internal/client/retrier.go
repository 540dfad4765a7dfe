// Copyright The apptuit-go Authors
// SPDX-License-Identifier: Apache-2.0

package client

import (
	"context"
	"fmt"
	"time"

	"github.com/apptuitai/apptuit-go/internal/amount"
)

// stopReason says why no further attempt is made.
type stopReason uint8

const (
	stopNone       stopReason = iota // another attempt follows
	stopTemporary                    // retries have ended, but the cause may pass
	stopRefused                      // an answer refused the request: the endpoint or the credentials must be corrected
	stopNoAnswer                     // there was no answer, and a retry would not help, for example an untrusted certificate
	stopUnreadable                   // the body of the batch cannot be read
)

// retrier decides between two attempts at a request: it waits, gets another token, or stops.
// It implements [RetryPolicy].
type retrier struct {
	c        *Client
	ctx      context.Context
	stop     <-chan struct{} // when closed, ends a wait; may be nil
	noWait   bool            // never wait: only an attempt with another token may follow
	start    time.Time       // of the first attempt
	attempts int

	tokenRefreshed bool  // another token was requested since the server last accepted a token
	lastAnswer     error // the error of the last attempt that the server answered
}

// next prepares for another attempt after the given result: it waits, or gets another
// token. It returns stopNone if the caller must make the attempt. Otherwise it returns the
// reason why no attempt follows, and the error of the request.
func (r *retrier) next(res *result) (stopReason, error) {
	r.attempts++
	switch {
	case res.status != 0:
		r.lastAnswer = res.err
	case r.lastAnswer != nil: // the answer explains more than, for example, the end of the context
		res.err = fmt.Errorf("%w; an earlier attempt failed with: %w", res.err, r.lastAnswer)
	}
	switch res.action {
	case actionSplit, actionOpenCircuit, actionReject:
		if res.status == 0 {
			return stopNoAnswer, res.err
		}
		return stopRefused, res.err
	case actionRefreshToken:
		another, err := r.anotherToken(res)
		switch {
		case another:
			return stopNone, nil
		case err == nil:
			return stopRefused, res.err
		}
		// The token source failed, which may pass.
		res.err = fmt.Errorf("%w; %w", res.err, err)
	}
	if err := r.wait(res); err != nil {
		return stopTemporary, err
	}
	return stopNone, nil
}

// anotherToken calls the token source after the server has refused the token, and reports whether
// it returned another token. It calls the source once for several refusals in a row.
func (r *retrier) anotherToken(res *result) (bool, error) {
	if r.tokenRefreshed {
		return false, nil
	}
	ctx, cancel := withTimeout(r.ctx, r.c.settings.Connection.Timeout.Value)
	defer cancel()
	another, err := r.c.settings.creds.refresh(ctx, res.token, res.status)
	r.tokenRefreshed = err == nil
	return another, err
}

// wait waits before the next attempt. If no attempt follows, it returns an error with the reason.
func (r *retrier) wait(res *result) error {
	policy := r.c.settings.Retry
	if r.noWait || !policy.Enabled || r.ctx.Err() != nil {
		return res.err
	}
	delay := r.c.settings.machine.backoffOrRetryAfter(policy, r.attempts-1, res.retryAfter)
	requested := ""
	if res.retryAfter > 0 {
		requested = fmt.Sprintf(", delayed by the %v that the server requested,", res.retryAfter)
	}
	next := time.Now().Add(delay)
	deadline, bounded := r.ctx.Deadline()
	switch {
	case policy.MaxElapsedTime > 0 && next.Sub(r.start) > policy.MaxElapsedTime:
		return fmt.Errorf("gave up after %s: the next attempt%s would start more than %v after the first: %w",
			r.attemptsText(), requested, policy.MaxElapsedTime, res.err)
	case bounded && !next.Before(deadline):
		return fmt.Errorf("gave up after %s: the next attempt%s would start after the deadline: %w", r.attemptsText(), requested, res.err)
	}
	timer := time.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-r.stop:
		return fmt.Errorf("shut down after %s: %w", r.attemptsText(), res.err)
	case <-r.ctx.Done():
		return fmt.Errorf("%w after %s: %w", ended(r.ctx), r.attemptsText(), res.err)
	}
}

func (r *retrier) attemptsText() string { return amount.Of(r.attempts, "attempt") }
