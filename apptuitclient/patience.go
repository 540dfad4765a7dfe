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

// patience says how long something is tried again.
type patience struct {
	ctx   context.Context
	stop  <-chan struct{} // ends waiting, too; may be nil
	retry RetryConfig
	start time.Time
}

// wait waits before the next attempt. Its error says why there is none.
func (p *patience) wait(attempt int, out *outcome) error {
	retry := p.retry
	if !retry.Enabled || p.ctx.Err() != nil {
		return out.err
	}
	pause := backoff(retry, attempt)
	if out.after > 0 {
		// The server's word, and a little more, so that not all come at once.
		pause = out.after + rand.N(retry.InitialInterval)
	}
	next := time.Now().Add(pause)
	deadline, bounded := p.ctx.Deadline()
	switch {
	case retry.MaxElapsedTime > 0 && next.Sub(p.start) > retry.MaxElapsedTime:
		return fmt.Errorf("gave up after %d attempts, %v being the most to retry for: %w", attempt+1, retry.MaxElapsedTime, out.err)
	case bounded && !next.Before(deadline):
		return fmt.Errorf("gave up after %d attempts, the next one would be past the deadline: %w", attempt+1, out.err)
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-p.stop:
		return fmt.Errorf("shut down after %d attempts: %w", attempt+1, out.err)
	case <-p.ctx.Done():
		return fmt.Errorf("%w after %d attempts: %w", ended(p.ctx), attempt+1, out.err)
	}
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
